//! The virtual tree: immutable snapshots, each made from the last by the changes since.

use crate::ids::{Ino, TrackId};
use std::any::Any;
use std::sync::Arc;

/// Where a track wants to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The track.
    pub track: TrackId,
    /// Components joined by `/`, without extension, as [`crate::template::RenderedPath`] promises them.
    pub path: String,
    /// The backing file's extension with its dot, as its name has it (may be empty, need not be UTF-8).
    pub extension: Vec<u8>,
}

/// A change of one track's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacementChange {
    /// The track is new, or stands elsewhere now.
    Place(Placement),
    /// The track is gone.
    Remove(TrackId),
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A directory.
    Directory,
    /// A track's file.
    Track(TrackId),
}

/// One child of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child<'a> {
    /// Inode number: of the directory, or the track's with epoch 0 (epochs are the file system's business).
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

    /// The directories a track stands in with its name in each: none if it is not shown, several in several views.
    fn places(&self, track: TrackId) -> Vec<(Ino, Vec<u8>)>;

    /// Number of names a track has, which is its link count; 0 if it is not shown. Asked for each file of a listing.
    fn links(&self, track: TrackId) -> u32 {
        self.places(track).len() as u32
    }

    /// Visits the children of a directory from `cursor` on (0: from the first), in a fixed order, until `visit` answers
    /// `false`. `false` if the directory is not there.
    ///
    /// Cursors are small numbers that grow along the listing and are valid in this snapshot only.
    fn children(&self, directory: Ino, cursor: u64, visit: &mut dyn FnMut(Child<'_>) -> bool) -> bool;

    /// Number of subdirectories, for a directory's link count; `None` if it is not there.
    fn subdirectories(&self, directory: Ino) -> Option<u32>;

    /// Live inodes: directories (the root included) and tracks.
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
    /// Where several tracks want one name in a directory, the one with the lowest id keeps it and the others get ` (2)`,
    /// ` (3)`… before the extension, in order of id; so does a track whose name a directory has. Names are cut at
    /// [`crate::limits::MAX_NAME_BYTES`], at a character's border, suffix and extension included.
    fn build(&self, placements: &mut dyn Iterator<Item = Placement>) -> Arc<dyn TreeSnapshot>;

    /// The snapshot after `changes`, which equals the one that [`Self::build`] would give for the resulting placements,
    /// inode numbers included. Costs in proportion to the changes and the directories they touch.
    fn apply(&self, last: &Arc<dyn TreeSnapshot>, changes: &[PlacementChange]) -> (Arc<dyn TreeSnapshot>, TreeDelta);
}
