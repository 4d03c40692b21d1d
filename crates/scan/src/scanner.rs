//! The scanner: what the commands call.

use crate::beside::Beside;
use crate::folders::{self, Walked};
use crate::gone::Relocator;
use crate::known::Known;
use crate::pipeline::Pipeline;
use crate::report::{Counts, NoProgress, Progress, ScanError, Summary};
use crate::target::{Accept, Roots, Target, Targets, resolve};
use crate::ties::Ties;
use crate::walk::Finder;
use musefs_contracts::backing::Backing;
use musefs_contracts::format::Formats;
use musefs_contracts::sidecars::SidecarRules;
use musefs_contracts::writer::{CatalogWriter, IngestMode};
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a scan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Bring in what is new; read again what changed, keeping curated tags.
    Add,
    /// The same, and read known files again, taking their tags from the file.
    Force,
    /// Read again those known files whose stamp changed, keeping curated tags and art.
    Revalidate {
        /// Remove rows whose file is certainly gone, and pictures that nothing links to.
        prune: bool,
        /// Believe that many files, or a whole folder, are gone.
        yes: bool,
    },
    /// Only find known files that are gone under a new path.
    Relocate,
}

/// Scans. Can be used many times.
#[derive(Clone)]
pub struct Scanner {
    backing: Arc<dyn Backing>,
    formats: Formats,
    jobs: usize,
    cancelled: Arc<AtomicBool>,
    progress: Arc<dyn Progress>,
    trusts_folders: bool,
    sidecars: Option<Arc<dyn SidecarRules>>,
    left_out: Devices,
}

/// Tells which devices there are of a kind, now.
pub type Devices = Arc<dyn Fn() -> HashSet<u64> + Send + Sync>;

impl Scanner {
    /// A scanner that tells no progress, cannot be cancelled, and has as many jobs as suit the machine.
    pub fn new(backing: Arc<dyn Backing>, formats: Formats) -> Self {
        // More jobs than processors, since they wait for storage.
        let processors = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        let jobs = (processors * 2).clamp(4, 16);
        Self {
            backing,
            formats,
            jobs,
            cancelled: Arc::default(),
            progress: Arc::new(NoProgress),
            trusts_folders: false,
            sidecars: None,
            left_out: Arc::new(HashSet::new),
        }
    }

    /// Takes nothing from these devices, asked for at the beginning of each scan, unless a target itself lies on one. What they
    /// show is made of a library, and would come in as another copy of it.
    #[must_use]
    pub fn leave_out(mut self, devices: Devices) -> Self {
        self.left_out = devices;
        self
    }

    /// Examines this many files at once; at least one.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

    /// Ends after the present batch once the flag is set.
    #[must_use]
    pub fn cancelled_by(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancelled = flag;
        self
    }

    /// Tells progress.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Brings in what is new and no more, where that can be told from folders alone: if since the last complete scan of the same
    /// targets no folder changed, no file is looked at. Files that were written to in place are left to a revalidation then.
    #[must_use]
    pub fn trust_folders(mut self) -> Self {
        self.trusts_folders = true;
        self
    }

    /// Also records the files beside the music that these rules accept. Without them nothing is recorded, and nothing that
    /// was recorded is dropped.
    #[must_use]
    pub fn sidecars(mut self, rules: Arc<dyn SidecarRules>) -> Self {
        self.sidecars = Some(rules);
        self
    }

