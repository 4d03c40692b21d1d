//! Writing one file: under another name first, so that what stands under its own is always whole.

use musefs_contracts::filesystem::{Attributes, FileSystem, FsError};
use std::fs::{File, FileTimes};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Bytes read at once.
const CHUNK: usize = 1 << 20;

/// How a file came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// It shares the original's extents.
    Shared,
    /// Its bytes were copied.
    Bytes,
}

/// Whether nothing more fits onto the disk.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The error with what to do about it, where that depends on what the target's disk takes.
pub(super) fn explained(error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::InvalidInput => "; the disk takes no such name: try --names windows",
        io::ErrorKind::InvalidFilename => "; use a --template of shorter names, with %left{$title,60} for instance",
        io::ErrorKind::FileTooLarge => "; the disk takes no file of this size",
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => "; a file stands where its folder is to be",
        _ => "",
    };
    format!("{error}{remedy}")
}

/// Writes files of a file system into a folder.
pub(super) struct Copier<'f> {
    pub(super) fs: &'f dyn FileSystem,
    pub(super) folder: &'f Path,
}

impl Copier<'_> {
    /// Writes the file at `path` below the folder, in place of what may stand there.
    pub(super) fn copy(&self, path: &Path, attributes: &Attributes) -> io::Result<Copied> {
        let target = self.folder.join(path);
        let parent = target.parent().unwrap_or(self.folder);
        std::fs::create_dir_all(parent)?;
        // A link on the way must not lead the export anywhere else, least of all into the library.
        if !parent.canonicalize()?.starts_with(self.folder) {
            return Err(io::Error::other("a symbolic link leads out of the folder"));
        }
        // The same name each time: what an export that was killed left is taken away by the next one.
        let part = parent.join(format!(".musefs-part-{:x}", attributes.ino.0));
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let copied = self.fill(&part, attributes).and_then(|copied| {
            std::fs::rename(&part, &target)?;
            Ok(copied)
        });
        if copied.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        copied
    }

    fn fill(&self, part: &Path, attributes: &Attributes) -> io::Result<Copied> {
        let mut file = File::create_new(part)?;
        let opened = self.fs.open(attributes.ino).map_err(of_system)?;
        let original = opened.passthrough.as_ref().and_then(|source| source.file());
        let copied = self.contents(original, opened.handle, &mut file, attributes.size);
        self.fs.release(opened.handle);
        let copied = copied?;
        if file.metadata()?.len() != attributes.size {
            return Err(io::Error::other("it changed while it was copied; run this again"));
        }
        let since = Duration::from_nanos(attributes.mtime_ns.unsigned_abs());
        let epoch = SystemTime::UNIX_EPOCH;
        let time = if attributes.mtime_ns < 0 { epoch.checked_sub(since) } else { epoch.checked_add(since) };
        match file.set_times(FileTimes::new().set_modified(time.unwrap_or(epoch))) {
            // Some file systems let nobody set times. What was written is told by the record then.
            Err(error) if !matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => {
                return Err(error);
            }
            _ => {}
        }
        Ok(copied)
    }

    fn contents(&self, original: Option<&File>, handle: u64, file: &mut File, size: u64) -> io::Result<Copied> {
        match original {
            Some(original) if rustix::fs::ioctl_ficlone(&*file, original).is_ok() => Ok(Copied::Shared),
            Some(original) if copy_whole(original, file, size)? => Ok(Copied::Bytes),
            _ => self.read(handle, file, size),
        }
    }

    fn read(&self, handle: u64, file: &mut File, size: u64) -> io::Result<Copied> {
        // Whatever a copy by the kernel left before it gave up is written over.
        file.set_len(0)?;
        io::Seek::rewind(file)?;
        let (mut offset, mut bytes) = (0, Vec::new());
        while offset < size {
            self.fs.read(handle, offset, CHUNK, &mut bytes).map_err(of_system)?;
            if bytes.is_empty() {
                break;
            }
            file.write_all(&bytes)?;
            offset += bytes.len() as u64;
        }
        Ok(Copied::Bytes)
    }
}

/// Lets the kernel copy the file; `false` if it cannot between these two.
fn copy_whole(from: &File, to: &File, size: u64) -> io::Result<bool> {
    let (mut read, mut written) = (0, 0);
    while written < size {
        let left = usize::try_from(size - written).unwrap_or(usize::MAX).min(1 << 30);
        match rustix::fs::copy_file_range(from, Some(&mut read), to, Some(&mut written), left) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(error) => {
                let error = io::Error::from(error);
                return if is_full(&error) { Err(error) } else { Ok(false) };
            }
        }
    }
    Ok(true)
}

fn of_system(error: FsError) -> io::Error {
    io::Error::other(format!("{error} (the original cannot be read; the log says more)"))
}
