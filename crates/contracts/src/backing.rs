//! Reading backing files.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What tells whether a file is still the one that was probed. All four come from one `fstat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change of contents, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of the inode, in nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Inode number and device folded into one number; 0 where it is not known (a store does not keep it).
    pub file: u64,
}

impl Stamp {
    /// Whether both describe the same contents, as far as size and times tell.
    pub fn same_contents(&self, other: &Self) -> bool {
        self.size == other.size && self.mtime_ns == other.mtime_ns && self.ctime_ns == other.ctime_ns
    }
}

/// An open backing file: positioned reads and a stamp. Opened read-only, always.
///
/// Implementations are called from many threads at once and hold no position.
pub trait Source: Send + Sync {
    /// Reads at `offset` into `buf` and answers how many bytes were read: fewer than asked only at the end of the file,
    /// 0 behind it. Interrupted calls are repeated by the implementation.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// As [`Self::read_at`], but never waits for storage: fails with [`io::ErrorKind::WouldBlock`] if the bytes are not in
    /// memory. May read fewer bytes than asked when the rest would block.
    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let _ = (offset, buf);
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// The stamp as it is now.
    fn stamp(&self) -> io::Result<Stamp>;

    /// The descriptor behind it, for handing to the kernel; `None` for sources that are not plain files.
    fn file(&self) -> Option<&File> {
        None
    }
}

impl<S: Source + ?Sized> Source for Arc<S> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buf)
    }
    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        (**self).read_at_nowait(offset, buf)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        (**self).stamp()
    }
    fn file(&self) -> Option<&File> {
        (**self).file()
    }
}

/// Fills `buf` from `offset`, or fails with [`io::ErrorKind::UnexpectedEof`].
pub fn read_exact_at(source: &(impl Source + ?Sized), mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
    while !buf.is_empty() {
        match source.read_at(offset, buf)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                buf = &mut buf[n..];
                offset += n as u64;
            }
        }
    }
    Ok(())
}

/// Opens backing files. The one door to the library's folders for everything but the scanner's walk.
pub trait Backing: Send + Sync {
    /// Opens a file for reading. Never creates, writes, or follows into a device or FIFO: anything but a regular file is
    /// an error of kind [`io::ErrorKind::InvalidInput`].
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>>;

    /// The stamp of a file that is not open.
    fn stat(&self, path: &Path) -> io::Result<Stamp>;
}

/// A source in memory, for probing bytes at hand.
#[derive(Clone, Debug, Default)]
pub struct MemorySource(pub Vec<u8>);

impl Source for MemorySource {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let n = buf.len().min(self.0.len() - start);
        buf[..n].copy_from_slice(&self.0[start..start + n]);
        Ok(n)
    }
    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.read_at(offset, buf)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: self.0.len() as u64, ..Stamp::default() })
    }
}
