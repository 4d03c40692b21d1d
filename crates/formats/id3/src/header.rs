//! The header of an ID3v2 tag, and what is remembered of a tag.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};

/// Length of a tag's header, and of its footer.
pub const HEADER_LEN: u64 = 10;

/// Header flag: unsynchronisation (2.2 on).
pub(crate) const UNSYNC: u8 = 0x80;
/// Header flag: an extended header follows (2.3 on); the whole tag is compressed (2.2).
pub(crate) const EXTENDED: u8 = 0x40;
/// Header flag: experimental (2.3 on).
pub(crate) const EXPERIMENTAL: u8 = 0x20;
/// Header flag: a footer follows the frames (2.4).
pub(crate) const FOOTER: u8 = 0x10;

/// The ten bytes at a tag's front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Major version: 2, 3 or 4 for tags that can be taken apart.
    pub version: u8,
    /// Revision of that version.
    pub revision: u8,
    /// Flags as they stand.
    pub flags: u8,
    /// Bytes between header and footer, extended header and padding included.
    pub body: u64,
}

impl Header {
    /// Reads a header; `None` if these are not the first bytes of a tag of any version.
    pub fn parse(bytes: &[u8; 10]) -> Option<Self> {
        Self::after(bytes, *b"ID3")
    }

    /// Reads the footer of a 2.4 tag.
    pub fn parse_footer(bytes: &[u8; 10]) -> Option<Self> {
        Self::after(bytes, *b"3DI").filter(|header| header.version == 4)
    }

    fn after(bytes: &[u8; 10], magic: [u8; 3]) -> Option<Self> {
        let [a, b, c, version, revision, flags, size @ ..] = *bytes;
        let sound =
            [a, b, c] == magic && version != 0xff && revision != 0xff && size.iter().all(|byte| byte & 0x80 == 0);
        sound.then(|| Self { version, revision, flags, body: u64::from(from_synchsafe(size)) })
    }

    /// Whether frames can be found in it: 2.2 tags that are compressed as a whole cannot be read by anyone.
    pub fn is_supported(&self) -> bool {
        matches!(self.version, 3 | 4) || (self.version == 2 && self.flags & EXTENDED == 0)
    }

    /// Length of the whole tag.
    pub fn total(&self) -> u64 {
        let footer = if self.version >= 4 && self.flags & FOOTER != 0 { HEADER_LEN } else { 0 };
        HEADER_LEN + self.body + footer
    }
}

/// Four bytes of seven bits each; higher bits are ignored.
pub(crate) fn from_synchsafe(bytes: [u8; 4]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 7 | u32::from(byte & 0x7f))
}

/// The inverse of [`from_synchsafe`] for values below 2²⁸.
pub(crate) fn synchsafe(value: u64) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (value >> shift) as u8 & 0x7f)
}

/// What is remembered of a tag beyond its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagInfo {
    /// The whole tag, header and footer included.
    pub range: ByteRange,
    /// Major version: 2, 3 or 4.
    pub version: u8,
    /// Revision of that version.
    pub revision: u8,
    /// Header flags as they stand in the file.
    pub flags: u8,
    /// The whole body of a 2.2 or 2.3 tag is unsynchronised, and validly so. (In 2.4 each frame is, by itself.)
    pub unsynchronised: bool,
    /// Frame sizes of a 2.4 tag are plain integers, as old iTunes wrote them.
    pub plain_sizes: bool,
}

impl TagInfo {
    /// Appends the stored form.
    pub fn encode(&self, out: &mut Encoder) {
        out.int(self.range.offset);
        out.int(self.range.len);
        let bits = u8::from(self.unsynchronised) | u8::from(self.plain_sizes) << 1;
        for byte in [self.version, self.revision, self.flags, bits] {
            out.int(u64::from(byte));
        }
    }

    /// Takes the stored form.
    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let range = ByteRange::new(input.int()?, input.int()?);
        let [version, revision, flags, bits] =
            [input.int()?, input.int()?, input.int()?, input.int()?].map(|v| v as u8);
        if !(2..=4).contains(&version) {
            return Err(DecodeError);
        }
        Ok(Self { range, version, revision, flags, unsynchronised: bits & 1 != 0, plain_sizes: bits & 2 != 0 })
    }

    /// Length of a frame's header.
    pub(crate) fn frame_header(&self) -> u64 {
        if self.version == 2 { 6 } else { 10 }
    }
}
