//! What is mounted where, from `/proc/self/mountinfo` (proc_pid_mountinfo(5)). Asking there touches no file system, so a
//! dead or hanging one does no harm.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Id, unique while the mount stands.
    pub(crate) id: u64,
    /// Device as `major:minor`.
    pub(crate) device: String,
    /// Where it stands.
    pub(crate) at: PathBuf,
    /// Type, such as `fuse.musefs`.
    pub(crate) kind: String,
}

/// The uppermost mount that stands exactly at `path`, which must be canonical. `None` also where `/proc` cannot be read.
pub(crate) fn top_at(path: &Path) -> Option<Mount> {
    // A later line of the same place lies over an earlier one.
    mounts().into_iter().rfind(|mount| mount.at == path)
}

/// Whether the mount stands anywhere: at its place, below another, or moved.
pub(crate) fn stands(mount: &Mount) -> bool {
    mounts().iter().any(|other| other.id == mount.id && other.device == mount.device)
}

fn mounts() -> Vec<Mount> {
    let text = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter_map(parse).collect()
}

/// Paths are bytes, so lines are.
fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let id = text(fields.next()?)?.parse().ok()?;
    let device = text(fields.nth(1)?)?;
    let at = PathBuf::from(unescape(fields.nth(1)?));
    // Any number of optional fields stands before the dash.
    fields.find(|field| *field == b"-")?;
    Some(Mount { id, device, at, kind: text(fields.next()?)? })
}

fn text(field: &[u8]) -> Option<String> {
    String::from_utf8(field.to_vec()).ok()
}

/// Space, tab, newline and backslash stand as a backslash and three octal digits.
fn unescape(mut rest: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|_| first == b'\\');
        let code = octal.and_then(|three| u8::from_str_radix(std::str::from_utf8(three).ok()?, 8).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { tail.get(3..).unwrap_or_default() } else { tail };
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_id_device_place_and_type() {
        let line = br"36 35 0:57 / /mnt/my\040music\134 rw,noatime shared:1 master:2 - fuse.musefs musefs rw,user_id=0";
        let mount = parse(line).unwrap();
        assert_eq!(mount.id, 36);
        assert_eq!(mount.device, "0:57");
        assert_eq!(mount.at, Path::new(r"/mnt/my music\"));
        assert_eq!(mount.kind, "fuse.musefs");
    }

    #[test]
    fn lines_out_of_shape_are_passed_over() {
        for line in ["", "36", "36 35 0:57 / /mnt rw", "36 35 0:57 / /mnt rw -", "x 35 0:57 / /mnt rw - tmpfs none rw"]
        {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
        assert_eq!(unescape(br"a\"), r"a\");
        assert_eq!(unescape(br"a\9zz\04"), r"a\9zz\04");
    }

    #[test]
    fn a_path_need_not_be_text() {
        let mount = parse(b"36 35 0:57 / /mnt/\xff\xfe rw - tmpfs none rw").unwrap();
        assert_eq!(mount.at.as_os_str().as_encoded_bytes(), b"/mnt/\xff\xfe");
    }

    #[test]
    fn the_root_is_a_mount_and_a_file_is_not() {
        assert!(top_at(Path::new("/proc")).is_some_and(|mount| mount.kind == "proc"));
        assert_eq!(top_at(Path::new("/proc/self/mountinfo")), None);
    }
}
