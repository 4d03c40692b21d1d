//! File systems in an image file, for what the machine's own file system cannot do. Needs root and a loop device.

use crate::tools;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A kind of file system that can share extents between files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// XFS with reflinks.
    Xfs,
    /// btrfs.
    Btrfs,
}

/// Large enough for either kind, and sparse.
pub const SMALLEST: u64 = 320 << 20;

/// A mounted image; unmounted and removed when dropped.
#[derive(Debug)]
pub struct Loopback {
    image: PathBuf,
    mountpoint: PathBuf,
}

impl Loopback {
    /// Makes an image of `bytes` and mounts it on an existing folder.
    pub fn new(kind: Kind, bytes: u64, image: &Path, mountpoint: &Path) -> io::Result<Self> {
        File::create(image)?.set_len(bytes)?;
        let made = Self { image: image.to_owned(), mountpoint: mountpoint.to_owned() };
        let image = image.as_os_str();
        let (program, options) = match kind {
            Kind::Xfs => ("mkfs.xfs", ["-q", "-f", "-m", "reflink=1"].as_slice()),
            Kind::Btrfs => ("mkfs.btrfs", ["-q", "-f"].as_slice()),
        };
        // Where an ordinary search path does not lead.
        let sbin = Path::new("/usr/sbin").join(program);
        let program = if sbin.exists() { sbin } else { program.into() };
        let make = options.iter().map(std::ffi::OsStr::new).chain([image]);
        tools::run(program, make).map_err(io::Error::other)?;
        made.run("mount", &["-o".as_ref(), "loop".as_ref(), image, mountpoint.as_os_str()])?;
        Ok(made)
    }

    /// The folder it is mounted on.
    pub fn path(&self) -> &Path {
        &self.mountpoint
    }

    /// Makes it read-only, or writable again.
    pub fn remount(&self, read_only: bool) -> io::Result<()> {
        let how = if read_only { "remount,ro" } else { "remount,rw" };
        self.run("mount", &["-o".as_ref(), how.as_ref(), self.mountpoint.as_os_str()])
    }

    fn run(&self, program: &str, arguments: &[&std::ffi::OsStr]) -> io::Result<()> {
        let failed = |error| io::Error::other(format!("{program} of {}: {error}", self.image.display()));
        tools::run(program, arguments).map(drop).map_err(failed)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        // Detached where something still has it open, which a test that failed may leave behind.
        let mountpoint = self.mountpoint.as_os_str();
        if self.run("umount", &[mountpoint]).is_err() {
            let _ = self.run("umount", &["-l".as_ref(), mountpoint]);
        }
        let _ = std::fs::remove_file(&self.image);
    }
}
