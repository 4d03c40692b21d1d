//! Pages (RFC 3533, section 6).

use musefs_contracts::backing::Source;
use std::io;

/// Length of a page header without its lacing values.
pub(crate) const FIXED: usize = 27;
/// Most lacing values of a page.
pub(crate) const MAX_LACING: usize = 255;
/// Longest page.
pub(crate) const MAX_PAGE: usize = FIXED + MAX_LACING + MAX_LACING * 255;

/// The page continues a packet.
pub(crate) const CONTINUED: u8 = 1;
/// The page begins a stream.
pub(crate) const BEGINS_STREAM: u8 = 2;
/// The page ends a stream.
pub(crate) const ENDS_STREAM: u8 = 4;

/// Where the fields lie that change when a page is renumbered.
pub(crate) const SEQUENCE: std::ops::Range<usize> = 18..22;
pub(crate) const CHECKSUM: std::ops::Range<usize> = 22..26;

/// The header of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) flags: u8,
    pub(crate) serial: u32,
    pub(crate) sequence: u32,
    pub(crate) checksum: u32,
    pub(crate) lacing: Vec<u8>,
}

impl Page {
    /// Reads a header from the start of `bytes`; `None` if there is none or it is cut off.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (fixed, rest) = bytes.split_first_chunk::<FIXED>()?;
        if !fixed.starts_with(b"OggS\0") || fixed[5] > 7 {
            return None;
        }
        let int = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let lacing = rest.get(..usize::from(fixed[26]))?.to_vec();
        Some(Self { flags: fixed[5], serial: int(14), sequence: int(18), checksum: int(22), lacing })
    }

    /// Reads the header at `offset` of a source.
    pub(crate) fn read(source: &dyn Source, offset: u64) -> io::Result<Option<Self>> {
        let mut bytes = [0; FIXED + MAX_LACING];
        let mut filled = 0;
        while filled < bytes.len() {
            match source.read_at(offset + filled as u64, &mut bytes[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        Ok(Self::parse(&bytes[..filled]))
    }

    pub(crate) fn header_len(&self) -> usize {
        FIXED + self.lacing.len()
    }

    pub(crate) fn body_len(&self) -> usize {
        self.lacing.iter().map(|value| usize::from(*value)).sum()
    }

    pub(crate) fn len(&self) -> usize {
        self.header_len() + self.body_len()
    }

    pub(crate) fn begins_stream(&self) -> bool {
        self.flags & BEGINS_STREAM != 0
    }
}

/// The fields of a generated page.
pub(crate) struct NewPage {
    pub(crate) flags: u8,
    pub(crate) granule: u64,
    pub(crate) serial: u32,
    pub(crate) sequence: u32,
}

impl NewPage {
    /// The header with a checksum of 0.
    pub(crate) fn header(&self, lacing: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED + lacing.len());
        out.extend_from_slice(b"OggS\0");
        out.push(self.flags);
        out.extend_from_slice(&self.granule.to_le_bytes());
        out.extend_from_slice(&self.serial.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(lacing.len() as u8);
        out.extend_from_slice(lacing);
        out
    }
}
