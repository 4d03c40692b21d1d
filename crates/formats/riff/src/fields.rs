//! The text fields beside the ID3 tag: which chunk carries which key.

use crate::chunk::Family;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::limits;
use std::io;

/// `LIST/INFO` chunks, after the RIFF specification (Microsoft, 1991) and what taggers use. Of several chunks of one key the
/// first is the one that is added.
const INFO: &[(&[u8; 4], &str)] = &[
    (b"INAM", "title"),
    (b"IART", "artist"),
    (b"IPRD", "album"),
    (b"ICRD", "date"),
    (b"IGNR", "genre"),
    (b"ICMT", "comment"),
    (b"IPRT", "tracknumber"),
    (b"ITRK", "tracknumber"),
    (b"ICOP", "copyright"),
    (b"IMUS", "composer"),
    (b"IWRI", "lyricist"),
    (b"ILNG", "language"),
    (b"ISFT", "encodersettings"),
    (b"ITCH", "encodedby"),
];

/// Text chunks of AIFF 1.3.
const TEXT: &[(&[u8; 4], &str)] =
    &[(b"NAME", "title"), (b"AUTH", "artist"), (b"(c) ", "copyright"), (b"ANNO", "comment")];

fn table(family: Family) -> &'static [(&'static [u8; 4], &'static str)] {
    match family {
        Family::Wave => INFO,
        Family::Aiff => TEXT,
    }
}

/// The key that a field carries.
pub(crate) fn key_of(family: Family, name: [u8; 4]) -> Option<&'static str> {
    table(family).iter().find(|(known, _)| **known == name).map(|(_, key)| *key)
}

/// The field that carries a key.
pub(crate) fn name_of(family: Family, key: &str) -> Option<[u8; 4]> {
    table(family).iter().find(|(_, known)| *known == key).map(|(name, _)| **name)
}

/// A field's text up to the zero that ends it.
pub(crate) struct Text {
    /// Where it stands.
    pub(crate) range: ByteRange,
    /// It is UTF-8; else it is taken for ISO-8859-1, as was usual in its day.
    pub(crate) is_utf8: bool,
    /// The text.
    pub(crate) value: String,
}

/// What an element remembers of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Private {
    /// How many bytes of the content are text, and whether it is UTF-8, for a tag that takes the value over.
    pub(crate) text: (u64, bool),
    /// Its size says more than there is, or it is no field at all: whatever stands behind it would become part of it.
    pub(crate) is_open: bool,
}

impl Private {
    /// The stored form; nothing for a field without text that ends where it says.
    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        if *self != Self::default() {
            out.int(self.text.0);
            out.int(u64::from(self.text.1));
            out.int(u64::from(self.is_open));
        }
        out.0.into()
    }

    /// Reads the stored form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let input = &mut Decoder(bytes);
        Ok(Self { text: (input.int()?, input.int()? != 0), is_open: input.int()? != 0 })
    }
}

/// Reads a field; `None` if it is longer than the store holds.
pub(crate) fn read(source: &dyn Source, content: ByteRange) -> io::Result<Option<Text>> {
    if content.len > limits::MAX_VALUE_BYTES as u64 {
        return Ok(None);
    }
    let mut bytes = vec![0; content.len as usize];
    match read_exact_at(source, content.offset, &mut bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    // These texts end in a zero; what stands behind it is no text.
    let len = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(len);
    let range = ByteRange::new(content.offset, len as u64);
    Ok(Some(match String::from_utf8(bytes) {
        Ok(value) => Text { range, is_utf8: true, value },
        Err(error) => {
            let value = error.as_bytes().iter().map(|byte| char::from(*byte)).collect();
            Text { range, is_utf8: false, value }
        }
    }))
}
