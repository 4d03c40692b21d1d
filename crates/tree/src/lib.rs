//! The virtual tree of musefs: immutable snapshots of directories, names and inode numbers, each made from the last by the
//! changes since.
//!
//! **Must never know** FUSE, SQL or any audio format: it gets paths and gives names, numbers and listings.
//!
//! # How it is laid out
//!
//! A directory is one immutable chunk ([`directory`]): an array of sixteen-byte entries in order of name, and one string
//! of all their names. Snapshots share the chunks that did not change. Two indexes lead to them, each split into parts
//! that are copied when they change and shared otherwise: directories by inode number ([`directories`]), and the
//! directories of each file by its id ([`places`]), eight bytes for a file that stands in one.
//!
//! # What follows from the set of placements alone
//!
//! Everything, so that a snapshot made by changes is the one that building anew would give:
//!
//! - **Names** ([`compose`]). A directory keeps its own. Of several files that want a name no directory has, the lowest
//!   id keeps it, tracks before others; the rest, in that order, get the first free of ` (2)`, ` (3)`…
//! - **Inode numbers** ([`number`]). A directory's is a hash of its path, the next free one in order of path on collision.
//! - **Spelling.** Without case, directories that differ in case are one, spelled as the file of lowest id below it has it,
//!   and of several spellings of that file the least by its bytes.

mod apply;
mod build;
mod compose;
mod delta;
mod directories;
mod directory;
mod name;
mod number;
mod places;
mod shards;
mod snapshot;
mod whole;

use musefs_contracts::tree::{Placement, PlacementChange, Tree, TreeDelta, TreeSnapshot};
use snapshot::{Rules, Snapshot};
use std::any::Any;
use std::sync::Arc;

/// How a tree treats names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Names that differ in case alone are the same, by the lower case of each character's capital. They keep the case they have.
    pub case_insensitive: bool,
}

/// Builds snapshots that are held in compact, shared chunks.
#[derive(Clone, Copy, Debug)]
pub struct ArenaTree {
    rules: Rules,
}

impl ArenaTree {
    /// A tree with these options.
    pub fn new(options: Options) -> Self {
        Self { rules: Rules { fold: options.case_insensitive, number: number::of_path } }
    }
}

impl Tree for ArenaTree {
    /// Of several placements of one file the first counts. Files whose id has no inode number are left out.
    fn build(&self, placements: &mut dyn Iterator<Item = Placement>) -> Arc<dyn TreeSnapshot> {
        Arc::new(build::build(self.rules, placements))
    }

    /// A snapshot of another implementation counts as empty.
    fn apply(&self, last: &Arc<dyn TreeSnapshot>, changes: &[PlacementChange]) -> (Arc<dyn TreeSnapshot>, TreeDelta) {
        let any: &dyn Any = last.as_ref();
        let empty;
        let snapshot = if let Some(snapshot) = any.downcast_ref::<Snapshot>() {
            snapshot
        } else {
            empty = build::build(self.rules, &mut std::iter::empty());
            &empty
        };
        match apply::apply(snapshot, changes) {
            Some((next, delta)) => (Arc::new(next), delta),
            None => (Arc::clone(last), TreeDelta::default()),
        }
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
