//! What a frame's flags do to its content: extra bytes in front, compression, unsynchronisation, encryption.

use crate::unsync;
use flate2::bufread::ZlibDecoder;
use std::io::Read;

/// How a frame's content is stored, from its flags (2.3.0 section 3.3.1, 2.4.0 section 4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Storage {
    /// Extra bytes between the frame's header and its content.
    pub extra: usize,
    pub compressed: bool,
    pub encrypted: bool,
    pub unsynchronised: bool,
}

impl Storage {
    /// Reads the flags of a frame's header. In 2.4 the tag's own unsynchronisation flag announces that of every frame.
    pub(crate) fn of(version: u8, flags: u16, tag_unsynchronised: bool) -> Self {
        let has = |bit: u16| flags & bit != 0;
        match version {
            3 => {
                let (compressed, encrypted) = (has(0x80), has(0x40));
                let extra = usize::from(compressed) * 4 + usize::from(encrypted) + usize::from(has(0x20));
                Self { extra, compressed, encrypted, unsynchronised: false }
            }
            4 => {
                let (compressed, encrypted) = (has(0x08), has(0x04));
                // A compressed frame has its length given whether the flag says so or not.
                let length = if compressed || has(0x01) { 4 } else { 0 };
                let extra = usize::from(has(0x40)) + usize::from(encrypted) + length;
                Self { extra, compressed, encrypted, unsynchronised: has(0x02) || tag_unsynchronised }
            }
            _ => Self::default(),
        }
    }

    /// Whether the content stands in the frame as it is, but for extra bytes.
    pub(crate) fn is_plain(self) -> bool {
        !self.compressed && !self.encrypted && !self.unsynchronised
    }

    /// The content, given a frame's whole body or the beginning of it; at most `limit` bytes where it is compressed.
    /// `None` if it cannot be had.
    pub(crate) fn content(self, body: &[u8], limit: usize) -> Option<Vec<u8>> {
        if self.encrypted {
            return None;
        }
        // The group and method bytes precede the length in 2.4 and follow it in 2.3; unsynchronisation in 2.4 covers
        // them all, and cannot touch the length, whose bytes are below 80.
        let stored = body.get(self.extra..)?;
        let stuffed = if self.unsynchronised { unsync::decode(stored) } else { None };
        let stored = stuffed.as_deref().unwrap_or(stored);
        if !self.compressed {
            return Some(stored.to_vec());
        }
        // Some old programs left the length out.
        inflate(stored, limit).or_else(|| inflate(body, limit))
    }
}

fn inflate(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let result = ZlibDecoder::new(bytes).take(limit as u64).read_to_end(&mut out);
    // A stream that was cut off, because only its beginning was read, gives what it can.
    (result.is_ok() || !out.is_empty()).then_some(out)
}
