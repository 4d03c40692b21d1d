//! What an element remembers of its frame beyond id, key and range.

use crate::unsync::Stuffing;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};

/// Language and description of a frame that has them, to be kept when the frame is written anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hint {
    /// ISO 639-2 language as it stands, often nonsense.
    pub language: [u8; 3],
    /// Description in its own spelling.
    pub description: String,
}

/// The private bytes of a frame's element. Empty for a plain frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Private {
    /// Flags of the frame header.
    pub flags: u16,
    /// The frame's header says that it is longer than it is, or states its size in no way of its version; where the frame is
    /// kept, its header is made anew.
    pub clipped: bool,
    /// How to undo the unsynchronisation of the tag around it; `None` where the frame's bytes are as decoded.
    pub stuffing: Option<Stuffing>,
    /// Language and description.
    pub hint: Option<Hint>,
}

impl Private {
    /// The stored form.
    pub(crate) fn encode(&self) -> Box<[u8]> {
        if *self == Self::default() {
            return Box::default();
        }
        let mut out = Encoder::default();
        let bits =
            u64::from(self.clipped) | u64::from(self.stuffing.is_some()) << 1 | u64::from(self.hint.is_some()) << 2;
        out.int(bits);
        out.int(u64::from(self.flags));
        if let Some(stuffing) = &self.stuffing {
            stuffing.encode(&mut out);
        }
        if let Some(hint) = &self.hint {
            out.0.extend_from_slice(&hint.language);
            out.bytes(hint.description.as_bytes());
        }
        out.0.into()
    }

    /// Reads the stored form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let input = &mut Decoder(bytes);
        let bits = input.int()?;
        let flags = input.int()? as u16;
        let stuffing = if bits & 2 != 0 { Some(Stuffing::decode(input)?) } else { None };
        let hint = if bits & 4 != 0 {
            let (language, rest) = input.0.split_first_chunk::<3>().ok_or(DecodeError)?;
            input.0 = rest;
            Some(Hint { language: *language, description: input.text()? })
        } else {
            None
        };
        Ok(Self { flags, clipped: bits & 1 != 0, stuffing, hint })
    }
}
