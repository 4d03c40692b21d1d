//! Walking chunks: a four-character code, a size, the content, and a byte that makes odd contents even.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Source;
use std::io;

/// Which of the two kinds of file this is: they differ in byte order and in the names of their chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Little-endian; audio in `data`.
    Wave,
    /// Big-endian; audio in `SSND`.
    Aiff,
}

impl Family {
    /// Whether a file of this kind begins with these bytes.
    pub(crate) fn begins(self, bytes: &[u8]) -> bool {
        let Some([g0, g1, g2, g3, _, _, _, _, k0, k1, k2, k3]) = bytes.first_chunk::<12>() else { return false };
        let (group, kind) = ([*g0, *g1, *g2, *g3], [*k0, *k1, *k2, *k3]);
        match self {
            Self::Wave => matches!(&group, b"RIFF" | b"RF64" | b"BW64") && kind == *b"WAVE",
            Self::Aiff => group == *b"FORM" && matches!(&kind, b"AIFF" | b"AIFC"),
        }
    }

    /// Reads a 32-bit size.
    pub(crate) fn size(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Wave => u32::from_le_bytes(bytes),
            Self::Aiff => u32::from_be_bytes(bytes),
        }
    }

    /// Writes a 32-bit size.
    pub(crate) fn size_bytes(self, size: u32) -> [u8; 4] {
        match self {
            Self::Wave => size.to_le_bytes(),
            Self::Aiff => size.to_be_bytes(),
        }
    }

    /// The chunk that holds the audio.
    pub(crate) fn audio(self) -> [u8; 4] {
        match self {
            Self::Wave => *b"data",
            Self::Aiff => *b"SSND",
        }
    }

    /// The name under which a new ID3 tag is written.
    pub(crate) fn id3(self) -> [u8; 4] {
        match self {
            Self::Wave => *b"id3 ",
            Self::Aiff => *b"ID3 ",
        }
    }
}

/// A chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) name: [u8; 4],
    /// Header, content and padding byte, as far as they are in the file.
    pub(crate) range: ByteRange,
    /// The content.
    pub(crate) content: ByteRange,
    /// The size said more than the file holds, or nothing.
    pub(crate) is_open: bool,
}

impl Chunk {
    /// Whether its header is nothing but zeros, as padding is.
    fn is_nothing(&self) -> bool {
        self.name == [0; 4] && self.content.len == 0
    }
}

/// Length of a chunk's header.
pub(crate) const HEADER_LEN: u64 = 8;

/// Most chunks that are looked at.
const MOST_CHUNKS: usize = 4_096;

/// Chunks in a row.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) chunks: Vec<Chunk>,
    /// Where the last well-formed one ends.
    pub(crate) end: u64,
    /// There are more than are looked at.
    pub(crate) has_more: bool,
}

/// What chunks stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The file's own group, where one of them is the audio.
    Group {
        /// The true size of an audio chunk whose own field is all ones (RF64).
        wide_data: Option<u64>,
    },
    /// A list of fields.
    List,
}

/// The chunks from `offset` to `end`. What an edit may take away does not decide about the chunk before it: whether one is
/// accepted is told by itself alone.
pub(crate) fn walk(source: &dyn Source, family: Family, holder: Holder, offset: u64, end: u64) -> io::Result<Row> {
    let mut row = Row { end: offset, ..Row::default() };
    let mut audio_is_found = false;
    while let Some(chunk) = read(source, family, holder, row.end, end)? {
        // Some readers stop at an odd name: behind the audio, a tag that follows it would be lost to them. In a list, zeros
        // are padding, which stays behind new fields.
        let is_padding = holder == Holder::List && chunk.is_nothing();
        if !is_name(chunk.name) && (audio_is_found || chunk.is_open || is_padding) {
            break;
        }
        row.has_more = row.chunks.len() == MOST_CHUNKS;
        if row.has_more {
            break;
        }
        audio_is_found |= holder != Holder::List && chunk.name == family.audio();
        row.chunks.push(chunk);
        row.end = chunk.range.end();
        if chunk.is_open {
            break;
        }
    }
    Ok(row)
}

fn read(source: &dyn Source, family: Family, holder: Holder, offset: u64, end: u64) -> io::Result<Option<Chunk>> {
    let Some(header) = bytes_at::<8>(source, offset, end)? else { return Ok(None) };
    let [n0, n1, n2, n3, size @ ..] = header;
    let name = [n0, n1, n2, n3];
    let field = family.size(size);
    let mut size = u64::from(field);
    let room = end - offset - HEADER_LEN;
    let mut unknown = false;
    if let Holder::Group { wide_data } = holder
        && name == family.audio()
    {
        let is_wide = field == u32::MAX;
        size = wide_data.filter(|_| is_wide).unwrap_or(size);
        // Writers of streams leave the audio's size 0 or all ones: it reaches to the end of the file then.
        let nothing_said = size == 0 && !chunk_follows(source, family, offset + HEADER_LEN, end)?;
        unknown = nothing_said || (is_wide && wide_data.is_none());
    }
    let is_open = unknown || size > room;
    let len = if is_open { room } else { size };
    let content = ByteRange::new(offset + HEADER_LEN, len);
    let padding = if is_open { 0 } else { padding(source, family, content, end)? };
    Ok(Some(Chunk { name, range: ByteRange::new(offset, HEADER_LEN + len + padding), content, is_open }))
}

/// Whether a whole chunk stands here: then the one before it is really empty.
fn chunk_follows(source: &dyn Source, family: Family, offset: u64, end: u64) -> io::Result<bool> {
    let Some([n0, n1, n2, n3, size @ ..]) = bytes_at::<8>(source, offset, end)? else { return Ok(false) };
    Ok(is_name([n0, n1, n2, n3]) && u64::from(family.size(size)) <= end - offset - HEADER_LEN)
}

/// The byte behind an odd content, unless the writer left it out: then the next chunk's name stands there.
fn padding(source: &dyn Source, family: Family, content: ByteRange, end: u64) -> io::Result<u64> {
    if content.len.is_multiple_of(2) || content.end() >= end {
        return Ok(0);
    }
    let named = |at| Ok::<_, io::Error>(bytes_at::<4>(source, at, end)?.is_some_and(is_name));
    let (unpadded, padded) = (content.end(), content.end() + 1);
    // A name without its first letter may look like one as well; then the size behind it tells.
    let left_out = named(unpadded)?
        && (!named(padded)?
            || (chunk_follows(source, family, unpadded, end)? && !chunk_follows(source, family, padded, end)?));
    Ok(u64::from(!left_out))
}

fn is_name(name: [u8; 4]) -> bool {
    name.iter().all(|byte| (0x20..0x7f).contains(byte)) && name[0] != b' '
}

/// `N` bytes at an offset, if they are all before `end`.
pub(crate) fn bytes_at<const N: usize>(source: &dyn Source, offset: u64, end: u64) -> io::Result<Option<[u8; N]>> {
    if offset.checked_add(N as u64).is_none_or(|last| last > end) {
        return Ok(None);
    }
    let mut bytes = [0; N];
    match musefs_contracts::backing::read_exact_at(source, offset, &mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// A chunk's header.
pub(crate) fn header(family: Family, name: [u8; 4], content_len: u64) -> Option<[u8; 8]> {
    let size = family.size_bytes(u32::try_from(content_len).ok()?);
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&name);
    bytes[4..].copy_from_slice(&size);
    Some(bytes)
}
