//! Files without a name.

use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::meter::GaugeGuard;
use rustix::fs::{Mode, OFlags};
use rustix::io::retry_on_intr;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// A file that stands in no folder and is gone with its descriptor.
#[derive(Debug)]
pub(crate) struct UnnamedFile {
    file: File,
    _held: GaugeGuard,
}

impl UnnamedFile {
    /// An empty one in the folder's file system. It can never be given a name.
    pub(crate) fn new(folder: &Path, held: GaugeGuard) -> io::Result<Self> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::EXCL | OFlags::CLOEXEC;
        let file = retry_on_intr(|| rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR))?;
        Ok(Self { file: file.into(), _held: held })
    }

    /// The file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Writes all of `bytes` at `offset`.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }
}

impl Source for UnnamedFile {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.file.read_at(&mut buf[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn stamp(&self) -> io::Result<Stamp> {
        let metadata = self.file.metadata()?;
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Ok(Stamp {
            size: metadata.len(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            file: metadata.ino().max(1),
        })
    }

    fn file(&self) -> Option<&File> {
        Some(&self.file)
    }
}
