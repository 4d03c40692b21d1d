//! What is remembered of a file beyond its elements: its tags, in file order.

use musefs_contracts::anatomy::{ByteRange, Element};
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_format_ape::{ApeTag, ROLE_ITEM};
use musefs_format_id3::lyrics3::{Lyrics3, ROLE_LYRICS3};
use musefs_format_id3::{Id3v1, TagInfo, id_name};

/// A tag of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Id3v2(TagInfo),
    Ape(ApeTag),
    Lyrics3(Lyrics3),
    Id3v1(Id3v1),
}

impl Part {
    pub(crate) fn range(&self) -> ByteRange {
        match self {
            Self::Id3v2(tag) => tag.range,
            Self::Ape(tag) => tag.range,
            Self::Lyrics3(block) => block.range,
            Self::Id3v1(tag) => tag.range,
        }
    }

    fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Id3v2(tag) => {
                out.int(0);
                tag.encode(out);
            }
            Self::Ape(tag) => {
                out.int(1);
                tag.encode(out);
            }
            Self::Lyrics3(block) => {
                out.int(2);
                block.encode(out);
            }
            Self::Id3v1(tag) => {
                out.int(3);
                tag.encode(out);
            }
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Ok(match input.int()? {
            0 => Self::Id3v2(TagInfo::decode(input)?),
            1 => Self::Ape(ApeTag::decode(input)?),
            2 => Self::Lyrics3(Lyrics3::decode(input)?),
            3 => Self::Id3v1(Id3v1::decode(input)?),
            _ => return Err(DecodeError),
        })
    }
}

/// The tags of a file, in file order: those in front of the stream, and those behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub leading: Vec<Part>,
    pub trailing: Vec<Part>,
}

impl Parts {
    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        for parts in [&self.leading, &self.trailing] {
            out.int(parts.len() as u64);
            for part in parts {
                part.encode(&mut out);
            }
        }
        out.0.into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        let mut list = || (0..input.count()?).map(|_| Part::decode(input)).collect::<Result<Vec<_>, _>>();
        Ok(Self { leading: list()?, trailing: list()? })
    }
}

/// A name for people.
pub(crate) fn element_name(element: &Element) -> String {
    let id = id_name(element.id);
    match element.role {
        ROLE_LYRICS3 => format!("Lyrics3 {id}"),
        ROLE_ITEM.. => "APEv2 item".to_owned(),
        _ => id,
    }
}
