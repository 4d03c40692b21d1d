//! A small file system in memory whose requests are counted, and mounts of it that always go.

#![allow(dead_code, reason = "each test program uses a part of this")]

pub(crate) mod fake;
pub(crate) mod numbers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use musefs_contracts::executor::{Class, Executor, Job, Overloaded};
use musefs_fuse_adapter::{MountOptions, Mounted, mount};

pub(crate) use fake::{Content, Fake};
pub(crate) use numbers::Numbers;

/// Each job on a thread of its own.
#[derive(Default)]
pub(crate) struct Threads;

impl Executor for Threads {
    fn submit(&self, _: Class, job: Job) -> Result<(), Overloaded> {
        std::thread::spawn(job);
        Ok(())
    }
}

/// Takes no job at all.
pub(crate) struct Full;

impl Executor for Full {
    fn submit(&self, _: Class, job: Job) -> Result<(), Overloaded> {
        Err(Overloaded(job))
    }
}

/// A mount in a folder of its own. `Mounted` unmounts when dropped, also by a panic, and before its folder goes.
pub(crate) struct Mount {
    pub(crate) mounted: Mounted,
    pub(crate) fs: Arc<Fake>,
    pub(crate) numbers: Arc<Numbers>,
    pub(crate) folder: tempfile::TempDir,
}

impl Mount {
    pub(crate) fn new(fs: &Arc<Fake>) -> Self {
        Self::with(fs, Arc::new(Threads), &MountOptions::default())
    }

    pub(crate) fn with(fs: &Arc<Fake>, executor: Arc<dyn Executor>, options: &MountOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let numbers = Arc::new(Numbers::default());
        let served: Arc<Fake> = Arc::clone(fs);
        let mounted = mount(served, executor, &*numbers, folder.path(), options).unwrap();
        Self { mounted, fs: Arc::clone(fs), numbers, folder }
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Unmounts with no patience and gives the folder back.
    pub(crate) fn unmount(self) -> musefs_fuse_adapter::Unmounted {
        self.mounted.unmount(Duration::ZERO).unwrap()
    }
}

/// Waits for what happens by itself soon, such as the release that follows a close.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came about that {what}");
}

/// Bytes of which no stretch of a page looks like another.
pub(crate) fn ramp(len: usize) -> Vec<u8> {
    (0..len as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

/// Tries to mount an empty file system.
pub(crate) fn try_mount(path: &Path) -> Result<(), musefs_fuse_adapter::MountError> {
    mount(Fake::new([]), Arc::new(Threads), &Numbers::default(), path, &MountOptions::default()).map(drop)
}
