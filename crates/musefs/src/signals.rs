//! Ctrl-C and SIGTERM.

use crate::errors::Failure;
use signal_hook::consts::{SIGINT, SIGTERM};
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

/// A flag that SIGINT and SIGTERM set.
pub(crate) fn interrupted(second: Second) -> Result<Arc<AtomicBool>, Failure> {
    let set = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
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
