//! Metadata blocks and the elements that stand for them (RFC 9639, section 8.1).

use musefs_contracts::anatomy::Element;
use musefs_format_vorbis_comment::role as comment;

/// Block types that are told apart.
pub(crate) const STREAMINFO: u8 = 0;
pub(crate) const PADDING: u8 = 1;
pub(crate) const VORBIS_COMMENT: u8 = 4;
pub(crate) const PICTURE: u8 = 6;
/// Forbidden, so that no block header looks like a frame's sync code.
pub(crate) const INVALID: u8 = 127;

/// Length of a block header.
pub(crate) const HEADER: u64 = 4;
/// Longest body that a block header can state.
pub(crate) const MAX_BODY: u64 = (1 << 24) - 1;

/// Roles of elements; comments have those of `musefs_format_vorbis_comment`.
pub(crate) mod role {
    /// A metadata block. Its type is the last byte of the element's id; its private bytes are the stated length of its
    /// body where that differs from the real one.
    pub(crate) const BLOCK: u8 = 1;
    /// A `VORBIS_COMMENT` block, whose comments are the elements that follow. Private: length of the vendor string with
    /// its length field (0: damaged), and where in the body the comments end.
    pub(crate) const COMMENTS: u8 = 2;
    /// Bytes in front of the `fLaC` marker that are no tag and stay.
    pub(crate) const JUNK: u8 = 3;
    /// An ID3 tag before or behind the FLAC stream. Private: the keys and values it alone states.
    pub(crate) const FOREIGN_TAG: u8 = 4;
}

/// The type of a block's element.
pub(crate) fn block_type(element: &Element) -> u8 {
    element.id[3]
}

/// Whether an element is a metadata block of its own.
pub(crate) fn is_block(element: &Element) -> bool {
    matches!(element.role, role::BLOCK | role::COMMENTS)
}

/// A block header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    pub(crate) last: bool,
    pub(crate) block_type: u8,
    pub(crate) len: u64,
}

impl BlockHeader {
    pub(crate) fn parse(bytes: [u8; 4]) -> Self {
        let len = u64::from(u32::from_be_bytes(bytes) & 0xff_ffff);
        Self { last: bytes[0] & 0x80 != 0, block_type: bytes[0] & 0x7f, len }
    }

    pub(crate) fn bytes(self) -> [u8; 4] {
        let mut bytes = ((self.len & 0xff_ffff) as u32).to_be_bytes();
        bytes[0] = self.block_type | if self.last { 0x80 } else { 0 };
        bytes
    }
}

/// The name for people.
pub(crate) fn element_name(element: &Element) -> String {
    match element.role {
        role::BLOCK | role::COMMENTS => match block_type(element) {
            STREAMINFO => "STREAMINFO".into(),
            PADDING => "PADDING".into(),
            2 => "APPLICATION".into(),
            3 => "SEEKTABLE".into(),
            VORBIS_COMMENT => "VORBIS_COMMENT".into(),
            5 => "CUESHEET".into(),
            PICTURE => "PICTURE".into(),
            other => format!("block type {other}"),
        },
        role::JUNK => "bytes before fLaC".into(),
        role::FOREIGN_TAG => String::from_utf8_lossy(&element.id).trim_start_matches('\0').to_owned(),
        comment::PICTURE => "picture comment".into(),
        comment::RUN => "more comments".into(),
        _ => "comment".into(),
    }
}
