//! Whether a session still runs.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Set once when the last session thread is done.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    ended: Mutex<bool>,
    changed: Condvar,
}

impl Ended {
    pub(crate) fn set(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wait(&self) {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(ended, |ended| !*ended).unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether it was set within `time`.
    pub(crate) fn wait_for(&self, time: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        *self.changed.wait_timeout_while(ended, time, |ended| !*ended).unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn waiting_ends_when_it_is_set() {
        let ended = Arc::new(Ended::default());
        assert!(!ended.is_set() && !ended.wait_for(Duration::ZERO));
        let other = Arc::clone(&ended);
        let waiter = std::thread::spawn(move || other.wait());
        ended.set();
        waiter.join().unwrap();
        assert!(ended.is_set() && ended.wait_for(Duration::ZERO));
    }
}
