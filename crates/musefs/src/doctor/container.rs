//! Whether a mount within a container reaches the host.

use super::{Check, Finding, Machine, Subject};

/// The propagation of the folder that holds the mountpoint.
pub(super) struct Propagation;

impl Check for Propagation {
    fn look(&self, machine: &Machine, subject: &Subject) -> Vec<Finding> {
        const NAME: &str = "container";
        let marks = ["/run/.containerenv", "/.dockerenv"];
        if !marks.iter().any(|mark| machine.path(mark).exists()) {
            return vec![Finding::fine(NAME, "this is none")];
        }
        let Some(mountpoint) = &subject.mountpoint else {
            let remedy = "name the mountpoint: musefs doctor MOUNTPOINT";
            return vec![Finding::notice(NAME, "whether a mount reaches the host depends on where it is made", remedy)];
        };
        // A mount that stands there already says nothing of what it was made in.
        let parent = mountpoint.parent().unwrap_or(mountpoint);
        vec![match machine.mount_of(parent) {
            Some(mount) if mount.is_shared => {
                Finding::fine(NAME, format!("what is mounted in {} reaches the host", mount.at.display()))
            }
            _ => Finding::notice(
                NAME,
                format!("what is mounted in {} stays in this container", parent.display()),
                "hand the folder above the mountpoint in with shared propagation: -v /srv/musefs:/mnt:rshared",
            ),
        }]
    }
}
