//! Attributes and errors in the words of `fuser`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{Errno, FileAttr, FileType, INodeNo};
use musefs_contracts::filesystem::{Attributes, FileKind, FsError};

/// The errno of an error.
pub(crate) fn errno(error: FsError) -> Errno {
    match error {
        FsError::NotFound => Errno::ENOENT,
        FsError::NotADirectory => Errno::ENOTDIR,
        FsError::IsADirectory => Errno::EISDIR,
        FsError::ReadOnly => Errno::EROFS,
        FsError::PermissionDenied => Errno::EACCES,
        FsError::Again => Errno::EAGAIN,
        FsError::Stale => Errno::ESTALE,
        FsError::BadHandle => Errno::EBADF,
        FsError::NameTooLong => Errno::ENAMETOOLONG,
        FsError::TooManyHandles => Errno::EMFILE,
        FsError::Io => Errno::EIO,
    }
}

/// The kind as a directory entry tells it.
pub(crate) fn kind(kind: FileKind) -> FileType {
    match kind {
        FileKind::Directory => FileType::Directory,
        FileKind::File => FileType::RegularFile,
    }
}

/// What `stat` shows. Blocks are those that the size would fill.
pub(crate) fn attributes(from: &Attributes) -> FileAttr {
    let mtime = time(from.mtime_ns);
    FileAttr {
        ino: INodeNo(from.ino.0),
        size: from.size,
        blocks: from.size.div_ceil(512),
        atime: mtime,
        mtime,
        ctime: time(from.ctime_ns),
        crtime: UNIX_EPOCH,
        kind: kind(from.kind),
        perm: from.permissions,
        nlink: from.links,
        uid: from.uid,
        gid: from.gid,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

fn time(ns: i64) -> SystemTime {
    let distance = Duration::from_nanos(ns.unsigned_abs());
    let moment = if ns < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    moment.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::ids::Ino;

    #[test]
    fn times_before_and_after_1970_keep_their_nanoseconds() {
        assert_eq!(time(0), UNIX_EPOCH);
        assert_eq!(time(1_500_000_001), UNIX_EPOCH + Duration::new(1, 500_000_001));
        assert_eq!(time(-1), UNIX_EPOCH - Duration::from_nanos(1));
        assert_ne!(time(i64::MIN), UNIX_EPOCH);
    }

    #[test]
    fn sizes_fill_blocks_of_512_bytes() {
        let mut from = Attributes {
            ino: Ino(256),
            kind: FileKind::File,
            size: 513,
            mtime_ns: 1,
            ctime_ns: 2,
            links: 3,
            permissions: 0o440,
            uid: 4,
            gid: 5,
        };
        let shown = attributes(&from);
        assert_eq!((shown.ino.0, shown.size, shown.blocks, shown.nlink), (256, 513, 2, 3));
        assert_eq!((shown.perm, shown.uid, shown.gid, shown.kind), (0o440, 4, 5, FileType::RegularFile));
        from.size = u64::MAX;
        assert_eq!(attributes(&from).blocks, u64::MAX / 512 + 1);
    }
}
