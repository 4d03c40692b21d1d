//! The byte budget of all windows, and its shares.

use crate::pattern::{MAX_WINDOW, MIN_WINDOW};
use crate::sync::{Arc, AtomicU64, Ordering};
use musefs_contracts::meter::{Gauge, Meter};
use musefs_contracts::metric;

/// How many bytes the buffers may hold, how many they do, and among how many streams they are shared.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    charged: AtomicU64,
    /// The same number for those who look; moved along, never read back.
    reported: Gauge,
    streams: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: u64, meter: &dyn Meter) -> Arc<Self> {
        meter.gauge(&metric::READAHEAD_BUDGET_BYTES).set(limit);
        let reported = meter.gauge(&metric::READAHEAD_CHARGED_BYTES);
        Arc::new(Self { limit, charged: AtomicU64::new(0), reported, streams: AtomicU64::new(0) })
    }

    /// A share of `bytes`, unless the limit would be passed. Never waits.
    pub(crate) fn charge(self: &Arc<Self>, bytes: u64) -> Option<Charge> {
        let grown = |charged: u64| charged.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.charged.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).ok()?;
        self.reported.add(bytes);
        Some(Charge { budget: Arc::clone(self), bytes })
    }

    /// The largest share of at most `wanted` bytes that is to be had, halving down to the smallest window.
    pub(crate) fn charge_up_to(self: &Arc<Self>, wanted: u64) -> Option<Charge> {
        let mut bytes = wanted;
        loop {
            match self.charge(bytes) {
                Some(charge) => return Some(charge),
                None if bytes / 2 >= MIN_WINDOW => bytes /= 2,
                None => return None,
            }
        }
    }

    /// The widest window that one stream may ask for: three windows of each (the one being read, the next, and the one being
    /// fetched) fit in the budget together, so that no stream keeps the others from theirs.
    pub(crate) fn fair_window(&self) -> u64 {
        let streams = self.streams.load(Ordering::Relaxed).max(1);
        (self.limit / 3 / streams).clamp(MIN_WINDOW, MAX_WINDOW)
    }

    /// Counts a stream until the token is dropped.
    pub(crate) fn stream(self: &Arc<Self>) -> Stream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        Stream(Arc::clone(self))
    }

    #[cfg(test)]
    pub(crate) fn charged(&self) -> u64 {
        self.charged.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn streams(&self) -> u64 {
        self.streams.load(Ordering::Relaxed)
    }
}

/// A share of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Charge {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.charged.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.reported.sub(self.bytes);
    }
}

/// One handle that reads ahead.
#[derive(Debug)]
pub(crate) struct Stream(Arc<Budget>);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::meter::NoMeter;

    #[test]
    fn a_share_shrinks_to_what_is_left_and_is_refused_below_the_smallest_window() {
        let budget = Budget::new(5 * MIN_WINDOW, &NoMeter);
        let four = budget.charge_up_to(4 * MIN_WINDOW).unwrap();
        let one = budget.charge_up_to(4 * MIN_WINDOW).unwrap();
        assert_eq!((four.bytes(), one.bytes()), (4 * MIN_WINDOW, MIN_WINDOW));
        assert!(budget.charge_up_to(MIN_WINDOW).is_none());
        drop((four, one));
        assert_eq!((budget.charged(), budget.reported.get()), (0, 0));
        assert!(budget.charge(u64::MAX).is_none());
    }

    #[test]
    fn streams_share_fairly_and_are_always_granted_the_smallest_window() {
        let budget = Budget::new(24 << 20, &NoMeter);
        assert_eq!(budget.fair_window(), MAX_WINDOW);
        let streams: Vec<_> = (0..8).map(|_| budget.stream()).collect();
        assert_eq!(budget.fair_window(), 1 << 20);
        let more: Vec<_> = (0..1_000).map(|_| budget.stream()).collect();
        assert_eq!(budget.fair_window(), MIN_WINDOW);
        drop((streams, more));
        assert_eq!(budget.streams(), 0);
    }
}
