//! The threads of a scan: some find files, some examine them, and the calling thread writes.

use crate::examine::{Examined, examine, verbatim_reason};
use crate::known::Known;
use crate::report::{Counts, Problem, Progress, ScanError, Summary};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use musefs_contracts::format::Formats;
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestMode};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Files found and not examined yet. Bounded, so that a fast walk holds no library in memory.
const FOUND_QUEUE: usize = 1024;
/// Files examined and not written yet.
const EXAMINED_QUEUE: usize = 256;
/// Files written in one transaction,
const BATCH_FILES: usize = 1000;
/// or as many as have this much tag text together,
const BATCH_BYTES: usize = 8 << 20;
/// or those that came within this time.
const BATCH_TIME: Duration = Duration::from_millis(250);
/// How often progress is told while nothing else happens.
const TICK: Duration = Duration::from_millis(100);

/// A file to examine.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    pub(crate) mode: IngestMode,
    /// Index of the known file, if it is one. It is examined only if its stamp changed or the mode is to force it.
    pub(crate) known: Option<usize>,
    /// The user named this very file, so that it is told if it is no audio file.
    pub(crate) explicit: bool,
}

/// What the writing thread is told of a file.
#[derive(Debug)]
pub(crate) enum Found {
    /// Read, and to be written.
    Ready(Box<Ingest>),
    /// So many known ones as they were.
    Unchanged(u64),
    /// Known, and not there.
    Gone(usize),
    /// Not there any more.
    Vanished,
    /// No audio file after all.
    NotAudio,
    /// It could not be read.
    Failed(Problem),
}

impl Found {
    /// A failure to read `path`.
    pub(crate) fn failed(path: PathBuf, error: &io::Error) -> Self {
        Self::Failed(Problem { path, reason: error.to_string() })
    }
}

/// Where finders put what they find.
pub(crate) struct Feed<'a> {
    candidates: Sender<Candidate>,
    found: Sender<Found>,
    stop: &'a Stop<'a>,
}

impl Feed<'_> {
    /// Queues a file to be examined; waits while the queue is full.
    pub(crate) fn send(&self, candidate: Candidate) {
        // The other end goes only when the scan ends, and then nothing needs to be examined.
        let _ = self.candidates.send(candidate);
    }

    /// Tells of a file that needs no examination.
    pub(crate) fn report(&self, found: Found) {
        let _ = self.found.send(found);
    }

    /// Whether finding on is of no use.
    pub(crate) fn is_closed(&self) -> bool {
        self.stop.is_set()
    }
}

/// Ends a scan: because the user wants it, or because the store failed.
struct Stop<'a> {
    cancelled: &'a AtomicBool,
    failed: AtomicBool,
}

impl Stop<'_> {
    fn is_set(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.failed.load(Ordering::Relaxed)
    }
}

/// What the threads share.
pub(crate) struct Pipeline<'a> {
    pub(crate) backing: &'a dyn Backing,
    pub(crate) formats: &'a Formats,
    pub(crate) known: &'a Known,
    pub(crate) jobs: usize,
    pub(crate) cancelled: &'a AtomicBool,
    pub(crate) progress: &'a dyn Progress,
}

impl Pipeline<'_> {
    /// Runs `find` on a thread of its own, examines what it feeds, and writes it from this thread. `decide` sees every
    /// file before it is written and may change its mode, or leave it out with `false`. Known files that are gone are
    /// pushed to `gone`.
    pub(crate) fn run(
        &self,
        find: &(dyn Fn(&Feed<'_>) + Sync),
        writer: &mut dyn CatalogWriter,
        decide: &mut dyn FnMut(&mut Ingest) -> bool,
        summary: &mut Summary,
        gone: &mut Vec<usize>,
    ) -> Result<(), ScanError> {
        let stop = &Stop { cancelled: self.cancelled, failed: AtomicBool::new(false) };
        let (send_candidate, candidates) = bounded(FOUND_QUEUE);
        let (send_found, found) = bounded(EXAMINED_QUEUE);
        let result = std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                let (candidates, found) = (candidates.clone(), send_found.clone());
                scope.spawn(move || self.examine_all(&candidates, &found, stop));
            }
            drop(candidates);
            let feed = Feed { candidates: send_candidate, found: send_found, stop };
            scope.spawn(move || find(&feed));
            let mut drain = Drain { pipeline: self, writer, decide, summary, gone, batch: Batch::default() };
            let result = drain.write_all(&found);
            // Whoever waits to put something into a queue must come to its end.
            stop.failed.fetch_or(result.is_err(), Ordering::Relaxed);
            for _ in &found {}
            result
        });
        summary.cancelled |= self.cancelled.load(Ordering::Relaxed);
        result.map_err(ScanError::from)
    }

    fn examine_all(&self, candidates: &Receiver<Candidate>, found: &Sender<Found>, stop: &Stop<'_>) {
        for candidate in candidates {
            if !stop.is_set() && found.send(self.examine(candidate)).is_err() {
                return;
            }
        }
    }

    fn examine(&self, candidate: Candidate) -> Found {
        let Candidate { path, mode, known, explicit } = candidate;
        if let (Some(index), IngestMode::Refresh) = (known, mode) {
            match self.backing.stat(&path) {
                Ok(stamp) if self.known.entry(index).is_up_to_date(&stamp) => return Found::Unchanged(1),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Gone(index),
                Err(error) => return Found::failed(path, &error),
            }
        }
        match examine(self.backing, self.formats, &path) {
            Examined::Audio { stamp, probe, fingerprint } => {
                Found::Ready(Box::new(Ingest { path, stamp, probe: *probe, fingerprint, mode }))
            }
            Examined::NotAudio if explicit => {
                Found::Failed(Problem { path, reason: "it is no audio file of a kind that musefs knows".to_owned() })
            }
            Examined::NotAudio => Found::NotAudio,
            Examined::Vanished => Found::Vanished,
            Examined::Unreadable(reason) => Found::Failed(Problem { path, reason }),
        }
    }
}

