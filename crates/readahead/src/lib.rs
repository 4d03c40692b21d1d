//! Adaptive read-ahead over backing sources, for storage on which each read costs milliseconds.
//!
//! **Must never know** formats, tracks or the tree: it sees offsets of one source a handle, and the bytes it answers are those the
//! source gives.
//!
//! A read is tried without waiting first, so what is in the page cache is neither copied nor held twice. Only where reads of
//! one handle wait, take long, and follow one another does a window open in front of the reader: it is fetched on a thread of the crew,
//! doubles while the reader goes on, and closes when the reader jumps. All windows share one byte budget. A share that is not to be had
//! means a smaller window, or a plain read: no reader ever waits for another one's memory.
//!
//! Buffers may be older than the file. Whoever needs bytes of one generation compares [`Source::stamp`], which is never
//! buffered, after the read.

mod budget;
mod buffers;
mod crew;
mod handle;
mod pattern;
mod sync;

use handle::{Handle, Shared};
use musefs_contracts::backing::Source;
use musefs_contracts::clock::{Clock, SystemClock};
use musefs_contracts::meter::Meter;
use musefs_contracts::readahead::ReadAhead;
use sync::Arc;

/// Read-ahead of many handles within one budget.
///
/// Dropping it ends its threads, after the reads they are in. Sources it decorated go on working, without reading ahead.
pub struct AdaptiveReadAhead {
    /// `None` if read-ahead is off.
    shared: Option<Arc<Shared>>,
}

impl AdaptiveReadAhead {
    /// Read-ahead whose buffers hold at most `budget_bytes`; 0 turns it off.
    pub fn new(budget_bytes: u64, meter: &dyn Meter) -> Self {
        Self::with_clock(budget_bytes, meter, Arc::new(SystemClock))
    }

    /// As [`Self::new`], with the clock by which slow reads and idle handles are told.
    pub fn with_clock(budget_bytes: u64, meter: &dyn Meter, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared::new(budget_bytes, meter, clock);
        Self { shared: (budget_bytes > 0).then(|| Arc::new(shared)) }
    }
}

impl ReadAhead for AdaptiveReadAhead {
    fn decorate(&self, source: Arc<dyn Source>) -> Arc<dyn Source> {
        match &self.shared {
            Some(shared) => Handle::new(source, Arc::clone(shared)),
            None => source,
        }
    }
}

impl Drop for AdaptiveReadAhead {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.crew.close();
        }
    }
}

impl std::fmt::Debug for AdaptiveReadAhead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdaptiveReadAhead").field("on", &self.shared.is_some()).finish()
    }
}

#[cfg(test)]
mod tests;
