//! What the anatomy records beyond its elements: where tags stand, and what the sizes of the file say.

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
    /// The audio reaches to the end of the file, so that nothing may follow it.
    pub(crate) is_open: bool,
    /// Behind the last well-formed chunk.
    pub(crate) end: u64,
    /// The last chunk is of odd length, and its padding is missing.
    pub(crate) lacks_padding: bool,
    /// Chunks that hold tags, in file order.
    pub(crate) tags: Vec<TagChunk>,
}

impl Skeleton {
    /// The stored form.
    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        let flags = u64::from(self.is_open) | u64::from(self.lacks_padding) << 1;
        let (wide_at, wide) = self.wide_size;
        for int in [self.group, u64::from(self.group_size), wide_at, wide, self.audio, flags, self.end] {
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
        let flags = input.int()?;
        (skeleton.is_open, skeleton.lacks_padding) = (flags & 1 != 0, flags & 2 != 0);
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
