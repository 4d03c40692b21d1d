//! Reading that ends where it should: at the end of the element, of the file, or of what a probe may read at all.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use std::cell::Cell;
use std::io;

/// Most bytes of a file that a probe reads, whatever the file says.
pub const MOST_BYTES: u64 = 8 << 20;

/// A file that is read within limits.
pub(crate) struct Bounded<'a> {
    source: &'a dyn Source,
    /// Size of the file.
    pub(crate) size: u64,
    left: Cell<u64>,
}

impl<'a> Bounded<'a> {
    pub(crate) fn new(source: &'a dyn Source) -> io::Result<Self> {
        Ok(Self { source, size: source.stamp()?.size, left: Cell::new(MOST_BYTES) })
    }

    /// The range's bytes; `None` if the file does not have them, or too much has been read already.
    pub(crate) fn bytes(&self, range: ByteRange) -> io::Result<Option<Vec<u8>>> {
        if range.end() > self.size || !self.spend(range.len) {
            return Ok(None);
        }
        let mut bytes = vec![0; range.len as usize];
        Ok(found(read_exact_at(self.source, range.offset, &mut bytes))?.then_some(bytes))
    }

    /// `N` bytes at an offset, if they are all before `end`.
    pub(crate) fn array<const N: usize>(&self, offset: u64, end: u64) -> io::Result<Option<[u8; N]>> {
        let last = offset.checked_add(N as u64);
        if last.is_none_or(|last| last > end.min(self.size)) || !self.spend(N as u64) {
            return Ok(None);
        }
        let mut bytes = [0; N];
        Ok(found(read_exact_at(self.source, offset, &mut bytes))?.then_some(bytes))
    }

    fn spend(&self, len: u64) -> bool {
        let left = self.left.get().checked_sub(len);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }
}

fn found(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The part of a range behind its first `skip` bytes.
pub(crate) fn behind(range: ByteRange, skip: u64) -> ByteRange {
    let skip = skip.min(range.len);
    ByteRange::new(range.offset + skip, range.len - skip)
}

/// Text in UTF-8, or in ISO-8859-1 where it is not; without the zeros behind it.
pub(crate) fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let latin1 = || bytes.iter().map(|byte| char::from(*byte)).collect();
    std::str::from_utf8(bytes).map_or_else(|_| latin1(), str::to_owned)
}

/// Text in UTF-16, little-endian; without the zeros behind it.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned()
}
