//! The log: on standard error, in the form that whoever reads it there understands, or in the system's log.

use crate::cli::TalkArgs;
use std::io::{self, IsTerminal, Write};
use std::os::unix::net::UnixDatagram;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Where the system's log listens.
const SYSLOG: &str = "/dev/log";
/// The facility of daemons in the system's log, as syslog(3) counts.
const DAEMON: u8 = 3 << 3;
const ERROR: u8 = 3;

/// Starts the log on standard error. `MUSEFS_LOG` takes filters such as `musefs_vfs=debug`, over what the flags say.
pub(crate) fn start(talk: TalkArgs) {
    start_on(talk, if is_journal() { Sink::Journal } else { Sink::Stderr });
}

/// Starts the log of a process without a terminal: in the system's log if there is one.
pub(crate) fn start_detached(talk: TalkArgs) {
    let connect = || {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SYSLOG)?;
        // A log that is stuck must not hold the mount up.
        socket.set_nonblocking(true)?;
        io::Result::Ok(socket)
    };
    start_on(talk, connect().map_or(Sink::Stderr, Sink::Syslog));
}

fn start_on(talk: TalkArgs, sink: Sink) {
    let level = match (talk.quiet, talk.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let filter = EnvFilter::builder().with_default_directive(level.into()).with_env_var("MUSEFS_LOG").from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    // A second start (there is none) would leave the first in place.
    let _ = match sink {
        Sink::Stderr => log.with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).try_init(),
        // The reader adds the time and knows the level.
        sink => log.with_ansi(false).without_time().with_level(false).with_writer(sink).try_init(),
    };
}

/// How a line on standard error begins that says why the program failed: the journal reads a priority there.
pub(crate) fn failure_prefix() -> String {
    if is_journal() { format!("<{ERROR}>") } else { String::new() }
}

/// Whether standard error leads to systemd's journal, which names its device and inode in `JOURNAL_STREAM`.
fn is_journal() -> bool {
    let Ok(wanted) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = rustix::fs::fstat(io::stderr()) else { return false };
    wanted == format!("{}:{}", stderr.st_dev, stderr.st_ino)
}

/// Where lines go.
enum Sink {
    Stderr,
    Journal,
    Syslog(UnixDatagram),
}

/// Takes the text of one event.
struct Line<'a> {
    sink: &'a Sink,
    severity: u8,
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { sink: self, severity: severity(Level::INFO) }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Line<'a> {
        Line { sink: self, severity: severity(*event.level()) }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(text);
        match self.sink {
            Sink::Stderr => io::stderr().lock().write_all(text)?,
            Sink::Journal => io::stderr().lock().write_all(format!("<{}>{line}", self.severity).as_bytes())?,
            Sink::Syslog(socket) => {
                let (priority, process) = (DAEMON | self.severity, std::process::id());
                socket.send(format!("<{priority}>musefs[{process}]: {}", line.trim_end()).as_bytes())?;
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The level as syslog(3) counts it.
fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => ERROR,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}
