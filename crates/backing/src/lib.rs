//! Opens and reads backing files for musefs.
//!
//! **Must never know** what is in a file: no format, no tag, no tree. It turns paths into positioned reads and stamps, never
//! asks for write access, and refuses everything that is not a regular file.
//!
//! With the feature `syscalls` the calls made are counted in the metrics that belong to the [`Purpose`]; without it nothing is
//! counted, nothing is registered, and the API is the same.

mod counts;
mod file;

use counts::Counts;
use file::FileSource;
use musefs_contracts::backing::{Backing, Source, Stamp};
use musefs_contracts::meter::Meter;
use rustix::fs::{Advice, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What files are opened for: decides which metrics count the calls, and what the kernel is told about the reads to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Serving contents through the mount: long sequential reads, which the kernel may read ahead.
    Serve,
    /// Probing: a few small reads, behind which the kernel must not read the audio in.
    Scan,
}

/// Backing files of the file system that the process sees.
#[derive(Debug)]
pub struct FileBacking {
    purpose: Purpose,
    counts: Counts,
}

impl FileBacking {
    /// A door to backing files. One for each purpose and mount, since each metric is handed out once.
    pub fn new(purpose: Purpose, meter: &dyn Meter) -> Self {
        Self { purpose, counts: Counts::new(purpose, meter) }
    }
}

impl Backing for FileBacking {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        // A FIFO without a writer would hold up an ordinary open for ever, and a terminal could become the controlling one.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        self.counts.open();
        let file = match retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty())) {
            Ok(descriptor) => File::from(descriptor),
            // What open(2) answers for a socket, and for a device without a driver.
            Err(Errno::NXIO | Errno::NODEV) => return Err(not_regular()),
            Err(error) => return Err(error.into()),
        };
        self.counts.stat();
        if !file.metadata()?.is_file() {
            return Err(not_regular());
        }
        if self.purpose == Purpose::Scan {
            // Advice only: a file system that does not take it reads ahead as it likes.
            let _ = rustix::fs::fadvise(&file, 0, None, Advice::Random);
        }
        Ok(Arc::new(FileSource::new(file, self.counts.clone())))
    }

    fn stat(&self, path: &Path) -> io::Result<Stamp> {
        self.counts.stat();
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(not_regular());
        }
        Ok(file::stamp_of(&metadata))
    }
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

#[cfg(test)]
#[path = "backing_tests.rs"]
mod tests;
