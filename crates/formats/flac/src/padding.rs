//! `PADDING` blocks, which absorb the difference an edit makes.

use crate::block::{BlockHeader, HEADER, MAX_BODY, PADDING};
use musefs_contracts::layout::{Computed, LayoutBuilder, Segment, SegmentIo};
use std::io;
use std::sync::Arc;

/// Served and backing offset of the audio are congruent modulo this, the page of the kernel's cache.
const PAGE: u64 = 4096;

/// Most padding that keeps the audio in its place. What is beyond it was no metadata of a real file, and blocks without end
/// would be listed.
const MOST: u64 = 1 << 30;

/// How many bytes of `PADDING` blocks, headers included, go behind `used` bytes of other metadata where the file's audio
/// starts at `audio`: as many as keep the audio at its offset, if there are not too many, otherwise the fewest that keep it congruent.
pub(crate) fn amount(used: u64, audio: u64) -> u64 {
    let left = audio.saturating_sub(used);
    if used == audio || (HEADER..=MOST).contains(&left) {
        return left;
    }
    // A gap of one to three bytes cannot hold a block.
    let gap = (audio % PAGE + PAGE - used % PAGE) % PAGE;
    if (1..HEADER).contains(&gap) { gap + PAGE } else { gap }
}

/// Adds `amount` bytes of `PADDING` blocks, the last of which is the last block of all. `amount` is 0 or at least 4.
pub(crate) fn write(out: &mut LayoutBuilder, mut amount: u64) {
    while amount > 0 {
        let mut len = amount.min(HEADER + MAX_BODY);
        if (1..HEADER).contains(&(amount - len)) {
            len -= HEADER;
        }
        let header = BlockHeader { last: len == amount, block_type: PADDING, len: len - HEADER };
        out.bytes(&header.bytes());
        zeros(out, len - HEADER);
        amount -= len;
    }
}

/// Zeros beyond this are not held in memory.
const FEW: u64 = 64 << 10;

fn zeros(out: &mut LayoutBuilder, count: u64) {
    if count <= FEW {
        out.zeros(count);
    } else {
        out.push(Segment::Computed(Arc::new(Zeros(count))));
    }
}

struct Zeros(u64);

impl Computed for Zeros {
    fn len(&self) -> u64 {
        self.0
    }
    fn read_at(&self, _: &dyn SegmentIo, _: u64, buf: &mut [u8]) -> io::Result<()> {
        buf.fill(0);
        Ok(())
    }
    fn heap_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_keeps_the_audio_in_place_or_congruent() {
        for audio in [42, 5000, 8192, 70_001] {
            for used in (0..20_000).chain([1 << 25]) {
                let padding = amount(used, audio);
                assert!(padding == 0 || padding >= HEADER);
                assert_eq!((used + padding) % PAGE, audio % PAGE);
                assert!(used + HEADER > audio || used + padding == audio);
                assert!(used + padding <= audio.max(used + PAGE + HEADER));
            }
        }
    }

    #[test]
    fn a_place_that_no_metadata_reaches_is_given_up() {
        assert_eq!(amount(100, 100 + MOST), MOST);
        for audio in [101 + MOST, 1 << 41, u64::MAX] {
            let padding = amount(100, audio);
            assert!(padding < PAGE + HEADER);
            assert_eq!((100 + padding) % PAGE, audio % PAGE);
        }
    }

    #[test]
    fn any_amount_is_written_as_sound_blocks() {
        for amount in [0, 4, 5, HEADER + MAX_BODY, HEADER + MAX_BODY + 1, HEADER + MAX_BODY + 7, 3 * MAX_BODY + 1] {
            let mut out = LayoutBuilder::new();
            write(&mut out, amount);
            assert_eq!(out.len(), amount);
            assert!(out.finish().heap_bytes() < 1 << 20);
        }
    }
}
