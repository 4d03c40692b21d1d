//! What mounting itself needs.

use super::{Check, Finding, Machine, Subject};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// The device of FUSE.
pub(super) struct Device;

impl Check for Device {
    fn look(&self, machine: &Machine, _: &Subject) -> Vec<Finding> {
        const NAME: &str = "/dev/fuse";
        let finding = match File::options().read(true).write(true).open(machine.path(NAME)) {
            Ok(_) => Finding::fine(NAME, "there, and may be opened"),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Finding::broken(NAME, error, "in a container, pass --device /dev/fuse; elsewhere: chmod 666 /dev/fuse")
            }
            Err(error) => Finding::broken(NAME, error, "modprobe fuse; in a container, pass --device /dev/fuse"),
        };
        vec![finding]
    }
}

/// The helper that mounts for users who may not.
pub(super) struct Fusermount;

impl Check for Fusermount {
    fn look(&self, machine: &Machine, _: &Subject) -> Vec<Finding> {
        const NAME: &str = "fusermount3";
        let places = ["/usr/bin", "/bin", "/usr/local/bin", "/run/wrappers/bin"];
        let found = places.iter().find_map(|place| {
            let path = Path::new(place).join(NAME);
            fs::metadata(machine.path(&path)).ok().map(|metadata| (path, metadata))
        });
        let finding = match found {
            Some((path, metadata)) if metadata.permissions().mode() & 0o4000 == 0 && !machine.may_mount => {
                let path = path.display();
                Finding::broken(NAME, format!("{path} is not setuid root"), format!("chmod u+s {path}, as root"))
            }
            Some((path, _)) => Finding::fine(NAME, path.display()),
            None if machine.may_mount => Finding::fine(NAME, "missing, but not needed by root"),
            None => Finding::broken(NAME, "missing, and only root mounts without it", "apt-get install fuse3"),
        };
        vec![finding]
    }
}

/// What ordinary users may ask for.
pub(super) struct FuseConf;

impl Check for FuseConf {
    fn look(&self, machine: &Machine, _: &Subject) -> Vec<Finding> {
        const NAME: &str = "/etc/fuse.conf";
        let text = machine.text(NAME).unwrap_or_default();
        let is_allowed =
            text.lines().any(|line| line.split('#').next().unwrap_or_default().trim() == "user_allow_other");
        vec![match (is_allowed, machine.may_mount) {
            (true, _) => Finding::fine(NAME, "user_allow_other is set"),
            (false, true) => Finding::fine(NAME, "user_allow_other is not set, and not needed by root"),
            (false, false) => Finding::notice(
                NAME,
                "user_allow_other is not set, so that --allow-other is refused and no other user sees a mount",
                "add the line user_allow_other, as root, if a media server of another user is to read the mount",
            ),
        }]
    }
}

/// The profile of some distributions, which lets `fusermount3` mount in certain places alone.
pub(super) struct AppArmor;

impl Check for AppArmor {
    fn look(&self, machine: &Machine, subject: &Subject) -> Vec<Finding> {
        const NAME: &str = "AppArmor";
        let is_on = machine.text("/sys/module/apparmor/parameters/enabled").is_some_and(|text| text.trim() == "Y");
        let has_profile = fs::metadata(machine.path("/etc/apparmor.d/fusermount3")).is_ok_and(|file| file.size() > 0);
        if !is_on || !has_profile || machine.may_mount {
            return vec![Finding::fine(NAME, "nothing that keeps fusermount3 from mounting")];
        }
        let usual = ["/home", "/mnt", "/media", "/tmp", "/run/user", "/cvmfs"];
        let place = subject.mountpoint.as_deref();
        if place.is_some_and(|place| usual.iter().any(|usual| place.starts_with(usual))) {
            return vec![Finding::fine(
                NAME,
                "its profile lets fusermount3 mount in the usual places, of which this is one",
            )];
        }
        let remedy = "if a mount is refused: mount below your home folder, /mnt or /media, or allow the place in \
                      /etc/apparmor.d/local/fusermount3";
        vec![Finding::notice(NAME, "its profile lets fusermount3 mount in certain places only", remedy)]
    }
}
