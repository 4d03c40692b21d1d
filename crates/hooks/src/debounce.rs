//! When changes are due to be told.

use std::time::{Duration, Instant};

/// Gathers changes until it is quiet, or the first of them has waited long enough.
#[derive(Debug)]
pub(crate) struct Debounce {
    delay: Duration,
    longest: Duration,
    waiting: Option<Waiting>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    first: Instant,
    last: Instant,
    tracks: u64,
}

impl Debounce {
    pub(crate) fn new(delay: Duration, longest: Duration) -> Self {
        Self { delay, longest: longest.max(delay), waiting: None }
    }

    /// Notes a change.
    pub(crate) fn note(&mut self, tracks: u64, now: Instant) {
        let waiting = self.waiting.get_or_insert(Waiting { first: now, last: now, tracks: 0 });
        waiting.last = now;
        waiting.tracks += tracks;
    }

    /// How long until what waits is due; zero if it is, `None` if nothing waits.
    pub(crate) fn due_in(&self, now: Instant) -> Option<Duration> {
        let waiting = self.waiting?;
        let due = (waiting.last + self.delay).min(waiting.first + self.longest);
        Some(due.saturating_duration_since(now))
    }

    /// Takes what waits: how many tracks changed.
    pub(crate) fn take(&mut self) -> Option<u64> {
        self.waiting.take().map(|waiting| waiting.tracks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_change_is_due_when_it_has_been_quiet_for_the_delay() {
        let start = Instant::now();
        let mut debounce = Debounce::new(ms(100), ms(1000));
        assert_eq!(debounce.due_in(start), None);
        debounce.note(1, start);
        assert_eq!(debounce.due_in(start), Some(ms(100)));
        debounce.note(2, start + ms(60));
        assert_eq!(debounce.due_in(start + ms(110)), Some(ms(50)));
        assert_eq!(debounce.due_in(start + ms(200)), Some(ms(0)));
        assert_eq!(debounce.take(), Some(3));
        assert_eq!(debounce.due_in(start + ms(200)), None);
    }

    #[test]
    fn a_storm_is_told_before_it_ends() {
        let start = Instant::now();
        let mut debounce = Debounce::new(ms(100), ms(1000));
        for at in (0..1000).step_by(50) {
            debounce.note(1, start + ms(at));
            assert_ne!(debounce.due_in(start + ms(at)), Some(ms(0)), "{at}");
        }
        assert_eq!(debounce.due_in(start + ms(1000)), Some(ms(0)));
        assert_eq!(debounce.take(), Some(20));
    }

    #[test]
    fn the_longest_wait_is_no_shorter_than_the_delay() {
        let start = Instant::now();
        let mut debounce = Debounce::new(ms(5000), ms(1000));
        debounce.note(1, start);
        assert_eq!(debounce.due_in(start), Some(ms(5000)));
    }
}
