//! The plain files that edited tracks are handed to the kernel as.
//!
//! All opens of one content share one file, as the kernel demands while an inode is open by passthrough. It outlives the last
//! of them for a while: the kernel's pages belong to the file, and whoever opens the track again soon finds them.

use crate::sync::{Mutex, lock};
use hashbrown::HashMap;
use musefs_contracts::backing::Source;
use musefs_contracts::cache::ContentKey;
use musefs_contracts::ids::FileId;
use std::sync::Arc;

/// How long a file is kept behind its last release. Not long, since it keeps its file system from being unmounted, and the
/// space of an original that was deleted from being free.
const KEPT_NS: i64 = 15_000_000_000;
/// How many are kept behind their last release.
const MOST_KEPT: usize = 32;

type Key = (FileId, ContentKey);

/// One content's file.
struct PlainFile {
    /// `None` if it could not be made; that is not tried again while the content is open.
    source: Option<Arc<dyn Source>>,
    handles: u32,
    /// When the last handle went.
    released_ns: i64,
}

/// The files of all contents that are open or were a moment ago.
#[derive(Default)]
pub(crate) struct PlainFiles(Mutex<HashMap<Key, PlainFile>>);

impl PlainFiles {
    /// Counts a handle on a content and answers its file, made if there is none yet.
    pub(crate) fn acquire(
        &self,
        file: impl Into<FileId>,
        generation: ContentKey,
        make: impl FnOnce() -> Option<Arc<dyn Source>>,
    ) -> Option<Arc<dyn Source>> {
        let key = (file.into(), generation);
        if let Some(known) = lock(&self.0).get_mut(&key) {
            known.handles += 1;
            return known.source.clone();
        }
        // Made without the lock, since that reads. Where two make one, the first to come back is everyone's.
        let source = make();
        let mut files = lock(&self.0);
        let file = files.entry(key).or_insert(PlainFile { source, handles: 0, released_ns: 0 });
        file.handles += 1;
        file.source.clone()
    }

    /// Takes a handle away.
    pub(crate) fn release(&self, file: impl Into<FileId>, generation: ContentKey, now_ns: i64) {
        let key = (file.into(), generation);
        let mut files = lock(&self.0);
        let Some(file) = files.get_mut(&key) else { return };
        file.handles -= 1;
        file.released_ns = now_ns;
        if file.handles > 0 {
            return;
        }
        if file.source.is_none() {
            files.remove(&key);
            return;
        }
        let idle = files.iter().filter(|(_, file)| file.handles == 0);
        let oldest = idle.clone().min_by_key(|(_, file)| file.released_ns).map(|(key, _)| *key);
        let too_many = idle.count() > MOST_KEPT;
        let dropped = oldest.filter(|_| too_many).and_then(|oldest| files.remove(&oldest));
        // Closing it frees its blocks: other opens need not wait for that.
        drop(files);
        drop(dropped);
    }

    /// Lets those go that nobody opened again for a while.
    pub(crate) fn sweep(&self, now_ns: i64) {
        let mut files = lock(&self.0);
        if files.is_empty() {
            return;
        }
        // A clock that was set back makes all of them old rather than young for long.
        let is_young = |file: &PlainFile| (0..KEPT_NS).contains(&now_ns.saturating_sub(file.released_ns));
        let is_old = |_: &Key, file: &mut PlainFile| file.handles == 0 && !is_young(file);
        let old: Vec<_> = files.extract_if(is_old).collect();
        drop(files);
        drop(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::backing::MemorySource;
    use musefs_contracts::ids::TrackId;

    fn key(version: i64) -> ContentKey {
        ContentKey { content_version: version, stamp_digest: 7 }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands for what may fail")]
    fn made() -> Option<Arc<dyn Source>> {
        Some(Arc::new(MemorySource(vec![1])))
    }

    fn never() -> Option<Arc<dyn Source>> {
        panic!("a file too many")
    }

    #[test]
    fn opens_of_one_content_share_one_file_for_as_long_as_it_is_open_and_a_while() {
        let files = PlainFiles::default();
        let first = files.acquire(TrackId(1), key(1), made).unwrap();
        let second = files.acquire(TrackId(1), key(1), never).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &files.acquire(TrackId(1), key(2), made).unwrap()));
        files.release(TrackId(1), key(1), 5);
        files.sweep(i64::MAX);
        assert!(Arc::ptr_eq(&first, &files.acquire(TrackId(1), key(1), never).unwrap()));
        files.release(TrackId(1), key(1), 5);
        files.release(TrackId(1), key(1), 10);
        files.sweep(10 + KEPT_NS - 1);
        assert!(Arc::ptr_eq(&first, &files.acquire(TrackId(1), key(1), never).unwrap()));
        files.release(TrackId(1), key(1), 20);
        files.sweep(20 + KEPT_NS);
        assert!(!Arc::ptr_eq(&first, &files.acquire(TrackId(1), key(1), made).unwrap()));
    }

    #[test]
    fn a_failure_counts_while_the_content_is_open() {
        let files = PlainFiles::default();
        assert!(files.acquire(TrackId(1), key(1), || None).is_none());
        assert!(files.acquire(TrackId(1), key(1), never).is_none());
        files.release(TrackId(1), key(1), 1);
        files.release(TrackId(1), key(1), 1);
        assert!(files.acquire(TrackId(1), key(1), made).is_some());
    }

    #[test]
    fn few_are_kept() {
        let files = PlainFiles::default();
        for track in 0..100 {
            files.acquire(TrackId(track), key(1), made).unwrap();
            files.release(TrackId(track), key(1), track);
        }
        assert_eq!(lock(&files.0).len(), MOST_KEPT);
        files.acquire(TrackId(99), key(1), never).unwrap();
    }
}
