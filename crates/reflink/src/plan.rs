//! Which parts of a layout can be shared, and whether that is worth it.

use musefs_contracts::layout::{Layout, Segment};

/// The least that must be shared. Reading less through the daemon costs no more than making a file does.
const LEAST_SHARED: u64 = 128 << 10;
/// The most that is written whatever is shared: a header with its padding.
const ALWAYS_WRITTEN: u64 = 64 << 10;
/// The most that is written at all, a picture as a rule.
const MOST_WRITTEN: u64 = 4 << 20;
/// What is written may be so small a part of what is shared.
const PART_WRITTEN: u64 = 16;

/// A run of whole blocks that both files can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    /// Its offset in the served file.
    pub(crate) served: u64,
    /// Its offset in the backing file.
    pub(crate) backing: u64,
    /// Its length.
    pub(crate) len: u64,
}

/// What is shared, in order; all else is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) shared: Vec<Shared>,
}

/// Whether the layout is long enough for a plan.
pub(crate) fn is_worth_a_look(layout: &Layout) -> bool {
    layout.len() >= LEAST_SHARED
}

impl Plan {
    /// The plan for blocks of this size; `None` if too little would be shared, or too much written.
    pub(crate) fn new(layout: &Layout, block: u64) -> Option<Self> {
        if block == 0 {
            return None;
        }
        let mut shared = Vec::new();
        let mut served = 0;
        for segment in layout.segments() {
            if let Segment::Backing(range) = segment
                && served % block == range.offset % block
            {
                let ragged = (block - served % block) % block;
                let len = range.len.saturating_sub(ragged) / block * block;
                if len > 0 {
                    shared.push(Shared { served: served + ragged, backing: range.offset + ragged, len });
                }
            }
            served += segment.len();
        }
        let common: u64 = shared.iter().map(|shared| shared.len).sum();
        let written = served - common;
        let bearable = ALWAYS_WRITTEN.max(common / PART_WRITTEN).min(MOST_WRITTEN);
        (common >= LEAST_SHARED && written <= bearable).then_some(Self { shared })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::anatomy::ByteRange;
    use musefs_contracts::layout::LayoutBuilder;

    fn layout(header: usize, offset: u64, len: u64) -> Layout {
        let mut builder = LayoutBuilder::new();
        builder.bytes(&vec![1; header]).backing(ByteRange::new(offset, len));
        builder.finish()
    }

    #[test]
    fn whole_blocks_of_congruent_ranges_are_shared() {
        let plan = Plan::new(&layout(8192 + 100, 4096 + 100, 1 << 20), 4096).unwrap();
        assert_eq!(plan.shared, [Shared { served: 12288, backing: 8192, len: (1 << 20) - 4096 }]);
        let aligned = Plan::new(&layout(4096, 0, 1 << 20), 4096).unwrap();
        assert_eq!(aligned.shared, [Shared { served: 4096, backing: 0, len: 1 << 20 }]);
    }

    #[test]
    fn ranges_that_are_not_congruent_or_too_short_are_not() {
        assert_eq!(Plan::new(&layout(4097, 4096, 1 << 20), 4096), None);
        assert_eq!(Plan::new(&layout(4096, 0, LEAST_SHARED - 1), 4096), None);
        assert!(Plan::new(&layout(5120, 1024, 1 << 20), 4096).is_some());
        assert_eq!(Plan::new(&layout(5120, 1024, 1 << 20), 65536), None);
        assert_eq!(Plan::new(&layout(0, 0, 1 << 20), 0), None);
    }

    #[test]
    fn what_is_written_stays_a_small_part() {
        let header = |len: usize| Plan::new(&layout(len, 0, 4 << 20), 4096).is_some();
        assert!(header(256 << 10));
        assert!(!header((256 << 10) + 4096));
        assert_eq!(Plan::new(&layout((4 << 20) + 4096, 0, 1 << 40), 4096), None);
    }

    #[test]
    fn a_range_within_one_block_is_written() {
        let mut builder = LayoutBuilder::new();
        builder.backing(ByteRange::new(100, 50)).bytes(&[0; 4046]).backing(ByteRange::new(0, 1 << 20));
        let plan = Plan::new(&builder.finish(), 4096).unwrap();
        assert_eq!(plan.shared, [Shared { served: 4096, backing: 0, len: 1 << 20 }]);
    }
}
