//! The anatomy of a backing file: every metadata element, what it is, which key it carries, where it lies.

use crate::codec::{DecodeError, Decoder, Encoder};
use std::borrow::Cow;
use std::fmt;

/// A range of bytes in a backing file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRange {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub len: u64,
}

impl ByteRange {
    /// A range from its first byte and its length.
    pub const fn new(offset: u64, len: u64) -> Self {
        Self { offset, len }
    }

    /// The byte behind the last one.
    pub const fn end(self) -> u64 {
        self.offset.saturating_add(self.len)
    }
}

/// The name of a format as the store has it: `flac`, `mp3`, `m4a`, `opus`, `vorbis`, `oggflac`, `wav`, and what we add.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FormatId(Cow<'static, str>);

impl FormatId {
    /// A format known at compile time.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A format read from a store.
    pub fn from_stored(name: String) -> Self {
        Self(Cow::Owned(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FormatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a file can be served with its tags exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Editability {
    /// An edit can be spliced in.
    Editable,
    /// The file is always served as it is, for the reason given (a sentence for people, without a full stop).
    Verbatim(String),
}

/// One metadata element of a backing file: a block, frame, comment, atom, chunk or page run.
///
/// The meaning of `id`, `role` and `private` belongs to the format that made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// What it is in the container's own words, such as `TIT2` or `covr`; shorter ids are padded with NUL in front.
    pub id: [u8; 4],
    /// The format's own distinction between kinds of elements.
    pub role: u8,
    /// Index of the key it carries in [`Anatomy::keys`]; `None` for an opaque element, which every edit keeps.
    pub key: Option<u32>,
    /// The whole element, header included.
    pub range: ByteRange,
    /// What the format needs to splice it, beyond where it lies.
    pub private: Box<[u8]>,
}

/// A key of the file with the digest of its values, made by [`crate::tags::digest_values`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDigest {
    /// Canonical key.
    pub key: String,
    /// Digest of the ordered values, as they were ingested.
    pub digest: u64,
}

/// How an image's bytes stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureEncoding {
    /// As they are.
    Raw,
    /// In base64 (RFC 4648), possibly with line breaks.
    Base64,
    /// With ID3v2 unsynchronisation applied.
    Unsynchronised,
    /// In some form that only the format can undo (compressed, or spread over pages).
    Opaque,
}

/// A picture of the file: located, never copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureLocation {
    /// The element that holds it, as an index in [`Anatomy::elements`].
    pub element: u32,
    /// The encoded image.
    pub range: ByteRange,
    /// How the image is encoded there.
    pub encoding: PictureEncoding,
    /// MIME type as the file says; may be empty.
    pub mime: String,
    /// Picture type as the file says; 0 to 20 in well-formed files.
    pub picture_type: u8,
    /// Description as the file says.
    pub description: String,
}

/// The scanner's record of a backing file. A layout is made of this and an edit alone, without reading the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    /// The format that made it, and that alone understands it.
    pub format: FormatId,
    /// Version of that format's prober; the file is probed again when the format has a newer one.
    pub prober: u32,
    /// Size of the backing file in bytes.
    pub size: u64,
    /// The audio, for information and content identity. Lies inside the file; empty if there is none.
    pub audio: ByteRange,
    /// Whether an edit can be spliced in.
    pub editability: Editability,
    /// Every metadata element, in file order where the format has one.
    pub elements: Vec<Element>,
    /// The file's keys with the digests of their values; elements refer to them by index.
    pub keys: Vec<KeyDigest>,
    /// The pictures.
    pub pictures: Vec<PictureLocation>,
    /// What the format needs to splice the file, beyond its elements.
    pub private: Box<[u8]>,
}

impl Anatomy {
    /// An anatomy without elements for a file that is served as it is.
    pub fn verbatim(format: FormatId, prober: u32, size: u64, reason: impl Into<String>) -> Self {
        Self {
            format,
            prober,
            size,
            audio: ByteRange::new(0, size),
            editability: Editability::Verbatim(reason.into()),
            elements: Vec::new(),
            keys: Vec::new(),
            pictures: Vec::new(),
            private: Box::default(),
        }
    }

    /// Whether an edit can be spliced in.
    pub fn is_editable(&self) -> bool {
        self.editability == Editability::Editable
    }

    /// Whether every range lies inside the file, and neither their number nor the file's size is beyond all bounds, so that
    /// sums of lengths cannot overflow. No layout can be made of a stored anatomy of which that is not true.
    pub fn lies_inside(&self) -> bool {
        let inside = |range: ByteRange| range.offset.checked_add(range.len).is_some_and(|end| end <= self.size);
        self.size <= 1 << 47
            && self.elements.len().max(self.pictures.len()) <= crate::limits::MAX_ELEMENTS
            && inside(self.audio)
            && self.elements.iter().all(|element| inside(element.range))
            && self.pictures.iter().all(|picture| inside(picture.range))
    }

