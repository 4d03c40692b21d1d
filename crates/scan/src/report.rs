//! What a scan tells: while it runs, at its end, and why it could not.

use musefs_contracts::catalog::CatalogError;
use std::path::{Path, PathBuf};

/// A file or folder with what was wrong about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// A sentence for people, without a full stop.
    pub reason: String,
}

/// How far a scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Audio files met so far.
    pub found: u64,
    /// Those of them that are dealt with: in the store, unchanged, or failed.
    pub done: u64,
    /// Whether all files have been met, so that `found` is final.
    pub walked: bool,
}

/// What became of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Audio files met.
    pub found: u64,
    /// Tracks that are new in the store.
    pub added: u64,
    /// Known tracks that were read again.
    pub updated: u64,
    /// Known tracks whose file was found at a new path.
    pub moved: u64,
    /// Known tracks whose file is as it was.
    pub unchanged: u64,
    /// Known tracks whose file is not there (any more).
    pub gone: u64,
    /// Rows that pruning removed.
    pub removed: u64,
    /// Pictures that nothing linked to and pruning removed.
    pub art_removed: u64,
    /// Files that went while the scan was on; no failure.
    pub vanished: u64,
    /// Files read in this run that are stored to be served as they are, with the reason.
    pub verbatim: Vec<Problem>,
    /// Files and folders that could not be read.
    pub failed: Vec<Problem>,
    /// Whether the scan was cancelled. What it did until then stays.
    pub cancelled: bool,
}

impl Summary {
    /// Whether everything there was to meet was met and read.
    pub(crate) fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.vanished == 0 && !self.cancelled
    }
}

/// Watches a scan. Called from the thread that runs the scan.
pub trait Progress: Send + Sync {
    /// How far it is; a few times a second, and once at the end.
    fn update(&self, counts: Counts) {
        let _ = counts;
    }

    /// A file or folder could not be read.
    fn failed(&self, path: &Path, reason: &str) {
        let _ = (path, reason);
    }

    /// A file could not be understood, and is in the store to be served as it is.
    fn verbatim(&self, path: &Path, reason: &str) {
        let _ = (path, reason);
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}

/// Why nothing, or not all, could be done.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// No target could be used; this is what was wrong with the first.
    #[error("{}: {}", .0.path.display(), .0.reason)]
    Target(Problem),
    /// Too many files are gone to believe it; nothing was removed.
    #[error(
        "{gone} of the {known} files known under {} are gone; is a disk not mounted? Nothing was removed. \
         If they are meant to go, run it again with --yes", root.display()
    )]
    MassDisappearance {
        /// The target.
        root: PathBuf,
        /// Files that are gone.
        gone: u64,
        /// Files the store knows there.
        known: u64,
    },
    /// The store failed. Batches that were written before stay.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}
