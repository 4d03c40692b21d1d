//! What is remembered of a file beyond its elements: its tags, and what only some of them say.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_format_ape::ApeTag;
use musefs_format_id3::lyrics3::Lyrics3;
use musefs_format_id3::{Id3v1, TagInfo};

/// A tag behind the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trailer {
    Ape(ApeTag),
    Id3v1(Id3v1),
    Lyrics3(Lyrics3),
}

impl Trailer {
    pub(crate) fn range(&self) -> ByteRange {
        match self {
            Self::Ape(tag) => tag.range,
            Self::Id3v1(tag) => tag.range,
            Self::Lyrics3(block) => block.range,
        }
    }
}

/// The tags of a file, in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tags {
    /// ID3v2 tags in front.
    pub(crate) leading: Vec<TagInfo>,
    /// Tags behind the stream. The last APEv2 tag is the one that readers see.
    pub(crate) trailing: Vec<Trailer>,
    /// What the ID3 tags say, where there is no APEv2 tag.
    pub(crate) only_id3: Vec<(String, Vec<String>)>,
}

impl Tags {
    /// The stored form.
    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        out.int(self.leading.len() as u64);
        self.leading.iter().for_each(|tag| tag.encode(&mut out));
        out.int(self.trailing.len() as u64);
        for tag in &self.trailing {
            match tag {
                Trailer::Ape(tag) => {
                    out.int(0);
                    tag.encode(&mut out);
                }
                Trailer::Id3v1(tag) => {
                    out.int(1);
                    tag.encode(&mut out);
                }
                Trailer::Lyrics3(block) => {
                    out.int(2);
                    block.encode(&mut out);
                }
            }
        }
        out.int(self.only_id3.len() as u64);
        for (key, values) in &self.only_id3 {
            out.bytes(key.as_bytes());
            out.int(values.len() as u64);
            for value in values {
                out.bytes(value.as_bytes());
            }
        }
        out.0.into()
    }

    /// Reads the stored form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        let leading = (0..input.count()?).map(|_| TagInfo::decode(input)).collect::<Result<_, _>>()?;
        let trailer = |input: &mut Decoder<'_>| match input.int()? {
            0 => ApeTag::decode(input).map(Trailer::Ape),
            1 => Id3v1::decode(input).map(Trailer::Id3v1),
            2 => Lyrics3::decode(input).map(Trailer::Lyrics3),
            _ => Err(DecodeError),
        };
        let trailing = (0..input.count()?).map(|_| trailer(input)).collect::<Result<_, _>>()?;
        let stated = |input: &mut Decoder<'_>| {
            let key = input.text()?;
            let values = (0..input.count()?).map(|_| input.text()).collect::<Result<_, _>>()?;
            Ok((key, values))
        };
        let only_id3 = (0..input.count()?).map(|_| stated(input)).collect::<Result<_, _>>()?;
        Ok(Self { leading, trailing, only_id3 })
    }
}
