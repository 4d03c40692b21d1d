//! Telling the kernel what to forget.

use crate::ids::Ino;

/// Drops entries of the kernel's caches.
///
/// Called only from a thread that serves no request and holds no lock that a handler needs: the kernel may call back, and
/// a notification for an inode inside a request on it deadlocks. Entries the kernel does not hold are no error; other
/// failures are logged by the implementation.
pub trait KernelNotifier: Send + Sync {
    /// A name went, moved or leads elsewhere.
    fn forget_name(&self, parent: Ino, name: &[u8]);

    /// Attributes changed; cached contents stay.
    fn forget_attributes(&self, ino: Ino);

    /// Contents (of a file, or the listing of a directory) and attributes changed.
    fn forget_contents(&self, ino: Ino);
}

/// Forgets nothing: for a file system that is driven without a mount.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNotifier;

impl KernelNotifier for NoNotifier {
    fn forget_name(&self, _: Ino, _: &[u8]) {}
    fn forget_attributes(&self, _: Ino) {}
    fn forget_contents(&self, _: Ino) {}
}
