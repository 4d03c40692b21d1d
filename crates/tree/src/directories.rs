//! The directories of a snapshot by number.

use crate::directory::{Contents, Directory};
use crate::shards::{Numbered, Shards};
use musefs_contracts::ids::Ino;
use std::sync::Arc;

/// Directories by inode number. There always is a root.
#[derive(Clone, Debug)]
pub(crate) struct Directories {
    root: Arc<Directory>,
    others: Shards<Arc<Directory>>,
}

impl Numbered for Arc<Directory> {
    fn ino(&self) -> Ino {
        self.ino
    }

    /// A directory's number is a hash.
    fn spread(ino: Ino) -> usize {
        ino.0 as usize
    }
}

impl Directories {
    /// An index with room for `count` directories, which holds the root alone.
    pub(crate) fn new(root: Contents, count: usize) -> Self {
        let root = Arc::new(Directory { ino: Ino::ROOT, parent: Ino::ROOT, contents: root });
        Self { root, others: Shards::new(count) }
    }

    /// The directory with this number.
    pub(crate) fn get(&self, ino: Ino) -> Option<&Arc<Directory>> {
        if ino == Ino::ROOT { Some(&self.root) } else { self.others.get(ino) }
    }

    /// Adds or replaces a directory.
    pub(crate) fn put(&mut self, directory: Arc<Directory>) {
        if directory.ino == Ino::ROOT {
            self.root = directory;
        } else {
            self.others.put(directory);
        }
    }

    /// Takes a directory out.
    pub(crate) fn remove(&mut self, ino: Ino) {
        self.others.remove(ino);
    }

    /// Every directory, the root included, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Directory>> {
        std::iter::once(&self.root).chain(self.others.iter())
    }

    /// Number of directories, the root not counted.
    pub(crate) fn count(&self) -> usize {
        self.others.count()
    }
}
