//! Going on in the background: the program starts itself again, apart from the terminal, and ends once that one is mounted.
//!
//! A fork would take over whatever threads and locks there are; a fresh process takes over nothing. It tells through its
//! standard output that it is ready, and says on standard error what went wrong before that.

use crate::errors::{CommandResult, Ending, FAILED, Failure};
use crate::output::say;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Ends what the background says before it is ready.
const READY: u8 = 0x04;
/// Tells the program that it is the one in the background.
const FLAG: &str = "--detached";

/// Runs `musefs` with these words, a command and its arguments, in the background, until it is ready or has failed.
pub(crate) fn detach(words: &[OsString]) -> CommandResult {
    let failed = |error: std::io::Error| Failure::new(format!("cannot go on in the background: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    let (command, arguments) = words.split_at(words.len().min(1));
    let mut background = Command::new(program);
    background.arg0("musefs").args(command).arg(FLAG).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = background.spawn().map_err(failed)?;
    let mut said = Vec::new();
    let is_ready = match child.stdout.take() {
        Some(stdout) => read_until_ready(stdout, &mut said).map_err(failed)?,
        None => false,
    };
    for line in String::from_utf8_lossy(&said).lines() {
        say(line);
    }
    if is_ready {
        return Ok(Ending::Done);
    }
    let status = child.wait().map_err(failed)?;
    // It has said why.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
    Ok(Ending::Told(code.unwrap_or(FAILED)))
}

fn read_until_ready(mut stdout: impl Read, said: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut buffer = [0; 512];
    loop {
        let read = stdout.read(&mut buffer)?;
        let bytes = &buffer[..read];
        if let Some(end) = bytes.iter().position(|byte| *byte == READY) {
            said.extend(&bytes[..end]);
            return Ok(true);
        }
        if bytes.is_empty() {
            return Ok(false);
        }
        said.extend(bytes);
    }
}

/// In the background: parts from the terminal, so that neither Ctrl-C nor its closing reach this process.
pub(crate) fn leave_terminal() {
    // Fails only for the leader of a process group, which a child is not.
    let _ = rustix::process::setsid();
}

/// In the background: tells the one that waits that all is up, and lets go of its terminal and folder. The paths that are
/// still to be opened must be absolute by then.
pub(crate) fn ready() -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("cannot go on in the background: {error}"));
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").map_err(failed)?;
    std::env::set_current_dir("/").map_err(failed)?;
    rustix::stdio::dup2_stdin(&null).map_err(|error| failed(error.into()))?;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&[READY]).and_then(|()| stdout.flush()).map_err(failed)?;
    rustix::stdio::dup2_stdout(&null).map_err(|error| failed(error.into()))?;
    rustix::stdio::dup2_stderr(&null).map_err(|error| failed(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_ends_with_readiness_or_with_the_process() {
        let mut said = Vec::new();
        assert!(read_until_ready(&b"mounted\n\x04later"[..], &mut said).unwrap());
        assert_eq!(said, b"mounted\n");
        said.clear();
        assert!(!read_until_ready(&b"failed\n"[..], &mut said).unwrap());
        assert_eq!(said, b"failed\n");
    }
}
