//! Whether the kernel reads files by itself.

use super::{Check, Finding, Machine, Subject};

/// FUSE passthrough, from Linux 6.9 on, for those who may administer the system.
pub(super) struct Passthrough;

impl Check for Passthrough {
    fn look(&self, machine: &Machine, _: &Subject) -> Vec<Finding> {
        const NAME: &str = "passthrough";
        let release = machine.text("/proc/sys/kernel/osrelease").unwrap_or_default();
        let release = release.trim();
        vec![match (version(release) >= Some((6, 9)), machine.may_mount) {
            (true, true) => Finding::fine(NAME, format!("the kernel ({release}) reads files by itself")),
            (true, false) => Finding::notice(
                NAME,
                "without CAP_SYS_ADMIN files are read through the daemon, correct but slower",
                "mount as root, or in a container with --cap-add SYS_ADMIN",
            ),
            (false, _) => Finding::notice(
                NAME,
                format!(
                    "the kernel ({release}) does not know it; files are read through the daemon, correct but slower"
                ),
                "Linux 6.9 or newer",
            ),
        }]
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_compared_by_its_numbers() {
        assert_eq!(version("6.10.3-amd64"), Some((6, 10)));
        assert_eq!(version("5.15.0"), Some((5, 15)));
        assert!(version("6.10") > Some((6, 9)));
        assert_eq!(version("unknown"), None);
    }
}
