//! The machine as the checks see it: files below a root, and the few answers that no file gives.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long a mount may take to answer before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(2);

/// A mount that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MountLine {
    pub(super) at: PathBuf,
    pub(super) kind: String,
    /// Whether mounts within it reach other namespaces.
    pub(super) is_shared: bool,
}

/// How a mount answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Alive,
    /// Its daemon is gone.
    Dead,
    /// Nothing came in time.
    Hanging,
}

/// What the checks look at.
pub(crate) struct Machine {
    /// What stands for `/`.
    pub(super) root: PathBuf,
    /// Whether this process may mount by itself.
    pub(super) may_mount: bool,
    /// Asks a mount for its statistics.
    pub(super) ask: fn(&Path) -> Answer,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        use rustix::thread::{CapabilitySet, capabilities};
        let may_mount = capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN));
        Self { root: "/".into(), may_mount, ask }
    }

    /// Where an absolute path stands.
    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A file's text; nothing where it cannot be read.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.path(path)).ok()
    }

    /// Everything that is mounted, as `/proc/self/mountinfo` tells (proc_pid_mountinfo(5)).
    pub(super) fn mounts(&self) -> Vec<MountLine> {
        let text = std::fs::read(self.path("/proc/self/mountinfo")).unwrap_or_default();
        text.split(|byte| *byte == b'\n').filter_map(parse).collect()
    }

    /// The mount that a path lies in. A later line of the same place lies over an earlier one.
    pub(super) fn mount_of(&self, path: &Path) -> Option<MountLine> {
        let within = self.mounts().into_iter().filter(|mount| path.starts_with(&mount.at));
        within.max_by_key(|mount| mount.at.components().count())
    }
}

fn ask(path: &Path) -> Answer {
    let (send, answer) = channel();
    let path = path.to_owned();
    // On a thread of its own, which is left behind where the mount hangs.
    std::thread::spawn(move || send.send(rustix::fs::statvfs(&path).map(drop)));
    match answer.recv_timeout(PATIENCE) {
        Ok(Err(rustix::io::Errno::NOTCONN | rustix::io::Errno::CONNABORTED)) => Answer::Dead,
        Ok(_) => Answer::Alive,
        Err(_) => Answer::Hanging,
    }
}

fn parse(line: &[u8]) -> Option<MountLine> {
    let mut fields = line.split(|byte| *byte == b' ');
    let at = PathBuf::from(OsString::from_vec(unescape(fields.nth(4)?)));
    // Every optional field is passed, up to the dash.
    let optional = fields.by_ref().take_while(|field| *field != b"-");
    let is_shared = optional.filter(|field| field.starts_with(b"shared:")).count() > 0;
    let kind = String::from_utf8(fields.next()?.to_vec()).ok()?;
    Some(MountLine { at, kind, is_shared })
}

/// Space, tab, newline and backslash stand as a backslash and three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let (mut bytes, mut at) = (Vec::with_capacity(field.len()), 0);
    while let Some(byte) = field.get(at) {
        let digits =
            field.get(at + 1..at + 4).filter(|_| *byte == b'\\').and_then(|three| std::str::from_utf8(three).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(code.unwrap_or(*byte));
        at += if code.is_some() { 4 } else { 1 };
    }
    bytes
}
