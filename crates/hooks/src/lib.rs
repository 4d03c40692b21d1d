//! Tells other programs that the view changed: a shell command, an HTTP request, or both, once things are quiet again.
//!
//! **Must never know** what a view is, how it changed, or who serves it. It hears of changes through
//! [`ChangeListener`], and does its work on a thread of its own.
//!
//! Changes that follow each other closely are told together: a hook runs when none has come for the delay, and at the
//! latest [`Options::longest`] after the first. Hooks never overlap; what changes while one runs is told by the next.

mod command;
mod debounce;
mod request;
mod worker;

pub use request::{Url, UrlError};

use command::ShellCommand;
use debounce::Debounce;
use musefs_contracts::change::{Change, ChangeListener};
use musefs_contracts::meter::{Counter, Meter};
use musefs_contracts::metric::{CHANGE_HOOK_FAILURES_TOTAL, CHANGE_HOOKS_TOTAL};
use request::Request;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use worker::{Shared, Worker};

/// How long a hook that runs may hold up the end: a command is asked to end, then killed, and a request is abandoned.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What is done after a change.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the view is mounted.
    pub mountpoint: PathBuf,
    /// What the shell is to run.
    pub command: Option<String>,
    /// Where a request goes.
    pub url: Option<Url>,
    /// How long it must be quiet before a change is told.
    pub delay: Duration,
    /// How long the first change may wait, however little quiet there is.
    pub longest: Duration,
}

impl Options {
    /// Nothing to do, after a second of quiet and ten seconds at the most.
    pub fn new(mountpoint: PathBuf) -> Self {
        let (delay, longest) = (Duration::from_secs(1), Duration::from_secs(10));
        Self { mountpoint, command: None, url: None, delay, longest }
    }
}

/// The numbers that hooks report.
#[derive(Clone)]
pub(crate) struct Counts {
    pub(crate) run: Counter,
    pub(crate) failed: Counter,
}

/// Runs hooks until it is dropped. What was not told by then is not told: the view is going away.
pub struct Hooks {
    shared: Arc<Shared>,
    ended: Receiver<()>,
}

impl Hooks {
    /// Asks for the metrics, and starts the thread if there is anything to do.
    pub fn start(options: Options, meter: &dyn Meter) -> std::io::Result<Self> {
        let counts =
            Counts { run: meter.counter(&CHANGE_HOOKS_TOTAL), failed: meter.counter(&CHANGE_HOOK_FAILURES_TOTAL) };
        let shared = Arc::new(Shared::new(Debounce::new(options.delay, options.longest)));
        let (alive, ended) = channel();
        let command = options.command.map(|line| ShellCommand::new(line, options.mountpoint.clone()));
        let request = options.url.map(|url| Request::new(url, options.mountpoint));
        if command.is_some() || request.is_some() {
            let worker = Worker { shared: shared.clone(), command, request, counts };
            std::thread::Builder::new().name("musefs-hooks".to_owned()).spawn(move || {
                worker.run();
                drop(alive);
            })?;
        }
        Ok(Self { shared, ended })
    }

    /// Who is to hear of changes. It may outlive the hooks, and is deaf then.
    pub fn listener(&self) -> Arc<dyn ChangeListener> {
        Arc::new(Listener(self.shared.clone()))
    }
}

/// Notes changes for the thread.
struct Listener(Arc<Shared>);

impl ChangeListener for Listener {
    fn changed(&self, change: Change) {
        self.0.note(change.tracks, Instant::now());
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.shared.stop();
        // The thread's end closes the channel; one that is held up by a request is left to end with the process.
        let _ = self.ended.recv_timeout(LAST_WORDS);
    }
}
