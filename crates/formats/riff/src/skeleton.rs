//! What the anatomy records beyond its elements: where tags stand, and what the sizes of the file say.

use crate::chunk::HEADER_LEN;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_format_id3::TagInfo;

/// A chunk that holds tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// An ID3v2 tag.
    Id3(TagInfo),
    /// `LIST/INFO`.
    Info,
    /// A text chunk of AIFF.
    Text,
}

/// A chunk that holds tags, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagChunk {
    /// Its name.
    pub(crate) name: [u8; 4],
    /// The whole chunk with its padding.
    pub(crate) range: ByteRange,
    /// What it is.
    pub(crate) tag: Tag,
}

/// What a layout is made of besides the elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skeleton {
    /// Where the group's header (`RIFF`, `FORM`) begins.
    pub(crate) group: u64,
    /// The size that it states.
    pub(crate) group_size: u32,
    /// Where the 64-bit size of the group stands (RF64), and what it is; 0 where there is none.
    pub(crate) wide_size: (u64, u64),
    /// Header of the audio's chunk.
    pub(crate) audio: u64,
    /// Where the header of a chunk stands that reaches to the end of the file whatever its size says, so that nothing may
    /// follow it; 0 where there is none.
    pub(crate) open: u64,
    /// Behind the last well-formed chunk.
    pub(crate) end: u64,
    /// The chunk behind which a new one goes is of odd length, and its padding is missing.
    pub(crate) lacks_padding: bool,
    /// Chunks that hold tags, in file order.
    pub(crate) tags: Vec<TagChunk>,
}

impl Skeleton {
    /// Whether everything lies in a file of this size.
    pub(crate) fn lies_inside(&self, size: u64) -> bool {
        let inside = |offset: u64, len: u64| offset.checked_add(len).is_some_and(|end| end <= size);
        let chunk_inside = |chunk: &TagChunk| {
            let within = |info: &TagInfo| {
                let end = info.range.offset.checked_add(info.range.len);
                info.range.offset >= chunk.range.offset && end.is_some_and(|end| end <= chunk.range.end())
            };
            chunk.range.len >= HEADER_LEN
                && inside(chunk.range.offset, chunk.range.len)
                && !matches!(&chunk.tag, Tag::Id3(info) if !within(info))
        };
        let group_end = self.group.checked_add(12);
        group_end.is_some_and(|end| end <= self.end && self.wide_size.0.checked_add(8).is_some_and(|wide| wide <= size))
            && [self.end, self.audio, self.open].iter().all(|offset| *offset <= size)
            && self.tags.iter().all(chunk_inside)
    }

    /// The stored form.
    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        let lacks_padding = u64::from(self.lacks_padding);
        let (wide_at, wide) = self.wide_size;
        let size = u64::from(self.group_size);
        for int in [self.group, size, wide_at, wide, self.audio, self.open, lacks_padding, self.end] {
            out.int(int);
        }
        out.int(self.tags.len() as u64);
        for chunk in &self.tags {
            out.bytes(&chunk.name);
            out.int(chunk.range.offset);
            out.int(chunk.range.len);
            match &chunk.tag {
                Tag::Info => out.int(0),
                Tag::Text => out.int(1),
                Tag::Id3(info) => {
                    out.int(2);
                    info.encode(&mut out);
                }
            }
        }
        out.0.into()
    }

    /// Reads the stored form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        let mut skeleton = Self { group: input.int()?, group_size: input.int()? as u32, ..Self::default() };
        skeleton.wide_size = (input.int()?, input.int()?);
        skeleton.audio = input.int()?;
        skeleton.open = input.int()?;
        skeleton.lacks_padding = input.int()? != 0;
        skeleton.end = input.int()?;
        for _ in 0..input.count()? {
            let name = input.bytes()?.try_into().map_err(|_| DecodeError)?;
            let range = ByteRange::new(input.int()?, input.int()?);
            let tag = match input.int()? {
                0 => Tag::Info,
                1 => Tag::Text,
                2 => Tag::Id3(TagInfo::decode(input)?),
                _ => return Err(DecodeError),
            };
            skeleton.tags.push(TagChunk { name, range, tag });
        }
        Ok(skeleton)
    }
}
