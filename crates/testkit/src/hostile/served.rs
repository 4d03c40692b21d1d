//! Reads a layout as readers do and checks that all of them get the same bytes.

use crate::fixtures::Random;
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use std::io;

/// Lengths of reads that follow one another: odd ones, so that they end anywhere in any segment.
const SPLITS: [usize; 6] = [1, 7, 61, 509, 4_099, 16_411];
/// Borders of segments that are read across.
const BORDERS: usize = 48;

/// A backing file in memory and pictures that are a pattern of their id.
pub(super) struct Io<'a> {
    pub(super) backing: &'a [u8],
    /// Whether a read outside the file fails, as it does when a stored anatomy is wrong, instead of ending the test.
    pub(super) forgiving: bool,
}

/// The bytes of a picture.
pub(super) fn image(art: ArtId, offset: u64, buf: &mut [u8]) {
    (offset..).zip(buf).for_each(|(at, byte)| *byte = (at.wrapping_mul(31) >> 3) as u8 ^ art.0 as u8 ^ at as u8);
}

impl SegmentIo for Io<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let found = start.checked_add(buf.len()).and_then(|end| self.backing.get(start..end));
        match found {
            Some(found) => {
                buf.copy_from_slice(found);
                Ok(())
            }
            None if self.forgiving => Err(io::ErrorKind::UnexpectedEof.into()),
            None => panic!("a layout reads {} bytes at {offset} of {}", buf.len(), self.backing.len()),
        }
    }

    fn art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        image(art, offset, buf);
        Ok(())
    }

    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The whole served file, after checking that any split of reads gives the same bytes.
pub(super) fn read(layout: &Layout, backing: &[u8], salt: u64) -> Vec<u8> {
    let io = Io { backing, forgiving: false };
    let read = |offset: usize, len: usize| -> Vec<u8> {
        let mut buf = vec![0xa5; len];
        let n = layout.read_at(&io, offset as u64, &mut buf).expect("the backing file and the pictures can be read");
        buf.truncate(n);
        buf
    };
    let size = layout.len() as usize;
    let whole = read(0, size + 1);
    assert_eq!(whole.len(), size, "a reader gets as many bytes as the layout says");
    assert_eq!(read(size, 10), b"");

    let mut random = Random::new(salt);
    let mut at = 0;
    while at < size {
        let part = read(at, SPLITS[random.below(SPLITS.len() as u64) as usize]);
        assert_eq!(part, whole[at..at + part.len()], "read at {at}");
        at += part.len();
    }
    for _ in 0..8 {
        let at = random.below(size as u64 + 1) as usize;
        let part = read(at, random.below(3_000) as usize);
        assert_eq!(part, whole[at..at + part.len()], "read again at {at}");
    }
    let mut border = 0;
    for segment in layout.segments().take(BORDERS) {
        border += segment.len() as usize;
        let at = border.saturating_sub(1);
        let part = read(at, 2);
        assert_eq!(part, whole[at..at + part.len()], "read across {border}");
    }
    whole
}
