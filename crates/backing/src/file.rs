//! One open backing file.

use crate::counts::Counts;
use musefs_contracts::backing::{Source, Stamp};
use rustix::io::{Errno, ReadWriteFlags, retry_on_intr};
use std::fs::{File, Metadata};
use std::io::{self, IoSliceMut};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A regular file, opened read-only.
#[derive(Debug)]
pub(crate) struct FileSource {
    file: File,
    counts: Counts,
    /// Set once the file system has said that it cannot tell whether a read would wait, so that it is not asked again.
    always_waits: AtomicBool,
}

impl FileSource {
    pub(crate) fn new(file: File, counts: Counts) -> Self {
        Self { file, counts, always_waits: AtomicBool::new(false) }
    }
}

/// No file reaches further; the kernel takes offsets as signed numbers, and the largest unsigned one as "where the
/// descriptor stands".
fn is_behind_every_file(offset: u64) -> bool {
    i64::try_from(offset).is_err()
}

impl Source for FileSource {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if is_behind_every_file(offset) {
            return Ok(0);
        }
        let mut done = 0;
        // The kernel may answer less than asked in the middle of a file (a signal, a limit of 2 GiB): only 0 is the end.
        while done < buf.len() {
            let rest = &mut buf[done..];
            let asked = rest.len();
            match retry_on_intr(|| rustix::io::pread(&self.file, &mut *rest, offset + done as u64)) {
                Ok(n) => {
                    self.counts.pread(asked, n);
                    done += n;
                    if n == 0 || n == asked {
                        break;
                    }
                }
                Err(error) => {
                    // Also behind a part that could be read: answering that part alone would look like the end.
                    self.counts.pread(asked, 0);
                    return Err(error.into());
                }
            }
        }
        Ok(done)
    }

    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if is_behind_every_file(offset) {
            return Ok(0);
        }
        if self.always_waits.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let asked = buf.len();
        match rustix::io::preadv2(&self.file, &mut [IoSliceMut::new(buf)], offset, ReadWriteFlags::NOWAIT) {
            Ok(n) => {
                self.counts.pread(asked, n);
                Ok(n)
            }
            // Nothing was read, and the caller asks again for good: not counted, or each such read would count twice.
            Err(Errno::AGAIN | Errno::INTR) => Err(io::ErrorKind::WouldBlock.into()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                self.always_waits.store(true, Ordering::Relaxed);
                Err(io::ErrorKind::WouldBlock.into())
            }
            Err(error) => {
                self.counts.pread(asked, 0);
                Err(error.into())
            }
        }
    }

    fn stamp(&self) -> io::Result<Stamp> {
        self.counts.stat();
        Ok(stamp_of(&self.file.metadata()?))
    }

    fn file(&self) -> Option<&File> {
        Some(&self.file)
    }
}

/// The stamp in the answer of a `stat`.
pub(crate) fn stamp_of(metadata: &Metadata) -> Stamp {
    Stamp {
        size: metadata.len(),
        mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        file: fold(metadata.dev(), metadata.ino()),
    }
}

/// A file system may hold any number of seconds; times beyond the year 2262 become the last that can be told.
pub(crate) fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

/// Device and inode as one number, never 0, which means "not known". The multiplier spreads small device numbers over all
/// bits, so that the inodes of two file systems hardly ever fold to the same number.
fn fold(device: u64, inode: u64) -> u64 {
    (inode ^ device.wrapping_mul(0x9e37_79b9_7f4a_7c15)).max(1)
}
