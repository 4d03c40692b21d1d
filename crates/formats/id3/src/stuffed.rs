//! Pictures of unsynchronised tags, for containers that take them over into places of their own.

use crate::unsync::{Stuffing, Unstuffed, Unstuffer};
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Source;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::layout::Segment;
use std::io;
use std::sync::Arc;

/// Bytes read at once.
const AT_ONCE: u64 = 64 << 10;

/// A picture whose stored bytes are unsynchronised, and how long it really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuffedPicture {
    raw: ByteRange,
    stuffing: Stuffing,
}

impl StuffedPicture {
    /// Reads the stored bytes, all of which the file must hold, once through.
    pub fn measure(source: &dyn Source, raw: ByteRange) -> io::Result<Self> {
        let mut stuffing = Stuffing::default();
        let mut decoder = Unstuffer::default();
        let mut buf = vec![0; raw.len.min(AT_ONCE) as usize];
        let mut at = 0;
        while at < raw.len {
            let piece = (raw.len - at).min(AT_ONCE) as usize;
            let Some(piece) = buf.get_mut(..piece) else { break };
            musefs_contracts::backing::read_exact_at(source, raw.offset + at, piece)?;
            decoder.push(piece, |_| stuffing.decoded_len += 1);
            at += piece.len() as u64;
            stuffing.note(at, stuffing.decoded_len);
        }
        Ok(Self { raw, stuffing })
    }

    /// Where the stored bytes are.
    pub fn raw(&self) -> ByteRange {
        self.raw
    }

    /// Length of the picture itself.
    pub fn decoded_len(&self) -> u64 {
        self.stuffing.decoded_len
    }

    /// The picture itself, decoded when it is read.
    pub fn segment(self) -> Segment {
        Segment::Computed(Arc::new(Unstuffed { raw: self.raw, stuffing: self.stuffing, skip: 0 }))
    }

    /// Appends the stored form.
    pub fn encode(&self, out: &mut Encoder) {
        out.int(self.raw.offset);
        out.int(self.raw.len);
        self.stuffing.encode(out);
    }

    /// Takes the stored form.
    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let raw = ByteRange::new(input.int()?, input.int()?);
        let stuffing = Stuffing::decode(input)?;
        if stuffing.decoded_len > raw.len {
            return Err(DecodeError);
        }
        Ok(Self { raw, stuffing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::unsynchronise;
    use musefs_contracts::backing::MemorySource;

    #[test]
    fn a_picture_is_measured_whatever_its_length_and_its_stored_form_reads_back() {
        for len in [0, 1, 65_535, 65_536, 200_000] {
            let image: Vec<u8> = (0..len).map(|at: usize| if at % 5 < 3 { 0xff } else { at as u8 }).collect();
            let raw = unsynchronise(&image);
            let source = MemorySource([&b"head"[..], &raw].concat());
            let found = StuffedPicture::measure(&source, ByteRange::new(4, raw.len() as u64)).expect("memory");
            assert_eq!(found.decoded_len(), len as u64);
            let mut out = Encoder::default();
            found.encode(&mut out);
            assert_eq!(StuffedPicture::decode(&mut Decoder(&out.0)), Ok(found));
        }
        let source = MemorySource(vec![0; 10]);
        assert!(StuffedPicture::measure(&source, ByteRange::new(4, 7)).is_err(), "the file has fewer bytes");
    }
}
