//! Which requests are under way, told apart by when they began.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often the requests under way are looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Counts requests that answer from the state of the file system, in two halves: one takes in those that begin now, the
/// other empties.
#[derive(Default)]
pub(crate) struct Flights {
    current: AtomicUsize,
    under_way: [AtomicUsize; 2],
}

/// A request under way until dropped.
pub(crate) struct Flight<'a>(&'a AtomicUsize);

impl Flights {
    /// To be called before the request looks at anything.
    pub(crate) fn begin(&self) -> Flight<'_> {
        let half = &self.under_way[self.current.load(Ordering::SeqCst) & 1];
        half.fetch_add(1, Ordering::SeqCst);
        Flight(half)
    }

    /// Waits until every request that began before this call has been answered, up to `patience`. Called by one thread only.
    ///
    /// A request that chose its half before the halves changed and counts itself only afterwards may be missed, which does
    /// no harm: it has not looked at anything yet.
    pub(crate) fn settle(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let former = &self.under_way[self.current.fetch_add(1, Ordering::SeqCst) & 1];
        while former.load(Ordering::SeqCst) != 0 && Instant::now() < until {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn requests_that_began_before_are_waited_for_and_later_ones_are_not() {
        let flights = Flights::default();
        flights.settle(LONG);
        let before = flights.begin();
        std::thread::scope(|scope| {
            let (settled, hear) = channel();
            scope.spawn(|| {
                flights.settle(LONG);
                settled.send(()).unwrap();
                drop(settled);
            });
            while flights.current.load(Ordering::SeqCst) == 1 {
                std::thread::yield_now();
            }
            let after = flights.begin();
            assert!(hear.try_recv().is_err(), "one that began before is still under way");
            drop(before);
            hear.recv().unwrap();
            drop(after);
        });
    }

    #[test]
    fn patience_ends() {
        let flights = Flights::default();
        let _stuck = flights.begin();
        flights.settle(Duration::ZERO);
    }
}