    /// Scans `targets` (files or folders) into the store.
    ///
    /// Fails if no target can be used, if pruning is refused, or if the store fails; batches written until then stay. A
    /// target that cannot be used beside others that can is among [`Summary::failed`].
    pub fn run(&self, writer: &mut dyn CatalogWriter, targets: &[PathBuf], task: Task) -> Result<Summary, ScanError> {
        if let Some(summary) = self.nothing_new(writer, targets, task)? {
            return Ok(summary);
        }
        let known = &Known::load(writer, &self.formats)?;
        let accept = match task {
            Task::Revalidate { prune: true, yes: true } => Accept::GoneFolders,
            Task::Revalidate { .. } => Accept::GoneFiles,
            _ => Accept::Present,
        };
        let Targets { usable, unusable } = resolve(targets, known, accept);
        let left_out = Arc::new(self.left_out_beside(&usable));
        if let (true, Some(first)) = (usable.is_empty(), unusable.first()) {
            return Err(ScanError::Target(first.clone()));
        }
        for problem in &unusable {
            self.progress.failed(&problem.path, &problem.reason);
        }
        let mut summary = Summary { failed: unusable, ..Summary::default() };
        let roots = remember_roots(writer, &usable, task)?;
        let beside = self.sidecars.clone().map(|rules| Beside::load(writer, rules)).transpose()?;
        let mut relocator = Relocator::new(known, self.backing.as_ref(), Roots::new(roots.clone()));
        let mut ties = Ties::new(known);
        let mut gone = Vec::new();
        let walked = Walked::default();
        match task {
            Task::Revalidate { prune, yes } => {
                self.revisit(writer, known, &usable, &mut ties, &mut summary, &mut gone)?;
                if let Some(beside) = &beside {
                    beside.revisit(self.backing.as_ref(), &usable);
                }
                if prune && !summary.cancelled {
                    if !gone.is_empty() {
                        // A file that moved is not gone: its tags must not be pruned with its old path.
                        let finder = self.finder(Task::Relocate, (known, None), &walked, left_out);
                        self.walk(writer, &usable, &finder, (&mut relocator, &mut ties), &mut summary)?;
                    }
                    let tracks = relocator.prunable(&usable, &gone, yes)?;
                    summary.removed = writer.remove(&tracks)?;
                    summary.art_removed = writer.collect_unlinked_art()?;
                }
                summary.gone -=
                    summary.removed + gone.iter().filter(|index| relocator.has_moved(**index)).count() as u64;
            }
            task => {
                let finder = self.finder(task, (known, beside.as_ref()), &walked, left_out);
                self.walk(writer, &usable, &finder, (&mut relocator, &mut ties), &mut summary)?;
            }
        }
        // A walk that was broken off has not met all there is.
        if let Some(beside) = beside.filter(|_| !summary.cancelled) {
            beside.write(writer, &usable, self.backing.as_ref(), &mut Roots::new(roots))?;
        }
        if task == Task::Add && summary.is_complete() && usable.iter().all(|target| matches!(target, Target::Folder(_)))
        {
            self.remember_walk(writer, targets, walked, known.len() + summary.added, &summary)?;
        }
        ties.settle(writer, self.backing.as_ref(), &self.cancelled)?;
        summary.cancelled |= self.cancelled.load(Ordering::Relaxed);
        writer.finish()?;
        Ok(summary)
    }

    /// The summary of a scan that finds out without looking at files that nothing is new.
    fn nothing_new(
        &self,
        writer: &mut dyn CatalogWriter,
        targets: &[PathBuf],
        task: Task,
    ) -> Result<Option<Summary>, ScanError> {
        if !self.trusts_folders || task != Task::Add {
            return Ok(None);
        }
        let Some(key) = self.key_of(targets) else { return Ok(None) };
        let record = writer.recall_walk(&key)?;
        let files = record.and_then(|record| folders::unchanged(&record, &self.formats));
        Ok(files.map(|files| {
            self.progress.update(Counts { found: files, done: files, walked: true });
            Summary { found: files, unchanged: files, ..Summary::default() }
        }))
    }

    fn remember_walk(
        &self,
        writer: &mut dyn CatalogWriter,
        targets: &[PathBuf],
        walked: Walked,
        tracks: u64,
        summary: &Summary,
    ) -> Result<(), ScanError> {
        let record = walked.record(&self.formats, summary.found);
        if let (Some(key), Some(record)) = (self.key_of(targets), record) {
            writer.remember_walk(&key, &record, tracks)?;
        }
        Ok(())
    }

    fn walk(
        &self,
        writer: &mut dyn CatalogWriter,
        targets: &[Target],
        finder: &Finder<'_>,
        (relocator, ties): (&mut Relocator<'_>, &mut Ties<'_>),
        summary: &mut Summary,
    ) -> Result<(), ScanError> {
        let task = finder.task;
        let mut decide = |ingest: &mut musefs_contracts::writer::Ingest| {
            relocator.recognise(ingest);
            let wanted = task != Task::Relocate || matches!(ingest.mode, IngestMode::Moved(_));
            if wanted {
                ties.note(ingest);
            }
            wanted
        };
        self.pipeline(finder.known).run(
            &|feed| finder.walk(targets, feed),
            writer,
            &mut decide,
            summary,
            &mut Vec::new(),
        )
    }

