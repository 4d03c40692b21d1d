//! Header and footer of a tag.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Source;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use std::io;

/// Length of a header and of a footer.
pub const FOOTER_LEN: u64 = 32;

const MAGIC: &[u8; 8] = b"APETAGEX";
pub(crate) const HAS_HEADER: u32 = 1 << 31;
pub(crate) const HAS_NO_FOOTER: u32 = 1 << 30;
pub(crate) const IS_HEADER: u32 = 1 << 29;

/// What is remembered of a tag beyond its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApeTag {
    /// The whole tag, header and footer included.
    pub range: ByteRange,
    /// The items.
    pub items: ByteRange,
    /// Number of items as the tag says.
    pub count: u32,
    /// 2000, or 1000 in APEv1.
    pub version: u32,
    /// Flags of the footer (of the header, where there is no footer).
    pub flags: u32,
}

impl ApeTag {
    /// Whether a header stands before the items.
    pub fn has_header(&self) -> bool {
        self.items.offset > self.range.offset
    }

    /// Whether a footer stands behind the items.
    pub fn has_footer(&self) -> bool {
        self.range.end() > self.items.end()
    }

    /// Appends the stored form.
    pub fn encode(&self, out: &mut Encoder) {
        for int in [self.range.offset, self.range.len, self.items.offset, self.items.len] {
            out.int(int);
        }
        for int in [self.count, self.version, self.flags] {
            out.int(u64::from(int));
        }
    }

    /// Takes the stored form.
    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let range = ByteRange::new(input.int()?, input.int()?);
        let items = ByteRange::new(input.int()?, input.int()?);
        let [count, version, flags] = [input.int()?, input.int()?, input.int()?].map(|int| int as u32);
        if items.offset < range.offset || items.end() > range.end() {
            return Err(DecodeError);
        }
        Ok(Self { range, items, count, version, flags })
    }

    /// A header or footer for `items` bytes in `count` items.
    pub(crate) fn marker(&self, items: u64, count: u32, is_header: bool) -> Option<[u8; 32]> {
        let size = u32::try_from(items + if self.has_footer() { FOOTER_LEN } else { 0 }).ok()?;
        let flags = if is_header { self.flags | IS_HEADER } else { self.flags & !IS_HEADER };
        let mut out = [0; 32];
        out[..8].copy_from_slice(MAGIC);
        for (at, int) in [(8, self.version), (12, size), (16, count), (20, flags)] {
            out[at..at + 4].copy_from_slice(&int.to_le_bytes());
        }
        Some(out)
    }
}

struct Marker {
    version: u32,
    size: u64,
    count: u32,
    flags: u32,
}

fn marker_at(source: &dyn Source, at: u64) -> io::Result<Option<Marker>> {
    let bytes = read_up_to(source, at, FOOTER_LEN as usize)?;
    if bytes.len() as u64 != FOOTER_LEN || !bytes.starts_with(MAGIC) {
        return Ok(None);
    }
    let int = |at: usize| bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    Ok(Some(Marker { version: int(8), size: u64::from(int(12)), count: int(16), flags: int(20) }))
}

/// Finds the tag whose footer ends at `end`; nothing before `floor` belongs to it.
pub fn locate(source: &dyn Source, floor: u64, end: u64) -> io::Result<Option<ApeTag>> {
    let Some(at) = end.checked_sub(FOOTER_LEN).filter(|at| *at >= floor) else { return Ok(None) };
    let Some(footer) = marker_at(source, at)?.filter(|marker| marker.flags & IS_HEADER == 0) else { return Ok(None) };
    let Some(start) = end.checked_sub(footer.size).filter(|start| *start >= floor && *start <= at) else {
        return Ok(None);
    };
    let mut range = ByteRange::new(start, end - start);
    // The header is believed when it is seen: some programs set the footer's flag and write none, and the other way round.
    // A marker without a flag of its own may as well be the footer of the tag before this one.
    if let Some(before) = start.checked_sub(FOOTER_LEN).filter(|before| *before >= floor)
        && let Some(header) = marker_at(source, before)?
        && (header.flags & IS_HEADER != 0 || (footer.flags & HAS_HEADER != 0 && header.size == footer.size))
    {
        range = ByteRange::new(before, end - before);
    }
    let items = ByteRange::new(start, at - start);
    Ok(Some(ApeTag { range, items, count: footer.count, version: footer.version, flags: footer.flags }))
}

/// Finds the tag whose header stands at `offset`, as some programs put it in front of a file; `limit` is the file's end.
pub fn locate_leading(source: &dyn Source, offset: u64, limit: u64) -> io::Result<Option<ApeTag>> {
    let Some(header) = marker_at(source, offset)? else { return Ok(None) };
    let start = offset + FOOTER_LEN;
    let end = start + header.size;
    if end > limit || header.flags & IS_HEADER == 0 {
        return Ok(None);
    }
    let footer = header.size >= FOOTER_LEN
        && header.flags & HAS_NO_FOOTER == 0
        && marker_at(source, end - FOOTER_LEN)?.is_some();
    let items = ByteRange::new(start, header.size - if footer { FOOTER_LEN } else { 0 });
    let range = ByteRange::new(offset, end - offset);
    Ok(Some(ApeTag { range, items, count: header.count, version: header.version, flags: header.flags | HAS_HEADER }))
}

pub(crate) fn read_up_to(source: &dyn Source, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match source.read_at(offset + done as u64, rest)? {
            0 => break,
            n => done += n,
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}
