//! What is measured on a library of many small files.

use super::figures::{Figures, Work};
use super::options::Options;
use super::system::{Mount, System, one_processor, scan};
use super::{Places, drop_caches, remove_store, store};
use crate::process::output;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How much of every file is read.
const HEAD: usize = 64 << 10;
/// How many files are read from a cold disk at most.
const COLD: usize = 10_000;
/// How many tracks are edited at once at most.
const EDITS: u64 = 10_000;
/// The requests that what the kernel remembers makes unnecessary.
const METADATA: [&str; 3] =
    ["musefs_requests_lookup_total", "musefs_requests_getattr_total", "musefs_requests_readdir_total"];
/// Two views of every track.
const VIEWS: [&str; 2] =
    ["by-artist=${albumartist|artist}/$album/$title", "by-album=$album/${albumartist|artist}/$title"];
/// How long after a walk memory is looked at again.
const SETTLED: Duration = Duration::from_secs(60);

/// Measures one system once. What takes long and varies little is measured in the first round alone.
pub(super) fn measure(
    system: &System,
    places: &Places,
    options: &Options,
    round: u32,
    figures: &mut Figures,
) -> Result<(), String> {
    let mut run = Run { system, places, options, first_round: round == 0, figures };
    match system.program() {
        None => run.native(),
        Some(program) => run.mounted(program),
    }
}

/// One round of one system.
struct Run<'a> {
    system: &'a System,
    places: &'a Places,
    options: &'a Options,
    first_round: bool,
    figures: &'a mut Figures,
}

