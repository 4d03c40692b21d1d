//! Why a mount was refused or failed: one line that says what, and what to do.

use std::io;
use std::path::PathBuf;

/// Why a mount was refused, failed, or could not be taken away.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// Nothing stands at the path.
    #[error("mountpoint {0} does not exist; create it: mkdir -p {0}")]
    Missing(PathBuf),
    /// Something else than a folder stands there.
    #[error("mountpoint {0} is not a folder; choose an empty folder")]
    NotADirectory(PathBuf),
    /// There are files in it, which a mount would hide: most likely the music, named in the mountpoint's place.
    #[error("mountpoint {0} is not empty, and a mount would hide what is in it; choose an empty folder")]
    NotEmpty(PathBuf),
    /// The path cannot be looked at.
    #[error("mountpoint {0} cannot be used: {1}; choose a folder that you may enter")]
    Unusable(PathBuf, #[source] io::Error),
    /// A mount of ours is there, and its daemon runs.
    #[error("{0} is already mounted by musefs; unmount it first: fusermount3 -u {0}")]
    AlreadyMounted(PathBuf),
    /// A mount whose daemon died is there and does not go.
    #[error("a dead mount stands at {0} and could not be cleared ({1}); clear it: fusermount3 -uz {0}")]
    DeadMount(PathBuf, #[source] io::Error),
    /// No device.
    #[error("/dev/fuse does not exist; load the kernel's module (modprobe fuse) or give the container the device")]
    NoDevice,
    /// The device cannot be opened.
    #[error("/dev/fuse cannot be opened ({0}); it should be readable and writable for you (mode 0666)")]
    DeviceUnusable(#[source] io::Error),
    /// Others may only enter an unprivileged mount if the administrator says so.
    #[error(
        "--allow-other needs the line user_allow_other in /etc/fuse.conf; add it as root, or mount without the option"
    )]
    AllowOtherForbidden,
    /// The setuid helper is missing.
    #[error(
        "fusermount3 was not found, and without root mounting needs it; install the package fuse3, or mount as root"
    )]
    NoFusermount,
    /// The name contains what the kernel's or the helper's option list cannot carry.
    #[error("{0:?} cannot name a file system; use letters, digits, - and _")]
    BadName(String),
    /// The kernel refused.
    #[error("mounting on {0} failed: {1}")]
    Refused(PathBuf, #[source] io::Error),
    /// The helper refused; its own words.
    #[error("mounting on {0} failed: {1}")]
    Fusermount(PathBuf, String),
    /// Mounted, but the conversation with the kernel did not come about.
    #[error("the FUSE session on {0} could not start: {1}")]
    Session(PathBuf, #[source] io::Error),
    /// Unmounting failed.
    #[error("{0} could not be unmounted: {1}; try: fusermount3 -uz {0}")]
    Unmount(PathBuf, #[source] io::Error),
}
