//! Telling sequential readers from others, how wide their window is, and which reads are slow. No state but numbers.

/// The first window, and the smallest.
pub(crate) const MIN_WINDOW: u64 = 128 << 10;
/// The widest window. Wider ones gain nothing on storage of 10 ms a read, and cost memory for each stream.
pub(crate) const MAX_WINDOW: u64 = 4 << 20;

/// Readers that leave out a little, such as the headers of pages that are computed, are still sequential.
const MIN_SLACK: u64 = 32 << 10;

/// What one read may take where storage is fast: 200 µs, and half a nanosecond a byte, far more than memory needs and far
/// less than a disk or a network.
const FAST_NS: u64 = 200_000;

/// Whether a read of `bytes` that took `elapsed_ns` waited for storage.
pub(crate) fn is_slow(elapsed_ns: u64, bytes: usize) -> bool {
    elapsed_ns > FAST_NS.saturating_add(bytes as u64 / 2)
}

/// How far from the expected place a read of `len` bytes may lie in a run. The kernel sends several requests of one sequential
/// reader at a time, and they arrive in any order.
pub(crate) fn slack(len: u64) -> u64 {
    len.saturating_mul(4).clamp(MIN_SLACK, MAX_WINDOW)
}

/// The way one handle is read.
#[derive(Debug, Default)]
pub(crate) struct Pattern {
    /// The byte behind the furthest read of this run.
    next: u64,
    /// Reads in this run.
    run: u32,
    /// The last window; 0 before the first.
    window: u64,
}

impl Pattern {
    /// Takes note of a read. Answers whether it goes on with the run; otherwise a new run begins with it, without a window.
    pub(crate) fn note(&mut self, offset: u64, len: u64) -> bool {
        let end = offset.saturating_add(len);
        let goes_on = self.run > 0 && offset.abs_diff(self.next) <= slack(len);
        if goes_on {
            self.run = self.run.saturating_add(1);
            self.next = self.next.max(end);
        } else {
            *self = Self { next: end, run: 1, window: 0 };
        }
        goes_on
    }

    /// Takes note of a read inside the windows, wherever it was: it neither ends the run nor moves it back.
    pub(crate) fn note_inside(&mut self, offset: u64, len: u64) {
        self.run = self.run.saturating_add(1);
        self.next = self.next.max(offset.saturating_add(len));
    }

    /// Whether two reads or more have followed one another.
    pub(crate) fn is_sequential(&self) -> bool {
        self.run > 1
    }

    /// The byte behind the furthest read of this run.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// How much should lie ready in front of the reader: one window.
    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    /// The next window: twice the last one up to `cap`; the first one holds two reads of `len`.
    pub(crate) fn wider(&self, len: u64, cap: u64) -> u64 {
        let wanted = match self.window {
            0 => len.saturating_mul(2).checked_next_power_of_two().unwrap_or(cap),
            window => window.saturating_mul(2),
        };
        wanted.clamp(MIN_WINDOW, cap.max(MIN_WINDOW))
    }

    /// A window of this width was opened.
    pub(crate) fn opened(&mut self, window: u64) {
        self.window = window;
    }

    /// Ends the run: something went wrong in front of the reader.
    pub(crate) fn forget(&mut self) {
        (self.run, self.window) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_read_of_a_run_is_not_sequential_yet() {
        let mut pattern = Pattern::default();
        assert!(!pattern.note(1 << 30, 4_096));
        assert!(!pattern.is_sequential());
        assert!(pattern.note((1 << 30) + 4_096, 4_096));
        assert!(pattern.is_sequential());
        assert!(!pattern.note(0, 4_096));
        assert!(!pattern.is_sequential());
    }

    #[test]
    fn requests_that_overtake_each_other_are_one_run() {
        let mut pattern = Pattern::default();
        pattern.note(0, 131_072);
        for at in [2, 1, 4, 3, 5] {
            assert!(pattern.note(at * 131_072, 131_072), "{at}");
        }
        assert_eq!(pattern.next(), 6 * 131_072);
    }

    #[test]
    fn windows_double_up_to_the_cap_and_begin_anew_after_a_jump() {
        let mut pattern = Pattern::default();
        let mut widths = Vec::new();
        for _ in 0..7 {
            pattern.opened(pattern.wider(100, MAX_WINDOW));
            widths.push(pattern.window() >> 10);
        }
        assert_eq!(widths, [128, 256, 512, 1_024, 2_048, 4_096, 4_096]);
        assert_eq!(pattern.wider(100, 1 << 20), 1 << 20);
        pattern.note(1 << 40, 100);
        assert_eq!(pattern.wider(1 << 20, MAX_WINDOW), 2 << 20);
        assert_eq!(pattern.wider(u64::MAX, MAX_WINDOW), MAX_WINDOW);
    }

    #[test]
    fn numbers_at_the_end_of_the_range_do_not_overflow() {
        let mut pattern = Pattern::default();
        pattern.note(u64::MAX, u64::MAX);
        pattern.note_inside(u64::MAX, u64::MAX);
        assert_eq!(pattern.next(), u64::MAX);
    }

    #[test]
    fn memory_is_fast_and_a_disk_is_slow() {
        assert!(!is_slow(100_000, 4_096));
        assert!(!is_slow(1_500_000, 4 << 20));
        assert!(is_slow(10_000_000, 4 << 20));
        assert!(is_slow(1_000_000, 131_072));
    }
}
