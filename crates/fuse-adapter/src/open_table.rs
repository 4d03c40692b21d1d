//! Which inodes are open, and in which of the two modes.
//!
//! The kernel is strict: while an inode is open by passthrough, each further open of it must be by passthrough with the same
//! registration, and while it is open for caching none may be by passthrough; anything else fails with EIO. So the first
//! open of an inode decides, and the last release of it frees the choice. The kernel lets go of an open file before it sends
//! its release, so this table never frees an inode that the kernel still holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which file a descriptor leads to: device and inode number.
pub(crate) type FileId = (u64, u64);

/// The open inodes. `B` is what stands for a registration with the kernel; the last release drops it.
pub(crate) struct OpenTable<B> {
    inodes: Mutex<HashMap<u64, Inode<B>>>,
}

struct Inode<B> {
    mode: Mode<B>,
    opens: u64,
}

enum Mode<B> {
    Cached,
    Passthrough(FileId, Arc<B>),
}

/// How an open is to be answered.
pub(crate) enum Entered<B> {
    /// By the page cache and requests.
    Cached,
    /// By passthrough with this registration.
    Passthrough(Arc<B>),
    /// Not at all: the inode is open by passthrough on another file. Nothing was entered.
    Conflict,
}

impl<B> OpenTable<B> {
    pub(crate) fn new() -> Self {
        Self { inodes: Mutex::default() }
    }

    /// Enters an open of `ino`. `file` is the file the kernel may read by itself, if there is one; `register` registers it,
    /// and is asked only if this open is the first. Where it gives nothing, the inode is open for caching.
    ///
    /// Every answer but [`Entered::Conflict`] is paired with one [`Self::leave`].
    pub(crate) fn enter(&self, ino: u64, file: Option<FileId>, register: impl FnOnce() -> Option<B>) -> Entered<B> {
        let mut inodes = self.lock();
        if let Some(inode) = inodes.get_mut(&ino) {
            let entered = match &inode.mode {
                Mode::Cached => Entered::Cached,
                Mode::Passthrough(open, backing) if file == Some(*open) => Entered::Passthrough(Arc::clone(backing)),
                Mode::Passthrough(..) => return Entered::Conflict,
            };
            inode.opens += 1;
            return entered;
        }
        let registered = file.and_then(|file| Some((file, Arc::new(register()?))));
        let (mode, entered) = match registered {
            Some((file, backing)) => (Mode::Passthrough(file, Arc::clone(&backing)), Entered::Passthrough(backing)),
            None => (Mode::Cached, Entered::Cached),
        };
        inodes.insert(ino, Inode { mode, opens: 1 });
        entered
    }

    /// Takes an open back.
    pub(crate) fn leave(&self, ino: u64) {
        let mut inodes = self.lock();
        let Some(inode) = inodes.get_mut(&ino) else { return };
        inode.opens -= 1;
        if inode.opens == 0 {
            let last = inodes.remove(&ino);
            // Taking a registration back is a system call: other opens need not wait for it.
            drop(inodes);
            drop(last);
        }
    }

    /// Nothing between the entries can break, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Inode<B>>> {
        self.inodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = (1, 10);
    const OTHER: FileId = (1, 11);

    fn mode<B>(entered: &Entered<B>) -> &'static str {
        match entered {
            Entered::Cached => "cached",
            Entered::Passthrough(_) => "passthrough",
            Entered::Conflict => "conflict",
        }
    }

    fn never() -> Option<u8> {
        panic!("a registration too many")
    }

    #[test]
    fn the_first_open_decides_and_the_last_release_frees() {
        let table = OpenTable::new();
        assert_eq!(mode(&table.enter(5, Some(FILE), || Some(1_u8))), "passthrough");
        assert_eq!(mode(&table.enter(5, Some(FILE), never)), "passthrough");
        assert_eq!(mode(&table.enter(5, None, never)), "conflict");
        assert_eq!(mode(&table.enter(5, Some(OTHER), never)), "conflict");
        assert_eq!(mode(&table.enter(6, None, never)), "cached");
        table.leave(5);
        assert_eq!(mode(&table.enter(5, None, never)), "conflict");
        table.leave(5);
        assert_eq!(mode(&table.enter(5, None, never)), "cached");
        assert_eq!(mode(&table.enter(5, Some(FILE), never)), "cached");
    }

    #[test]
    fn opens_of_one_inode_share_one_registration_which_goes_with_the_last() {
        let table = OpenTable::new();
        let registered = Arc::new(());
        for _ in 0..3 {
            assert_eq!(mode(&table.enter(5, Some(FILE), || Some(Arc::clone(&registered)))), "passthrough");
            assert_eq!(Arc::strong_count(&registered), 2);
        }
        table.leave(5);
        table.leave(5);
        assert_eq!(Arc::strong_count(&registered), 2);
        table.leave(5);
        assert_eq!(Arc::strong_count(&registered), 1);
    }

    #[test]
    fn a_refused_registration_leaves_the_inode_open_for_caching() {
        let table = OpenTable::new();
        assert_eq!(mode(&table.enter(5, Some(FILE), || None::<u8>)), "cached");
        assert_eq!(mode(&table.enter(5, Some(FILE), || Some(1))), "cached");
        table.leave(5);
        table.leave(5);
        assert_eq!(mode(&table.enter(5, Some(FILE), || Some(1))), "passthrough");
    }

    #[test]
    fn releasing_what_is_not_open_does_nothing() {
        let table = OpenTable::<u8>::new();
        table.leave(5);
        assert_eq!(mode(&table.enter(5, None, never)), "cached");
    }
}
