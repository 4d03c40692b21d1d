//! What the names of folders lead to, so that it shows when a disk is mounted or goes, or something else takes a name.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What some folders are, and what is mounted in them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// Device and inode number of each; `None` for one that is not there.
    folders: Vec<Option<(u64, u64)>>,
    /// Lines of the table of mounts.
    mounts: Vec<Vec<u8>>,
}

impl Places {
    /// Of these folders, now.
    pub(crate) fn of(roots: &[PathBuf]) -> Self {
        let identity = |root: &PathBuf| std::fs::metadata(root).ok().map(|meta| (meta.dev(), meta.ino()));
        let table = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
        let is_inside =
            |line: &&[u8]| place_of(line).is_some_and(|place| roots.iter().any(|root| place.starts_with(root)));
        let lines = table.split(|byte| *byte == b'\n').filter(is_inside);
        Self { folders: roots.iter().map(identity).collect(), mounts: lines.map(<[u8]>::to_vec).collect() }
    }
}

/// Where a mount stands: the fifth field (proc_pid_mountinfo(5)), in which blanks are a backslash and three octal digits.
fn place_of(line: &[u8]) -> Option<PathBuf> {
    let mut rest = line.split(|byte| *byte == b' ').nth(4)?;
    let mut place = Vec::with_capacity(rest.len());
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..3).filter(|_| first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        place.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[3..] } else { tail };
    }
    Some(OsString::from_vec(place).into())
}

/// The magic numbers (`linux/magic.h` and others) of file systems on which other machines, or programs behind them, make changes that
/// the kernel does not see: NFS, SMB in its generations, 9P, Ceph, AFS in both, Coda, Lustre, OCFS2, GFS2, shared folders of two
/// virtual machines, and FUSE, behind which anything may be.
const TOLD_BY_NOBODY: [u64; 15] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x0102_1997,
    0x00c3_6400,
    0x5346_414f,
    0x6b41_4653,
    0x7375_7245,
    0x0bd0_0bd0,
    0x7461_636f,
    0x0116_1970,
    0x786f_4256,
    0x7c7c_6673,
    0x6573_5546,
];

/// Whether a folder may change without this kernel knowing.
pub(crate) fn may_change_unseen(folder: &Path) -> bool {
    rustix::fs::statfs(folder.as_os_str().as_bytes())
        .is_ok_and(|found| TOLD_BY_NOBODY.contains(&(found.f_type as u64 & 0xffff_ffff)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_change_with_what_a_name_leads_to() {
        let dir = tempfile::tempdir().unwrap();
        let roots = [dir.path().join("a"), dir.path().join("b")];
        std::fs::create_dir(&roots[0]).unwrap();
        let places = Places::of(&roots);
        std::fs::write(roots[0].join("file"), "").unwrap();
        assert_eq!(Places::of(&roots), places);
        std::fs::create_dir(&roots[1]).unwrap();
        assert_ne!(Places::of(&roots), places);
        let places = Places::of(&roots);
        std::fs::rename(&roots[0], dir.path().join("c")).unwrap();
        std::fs::create_dir(&roots[0]).unwrap();
        assert_ne!(Places::of(&roots), places);
        assert!(!Places::of(&["/".into()]).mounts.is_empty());
    }

    #[test]
    fn the_place_of_a_mount_may_hold_anything() {
        let line = br"36 35 0:57 / /mnt/my\040music\134 rw,noatime - ext4 /dev/sda1 rw";
        assert_eq!(place_of(line), Some(r"/mnt/my music\".into()));
        assert_eq!(place_of(b"36 35"), None);
        assert_eq!(place_of(br"1 2 3 / \9 rw"), Some(r"\9".into()));
    }
}
