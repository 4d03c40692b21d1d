//! The chunks in front of the audio, and what is remembered of them.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_format_id3::TagInfo;
use std::io;

/// First bytes of a file.
pub(crate) const MAGIC: &[u8; 4] = b"DSD ";
/// Length of the first chunk.
pub(crate) const HEAD_LEN: u64 = 28;
/// Where the first chunk states the size of the file; the pointer to the tag follows it.
pub(crate) const SIZE_AT: u64 = 12;
/// Name and size of a chunk; the size counts these bytes too.
pub(crate) const CHUNK_HEADER: u64 = 12;
/// Most chunks that are looked at before the audio.
const MOST_CHUNKS: usize = 64;

/// A chunk as it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) name: [u8; 4],
    pub(crate) offset: u64,
    /// Its size as it states it, header included.
    pub(crate) stated: u64,
}

/// The file's pointer to its tag, and its chunks up to the audio. `None` if it does not begin as a DSF file does.
pub(crate) fn read(source: &dyn Source, size: u64) -> io::Result<Option<(u64, Vec<Chunk>)>> {
    let Some(head) = bytes_at::<28>(source, 0, size)? else { return Ok(None) };
    if !head.starts_with(MAGIC) {
        return Ok(None);
    }
    let pointer = head.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let mut chunks = vec![Chunk { name: *MAGIC, offset: 0, stated: HEAD_LEN }];
    let mut offset = HEAD_LEN;
    while chunks.len() < MOST_CHUNKS {
        let Some([n0, n1, n2, n3, stated @ ..]) = bytes_at::<12>(source, offset, size)? else { break };
        let chunk = Chunk { name: [n0, n1, n2, n3], offset, stated: u64::from_le_bytes(stated) };
        if chunk.stated < CHUNK_HEADER || !chunk.name.iter().all(|byte| (0x20..0x7f).contains(byte)) {
            break;
        }
        chunks.push(chunk);
        let Some(end) = offset.checked_add(chunk.stated).filter(|_| chunk.name != *b"data") else { break };
        offset = end;
    }
    Ok(Some((pointer, chunks)))
}

/// `N` bytes at an offset, if they are all before `end`.
pub(crate) fn bytes_at<const N: usize>(source: &dyn Source, offset: u64, end: u64) -> io::Result<Option<[u8; N]>> {
    if offset.checked_add(N as u64).is_none_or(|last| last > end) {
        return Ok(None);
    }
    let mut bytes = [0; N];
    match read_exact_at(source, offset, &mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a layout is made of besides the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skeleton {
    /// The audio's chunk: its header and as much of its content as there is.
    pub(crate) data: ByteRange,
    /// The audio's chunk claims another size, and an edit sets it right: what it puts behind would be taken for audio.
    pub(crate) is_cut: bool,
    /// The tag that the pointer names.
    pub(crate) tag: Option<TagInfo>,
}

impl Skeleton {
    /// The stored form.
    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        for int in [self.data.offset, self.data.len, u64::from(self.is_cut), u64::from(self.tag.is_some())] {
            out.int(int);
        }
        if let Some(tag) = self.tag {
            tag.encode(&mut out);
        }
        out.0.into()
    }

    /// Reads the stored form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        let data = ByteRange::new(input.int()?, input.int()?);
        let is_cut = input.int()? != 0;
        let has_tag = input.int()? != 0;
        let tag = has_tag.then(|| TagInfo::decode(input)).transpose()?;
        Ok(Self { data, is_cut, tag })
    }
}
