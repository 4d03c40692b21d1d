//! Files that stand beside the music in the library and are no tracks: lyrics, cue sheets, scans of a booklet.

use crate::backing::Stamp;
use crate::ids::SidecarId;
use std::path::{Path, PathBuf};

/// A sidecar as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// Its number.
    pub id: SidecarId,
    /// Canonical absolute path; need not be UTF-8.
    pub path: PathBuf,
    /// The stamp it had when it was last looked at (`file` is 0).
    pub stamp: Stamp,
}

/// A sidecar as a scan met it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SidecarFile {
    /// Canonical absolute path.
    pub path: PathBuf,
    /// Its stamp.
    pub stamp: Stamp,
}

/// Which files count as sidecars.
pub trait SidecarRules: Send + Sync {
    /// Whether the file at this path, which is no audio file by its name, is one.
    fn accepts(&self, path: &Path) -> bool;

    /// Text that tells these rules from others: equal texts stand for rules that accept the same files.
    fn describe(&self) -> String;
}
