//! The file system as the FUSE adapter calls it.

use crate::ids::Ino;
use std::ffi::OsStr;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::backing::Source;

/// Why a request failed; each becomes one errno.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FsError {
    /// ENOENT: no such name or inode, or the backing file is gone.
    #[error("no such file or directory")]
    NotFound,
    /// ENOTDIR.
    #[error("not a directory")]
    NotADirectory,
    /// EISDIR.
    #[error("is a directory")]
    IsADirectory,
    /// EROFS: something was to be written.
    #[error("read-only file system")]
    ReadOnly,
    /// EACCES: the daemon may not read the backing file.
    #[error("permission denied")]
    PermissionDenied,
    /// EAGAIN: more load than the daemon takes, or (asked not to wait) the bytes are not at hand.
    #[error("resource temporarily unavailable")]
    Again,
    /// ESTALE: the handle or inode belongs to a content that is gone.
    #[error("stale file handle")]
    Stale,
    /// EBADF: no such handle.
    #[error("bad file handle")]
    BadHandle,
    /// ENAMETOOLONG.
    #[error("file name too long")]
    NameTooLong,
    /// EMFILE: no further handle can be had.
    #[error("too many open files")]
    TooManyHandles,
    /// EIO: the backing file or the store failed. Logged and counted by the file system.
    #[error("input/output error")]
    Io,
}

/// Result of a request.
pub type FsResult<T> = Result<T, FsError>;

/// File or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
}

/// What `stat` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Inode number.
    pub ino: Ino,
    /// File or directory.
    pub kind: FileKind,
    /// Size in bytes: exactly what a reader gets.
    pub size: u64,
    /// Last change of contents, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of anything, nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Links: names of a file; 2 and the subdirectories of a directory.
    pub links: u32,
    /// Permission bits.
    pub permissions: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// An open file.
pub struct Opened {
    /// The handle, to be given back with [`FileSystem::release`].
    pub handle: u64,
    /// A file with exactly the served bytes that the kernel may read by itself. All opens of one inode that are open at the same
    /// time get the same one, unless it changes its contents.
    pub passthrough: Option<Arc<dyn Source>>,
    /// The kernel must not cache the contents (what it holds may be of a former content).
    pub direct: bool,
}

/// A child of a directory with its attributes.
#[derive(Clone, Copy, Debug)]
pub struct DirectoryEntry<'a> {
    /// Name.
    pub name: &'a [u8],
    /// Attributes. In a listing without attributes only `ino` and `kind` are right.
    ///
    /// Where `links` is 0 the listing's snapshot is older than the file system's state and the name leads elsewhere or
    /// nowhere by now (or its attributes could not be had): the kernel is to remember nothing of this entry.
    pub attributes: Attributes,
    /// Cursor behind this entry.
    pub cursor: u64,
}

/// The file system. Every method may be called from several threads at once.
///
/// Handles pair up: each successful `open` or `open_directory` is followed by exactly one release. Methods marked
/// *at hand* never wait for storage; the others may, and belong on the pool unless their answer is at hand.
pub trait FileSystem: Send + Sync {
    /// *At hand but for a size not known yet.* The child of a directory. Names beyond the limit are
    /// [`FsError::NameTooLong`]; `.` and `..` are resolved.
    fn lookup(&self, parent: Ino, name: &OsStr) -> FsResult<Attributes>;

    /// *At hand but for a size not known yet.* The attributes of an inode.
    fn attributes(&self, ino: Ino) -> FsResult<Attributes>;

    /// Opens a file.
    fn open(&self, ino: Ino) -> FsResult<Opened>;

    /// Reads at `offset` up to `len` bytes into `out` (emptied first); fewer only at the end of the file. One handle sees
    /// one generation of the file, from open to release.
    fn read(&self, handle: u64, offset: u64, len: usize, out: &mut Vec<u8>) -> FsResult<()>;

    /// *At hand.* As [`Self::read`], or [`FsError::Again`] if it would have to wait. That is not counted as a failed read.
    fn read_nowait(&self, handle: u64, offset: u64, len: usize, out: &mut Vec<u8>) -> FsResult<()>;

    /// Tells that a handle is read by passthrough, so that the inode keeps meaning these bytes while it is open.
    fn passed_through(&self, handle: u64);

    /// Tells that the kernel takes no files to read by itself, or none any more, so that offering one is of no use.
    fn passthrough_is_off(&self);

    /// Gives a handle back.
    fn release(&self, handle: u64);

    /// Opens a directory: the listing it gives is one snapshot, however long it is held.
    fn open_directory(&self, ino: Ino) -> FsResult<u64>;

    /// Visits the entries of an open directory behind `cursor` (0: from the first, `.` and `..` included) until `visit`
    /// answers `false`.
    fn read_directory(
        &self,
        handle: u64,
        cursor: u64,
        with_attributes: bool,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> FsResult<()>;

    /// Gives a directory handle back.
    fn release_directory(&self, handle: u64);

    /// How long the kernel may keep what it was told.
    fn lifetime(&self) -> Duration;

    /// Whether this inode changes without the kernel being told, so that it is to remember nothing of it: attributes not at all,
    /// contents not from one open to the next.
    fn is_fleeting(&self, _: Ino) -> bool {
        false
    }

    /// Number of files, for `statfs`.
    fn file_count(&self) -> u64;
}

/// A document served as a virtual file, rendered afresh for each open.
pub trait Document: Send + Sync {
    /// Its text now.
    fn render(&self) -> io::Result<Vec<u8>>;
}
