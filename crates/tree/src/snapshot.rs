//! One state of the tree.

use crate::number::Number;
use crate::store::{Directories, Places};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::tree::{Child, NodeKind, TreeSnapshot};

/// What names and numbers follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Names that differ in case alone are the same.
    pub(crate) fold: bool,
    /// The numbers of directories.
    pub(crate) number: Number,
}

/// One state of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// What it was built by.
    pub(crate) rules: Rules,
    /// Directories by number.
    pub(crate) directories: Directories,
    /// Tracks by id.
    pub(crate) places: Places,
    /// Directories that do not have the number they would like to have.
    pub(crate) displaced: usize,
}

impl TreeSnapshot for Snapshot {
    fn lookup(&self, parent: Ino, name: &[u8]) -> Option<(Ino, NodeKind)> {
        let contents = &self.directories.get(parent)?.contents;
        let entry = contents.entries.get(contents.find(name, self.rules.fold)?)?;
        Some((entry.target, entry.kind()))
    }

    fn contains_directory(&self, ino: Ino) -> bool {
        self.directories.get(ino).is_some()
    }

    fn parent(&self, directory: Ino) -> Option<Ino> {
        self.directories.get(directory).map(|directory| directory.parent)
    }

    fn places(&self, track: TrackId) -> Vec<(Ino, Vec<u8>)> {
        let place = self.places.get(track).and_then(|ino| {
            let contents = &self.directories.get(ino)?.contents;
            let index = contents.find_target(Ino::of_track(track, 0))?;
            Some((ino, contents.name(index).to_vec()))
        });
        place.into_iter().collect()
    }

    fn links(&self, track: TrackId) -> u32 {
        u32::from(self.places.get(track).is_some())
    }

    fn children(&self, directory: Ino, cursor: u64, visit: &mut dyn FnMut(Child<'_>) -> bool) -> bool {
        let Some(directory) = self.directories.get(directory) else { return false };
        let contents = &directory.contents;
        let first = usize::try_from(cursor).unwrap_or(usize::MAX);
        for (index, entry) in contents.entries.iter().enumerate().skip(first) {
            let name = contents.name(index);
            if !visit(Child { ino: entry.target, kind: entry.kind(), name, cursor: index as u64 + 1 }) {
                break;
            }
        }
        true
    }

    fn subdirectories(&self, directory: Ino) -> Option<u32> {
        self.directories.get(directory).map(|directory| directory.contents.subdirectories)
    }

    fn nodes(&self) -> u64 {
        (1 + self.directories.count() + self.places.count()) as u64
    }

    /// The directories there are: numbers follow from paths, so that nothing is remembered of those that went.
    fn remembered_paths(&self) -> u64 {
        self.directories.count() as u64
    }
}
