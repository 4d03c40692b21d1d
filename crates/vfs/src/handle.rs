//! Open handles by number.

use crate::made::{CoverHandle, ListHandle};
use crate::sync::{AtomicBool, AtomicU64, Ordering, RwLock, read, write};
use hashbrown::HashMap;
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::cache::ContentKey;
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::layout::Layout;
use musefs_contracts::tree::TreeSnapshot;
use std::path::Path;
use std::sync::Arc;

/// What is behind an open file.
pub(crate) enum Handle {
    /// One content of a file.
    File(FileHandle),
    /// A cover.
    Cover(CoverHandle),
    /// A playlist.
    List(ListHandle),
    /// A document, as it was rendered at open.
    Document(DocumentHandle),
}

/// A document, open.
pub(crate) struct DocumentHandle {
    pub(crate) text: Box<[u8]>,
    /// Whether it is the one that the kernel may hold in its pages.
    pub(crate) is_shown: bool,
}

/// One content of a file, open.
pub(crate) struct FileHandle {
    pub(crate) file: FileId,
    /// The number it was opened under.
    pub(crate) ino: Ino,
    pub(crate) generation: ContentKey,
    /// The content version of the file's rows: that of binary values the layout refers to.
    pub(crate) content_version: i64,
    pub(crate) layout: Arc<Layout>,
    /// Whether the served bytes are the backing file's.
    pub(crate) as_backing: bool,
    /// The backing file, and the same through read-ahead.
    pub(crate) source: Arc<dyn Source>,
    pub(crate) reader: Arc<dyn Source>,
    /// Its stamp at open.
    pub(crate) stamp: Stamp,
    /// For messages.
    pub(crate) path: Box<Path>,
    pub(crate) passed_through: AtomicBool,
    /// Whether it counts among the handles of a plain file.
    pub(crate) has_plain_file: bool,
}

/// An open directory: the tree as it was at open. Snapshots share their chunks, so that holding one is cheap.
pub(crate) struct DirectoryHandle {
    pub(crate) ino: Ino,
    pub(crate) tree: Arc<dyn TreeSnapshot>,
}

const SHARDS: usize = 16;

/// Handles by number, in shards so that readers of different files do not meet.
pub(crate) struct HandleTable<T> {
    next: AtomicU64,
    shards: [RwLock<HashMap<u64, Arc<T>>>; SHARDS],
}

impl<T> Default for HandleTable<T> {
    fn default() -> Self {
        Self { next: AtomicU64::new(1), shards: std::array::from_fn(|_| RwLock::default()) }
    }
}

impl<T> HandleTable<T> {
    /// Takes a handle in and numbers it. Numbers are not reused.
    pub(crate) fn insert(&self, handle: T) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        write(self.shard(number)).insert(number, Arc::new(handle));
        number
    }

    /// The handle of a number.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<T>> {
        read(self.shard(number)).get(&number).cloned()
    }

    /// Gives a handle back.
    pub(crate) fn remove(&self, number: u64) -> Option<Arc<T>> {
        write(self.shard(number)).remove(&number)
    }

    fn shard(&self, number: u64) -> &RwLock<HashMap<u64, Arc<T>>> {
        &self.shards[number as usize % SHARDS]
    }
}
