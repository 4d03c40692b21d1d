//! A command for the shell.

use crate::worker::Shared;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running command is looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long a command that is asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// What `sh -c` runs after a change.
pub(crate) struct ShellCommand {
    line: String,
    mountpoint: PathBuf,
}

impl ShellCommand {
    pub(crate) fn new(line: String, mountpoint: PathBuf) -> Self {
        Self { line, mountpoint }
    }

    /// Runs it to its end, or takes it down when everything is to end; an error says how it failed.
    pub(crate) fn run(&self, tracks: u64, shared: &Shared) -> Result<(), String> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.line).stdin(Stdio::null());
        command.env("MUSEFS_MOUNTPOINT", &self.mountpoint).env("MUSEFS_CHANGED_TRACKS", tracks.to_string());
        // In a group of its own, so that all it started can be ended with it, and Ctrl-C reaches it only through us.
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| format!("it cannot be started: {error}"))?;
        let mut asked_to_end = None;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() || asked_to_end.is_some() => return Ok(()),
                Ok(Some(status)) => return Err(status.to_string()),
                Ok(None) => {}
                Err(error) => return Err(format!("it cannot be waited for: {error}")),
            }
            match asked_to_end {
                None if shared.is_stopping() => {
                    signal(&child, Signal::TERM);
                    asked_to_end = Some(Instant::now());
                }
                Some(since) if since.elapsed() >= GRACE => signal(&child, Signal::KILL),
                _ => {}
            }
            shared.pause(TICK);
        }
    }
}

/// Signals all the processes of a command. One that has just ended needs no signal.
fn signal(child: &Child, signal: Signal) {
    let _ = kill_process_group(Pid::from_child(child), signal);
}
