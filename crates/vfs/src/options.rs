//! What the file system is made of and how it is to behave.

use musefs_contracts::backing::Backing;
use musefs_contracts::cache::{LayoutCache, SizeCache};
use musefs_contracts::catalog::Catalog;
use musefs_contracts::clock::Clock;
use musefs_contracts::filesystem::Document;
use musefs_contracts::format::Formats;
use musefs_contracts::meter::Meter;
use musefs_contracts::readahead::ReadAhead;
use musefs_contracts::sidecars::SidecarRules;
use musefs_contracts::splicer::Splicer;
use musefs_contracts::template::PathTemplate;
use musefs_contracts::tree::Tree;
use std::sync::Arc;
use std::time::Duration;

/// The components that the file system composes.
#[derive(Clone)]
pub struct VfsParts {
    /// The store.
    pub catalog: Arc<dyn Catalog>,
    /// The container formats.
    pub formats: Formats,
    /// Builds the tree.
    pub tree: Arc<dyn Tree>,
    /// Gives each track its place.
    pub template: Arc<dyn PathTemplate>,
    /// Remembers layouts.
    pub layouts: Arc<dyn LayoutCache>,
    /// Remembers served sizes.
    pub sizes: Arc<dyn SizeCache>,
    /// Decorates the source of each open handle.
    pub read_ahead: Arc<dyn ReadAhead>,
    /// Makes plain files of edited tracks, for the kernel to read.
    pub splicer: Arc<dyn Splicer>,
    /// Which files beside the music are shown next to its tracks; `None` shows none.
    pub sidecars: Option<Arc<dyn SidecarRules>>,
    /// Opens backing files.
    pub backing: Arc<dyn Backing>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Takes the numbers.
    pub meter: Arc<dyn Meter>,
    /// The document shown as `.musefs-metrics/metrics`; `None` shows no such folder.
    pub document: Option<Arc<dyn Document>>,
}

/// What files are served as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// With the store's tags and art spliced in.
    #[default]
    Synthesis,
    /// As they are; the store rules their places alone.
    StructureOnly,
}

/// How the file system behaves.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, set by name")]
pub struct VfsOptions {
    /// What files are served as.
    pub mode: Mode,
    /// Owner of everything.
    pub uid: u32,
    /// Group of everything.
    pub gid: u32,
    /// Permission bits of files.
    pub file_mode: u16,
    /// Permission bits of directories.
    pub dir_mode: u16,
    /// How long the kernel may keep names and attributes. Long, since what changes is told to it.
    pub lifetime: Duration,
    /// Reported as the number of listings meant to be open at once. Each costs a few words, for its snapshot is shared, so
    /// that more of them are served all the same.
    pub dir_handles_max: u64,
    /// Offer files to the kernel for reading by itself: the backing file of a track that is served as it is, and what the
    /// splicer makes of an edited one.
    pub passthrough: bool,
    /// Give a track the next inode number when its content changes while *any* handle on the former content is open, not
    /// only one read by passthrough: the kernel's pages belong to an inode, and two contents under one number would mix in
    /// them as soon as a reader of each goes on.
    pub renumber_cached: bool,
    /// Show a front picture of its tracks as `cover.jpg` (or `.png`, `.gif`, `.webp`) in each directory of tracks that shows no
    /// picture of its own.
    pub covers: bool,
    /// Show a playlist in each directory of tracks, named like it, and one of all tracks in the root and in the folder of each view.
    pub playlists: bool,
}

impl Default for VfsOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Synthesis,
            uid: 0,
            gid: 0,
            file_mode: 0o444,
            dir_mode: 0o555,
            lifetime: Duration::from_secs(24 * 3600),
            dir_handles_max: 4096,
            passthrough: false,
            renumber_cached: true,
            covers: false,
            playlists: false,
        }
    }
}
