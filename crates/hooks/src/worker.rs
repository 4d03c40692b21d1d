//! The thread that waits for changes and tells them.

use crate::Counts;
use crate::command::ShellCommand;
use crate::debounce::Debounce;
use crate::request::Request;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the thread shares with those who note changes.
pub(crate) struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    debounce: Debounce,
    stopping: bool,
}

impl Shared {
    pub(crate) fn new(debounce: Debounce) -> Self {
        Self { state: Mutex::new(State { debounce, stopping: false }), moved: Condvar::new() }
    }

    pub(crate) fn note(&self, tracks: u64, now: Instant) {
        self.lock().debounce.note(tracks, now);
        self.moved.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.moved.notify_all();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Waits for so long; answers at once, and `true`, when everything is to end. Where it is to end already, it waits all
    /// the same, so that whoever looks again and again does not spin.
    pub(crate) fn pause(&self, pause: Duration) -> bool {
        let state = self.lock();
        let was_stopping = state.stopping;
        let waited = self.moved.wait_timeout_while(state, pause, |state| state.stopping == was_stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// Waits until changes are due: how many tracks they are of. `None` once everything is to end.
    fn next(&self) -> Option<u64> {
        let mut state = self.lock();
        while !state.stopping {
            state = match state.debounce.due_in(Instant::now()) {
                Some(Duration::ZERO) => return state.debounce.take(),
                Some(rest) => self.moved.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.moved.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        None
    }

    /// Each critical section leaves valid state behind, so a panic elsewhere takes nothing with it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells changes, one hook after the other.
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) command: Option<ShellCommand>,
    pub(crate) request: Option<Request>,
    pub(crate) counts: Counts,
}

impl Worker {
    pub(crate) fn run(&self) {
        while let Some(tracks) = self.shared.next() {
            if let Some(command) = &self.command {
                self.count("the command of --on-change", command.run(tracks, &self.shared));
            }
            if let Some(request) = self.request.as_ref().filter(|_| !self.shared.is_stopping()) {
                self.count("the request of --notify-url", request.send(tracks, &self.shared));
            }
        }
    }

    fn count(&self, what: &str, result: Result<(), String>) {
        self.counts.run.increment();
        match result {
            Ok(()) => tracing::info!("{what} ran after a change"),
            Err(error) => {
                self.counts.failed.increment();
                tracing::warn!("{what} failed: {error}");
            }
        }
    }
}