    fn revisit(
        &self,
        writer: &mut dyn CatalogWriter,
        known: &Known,
        targets: &[Target],
        ties: &mut Ties<'_>,
        summary: &mut Summary,
        gone: &mut Vec<usize>,
    ) -> Result<(), ScanError> {
        let walked = Walked::default();
        let finder = self.finder(Task::Add, (known, None), &walked, Arc::default());
        let mut decide = |ingest: &mut musefs_contracts::writer::Ingest| {
            ties.note(ingest);
            true
        };
        self.pipeline(known).run(&|feed| finder.revisit(targets, feed), writer, &mut decide, summary, gone)
    }

    /// The devices that nothing is taken from although it lies below these targets.
    fn left_out_beside(&self, targets: &[Target]) -> HashSet<u64> {
        let mut devices = (self.left_out)();
        if !devices.is_empty() {
            for metadata in targets.iter().filter_map(|target| std::fs::metadata(target.path()).ok()) {
                devices.remove(&metadata.dev());
            }
        }
        devices
    }

    /// What names a scan of these targets, whatever their order, with what it records of them; `None` if one is not there.
    fn key_of(&self, targets: &[PathBuf]) -> Option<Vec<u8>> {
        let mut paths = targets.iter().map(|target| target.canonicalize().ok()).collect::<Option<Vec<_>>>()?;
        paths.sort();
        let paths = paths.iter().flat_map(|path| path.as_os_str().as_bytes().iter().chain(&[0])).copied();
        let rules = self.sidecars.as_ref().map_or(String::new(), |rules| rules.describe());
        Some(paths.chain(rules.into_bytes()).collect())
    }

    fn finder<'a>(
        &'a self,
        task: Task,
        (known, beside): (&'a Known, Option<&'a Beside>),
        walked: &'a Walked,
        left_out: Arc<HashSet<u64>>,
    ) -> Finder<'a> {
        let threads = std::thread::available_parallelism().map_or(2, NonZeroUsize::get).min(4);
        Finder { known, formats: &self.formats, task, walked, beside, threads, left_out }
    }

    fn pipeline<'a>(&'a self, known: &'a Known) -> Pipeline<'a> {
        Pipeline {
            backing: self.backing.as_ref(),
            formats: &self.formats,
            known,
            jobs: self.jobs,
            cancelled: &self.cancelled,
            progress: self.progress.as_ref(),
        }
    }
}

/// The folders that were ever scanned, those of this scan included.
///
/// A root stands for a disk that may be away. So a folder inside another root and on the same disk is not remembered: it can be
/// moved and removed like any folder, and must not look like an unmounted disk afterwards.
fn remember_roots(writer: &mut dyn CatalogWriter, targets: &[Target], task: Task) -> Result<Vec<PathBuf>, ScanError> {
    let mut roots = writer.roots()?;
    for target in targets {
        let (root, is_folder) = match target {
            Target::Folder(path) => (path.as_path(), true),
            // A single file may never have been part of a scanned folder; the one it was in stands for it.
            Target::File(path) | Target::Gone(path) => match path.parent() {
                Some(parent) => (parent, false),
                None => continue,
            },
        };
        if roots.iter().any(|known| known == root) || (is_folder && is_part_of(root, &roots)) {
            continue;
        }
        if is_folder && matches!(task, Task::Add | Task::Force) {
            writer.remember_root(root)?;
        }
        roots.push(root.to_owned());
    }
    Ok(roots)
}

/// Whether a folder lies in one of these, on the same disk.
fn is_part_of(folder: &Path, roots: &[PathBuf]) -> bool {
    let disk = |path: &Path| std::fs::metadata(path).ok().map(|metadata| metadata.dev());
    let around = roots.iter().filter(|root| folder.starts_with(root)).max_by_key(|root| root.as_os_str().len());
    around.is_some_and(|root| disk(root).is_some_and(|device| disk(folder) == Some(device)))
}
