//! The scanner: what the commands call.

use crate::gone::Relocator;
use crate::known::Known;
use crate::pipeline::Pipeline;
use crate::report::{NoProgress, Progress, ScanError, Summary};
use crate::target::{Accept, Roots, Target, Targets, resolve};
use crate::walk::Finder;
use musefs_contracts::backing::Backing;
use musefs_contracts::format::Formats;
use musefs_contracts::writer::{CatalogWriter, IngestMode};
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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
}

impl Scanner {
    /// A scanner that tells no progress, cannot be cancelled, and has as many jobs as suit the machine.
    pub fn new(backing: Arc<dyn Backing>, formats: Formats) -> Self {
        // More jobs than processors, since they wait for storage.
        let processors = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        let jobs = (processors * 2).clamp(4, 16);
        Self { backing, formats, jobs, cancelled: Arc::default(), progress: Arc::new(NoProgress) }
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

    /// Scans `targets` (files or folders) into the store.
    ///
    /// Fails if no target can be used, if pruning is refused, or if the store fails; batches written until then stay. A
    /// target that cannot be used beside others that can is among [`Summary::failed`].
    pub fn run(&self, writer: &mut dyn CatalogWriter, targets: &[PathBuf], task: Task) -> Result<Summary, ScanError> {
        let known = &Known::load(writer, &self.formats)?;
        let accept = match task {
            Task::Revalidate { prune: true, yes: true } => Accept::GoneFolders,
            Task::Revalidate { .. } => Accept::GoneFiles,
            _ => Accept::Present,
        };
        let Targets { usable, unusable } = resolve(targets, known, accept);
        if let (true, Some(first)) = (usable.is_empty(), unusable.first()) {
            return Err(ScanError::Target(first.clone()));
        }
        for problem in &unusable {
            self.progress.failed(&problem.path, &problem.reason);
        }
        let mut summary = Summary { failed: unusable, ..Summary::default() };
        let roots = remember_roots(writer, &usable, task)?;
        let mut relocator = Relocator::new(known, self.backing.as_ref(), Roots::new(roots));
        let mut gone = Vec::new();
        match task {
            Task::Revalidate { prune, yes } => {
                self.revisit(writer, known, &usable, &mut summary, &mut gone)?;
                if prune && !summary.cancelled {
                    if !gone.is_empty() {
                        // A file that moved is not gone: its tags must not be pruned with its old path.
                        self.walk(writer, &usable, Task::Relocate, known, &mut relocator, &mut summary)?;
                    }
                    let tracks = relocator.prunable(&usable, &gone, yes)?;
                    summary.removed = writer.remove(&tracks)?;
                    summary.art_removed = writer.collect_unlinked_art()?;
                }
                summary.gone -=
                    summary.removed + gone.iter().filter(|index| relocator.has_moved(**index)).count() as u64;
            }
            task => self.walk(writer, &usable, task, known, &mut relocator, &mut summary)?,
        }
        writer.finish()?;
        Ok(summary)
    }

    fn walk(
        &self,
        writer: &mut dyn CatalogWriter,
        targets: &[Target],
        task: Task,
        known: &Known,
        relocator: &mut Relocator<'_>,
        summary: &mut Summary,
    ) -> Result<(), ScanError> {
        let threads = std::thread::available_parallelism().map_or(2, NonZeroUsize::get).min(4);
        let finder = Finder { known, formats: &self.formats, task, threads };
        let mut decide = |ingest: &mut musefs_contracts::writer::Ingest| {
            relocator.recognise(ingest);
            task != Task::Relocate || matches!(ingest.mode, IngestMode::Moved(_))
        };
        self.pipeline(known).run(&|feed| finder.walk(targets, feed), writer, &mut decide, summary, &mut Vec::new())
    }

    fn revisit(
        &self,
        writer: &mut dyn CatalogWriter,
        known: &Known,
        targets: &[Target],
        summary: &mut Summary,
        gone: &mut Vec<usize>,
    ) -> Result<(), ScanError> {
        let finder = Finder { known, formats: &self.formats, task: Task::Add, threads: 1 };
        self.pipeline(known).run(&|feed| finder.revisit(targets, feed), writer, &mut |_| true, summary, gone)
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
