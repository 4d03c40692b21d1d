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
        self.counts.open();
        let file = match open_waiting_for_nothing(path) {
            // Another program holds a lease on the file, such as a file server for a client that has it to itself. The kernel has
            // asked for it back; an ordinary open waits until it is given up, which for a regular file is a matter of time.
            Err(Errno::AGAIN) if std::fs::metadata(path)?.is_file() => open_file(path, OFlags::empty())?,
            // What open(2) answers for a socket, and for a device without a driver.
            Err(Errno::NXIO | Errno::NODEV) => return Err(not_regular()),
            opened => opened?,
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

/// A FIFO without a writer would hold up an ordinary open for ever.
fn open_waiting_for_nothing(path: &Path) -> Result<File, Errno> {
    open_file(path, OFlags::NONBLOCK)
}

/// Opens read-only. A terminal must not become the controlling one.
fn open_file(path: &Path, more: OFlags) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | more;
    retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty())).map(File::from)
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

#[cfg(test)]
#[path = "backing_tests.rs"]
mod tests;
