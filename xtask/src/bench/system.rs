//! The systems that are compared, and their processes: started here, and stopped whatever happens.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a daemon may take to come up or go away.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is measured.
pub(super) enum System {
    /// The files themselves.
    Native,
    /// This project's release build.
    Musefs(PathBuf),
    /// The peer.
    Peer(PathBuf),
}

impl System {
    /// Its column.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Musefs(_) => "musefs",
            Self::Peer(_) => "peer",
        }
    }

    /// Its program, if it has one.
    pub(super) fn program(&self) -> Option<&Path> {
        match self {
            Self::Native => None,
            Self::Musefs(path) | Self::Peer(path) => Some(path),
        }
    }
}

/// A program that runs on one processor alone, always the same.
pub(super) fn one_processor(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program);
    command
}

/// What a process used from start to end.
pub(super) struct Usage {
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) peak_rss_mib: f64,
    pub(super) bytes_read: u64,
}

/// Reads the library into the store at `db`.
pub(super) fn scan(program: &Path, library: &Path, db: &Path) -> Result<Usage, String> {
    let mut command = Command::new(program);
    command.arg("scan").arg(library).arg("--db").arg(db).arg("--quiet");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let began = Instant::now();
    let mut child = Guard(command.spawn().map_err(|error| format!("{}: {error}", program.display()))?);
    let mut usage = Usage { seconds: 0.0, cpu_seconds: 0.0, peak_rss_mib: 0.0, bytes_read: 0 };
    loop {
        // What can be seen last, some milliseconds before the end, is what is answered.
        let process = Process(child.0.id());
        usage.peak_rss_mib = process.memory_mib("VmHWM").unwrap_or(usage.peak_rss_mib);
        usage.cpu_seconds = process.cpu_seconds().unwrap_or(usage.cpu_seconds);
        usage.bytes_read = process.io("rchar").unwrap_or(usage.bytes_read);
        match child.0.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(Some(status)) => return Err(format!("{} scan: {status}", program.display())),
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(error.to_string()),
        }
    }
    usage.seconds = began.elapsed().as_secs_f64();
    Ok(usage)
}

/// A mount with the process that serves it. Both end when it is dropped.
pub(super) struct Mount {
    child: Child,
    path: PathBuf,
    /// How long it took until the root could be listed.
    pub(super) ready: Duration,
    /// Where its numbers can be asked for.
    numbers: Option<SocketAddr>,
}

impl Mount {
    /// Mounts the store and waits for the first listing.
    pub(super) fn new(program: &Path, db: &Path, path: &Path) -> Result<Self, String> {
        Self::start(Command::new(program).arg("mount"), db, path, None)
    }

    /// The same, with everything that it does on one processor.
    pub(super) fn on_one_processor(program: &Path, db: &Path, path: &Path) -> Result<Self, String> {
        Self::start(one_processor(program).arg("mount"), db, path, None)
    }

    /// The same with these views.
    pub(super) fn with_views(program: &Path, views: &[&str], db: &Path, path: &Path) -> Result<Self, String> {
        let words = views.iter().flat_map(|view| ["--view", view]);
        Self::start(Command::new(program).arg("mount").args(words), db, path, None)
    }

    /// The same with numbers to be asked for.
    pub(super) fn with_numbers(program: &Path, db: &Path, path: &Path) -> Result<Self, String> {
        // A port that is free now will be so in a moment, too.
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        Self::start(
            Command::new(program).arg("mount"),
            db,
            path,
            Some(free.map_err(|error| format!("no free port: {error}"))?),
        )
    }

    fn start(command: &mut Command, db: &Path, path: &Path, numbers: Option<SocketAddr>) -> Result<Self, String> {
        fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if let Some(address) = numbers {
            command.env("MUSEFS_METRICS_LISTEN", address.to_string());
        }
        command.arg("--db").arg(db).arg(path).stdin(Stdio::null()).stdout(Stdio::null());
        let began = Instant::now();
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let mut mount = Self { child, path: path.to_owned(), ready: Duration::ZERO, numbers };
        loop {
            if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
                mount.ready = began.elapsed();
                return Ok(mount);
            }
            if let Ok(Some(status)) = mount.child.try_wait() {
                return Err(format!("{command:?}: {status}"));
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{command:?}: nothing to see after {PATIENCE:?}"));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// All that the mount reports now; `None` where it tells nothing.
    pub(super) fn document(&self) -> Option<String> {
        let mut stream = TcpStream::connect(self.numbers?).ok()?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// The sum of these numbers of the mount; `None` where it tells none.
    pub(super) fn sum(&self, names: &[&str]) -> Option<f64> {
        let text = self.document()?;
        let number = |name: &&str| {
            let line = text.lines().find_map(|line| line.strip_prefix(*name)?.strip_prefix(' '));
            line.and_then(|number| number.parse::<f64>().ok())
        };
        names.iter().map(number).sum()
    }

    /// The process that serves it.
    pub(super) fn process(&self) -> Process {
        Process(self.child.id())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let unmount = |arguments: &[&str]| {
            let (program, flags) = arguments.split_first().expect("each list starts with a program");
            let mut command = Command::new(program);
            command.args(flags).arg(&self.path).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let _ = unmount(&["umount"]) || unmount(&["fusermount3", "-u"]) || unmount(&["umount", "--lazy"]);
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if began.elapsed() > Duration::from_secs(10) {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A process that ends with its owner.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A look at a process from outside.
#[derive(Clone, Copy)]
pub(super) struct Process(u32);

impl Process {
    /// `VmRSS` now or `VmHWM`, the most it ever was.
    pub(super) fn memory_mib(self, field: &str) -> Option<f64> {
        self.number("status", field).map(|kib| kib as f64 / 1024.0)
    }

    /// A line of its input and output: `rchar`, the bytes it read, or `syscr`, the calls it read with.
    pub(super) fn io(self, field: &str) -> Option<u64> {
        self.number("io", field)
    }

    /// What its threads worked, in steps of 10 ms.
    pub(super) fn cpu_seconds(self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?;
        // The name in parentheses may hold anything; user and system time are the 12th and 13th fields behind it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some((ticks(11)? + ticks(12)?) as f64 / 100.0)
    }

    fn number(self, file: &str, field: &str) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0)).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_can_be_looked_at() {
        let own = Process(std::process::id());
        assert!(own.memory_mib("VmRSS").unwrap() > 0.5);
        assert!(own.memory_mib("VmHWM").unwrap() >= own.memory_mib("VmRSS").unwrap() / 2.0);
        assert!(own.io("syscr").unwrap() > 0);
        assert!(own.cpu_seconds().is_some());
        assert_eq!(Process(u32::MAX).memory_mib("VmRSS"), None);
    }
}
