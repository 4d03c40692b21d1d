//! The bytes in front of one reader: buffers that follow one another without a gap.

use crate::budget::Charge;
use std::collections::VecDeque;

/// Bytes of the source from `start`, and the share of the budget they hold.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub(crate) start: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) _charge: Charge,
}

impl Buffer {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.bytes.len() as u64)
    }
}

/// Buffers in order.
#[derive(Debug, Default)]
pub(crate) struct Buffers(VecDeque<Buffer>);

impl Buffers {
    /// Adds a buffer. One that does not go on where the others end takes their place.
    pub(crate) fn push(&mut self, buffer: Buffer) {
        if self.end() != Some(buffer.start) {
            self.0.clear();
        }
        self.0.push_back(buffer);
    }

    /// The byte behind the last one; `None` if there are no buffers.
    pub(crate) fn end(&self) -> Option<u64> {
        self.0.back().map(Buffer::end)
    }

    /// How far the bytes from `offset` on are here: `offset` itself if its byte is not.
    pub(crate) fn covered_to(&self, offset: u64) -> u64 {
        match (self.0.front(), self.end()) {
            (Some(first), Some(end)) if first.start <= offset && offset < end => end,
            _ => offset,
        }
    }

    /// Copies from `offset` into `buf` if all of it is here.
    pub(crate) fn copy(&self, offset: u64, buf: &mut [u8]) -> bool {
        if buf.is_empty() || self.covered_to(offset) < offset.saturating_add(buf.len() as u64) {
            return buf.is_empty();
        }
        let mut done = 0;
        for buffer in &self.0 {
            let at = offset + done as u64;
            if buffer.start <= at && at < buffer.end() {
                let from = (at - buffer.start) as usize;
                let n = (buffer.bytes.len() - from).min(buf.len() - done);
                buf[done..done + n].copy_from_slice(&buffer.bytes[from..from + n]);
                done += n;
            }
        }
        debug_assert_eq!(done, buf.len(), "buffers follow one another");
        true
    }

    /// Lets buffers go that end at or before `offset`.
    pub(crate) fn let_go_before(&mut self, offset: u64) {
        while self.0.front().is_some_and(|first| first.end() <= offset) {
            self.0.pop_front();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use musefs_contracts::meter::NoMeter;

    fn buffer(start: u64, bytes: &[u8]) -> Buffer {
        let charge = Budget::new(100, &NoMeter).charge(bytes.len() as u64).unwrap();
        Buffer { start, bytes: bytes.to_vec(), _charge: charge }
    }

    #[test]
    fn copies_over_borders_and_only_what_is_whole() {
        let mut buffers = Buffers::default();
        for (start, bytes) in [(10, b"abc" as &[u8]), (13, b"def"), (16, b"g")] {
            buffers.push(buffer(start, bytes));
        }
        let mut buf = [0; 5];
        assert!(buffers.copy(12, &mut buf));
        assert_eq!(&buf, b"cdefg");
        assert!(!buffers.copy(13, &mut buf));
        assert!(!buffers.copy(9, &mut buf));
        assert_eq!((buffers.covered_to(11), buffers.covered_to(9), buffers.covered_to(17)), (17, 9, 17));
        buffers.let_go_before(15);
        assert_eq!((buffers.covered_to(12), buffers.covered_to(13)), (12, 17));
    }

    #[test]
    fn a_buffer_elsewhere_takes_the_place_of_the_others() {
        let mut buffers = Buffers::default();
        buffers.push(buffer(0, b"abc"));
        buffers.push(buffer(50, b"xyz"));
        assert_eq!((buffers.covered_to(0), buffers.covered_to(50)), (0, 53));
    }
}
