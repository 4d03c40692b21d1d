//! The locks of this crate, behind one door.
//!
//! Order in which they are taken, where several are: refresh, swap, opens, then any one of the small ones (pending,
//! observed, sizes, backlog, times). No lock is held while the kernel is notified but the refresh lock, which no request takes.

pub(crate) use crate::primitives::{
    ArcSwap, AtomicBool, AtomicU8, AtomicU64, Mutex, Ordering, Receiver, RwLock, SyncSender, spawn_scoped,
    sync_channel, thread,
};
use crate::primitives::{Condvar, MutexGuard, RwLockReadGuard, RwLockWriteGuard};
use std::sync::PoisonError;
use std::time::Duration;

/// Locks, whatever became of the thread that held the lock last: every critical section leaves valid state behind at each
/// step, so that one panic does not take the file system with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As [`lock`], shared.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// As [`lock`], for writing.
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes one waiting thread. A wake that comes while nobody waits is kept for the next wait.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Raises the signal.
    pub(crate) fn raise(&self) {
        *lock(&self.raised) = true;
        self.changed.notify_all();
    }

    /// Whether it is raised.
    pub(crate) fn is_raised(&self) -> bool {
        *lock(&self.raised)
    }

    /// Waits until the signal is raised, at most for `patience`, and lowers it.
    pub(crate) fn wait(&self, patience: Duration) {
        let raised = lock(&self.raised);
        let waited = self.changed.wait_timeout_while(raised, patience, |raised| !*raised);
        let (mut raised, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *raised = false;
    }
}
