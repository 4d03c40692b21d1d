//! A byte budget whose shares are tokens.

use crate::sync::{Arc, AtomicUsize, Ordering};

/// How many bytes may be held, and how many are.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    charged: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, charged: AtomicUsize::new(0) })
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    #[cfg(test)]
    pub(crate) fn charged(&self) -> usize {
        self.charged.load(Ordering::Relaxed)
    }

    /// A share of `bytes`, unless the limit would be passed. Never waits.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> Option<Charge> {
        let grown = |charged: usize| charged.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.charged.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).ok()?;
        Some(Charge { budget: Arc::clone(self), bytes })
    }
}

/// A share of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.charged.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_refused_above_the_limit_and_come_back() {
        let budget = Budget::new(10);
        let six = budget.charge(6).unwrap();
        assert!(budget.charge(5).is_none());
        assert!(budget.charge(usize::MAX).is_none());
        let four = budget.charge(4).unwrap();
        drop(six);
        assert_eq!(budget.charged(), 4);
        drop(four);
        assert_eq!(budget.charged(), 0);
    }
}
