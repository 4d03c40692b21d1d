//! Ctrl-C, SIGTERM and the closing of a terminal.

use crate::errors::Failure;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a second signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    /// Ends the process at once, so that nothing slow can hold the user up.
    Exits,
    /// Nothing: what the first one began takes a bounded time, and ending in the middle of it would leave a dead mount.
    Waits,
}

/// A flag that SIGINT and SIGTERM set, and SIGHUP, so that a terminal that is closed leaves no dead mount. Under `nohup`, which has
/// it ignored, that goes on.
pub(crate) fn interrupted(second: Second) -> Result<Arc<AtomicBool>, Failure> {
    let set = Arc::new(AtomicBool::new(false));
    let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
        let exits = match second {
            // Registered first, so that the first signal finds the flag unset.
            Second::Exits => flag::register_conditional_shutdown(signal, 128 + signal, set.clone()).map(drop),
            Second::Waits => Ok(()),
        };
        exits
            .and_then(|()| flag::register(signal, set.clone()))
            .map_err(|error| Failure::new(format!("cannot listen for signals: {error}")))?;
    }
    Ok(set)
}

/// Whether whoever started this process has it ignore a signal (`SigIgn` in proc_pid_status(5)).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
