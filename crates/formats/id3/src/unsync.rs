//! Unsynchronisation (ID3v2.4.0 structure, section 6.1): a zero byte is stuffed behind every `FF` that would look like
//! the start of an MPEG frame or be followed by a zero.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::layout::{Computed, SegmentIo};
use std::io;

/// Raw bytes between two positions that are remembered of a stuffed range.
const STEP: u64 = 64 << 10;

/// Undoes unsynchronisation, or `None` if these bytes cannot have been unsynchronised.
///
/// Some programs set the flag and stuff nothing; then the bytes are to be taken as they are.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Unstuffer::default();
    let mut out = Vec::with_capacity(bytes.len());
    decoder.push(bytes, |byte| out.push(byte));
    (decoder.is_valid() && !decoder.after_ff).then_some(out)
}

/// Whether the beginning of some bytes can have been unsynchronised.
pub(crate) fn may_be_stuffed(prefix: &[u8]) -> bool {
    let mut decoder = Unstuffer::default();
    decoder.push(prefix, |_| ());
    decoder.is_valid()
}

/// How many raw bytes stand before the byte that is `decoded` bytes into the decoded form.
pub(crate) fn raw_offset(raw: &[u8], decoded: usize) -> usize {
    let mut decoder = Unstuffer::default();
    let mut seen = 0;
    for (at, byte) in raw.iter().enumerate() {
        let mut is_data = false;
        decoder.push(&[*byte], |_| is_data = true);
        if is_data {
            if seen == decoded {
                return at;
            }
            seen += 1;
        }
    }
    raw.len()
}

/// Undoes unsynchronisation byte by byte.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unstuffer {
    /// The last byte was `FF`.
    pub after_ff: bool,
    invalid: bool,
}

impl Unstuffer {
    /// Takes raw bytes and gives decoded ones.
    pub(crate) fn push(&mut self, raw: &[u8], mut give: impl FnMut(u8)) {
        for byte in raw {
            if std::mem::replace(&mut self.after_ff, *byte == 0xff) {
                self.invalid |= *byte >= 0xe0;
                if *byte == 0 {
                    continue;
                }
            }
            give(*byte);
        }
    }

    /// Whether nothing was seen that unsynchronisation would have broken up.
    pub(crate) fn is_valid(self) -> bool {
        !self.invalid
    }
}

/// How raw and decoded positions of a stuffed range relate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stuffing {
    /// Length of the decoded form.
    pub decoded_len: u64,
    /// Decoded bytes before each raw position that is a multiple of [`STEP`], the first being [`STEP`] itself.
    pub checkpoints: Vec<u64>,
}

impl Stuffing {
    /// Records that `decoded` bytes stand before `raw` ones. Called for every raw position, in order.
    pub(crate) fn note(&mut self, raw: u64, decoded: u64) {
        if raw > 0 && raw.is_multiple_of(STEP) && self.checkpoints.len() as u64 == raw / STEP - 1 {
            self.checkpoints.push(decoded);
        }
    }

    pub(crate) fn encode(&self, out: &mut Encoder) {
        out.int(self.decoded_len);
        out.int(self.checkpoints.len() as u64);
        for checkpoint in &self.checkpoints {
            out.int(*checkpoint);
        }
    }

    pub(crate) fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let decoded_len = input.int()?;
        let checkpoints = (0..input.count()?).map(|_| input.int()).collect::<Result<_, _>>()?;
        Ok(Self { decoded_len, checkpoints })
    }
}

/// A stuffed range of the backing file, decoded when it is read.
#[derive(Debug)]
pub(crate) struct Unstuffed {
    /// The raw bytes.
    pub raw: ByteRange,
    /// How they relate to the decoded ones.
    pub stuffing: Stuffing,
    /// Decoded bytes at the front that are left out.
    pub skip: u64,
}

impl Computed for Unstuffed {
    fn len(&self) -> u64 {
        self.stuffing.decoded_len.saturating_sub(self.skip)
    }

    fn read_at(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let checkpoints = &self.stuffing.checkpoints;
        let offset = offset + self.skip;
        let index = checkpoints.partition_point(|decoded| *decoded <= offset);
        let mut raw_at = index as u64 * STEP;
        let mut position = index.checked_sub(1).and_then(|at| checkpoints.get(at)).copied().unwrap_or(0);
        let mut decoder = Unstuffer::default();
        if raw_at > 0 {
            let mut before = [0];
            io.backing(self.raw.offset + raw_at - 1, &mut before)?;
            // Whether that `FF` was itself stuffed data does not matter: a stuffed byte is always zero.
            decoder.after_ff = before[0] == 0xff;
        }
        let mut done = 0;
        let mut chunk =
            vec![0; STEP.min(self.raw.len.saturating_sub(raw_at)).min(buf.len() as u64 * 2 + 4096) as usize];
        while done < buf.len() {
            let n = (self.raw.len.saturating_sub(raw_at)).min(chunk.len() as u64) as usize;
            let Some(piece) = chunk.get_mut(..n).filter(|piece| !piece.is_empty()) else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            io.backing(self.raw.offset + raw_at, piece)?;
            decoder.push(piece, |byte| {
                if position >= offset
                    && let Some(slot) = buf.get_mut(done)
                {
                    *slot = byte;
                    done += 1;
                }
                position += 1;
            });
            raw_at += n as u64;
        }
        Ok(())
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.stuffing.checkpoints.len() * 8
    }
}

#[cfg(test)]
#[path = "unsync_tests.rs"]
mod tests;
