//! The folders as the last complete walk left them. As long as none of them changed, no name was added to any, and a scan for what
//! is new need neither list them nor look at their files.
//!
//! A folder's times move when a name comes or goes, not when a file is written to in place: that is for revalidation to find. They
//! are believed only on local file systems whose times can be relied on, only where the folder had been still for a while when
//! it was listed (a name that comes within the tick of a clock leaves no trace), and only if every file could be read.

use musefs_contracts::format::Formats;
use rustix::fs::Stat;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The first byte of a record.
const VERSION: u8 = 1;
/// How long a folder must have been still.
const STILL_NS: i64 = 3_000_000_000;
/// Bytes of a folder's numbers in a record.
const NUMBERS: usize = 5;
/// The magic numbers of file systems that are believed (`linux/magic.h`): ext4, XFS, btrfs, tmpfs, F2FS, bcachefs, ZFS.
const BELIEVED: [u64; 7] = [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0xf2f5_2010, 0xca45_1a4e, 0x2fc1_2fc1];

/// What tells whether a folder is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    mtime_ns: i64,
    ctime_ns: i64,
}

impl Mark {
    /// The folder's mark now.
    fn of(path: &Path) -> Option<Self> {
        let stat = rustix::fs::lstat(path).ok()?;
        Some(Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            mtime_ns: nanoseconds(&stat, |stat| (stat.st_mtime, stat.st_mtime_nsec)),
            ctime_ns: nanoseconds(&stat, |stat| (stat.st_ctime, stat.st_ctime_nsec)),
        })
    }

    fn is_still(&self, now_ns: i64) -> bool {
        self.mtime_ns.max(self.ctime_ns) < now_ns.saturating_sub(STILL_NS)
    }
}

fn nanoseconds(stat: &Stat, of: impl Fn(&Stat) -> (i64, u64)) -> i64 {
    let (seconds, rest) = of(stat);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest as i64)
}

fn now_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as i64)
}

/// The folders that a walk meets.
#[derive(Default)]
pub(crate) struct Walked {
    folders: Mutex<Vec<(PathBuf, Mark)>>,
    unreliable: AtomicBool,
}

impl Walked {
    /// Notes a folder. To be called before it is listed: what comes into it afterwards then changes it.
    pub(crate) fn note(&self, path: &Path) {
        match Mark::of(path) {
            Some(mark) if mark.is_still(now_ns()) => {
                self.folders.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), mark));
            }
            _ => self.spoil(),
        }
    }

    /// Something could not be looked at: this walk proves nothing.
    pub(crate) fn spoil(&self) {
        self.unreliable.store(true, Ordering::Relaxed);
    }

    /// The record of a walk that found `files`; `None` if it cannot be relied on.
    pub(crate) fn record(self, formats: &Formats, files: u64) -> Option<Vec<u8>> {
        let folders = self.folders.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.unreliable.into_inner() || folders.is_empty() || !are_believed(&folders) {
            return None;
        }
        let mut record = vec![VERSION];
        record.extend(digest(formats).to_le_bytes());
        record.extend(files.to_le_bytes());
        for (path, mark) in &folders {
            let path = path.as_os_str().as_bytes();
            let numbers = [path.len() as u64, mark.device, mark.inode, mark.mtime_ns as u64, mark.ctime_ns as u64];
            record.extend(numbers.map(u64::to_le_bytes).as_flattened());
            record.extend(path);
        }
        Some(record)
    }
}

/// How many files the walk of a record found, if no folder changed since and the formats are the same.
pub(crate) fn unchanged(record: &[u8], formats: &Formats) -> Option<u64> {
    let (version, mut rest) = record.split_first()?;
    if *version != VERSION || number(&mut rest)? != digest(formats) {
        return None;
    }
    let files = number(&mut rest)?;
    let mut folders = Vec::new();
    while !rest.is_empty() {
        let mut numbers = [0; NUMBERS];
        for place in &mut numbers {
            *place = number(&mut rest)?;
        }
        let [len, device, inode, mtime, ctime] = numbers;
        let (path, behind) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        rest = behind;
        let mark = Mark { device, inode, mtime_ns: mtime as i64, ctime_ns: ctime as i64 };
        folders.push((Path::new(OsStr::from_bytes(path)), mark));
    }
    (!folders.is_empty() && are_believed(&folders) && are_as_they_were(&folders)).then_some(files)
}

/// Looks at the folders from several threads, since that may wait for a disk.
fn are_as_they_were(folders: &[(&Path, Mark)]) -> bool {
    const THREADS: usize = 4;
    let changed = AtomicBool::new(false);
    let look = |folders: &[(&Path, Mark)]| {
        for (path, mark) in folders {
            if changed.load(Ordering::Relaxed) || Mark::of(path) != Some(*mark) {
                changed.store(true, Ordering::Relaxed);
                return;
            }
        }
    };
    let mut parts = folders.chunks(folders.len().div_ceil(THREADS).max(256));
    let own = parts.next().unwrap_or_default();
    std::thread::scope(|scope| {
        for part in parts {
            scope.spawn(move || look(part));
        }
        look(own);
    });
    !changed.load(Ordering::Relaxed)
}

/// Whether all lie on file systems whose times can be relied on. One folder of each device speaks for it.
fn are_believed<P: AsRef<Path>>(folders: &[(P, Mark)]) -> bool {
    let mut devices = HashSet::new();
    let mut firsts = folders.iter().filter(|(_, mark)| devices.insert(mark.device));
    firsts
        .all(|(path, _)| rustix::fs::statfs(path.as_ref()).is_ok_and(|found| BELIEVED.contains(&(found.f_type as u64))))
}

/// Tells sets of formats apart: another prober may understand what this one did not. FNV-1a, which stays the same from one build
/// to the next.
fn digest(formats: &Formats) -> u64 {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0]) {
            digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for format in formats.iter() {
        format.ids().iter().for_each(|id| add(id.as_str().as_bytes()));
        format.extensions().iter().for_each(|extension| add(extension.as_bytes()));
        add(&format.prober().to_le_bytes());
    }
    digest
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
#[path = "folders_tests.rs"]
mod tests;
