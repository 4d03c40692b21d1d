//! Saying things once, or once a minute, however often they happen.

use crate::sync::{Mutex, lock};
use hashbrown::HashMap;
use musefs_contracts::ids::{FileId, TrackId};

/// What is complained of. Each is remembered by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Complaint {
    /// A track's edits are not served.
    Verbatim(TrackId),
    /// A backing file cannot be opened or read.
    Backing(FileId),
    /// The store cannot be read.
    Store,
    /// The store has failed in the background.
    Refresh,
}

/// Complaints remembered at most. Beyond that all are forgotten, and may be said again.
const REMEMBERED: usize = 16_384;
const MINUTE_NS: i64 = 60_000_000_000;

/// What was said when, and how often it happened.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<HashMap<Complaint, (i64, u64)>>);

impl Complaints {
    /// Whether this complaint is a new one.
    pub(crate) fn is_new(&self, complaint: Complaint) -> bool {
        self.count(complaint, 0, i64::MAX).is_some()
    }

    /// How often it happened so far, if a minute has gone by since it was said last.
    pub(crate) fn each_minute(&self, complaint: Complaint, now_ns: i64) -> Option<u64> {
        self.count(complaint, now_ns, MINUTE_NS)
    }

    /// The matter is settled: it is new when it happens again. Whether it had been complained of.
    pub(crate) fn settle(&self, complaint: Complaint) -> bool {
        lock(&self.0).remove(&complaint).is_some()
    }

    fn count(&self, complaint: Complaint, now_ns: i64, silence_ns: i64) -> Option<u64> {
        let mut known = lock(&self.0);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let Some((said, count)) = known.get_mut(&complaint) else {
            known.insert(complaint, (now_ns, 1));
            return Some(1);
        };
        *count += 1;
        // A clock that was set back ends a silence, instead of making it as long as it was set back.
        if (0..silence_ns).contains(&now_ns.saturating_sub(*said)) {
            return None;
        }
        *said = now_ns;
        Some(*count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_trouble_is_told_once_a_minute_with_its_count() {
        let complaints = Complaints::default();
        let file = Complaint::Backing(TrackId(1).into());
        assert_eq!(complaints.each_minute(file, 0), Some(1));
        assert_eq!(complaints.each_minute(file, MINUTE_NS - 1), None);
        assert_eq!(complaints.each_minute(Complaint::Backing(TrackId(2).into()), 5), Some(1));
        assert_eq!(complaints.each_minute(file, MINUTE_NS), Some(3));
        assert!(complaints.settle(file));
        assert_eq!(complaints.each_minute(file, MINUTE_NS + 1), Some(1));
    }

    #[test]
    fn a_clock_that_is_set_back_silences_nothing_for_long() {
        let complaints = Complaints::default();
        assert_eq!(complaints.each_minute(Complaint::Store, 100 * MINUTE_NS), Some(1));
        assert_eq!(complaints.each_minute(Complaint::Store, 0), Some(2));
        assert_eq!(complaints.each_minute(Complaint::Store, 1), None);
        assert_eq!(complaints.each_minute(Complaint::Store, MINUTE_NS), Some(4));
    }

    #[test]
    fn some_things_are_said_once() {
        let complaints = Complaints::default();
        assert!(complaints.is_new(Complaint::Store));
        assert!(!complaints.is_new(Complaint::Store));
    }
}
