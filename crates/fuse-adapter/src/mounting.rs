//! Mounting and unmounting: directly where the process may, otherwise through the setuid `fusermount3`.
//!
//! `fuser` can do both, but takes a mount away by its path whenever its own handle on it goes, even if the mount is long
//! gone and something else stands there. Here a mount is taken away once, and only while it is the one at its place.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};

use crate::{MountError, MountOptions};

/// Opens the device of a session to be.
pub(crate) fn open_device() -> Result<File, MountError> {
    File::options().read(true).write(true).open("/dev/fuse").map_err(|error| match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => MountError::NoDevice,
        _ => MountError::DeviceUnusable(error),
    })
}

/// Mounts on `path`, which must be canonical, and answers the connection to the kernel.
pub(crate) fn attach(path: &Path, options: &MountOptions) -> Result<OwnedFd, MountError> {
    let device = open_device()?;
    match mount_directly(path, options, &device) {
        Ok(()) => Ok(device.into()),
        Err(Errno::PERM) => mount_by_helper(path, options),
        Err(error) => Err(MountError::Refused(path.into(), error.into())),
    }
}

fn mount_directly(path: &Path, options: &MountOptions, device: &File) -> Result<(), Errno> {
    let mut flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOATIME;
    flags.set(MountFlags::RDONLY, options.read_only);
    // The root's mode must say that it is a directory; its permission bits come with its attributes.
    let mut data = format!(
        "fd={},rootmode={:o},user_id={},group_id={},default_permissions",
        device.as_raw_fd(),
        libc::S_IFDIR,
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    if options.allow_other {
        data.push_str(",allow_other");
    }
    let data = CString::new(data).map_err(|_| Errno::INVAL)?;
    let source = options.source.as_deref().unwrap_or(Path::new(&options.fs_name));
    rustix::mount::mount(source, path, format!("fuse.{}", options.fs_name), flags, &*data)
}

/// The helper mounts, and sends the connection through a socket whose number the environment tells it: its standard input.
fn mount_by_helper(path: &Path, options: &MountOptions) -> Result<OwnedFd, MountError> {
    let helper = fusermount().ok_or(MountError::NoFusermount)?;
    let failed = |error: io::Error| MountError::Refused(path.into(), error);
    let (ours, theirs) = UnixStream::pair().map_err(failed)?;
    let source = options.source.as_deref().and_then(Path::to_str).filter(|source| !source.contains([',', '\\']));
    let source = source.unwrap_or(&options.fs_name);
    let mut list = format!("nosuid,nodev,noatime,default_permissions,fsname={source},subtype={}", options.fs_name);
    list.push_str(if options.read_only { ",ro" } else { ",rw" });
    if options.allow_other {
        list.push_str(",allow_other");
    }
    let mut command = Command::new(helper);
    command.args(["-o", &list, "--"]).arg(path).env("_FUSE_COMMFD", "0");
    command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().map_err(failed)?;
    // The command holds our copy of the helper's end: with it open, a helper that says nothing would be waited for forever.
    drop(command);
    let output = child.wait_with_output().map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    if !output.status.success() {
        return Err(MountError::Fusermount(path.into(), said));
    }
    receive_descriptor(&ours)
        .map_err(failed)?
        .ok_or_else(|| MountError::Fusermount(path.into(), format!("fusermount3 gave no connection {said}")))
}

fn receive_descriptor(socket: &UnixStream) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(&mut byte)];
    let received = loop {
        match recvmsg(socket.as_fd(), &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    if received.flags.contains(ReturnFlags::CTRUNC) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    }))
}

/// Takes the uppermost mount at `path` away. EBUSY while files are open, unless `lazy`: then the path is free at once and the
/// mount ends with its last open file.
pub(crate) fn detach(path: &Path, lazy: bool) -> io::Result<()> {
    let mut flags = UnmountFlags::NOFOLLOW;
    flags.set(UnmountFlags::DETACH, lazy);
    match rustix::mount::unmount(path, flags) {
        Err(Errno::PERM) => detach_by_helper(path, lazy),
        other => Ok(other?),
    }
}

fn detach_by_helper(path: &Path, lazy: bool) -> io::Result<()> {
    let helper = fusermount().ok_or_else(|| io::Error::other(MountError::NoFusermount))?;
    let mut command = Command::new(helper);
    command.arg(if lazy { "-uz" } else { "-u" }).arg("--").arg(path);
    // Its words are told apart below, so they must be the untranslated ones.
    let output = command.env("LC_ALL", "C").stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    if said.contains("busy") {
        return Err(Errno::BUSY.into());
    }
    Err(io::Error::other(said))
}

/// The setuid helper: found on the PATH, or where it is put as a rule.
pub(crate) fn fusermount() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/run/wrappers/bin"].map(PathBuf::from);
    let folders: Vec<_> = std::env::split_paths(&path).chain(usual).collect();
    find_helper(&folders)
}

fn find_helper(folders: &[PathBuf]) -> Option<PathBuf> {
    let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    find("fusermount3").or_else(|| find("fusermount"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_helper_is_preferred_wherever_it_stands() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders = [old.path().to_owned(), new.path().to_owned()];
        assert_eq!(find_helper(&folders), None);
        std::fs::write(old.path().join("fusermount"), "").unwrap();
        assert_eq!(find_helper(&folders), Some(old.path().join("fusermount")));
        std::fs::write(new.path().join("fusermount3"), "").unwrap();
        assert_eq!(find_helper(&folders), Some(new.path().join("fusermount3")));
    }

    #[test]
    fn a_socket_without_a_descriptor_gives_none() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        assert!(receive_descriptor(&ours).unwrap().is_none());
    }
}
