//! One state of the tree.

use crate::directories::Directories;
use crate::number::Number;
use crate::places::Places;
use musefs_contracts::ids::{FileId, Ino};
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
    /// Where each file stands.
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

    fn name(&self, directory: Ino) -> Option<Vec<u8>> {
        let contents = &self.directories.get(self.parent(directory)?)?.contents;
        contents.targets(directory).next().map(|index| contents.name(index).to_vec())
    }

    fn places(&self, file: FileId) -> Vec<(Ino, Vec<u8>)> {
        let mut places = Vec::new();
        for place in self.places.get(file).chunk_by(Ino::eq).filter_map(<[Ino]>::first) {
            let Some(directory) = self.directories.get(*place) else { continue };
            let contents = &directory.contents;
            let indexes = contents.targets(Ino::of_file(file, 0));
            places.extend(indexes.map(|index| (*place, contents.name(index).to_vec())));
        }
        places
    }

    fn links(&self, file: FileId) -> u32 {
        self.places.get(file).len() as u32
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
