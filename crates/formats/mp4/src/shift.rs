//! Tables of absolute file offsets, shifted by a constant while they are read.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::layout::{Computed, SegmentIo};
use std::io;

/// The entries of a table (big-endian, 4 or 8 bytes each) of which those from `threshold` on move by `delta`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShiftedTable {
    /// The entries in the backing file.
    pub(crate) entries: ByteRange,
    /// Bytes of an entry: 4 or 8.
    pub(crate) width: u64,
    /// Offsets before this one stay: what they point at does not move.
    pub(crate) threshold: u64,
    /// How far the rest moves.
    pub(crate) delta: i64,
}

impl ShiftedTable {
    fn shift(&self, entry: &mut [u8]) {
        let old = entry.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        // An entry that moves stays in 32 bits if the layout was made: the file's end was checked to fit.
        if old >= self.threshold {
            let moved = old.wrapping_add_signed(self.delta).to_be_bytes();
            entry.copy_from_slice(&moved[8 - entry.len()..]);
        }
    }
}

impl Computed for ShiftedTable {
    fn len(&self) -> u64 {
        self.entries.len
    }

    fn read_at(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        // Entries that the range cuts are read whole, shifted, and cut again; those between are shifted in place.
        let (mut offset, mut buf) = (offset, buf);
        while !buf.is_empty() {
            let within = offset % self.width;
            let whole = buf.len() as u64 / self.width * self.width;
            let n = if within == 0 && whole > 0 {
                let (entries, _) = buf.split_at_mut(whole as usize);
                io.backing(self.entries.offset + offset, entries)?;
                entries.chunks_exact_mut(self.width as usize).for_each(|entry| self.shift(entry));
                whole as usize
            } else {
                let mut entry = [0; 8];
                let entry = &mut entry[..self.width as usize];
                io.backing(self.entries.offset + offset - within, entry)?;
                self.shift(entry);
                let part = &entry[within as usize..];
                let n = part.len().min(buf.len());
                buf[..n].copy_from_slice(&part[..n]);
                n
            };
            offset += n as u64;
            buf = &mut buf[n..];
        }
        Ok(())
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::ids::ArtId;
    use musefs_contracts::layout::TagValueRef;

    struct File(Vec<u8>);

    impl SegmentIo for File {
        fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
            buf.copy_from_slice(&self.0[offset as usize..offset as usize + buf.len()]);
            Ok(())
        }
        fn art(&self, _: ArtId, _: u64, _: &mut [u8]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[test]
    fn entries_behind_the_threshold_move_however_the_reads_are_split() {
        for width in [4u64, 8] {
            let offsets = [5u64, 99, 100, 101, 70_000];
            let mut file = vec![0xee; 3];
            for offset in offsets {
                file.extend_from_slice(&offset.to_be_bytes()[8 - width as usize..]);
            }
            let entries = ByteRange::new(3, width * offsets.len() as u64);
            let table = ShiftedTable { entries, width, threshold: 100, delta: -7 };
            let expected: Vec<u8> = [5u64, 99, 93, 94, 69_993]
                .iter()
                .flat_map(|offset| offset.to_be_bytes()[8 - width as usize..].to_vec())
                .collect();
            let io = File(file);
            for start in 0..expected.len() {
                for end in start..=expected.len() {
                    let mut buf = vec![0; end - start];
                    table.read_at(&io, start as u64, &mut buf).unwrap();
                    assert_eq!(buf, expected[start..end], "{width} bytes wide, {start}..{end}");
                }
            }
        }
    }
}