#[derive(Default)]
struct Batch {
    files: Vec<Ingest>,
    bytes: usize,
    since: Option<Instant>,
}

impl Batch {
    fn push(&mut self, ingest: Ingest) {
        self.bytes += ingest.probe.tags.iter().flat_map(|(_, values)| values).map(String::len).sum::<usize>();
        self.files.push(ingest);
        self.since.get_or_insert_with(Instant::now);
    }

    fn is_due(&self) -> bool {
        self.files.len() >= BATCH_FILES
            || self.bytes >= BATCH_BYTES
            || self.since.is_some_and(|since| since.elapsed() >= BATCH_TIME)
    }
}

/// The writing end.
struct Drain<'a, 'w> {
    pipeline: &'a Pipeline<'a>,
    writer: &'w mut dyn CatalogWriter,
    decide: &'w mut dyn FnMut(&mut Ingest) -> bool,
    summary: &'w mut Summary,
    gone: &'w mut Vec<usize>,
    batch: Batch,
}

impl Drain<'_, '_> {
    fn write_all(&mut self, found: &Receiver<Found>) -> CatalogResult<()> {
        let mut told = Instant::now();
        loop {
            match found.recv_timeout(TICK) {
                Ok(found) => self.take(found),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.batch.is_due() {
                self.flush()?;
            }
            if told.elapsed() >= TICK {
                told = Instant::now();
                self.tell(false);
            }
        }
        self.flush()?;
        self.tell(true);
        Ok(())
    }

    fn take(&mut self, found: Found) {
        self.summary.found += match found {
            Found::NotAudio | Found::Vanished => 0,
            Found::Unchanged(files) => files,
            _ => 1,
        };
        match found {
            Found::Ready(mut ingest) => {
                if (self.decide)(&mut ingest) {
                    self.batch.push(*ingest);
                }
            }
            Found::Unchanged(files) => self.summary.unchanged += files,
            Found::Gone(index) => {
                self.summary.gone += 1;
                self.gone.push(index);
            }
            Found::Vanished => self.summary.vanished += 1,
            Found::NotAudio => {}
            Found::Failed(problem) => self.fail(problem),
        }
    }

    fn fail(&mut self, problem: Problem) {
        self.pipeline.progress.failed(&problem.path, &problem.reason);
        self.summary.failed.push(problem);
    }

    fn flush(&mut self) -> CatalogResult<()> {
        let Batch { files, .. } = std::mem::take(&mut self.batch);
        if files.is_empty() {
            return Ok(());
        }
        match self.write(&files) {
            // One row that the store refuses must not keep its neighbours out.
            Err(CatalogError::Other(_)) => files.chunks(1).try_for_each(|file| match self.write(file) {
                Err(CatalogError::Other(reason)) => {
                    self.fail(Problem {
                        path: file[0].path.clone(),
                        reason: format!("the store refused it: {reason}"),
                    });
                    Ok(())
                }
                other => other,
            }),
            other => other,
        }
    }

    fn write(&mut self, files: &[Ingest]) -> CatalogResult<()> {
        let done = self.writer.ingest(files)?;
        self.summary.added += done.added;
        self.summary.updated += done.updated;
        self.summary.moved += done.moved;
        for file in files {
            if let Some(reason) = verbatim_reason(&file.probe) {
                self.pipeline.progress.verbatim(&file.path, reason);
                self.summary.verbatim.push(Problem { path: file.path.clone(), reason: reason.to_owned() });
            }
        }
        Ok(())
    }

    fn tell(&self, walked: bool) {
        let found = self.summary.found;
        self.pipeline.progress.update(Counts { found, done: found - self.batch.files.len() as u64, walked });
    }
}
