//! EBML elements (RFC 8794): an id, a size, the content.

use crate::bounded::{Bounded, text};
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::limits;
use std::io;

/// Most elements that are looked at in one parent.
const MOST_CHILDREN: usize = limits::MAX_ELEMENTS;
/// Longest header: an id of four bytes and a size of eight.
const LONGEST_HEADER: usize = 12;

/// An element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ebml {
    /// Its id, length marker included, as the Matroska specification lists them.
    pub(crate) id: u32,
    /// Header and content.
    pub(crate) range: ByteRange,
    /// The content. An element of unknown size, or of one that passes its parent's end, ends there.
    pub(crate) content: ByteRange,
    /// The size is unknown: only the elements inside tell where it ends.
    pub(crate) is_open: bool,
}

impl Ebml {
    /// The element as a number (RFC 8794, section 7.2).
    pub(crate) fn number(&self, file: &Bounded<'_>) -> io::Result<Option<u64>> {
        if self.content.len > 8 {
            return Ok(None);
        }
        let bytes = file.bytes(self.content)?;
        Ok(bytes.map(|bytes| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))))
    }

    /// The element as text.
    pub(crate) fn text(&self, file: &Bounded<'_>) -> io::Result<Option<String>> {
        if self.content.len > limits::MAX_VALUE_BYTES as u64 {
            return Ok(None);
        }
        Ok(file.bytes(self.content)?.map(|bytes| text(&bytes)))
    }
}

/// The element at `at`; `None` if none can be there.
pub(crate) fn element_at(file: &Bounded<'_>, at: u64, end: u64) -> io::Result<Option<Ebml>> {
    let end = end.min(file.size);
    let want = end.saturating_sub(at).min(LONGEST_HEADER as u64);
    let Some(bytes) = file.bytes(ByteRange::new(at, want))? else { return Ok(None) };
    let Some((id, id_len)) = number(&bytes, 4, true) else { return Ok(None) };
    let Some((size, size_len)) = number(bytes.get(id_len..).unwrap_or_default(), 8, false) else { return Ok(None) };
    let header = (id_len + size_len) as u64;
    let room = end - at - header;
    let is_open = size == (1 << (7 * size_len)) - 1;
    let content = ByteRange::new(at + header, if is_open { room } else { size.min(room) });
    Ok(Some(Ebml { id: id as u32, range: ByteRange::new(at, header + content.len), content, is_open }))
}

/// The elements in a range, one behind the other.
pub(crate) fn children(file: &Bounded<'_>, within: ByteRange) -> io::Result<Vec<Ebml>> {
    let mut found = Vec::new();
    let mut at = within.offset;
    while found.len() < MOST_CHILDREN
        && let Some(element) = element_at(file, at, within.end())?
    {
        found.push(element);
        at = element.range.end();
    }
    Ok(found)
}

/// A number that tells its own length by the zeros before its first one bit, and that length.
fn number(bytes: &[u8], longest: u32, keeps_marker: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = first.leading_zeros() + 1;
    if len > longest {
        return None;
    }
    let rest = bytes.get(1..len as usize)?;
    let first = if keeps_marker { u64::from(first) } else { u64::from(first) & ((1 << (8 - len)) - 1) };
    Some((rest.iter().fold(first, |sum, byte| sum << 8 | u64::from(*byte)), len as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::backing::MemorySource;

    fn read(bytes: &[u8]) -> Option<Ebml> {
        let source = MemorySource(bytes.to_vec());
        let file = Bounded::new(&source).unwrap();
        element_at(&file, 0, file.size).unwrap()
    }

    #[test]
    fn ids_and_sizes_tell_their_length() {
        let element = read(b"\x1a\x45\xdf\xa3\x40\x02xx").unwrap();
        assert_eq!((element.id, element.content), (0x1a45_dfa3, ByteRange::new(6, 2)));
        let element = read(b"\xae\x82xx").unwrap();
        assert_eq!((element.id, element.content, element.is_open), (0xae, ByteRange::new(2, 2), false));
        let element = read(b"\xae\x01\0\0\0\0\0\0\x02xx").unwrap();
        assert_eq!(element.content, ByteRange::new(9, 2));
    }

    #[test]
    fn sizes_that_are_unknown_or_lie_reach_to_the_end() {
        for bytes in [&b"\xae\xffxyz"[..], b"\xae\x01\xff\xff\xff\xff\xff\xff\xffxyz"] {
            let element = read(bytes).unwrap();
            assert!(element.is_open && element.content.len == 3);
        }
        let element = read(b"\xae\x90xyz").unwrap();
        assert!(!element.is_open && element.content.len == 3);
    }

    #[test]
    fn what_is_no_element_is_none() {
        for bytes in [&b""[..], b"\0\0\0\0", b"\x08abcdefgh", b"\xae", b"\xae\x40", b"\xae\x00"] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
