//! Atom headers: ISO/IEC 14496-12, section 4.2.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Source;
use std::io;

/// An atom as its header and its surroundings tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Atom {
    /// Four-character code.
    pub(crate) name: [u8; 4],
    /// The whole atom; never passes what holds it.
    pub(crate) range: ByteRange,
    /// 8, or 16 with a 64-bit size.
    pub(crate) header_len: u64,
}

impl Atom {
    /// First byte of the content.
    pub(crate) fn content(&self) -> u64 {
        self.range.offset + self.header_len
    }

    /// The byte behind the last one.
    pub(crate) fn end(&self) -> u64 {
        self.range.end()
    }

    /// Length of the content.
    pub(crate) fn content_len(&self) -> u64 {
        self.range.len - self.header_len
    }

    /// Reads the header of the atom at `offset`, inside something that ends at `end`.
    ///
    /// `None` if what stands there is no atom. Where `clip` is set, as it is among the file's own atoms, a size of 0 reaches to
    /// `end`, and one that passes `end` is cut there (a file that was cut off); elsewhere neither is an atom, since what is
    /// put behind it would become part of it.
    pub(crate) fn read(source: &dyn Source, offset: u64, end: u64, clip: bool) -> io::Result<Option<Self>> {
        let mut header = [0; 16];
        let available = end.saturating_sub(offset).min(16) as usize;
        let n = read_up_to(source, offset, &mut header[..available])?;
        if n < 8 {
            return Ok(None);
        }
        let [s0, s1, s2, s3, n0, n1, n2, n3, wide @ ..] = header;
        let name = [n0, n1, n2, n3];
        let (size, header_len) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 if clip => (end - offset, 8),
            0 => return Ok(None),
            1 if n == 16 => (u64::from_be_bytes(wide), 16),
            size => (u64::from(size), 8),
        };
        let passes = offset.checked_add(size).is_none_or(|atom_end| atom_end > end);
        if size < header_len || (passes && !clip) {
            return Ok(None);
        }
        let len = if passes { end - offset } else { size };
        Ok(Some(Self { name, range: ByteRange::new(offset, len), header_len }))
    }
}

/// Atoms in a row.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) atoms: Vec<Atom>,
    /// Behind the last well-formed one.
    pub(crate) end: u64,
    /// There are more than were asked for.
    pub(crate) has_more: bool,
}

/// The well-formed atoms from `offset` to `end`, at most `most` of them.
pub(crate) fn children(source: &dyn Source, offset: u64, end: u64, clip: bool, most: usize) -> io::Result<Row> {
    let mut row = Row { end: offset, ..Row::default() };
    while let Some(atom) = Atom::read(source, row.end, end, clip)? {
        row.has_more = row.atoms.len() == most;
        if row.has_more {
            break;
        }
        row.end = atom.end();
        row.atoms.push(atom);
    }
    Ok(row)
}

/// Reads until `buf` is full or the file ends.
pub(crate) fn read_up_to(source: &dyn Source, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match source.read_at(offset + done as u64, &mut buf[done..])? {
            0 => break,
            n => done += n,
        }
    }
    Ok(done)
}

/// The header of an atom with this much content, `wide` with a 64-bit size; `None` if 32 bits do not hold it.
pub(crate) fn header(name: [u8; 4], content_len: u64, wide: bool) -> Option<Vec<u8>> {
    if wide {
        let mut bytes = 1u32.to_be_bytes().to_vec();
        bytes.extend(name);
        bytes.extend(content_len.checked_add(16)?.to_be_bytes());
        return Some(bytes);
    }
    let size = u32::try_from(content_len.checked_add(8)?).ok()?;
    let mut bytes = size.to_be_bytes().to_vec();
    bytes.extend(name);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::backing::MemorySource;

    fn read(bytes: &[u8], clip: bool) -> Option<Atom> {
        Atom::read(&MemorySource(bytes.to_vec()), 0, bytes.len() as u64, clip).unwrap()
    }

    #[test]
    fn sizes_of_each_kind_are_read() {
        assert_eq!(read(b"\0\0\0\x09freex", false).unwrap().range.len, 9);
        assert_eq!(read(b"\0\0\0\0mdatxyz", true).unwrap().range.len, 11, "0 reaches to the end");
        assert_eq!(read(b"\0\0\0\0mdatxyz", false), None, "but not inside another atom");
        let wide = read(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12xy", false).unwrap();
        assert_eq!((wide.range.len, wide.header_len), (18, 16));
    }

    #[test]
    fn a_size_that_lies_is_no_atom_or_is_cut() {
        assert_eq!(read(b"\0\0\0\x07free", true), None, "shorter than its own header");
        assert_eq!(read(b"\0\0\0\x20mdatxy", false), None);
        assert_eq!(read(b"\0\0\0\x20mdatxy", true).unwrap().range.len, 10);
        assert_eq!(read(b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xffxy", true).unwrap().range.len, 18);
        assert_eq!(read(b"\0\0\0", true), None);
    }

    #[test]
    fn headers_are_written_as_they_are_read() {
        assert_eq!(header(*b"free", 1, false).unwrap(), b"\0\0\0\x09free");
        assert_eq!(header(*b"mdat", 2, true).unwrap(), b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12");
        assert_eq!(header(*b"mdat", u64::from(u32::MAX), false), None);
    }
}
