//! What is looked at before mounting, so that a refusal comes early and says what to do.

use std::io;
use std::path::Path;

use rustix::io::Errno;
use rustix::thread::{CapabilitySet, capabilities};

use crate::mounting::{detach, fusermount, open_device};
use crate::{MountError, MountOptions, mountinfo};

/// More dead mounts than this, one upon the other, are not an accident.
const MAX_DEAD_MOUNTS: usize = 16;

/// Whether a mount on `path` can come about: it is a folder, nothing of ours is mounted there already, the device can be
/// opened, and without privileges the helper is at hand. A dead mount left there by a killed daemon is cleared, and the log
/// says so.
pub fn check_mountpoint(path: &Path) -> Result<(), MountError> {
    clear_dead_mounts(path)?;
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => MountError::Missing(path.into()),
        io::ErrorKind::NotADirectory => MountError::NotADirectory(path.into()),
        _ => MountError::Unusable(path.into(), error),
    })?;
    if !metadata.is_dir() {
        return Err(MountError::NotADirectory(path.into()));
    }
    let canonical = path.canonicalize().map_err(|error| MountError::Unusable(path.into(), error))?;
    let top = mountinfo::top_at(&canonical);
    let is_of_kind = |kind: &str| top.as_ref().is_some_and(|mount| mount.kind == kind);
    if is_of_kind("fuse.musefs") {
        return Err(MountError::AlreadyMounted(path.into()));
    }
    // A folder that may not be listed may be mounted on all the same. One of an automounter would wait, asked for its listing,
    // for the very mount that is being made.
    if !is_of_kind("autofs") && std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(MountError::NotEmpty(path.into()));
    }
    open_device()?;
    if !may_mount() && fusermount().is_none() {
        return Err(MountError::NoFusermount);
    }
    Ok(())
}

/// Whether the options can be granted to this user.
pub fn check_options(options: &MountOptions) -> Result<(), MountError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if options.fs_name.is_empty() || !options.fs_name.chars().all(plain) {
        return Err(MountError::BadName(options.fs_name.clone()));
    }
    if options.allow_other && !may_mount() {
        let conf = std::fs::read_to_string("/etc/fuse.conf").unwrap_or_default();
        if !allows_others(&conf) {
            return Err(MountError::AllowOtherForbidden);
        }
    }
    Ok(())
}

/// Whether this process mounts by itself, and may register files for passthrough.
pub(crate) fn may_mount() -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN))
}

/// `user_allow_other` on a line of its own, as fusermount3 reads its configuration.
fn allows_others(conf: &str) -> bool {
    conf.lines().any(|line| line.split('#').next().unwrap_or_default().trim() == "user_allow_other")
}

/// Asks for the file system's statistics: no kernel cache answers that, whereas the attributes of a dead mount's root may
/// still be remembered.
fn clear_dead_mounts(path: &Path) -> Result<(), MountError> {
    for _ in 0..MAX_DEAD_MOUNTS {
        match rustix::fs::statvfs(path) {
            Err(Errno::NOTCONN | Errno::CONNABORTED) => {}
            _ => return Ok(()),
        }
        tracing::warn!(path = %path.display(), "clearing a dead mount: its daemon is gone");
        detach(path, true).map_err(|error| MountError::DeadMount(path.into(), error))?;
    }
    Err(MountError::DeadMount(path.into(), Errno::NOTCONN.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_allowed_by_a_line_of_its_own() {
        assert!(allows_others("# comment\nuser_allow_other\n"));
        assert!(allows_others("  user_allow_other # yes"));
        assert!(!allows_others("#user_allow_other\n"));
        assert!(!allows_others("user_allow_others\nmount_max = 9"));
        assert!(!allows_others(""));
    }

    #[test]
    fn a_missing_place_a_file_and_a_full_folder_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error = check_mountpoint(&missing).unwrap_err();
        assert!(matches!(error, MountError::Missing(_)));
        assert!(error.to_string().contains(missing.to_str().unwrap()) && error.to_string().contains("mkdir"));
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(check_mountpoint(folder.path()), Err(MountError::NotEmpty(_))));
        assert!(matches!(check_mountpoint(&file), Err(MountError::NotADirectory(_))));
        assert!(matches!(check_mountpoint(&file.join("below")), Err(MountError::NotADirectory(_))));
    }

    #[test]
    fn names_that_would_break_the_option_list_are_refused() {
        for name in ["", "a,b", "a b", "a=b", "ä"] {
            let options = MountOptions { fs_name: name.into(), ..MountOptions::default() };
            assert!(matches!(check_options(&options), Err(MountError::BadName(_))), "{name}");
        }
        assert!(check_options(&MountOptions::default()).is_ok());
    }
}