    /// The canonical key an element carries.
    pub fn key_of(&self, element: &Element) -> Option<&str> {
        self.keys.get(element.key? as usize).map(|known| known.key.as_str())
    }

    /// The digest of a canonical key's values in the file; that of an empty list if the file has no such key.
    pub fn digest_of(&self, key: &str) -> u64 {
        let known = self.keys.iter().find(|known| known.key == key);
        known.map_or_else(|| crate::tags::digest_values([]), |known| known.digest)
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        out.int(ENCODING);
        out.bytes(self.format.as_str().as_bytes());
        out.int(u64::from(self.prober));
        out.int(self.size);
        encode_range(&mut out, self.audio);
        match &self.editability {
            Editability::Editable => out.int(0),
            Editability::Verbatim(reason) => {
                out.int(1);
                out.bytes(reason.as_bytes());
            }
        }
        out.int(self.elements.len() as u64);
        for element in &self.elements {
            out.0.extend_from_slice(&element.id);
            out.int(u64::from(element.role));
            out.int(element.key.map_or(0, |key| u64::from(key) + 1));
            encode_range(&mut out, element.range);
            out.bytes(&element.private);
        }
        out.int(self.keys.len() as u64);
        for key in &self.keys {
            out.bytes(key.key.as_bytes());
            out.0.extend_from_slice(&key.digest.to_le_bytes());
        }
        out.int(self.pictures.len() as u64);
        for picture in &self.pictures {
            encode_picture(&mut out, picture);
        }
        out.bytes(&self.private);
        out.0
    }

    /// Reads the stored form; an error means "probe the file again".
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        if input.int()? != ENCODING {
            return Err(DecodeError);
        }
        let format = FormatId::from_stored(input.text()?);
        let prober = input.int()? as u32;
        let size = input.int()?;
        let audio = decode_range(input)?;
        let editability = match input.int()? {
            0 => Editability::Editable,
            _ => Editability::Verbatim(input.text()?),
        };
        let elements = (0..input.count()?).map(|_| decode_element(input)).collect::<Result<_, _>>()?;
        let keys = (0..input.count()?).map(|_| decode_key(input)).collect::<Result<_, _>>()?;
        let pictures = (0..input.count()?).map(|_| decode_picture(input)).collect::<Result<_, _>>()?;
        let private = input.bytes()?.into();
        Ok(Self { format, prober, size, audio, editability, elements, keys, pictures, private })
    }
}

/// Version of the encoding below.
const ENCODING: u64 = 1;

fn encode_range(out: &mut Encoder, range: ByteRange) {
    out.int(range.offset);
    out.int(range.len);
}

fn decode_range(input: &mut Decoder<'_>) -> Result<ByteRange, DecodeError> {
    Ok(ByteRange { offset: input.int()?, len: input.int()? })
}

fn decode_element(input: &mut Decoder<'_>) -> Result<Element, DecodeError> {
    let (id, rest) = input.0.split_first_chunk::<4>().ok_or(DecodeError)?;
    input.0 = rest;
    let role = input.int()? as u8;
    let key = input.int()?.checked_sub(1).map(|key| key as u32);
    Ok(Element { id: *id, role, key, range: decode_range(input)?, private: input.bytes()?.into() })
}

fn decode_key(input: &mut Decoder<'_>) -> Result<KeyDigest, DecodeError> {
    let key = input.text()?;
    let (digest, rest) = input.0.split_first_chunk::<8>().ok_or(DecodeError)?;
    input.0 = rest;
    Ok(KeyDigest { key, digest: u64::from_le_bytes(*digest) })
}

fn encode_picture(out: &mut Encoder, picture: &PictureLocation) {
    out.int(u64::from(picture.element));
    encode_range(out, picture.range);
    out.int(match picture.encoding {
        PictureEncoding::Raw => 0,
        PictureEncoding::Base64 => 1,
        PictureEncoding::Unsynchronised => 2,
        PictureEncoding::Opaque => 3,
    });
    out.bytes(picture.mime.as_bytes());
    out.int(u64::from(picture.picture_type));
    out.bytes(picture.description.as_bytes());
}

fn decode_picture(input: &mut Decoder<'_>) -> Result<PictureLocation, DecodeError> {
    Ok(PictureLocation {
        element: input.int()? as u32,
        range: decode_range(input)?,
        encoding: match input.int()? {
            0 => PictureEncoding::Raw,
            1 => PictureEncoding::Base64,
            2 => PictureEncoding::Unsynchronised,
            _ => PictureEncoding::Opaque,
        },
        mime: input.text()?,
        picture_type: input.int()? as u8,
        description: input.text()?,
    })
}

#[cfg(test)]
#[path = "anatomy_tests.rs"]
mod tests;
