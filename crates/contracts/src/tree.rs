//! The virtual tree: immutable snapshots, each made from the last by the changes since.

use crate::ids::{CompanionId, FileId, Ino, TrackId};
use std::any::Any;
use std::sync::Arc;

/// Where a file wants to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The file.
    pub file: FileId,
    /// All paths it wants, as a set: components joined by `/`, without extension, as [`crate::template::RenderedPath`]
    /// promises them. Of paths that come to the same name (which those that differ in case may) the least by its bytes
    /// counts. None at all: it is not shown.
    pub paths: Vec<String>,
    /// The file's extension with its dot, as the backing file's name has it (may be empty, need not be UTF-8).
    pub extension: Vec<u8>,
}

/// A change of one file's places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacementChange {
    /// The file is new, or stands elsewhere now: these are all its places.
    Place(Placement),
    /// The file is gone.
    Remove(FileId),
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A directory.
    Directory,
    /// A track's file.
    Track(TrackId),
    /// A file that is no track.
    Companion(CompanionId),
}

impl NodeKind {
    /// What this number of a tree is: of a file or, any other, of a directory.
    pub fn of(ino: Ino) -> Self {
        match ino.file() {
            None => Self::Directory,
            Some(FileId::Track(track)) => Self::Track(track),
            Some(FileId::Companion(companion)) => Self::Companion(companion),
        }
    }
}

/// One child of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child<'a> {
    /// Inode number: of the directory, or the file's with epoch 0 (epochs are the file system's business).
    pub ino: Ino,
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub name: &'a [u8],
    /// Pass this to [`TreeSnapshot::children`] to go on behind this child.
    pub cursor: u64,
}

/// One immutable state of the tree. Look-ups take no lock and allocate nothing. `Any`, so that a [`Tree`] knows its own
/// snapshots again.
pub trait TreeSnapshot: Any + Send + Sync {
    /// The child of a directory by name; `None` if either is not there. Without case where the tree was built so.
    fn lookup(&self, parent: Ino, name: &[u8]) -> Option<(Ino, NodeKind)>;

    /// Whether this directory exists.
    fn contains_directory(&self, ino: Ino) -> bool;

    /// The parent of a directory; the root is its own. `None` if it is not there.
    fn parent(&self, directory: Ino) -> Option<Ino>;

    /// The name of a directory in the one above it; `None` for the root, and if it is not there.
    fn name(&self, directory: Ino) -> Option<Vec<u8>> {
        let mut name = None;
        self.children(self.parent(directory)?, 0, &mut |child| {
            name = (child.ino == directory).then(|| child.name.to_vec());
            name.is_none()
        });
        name
    }

    /// All names of a file with the directory of each, in an order that depends on nothing else: none if it is not shown,
    /// several in several views or where its template gives it several paths.
    fn places(&self, file: FileId) -> Vec<(Ino, Vec<u8>)>;

    /// Number of names a file has, which is its link count; 0 if it is not shown. Asked for each file of a listing.
    fn links(&self, file: FileId) -> u32 {
        self.places(file).len() as u32
    }

    /// Visits the children of a directory from `cursor` on (0: from the first), in a fixed order, until `visit` answers
    /// `false`. `false` if the directory is not there.
    ///
    /// Cursors are small numbers that grow along the listing and are valid in this snapshot only.
    fn children(&self, directory: Ino, cursor: u64, visit: &mut dyn FnMut(Child<'_>) -> bool) -> bool;

    /// Number of subdirectories, for a directory's link count; `None` if it is not there.
    fn subdirectories(&self, directory: Ino) -> Option<u32>;

    /// Live inodes: directories (the root included) and files.
    fn nodes(&self) -> u64;

    /// Paths the inode numbering remembers.
    fn remembered_paths(&self) -> u64;
}

/// What became stale between two snapshots, for the kernel to forget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeDelta {
    /// Names that went, moved, or now lead elsewhere: parent and name.
    pub names: Vec<(Ino, Vec<u8>)>,
    /// Directories whose listing changed in any way (a new name included). New directories are not among them.
    pub listings: Vec<Ino>,
}

/// Builds snapshots.
pub trait Tree: Send + Sync {
    /// The tree of these placements, whatever their order.
    ///
    /// Where several files want one name in a directory, the first in order of [`FileId`] keeps it and the others get
    /// ` (2)`, ` (3)`… before the extension, in that order; so does a file whose name a directory has. A file that wants
    /// several names in one directory has them all, and one that it wants twice only once. Names are cut at
    /// [`crate::limits::MAX_NAME_BYTES`], at a character's border, suffix and extension included.
    fn build(&self, placements: &mut dyn Iterator<Item = Placement>) -> Arc<dyn TreeSnapshot>;

    /// The snapshot after `changes`, which equals the one that [`Self::build`] would give for the resulting placements,
    /// inode numbers included. Costs in proportion to the changes and the directories they touch.
    fn apply(&self, last: &Arc<dyn TreeSnapshot>, changes: &[PlacementChange]) -> (Arc<dyn TreeSnapshot>, TreeDelta);
}
