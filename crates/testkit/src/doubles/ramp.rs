//! Bytes that tell their own offset.

use musefs_contracts::backing::{Source, Stamp};
use std::io;

/// The byte of the ramp at an offset. Neighbours differ, and so do bytes that lie a power of two apart.
pub fn ramp_byte(offset: u64) -> u8 {
    let mixed = offset.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as u8
}

/// `len` bytes of the ramp from `offset`.
pub fn ramp(offset: u64, len: usize) -> Vec<u8> {
    (0..len as u64).map(|at| ramp_byte(offset + at)).collect()
}

/// A source of any length whose bytes are the ramp. Holds no memory.
#[derive(Clone, Copy, Debug)]
pub struct RampSource {
    /// What it answers as its stamp; the size is the number of bytes it has.
    pub stamp: Stamp,
}

impl RampSource {
    /// A ramp of `len` bytes.
    pub fn new(len: u64) -> Self {
        Self { stamp: Stamp { size: len, mtime_ns: 1, ctime_ns: 1, file: 1 } }
    }
}

impl Source for RampSource {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.stamp.size.saturating_sub(offset).min(buf.len() as u64) as usize;
        for (at, byte) in buf[..n].iter_mut().enumerate() {
            *byte = ramp_byte(offset + at as u64);
        }
        Ok(n)
    }
    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.read_at(offset, buf)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(self.stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_reads_differ() {
        let here = ramp(0, 64);
        for shift in [1, 2, 4, 8, 16, 256, 512, 4_096, 65_536, 1 << 20] {
            assert_ne!(ramp(shift, 64), here, "{shift}");
        }
    }

    #[test]
    fn ends_where_it_says() {
        let source = RampSource::new(10);
        let mut buf = [0; 8];
        assert_eq!(source.read_at(6, &mut buf).unwrap(), 4);
        assert_eq!(buf[..4], ramp(6, 4));
        assert_eq!(source.read_at(u64::MAX, &mut buf).unwrap(), 0);
    }
}