impl Run<'_> {
    fn note(&mut self, work: Work, value: f64) {
        self.figures.note(work, self.system.name(), value);
    }

    fn native(&mut self) -> Result<(), String> {
        let corpus = &self.places.corpus;
        if self.options.wants("walk") {
            if self.first_round && drop_caches() {
                let (seconds, _) = walk(corpus)?;
                self.note(Work::WalkCold, seconds);
            } else {
                walk(corpus)?;
            }
            let (seconds, _) = walk_by(&mut one_processor(Path::new("find")), corpus)?;
            self.note(Work::WalkOneCpu, seconds);
            for _ in 0..2 {
                let (seconds, sizes) = walk(corpus)?;
                self.note(Work::WalkFirst, seconds);
                self.note(Work::WalkLater, seconds);
                self.figures.note_sum(self.system.name(), sizes);
            }
        }
        let files = files(corpus)?;
        if self.options.wants("read") {
            self.read_cold(&files)?;
            read_heads(&files)?;
            let micros = read_heads(&files)?;
            self.note(Work::ReadFirst, micros);
            self.note(Work::ReadLater, micros);
        } else {
            read_heads(&files)?;
        }
        Ok(())
    }

    fn read_cold(&mut self, files: &[PathBuf]) -> Result<(), String> {
        if self.first_round && drop_caches() {
            let some: Vec<_> = files.iter().step_by(files.len().div_ceil(COLD).max(1)).cloned().collect();
            let micros = read_heads(&some)?;
            self.note(Work::ReadCold, micros);
        }
        Ok(())
    }

    fn mounted(&mut self, program: &Path) -> Result<(), String> {
        let db = self.places.scratch.join(format!("{}.db", self.system.name()));
        remove_store(&db);
        self.scan(program, &db)?;
        self.walk_and_read(program, &db)?;
        if self.options.wants("walk") && self.first_round {
            self.walk_on_one_processor(program, &db)?;
            self.walk_two_views(program, &db)?;
        }
        if self.options.wants("edit") {
            let mount = self.mount(program, &db)?;
            // A name is visible as gone only to one that knew it, as a program would that keeps a library.
            walk(mount.path())?;
            for (work, count) in [(Work::EditOne, 1), (Work::EditMany, EDITS.min(self.options.tracks / 2))] {
                let edited = store::edit(&db, mount.path(), count.max(1))?;
                self.note(work, edited.visible_seconds);
            }
        }
        if self.options.wants("edited") {
            store::touch_all(&db)?;
            let mount = self.mount(program, &db)?;
            let (seconds, _) = walk(mount.path())?;
            self.note(Work::WalkEdited, seconds);
            let rss = mount.process().memory_mib("VmRSS").unwrap_or_default();
            self.note(Work::RssEdited, rss);
        }
        remove_store(&db);
        Ok(())
    }

    fn scan(&mut self, program: &Path, db: &Path) -> Result<(), String> {
        let corpus = &self.places.corpus;
        let tracks = self.options.tracks as f64;
        let wanted = self.options.wants("scan");
        if wanted && self.first_round && drop_caches() {
            let cold = scan(program, corpus, db)?;
            self.note(Work::ScanCold, tracks / cold.seconds);
            remove_store(db);
            read_heads(&files(corpus)?)?;
        }
        let fresh = scan(program, corpus, db)?;
        if wanted {
            self.note(Work::Scan, tracks / fresh.seconds);
            self.note(Work::ScanCpu, fresh.cpu_seconds);
            self.note(Work::ScanRss, fresh.peak_rss_mib);
            self.note(Work::ScanBytes, fresh.bytes_read as f64 / tracks / 1024.0);
            let again = scan(program, corpus, db)?;
            self.note(Work::Rescan, again.seconds);
        }
        Ok(())
    }

    fn walk_and_read(&mut self, program: &Path, db: &Path) -> Result<(), String> {
        let wanted = |name: &str| self.options.wants(name);
        let (mount_wanted, walk_wanted, read_wanted) = (wanted("mount"), wanted("walk"), wanted("read"));
        if !(mount_wanted || walk_wanted || read_wanted) {
            return Ok(());
        }
        let mount = match self.system {
            System::Musefs(_) => Mount::with_numbers(program, db, &self.mountpoint())?,
            _ => self.mount(program, db)?,
        };
        let process = mount.process();
        if mount_wanted {
            self.note(Work::Ready, mount.ready.as_secs_f64());
            self.note(Work::RssFresh, process.memory_mib("VmRSS").unwrap_or_default());
        }
        if walk_wanted {
            let before = process.cpu_seconds().unwrap_or_default();
            let (seconds, sizes) = walk(mount.path())?;
            self.note(Work::WalkFirst, seconds);
            self.note(Work::WalkCpu, process.cpu_seconds().unwrap_or_default() - before);
            self.figures.note_sum(self.system.name(), sizes);
            self.note(Work::RssWalked, process.memory_mib("VmRSS").unwrap_or_default());
            let asked = mount.sum(&METADATA);
            let before = process.io("syscr").unwrap_or_default();
            let (seconds, _) = walk(mount.path())?;
            self.note(Work::WalkLater, seconds);
            self.note(Work::WalkRequests, (process.io("syscr").unwrap_or_default() - before) as f64);
            if let (Some(before), Some(now)) = (asked, mount.sum(&METADATA)) {
                self.note(Work::WalkMetadata, now - before);
            }
            if self.first_round {
                std::thread::sleep(SETTLED);
                self.note(Work::RssSettled, process.memory_mib("VmRSS").unwrap_or_default());
            }
        }
        if read_wanted {
            let files = files(mount.path())?;
            let micros = read_heads(&files)?;
            self.note(Work::ReadFirst, micros);
            let micros = read_heads(&files)?;
            self.note(Work::ReadLater, micros);
            self.note(Work::RssRead, process.memory_mib("VmRSS").unwrap_or_default());
            drop(mount);
            let mount = self.mount(program, db)?;
            walk(mount.path())?;
            self.read_cold(&files)?;
            if self.first_round {
                // The next one finds the library in the page cache again.
                read_heads(&self::files(&self.places.corpus)?)?;
            }
        }
        Ok(())
    }

    /// What is left of a walk where no processor has to wake another one for each request.
    fn walk_on_one_processor(&mut self, program: &Path, db: &Path) -> Result<(), String> {
        let mount = Mount::on_one_processor(program, db, &self.mountpoint())?;
        let (seconds, _) = walk_by(&mut one_processor(Path::new("find")), mount.path())?;
        self.note(Work::WalkOneCpu, seconds);
        Ok(())
    }

    fn walk_two_views(&mut self, program: &Path, db: &Path) -> Result<(), String> {
        if !matches!(self.system, System::Musefs(_)) {
            return Ok(());
        }
        let rss = |views: &[&str]| {
            let mount = Mount::with_views(program, views, db, &self.mountpoint())?;
            walk(mount.path())?;
            mount.process().memory_mib("VmRSS").ok_or_else(|| "the mount's memory is not to be seen".to_owned())
        };
        let added = rss(&VIEWS)? - rss(&VIEWS[..1])?;
        self.note(Work::RssSecondView, added);
        Ok(())
    }

    fn mount(&self, program: &Path, db: &Path) -> Result<Mount, String> {
        Mount::new(program, db, &self.mountpoint())
    }

    fn mountpoint(&self) -> PathBuf {
        self.places.scratch.join(format!("mnt-{}", self.system.name()))
    }
}

/// The number of files seen and the sum of their sizes.
pub(super) type Sizes = (u64, u64);

/// Walks a tree with the status of every file, as `find` does it.
pub(super) fn walk(folder: &Path) -> Result<(f64, Sizes), String> {
    walk_by(&mut Command::new("find"), folder)
}

fn walk_by(find: &mut Command, folder: &Path) -> Result<(f64, Sizes), String> {
    find.arg(folder).args(["-type", "f", "-not", "-name", ".*", "-printf", "%s\\n"]);
    let began = Instant::now();
    let text = output(find)?;
    let seconds = began.elapsed().as_secs_f64();
    let sizes = text.lines().filter_map(|line| line.parse::<u64>().ok());
    Ok((seconds, sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size))))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let text = output(Command::new("find").arg(folder).args(["-type", "f", "-not", "-name", ".*"]))?;
    Ok(text.lines().map(PathBuf::from).collect())
}

/// Opens, reads the head of, and closes every file. Answers microseconds a file.
fn read_heads(files: &[PathBuf]) -> Result<f64, String> {
    let mut buffer = vec![0; HEAD];
    let began = Instant::now();
    for path in files {
        let read = File::open(path).and_then(|mut file| file.read(&mut buffer));
        match read {
            Ok(0) => return Err(format!("{}: nothing to read", path.display())),
            Ok(_) => {}
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    Ok(began.elapsed().as_secs_f64() * 1e6 / files.len().max(1) as f64)
}
