//! Text of frames: four encodings, ended and parted by NUL, and the ways in which taggers get that wrong.

/// A text encoding byte that is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// 0: ISO-8859-1.
    Latin1,
    /// 1: UTF-16 with a byte order mark.
    Utf16,
    /// 2: UTF-16, big endian, without one.
    Utf16Be,
    /// 3: UTF-8.
    Utf8,
}

impl Encoding {
    /// The encoding of a byte; `None` if it is none.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Latin1, Self::Utf16, Self::Utf16Be, Self::Utf8].get(usize::from(byte)).copied()
    }

    /// The byte.
    pub(crate) fn byte(self) -> u8 {
        self as u8
    }

    fn is_wide(self) -> bool {
        matches!(self, Self::Utf16 | Self::Utf16Be)
    }

    /// The terminator.
    pub(crate) fn nul(self) -> &'static [u8] {
        if self.is_wide() { &[0, 0] } else { &[0] }
    }
}

/// Splits at the first terminator: what is before it, and what is behind it. `None` behind if there is no terminator.
pub(crate) fn split_terminated(encoding: Encoding, bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let at = if encoding.is_wide() {
        bytes.chunks_exact(2).position(|unit| unit == [0, 0]).map(|unit| unit * 2)
    } else {
        bytes.iter().position(|byte| *byte == 0)
    };
    match at {
        Some(at) => (&bytes[..at], bytes.get(at + encoding.nul().len()..)),
        None => (bytes, None),
    }
}

/// The values of a text: parted by NUL in every version, empty ones at the end left out.
///
/// UTF-16 may have a mark on each value or on the first alone; without any it is little endian, as Windows programs
/// forget it; an odd byte at the end is half a zero or junk.
pub(crate) fn decode_values(encoding: Encoding, mut bytes: &[u8]) -> Vec<String> {
    let mut values = Vec::new();
    let mut big_endian = encoding == Encoding::Utf16Be;
    while !bytes.is_empty() {
        let (value, rest) = split_terminated(encoding, bytes);
        values.push(decode_one(encoding, value, &mut big_endian));
        bytes = rest.unwrap_or_default();
    }
    while values.last().is_some_and(String::is_empty) {
        values.pop();
    }
    values
}

/// One text, up to its terminator if it has one.
pub(crate) fn decode_first(encoding: Encoding, bytes: &[u8]) -> String {
    let mut big_endian = encoding == Encoding::Utf16Be;
    decode_one(encoding, split_terminated(encoding, bytes).0, &mut big_endian)
}

fn decode_one(encoding: Encoding, bytes: &[u8], big_endian: &mut bool) -> String {
    match encoding {
        Encoding::Latin1 => latin1(bytes),
        Encoding::Utf8 => String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned(),
        Encoding::Utf16 | Encoding::Utf16Be => {
            let bytes = match bytes {
                [0xff, 0xfe, rest @ ..] => {
                    *big_endian = false;
                    rest
                }
                [0xfe, 0xff, rest @ ..] => {
                    *big_endian = true;
                    rest
                }
                _ => bytes,
            };
            // An odd byte is the first half of a terminator or of a character that was cut off.
            let units = bytes.chunks(2).filter_map(|unit| match *unit {
                [a, b] if *big_endian => Some(u16::from_be_bytes([a, b])),
                [a, b] => Some(u16::from_le_bytes([a, b])),
                [a] if a != 0 && !*big_endian => Some(u16::from(a)),
                _ => None,
            });
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    }
}

/// Text in ISO-8859-1.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The encoding in which texts are written: UTF-8 in 2.4; before that ISO-8859-1 where it holds them all, else UTF-16.
///
/// Characters 80 to 9F are left to UTF-16, since many readers take those bytes for Windows-1252.
pub(crate) fn encoding_for<'a>(version: u8, texts: impl IntoIterator<Item = &'a str>) -> Encoding {
    if version >= 4 {
        return Encoding::Utf8;
    }
    let fits = |c: char| matches!(c as u32, 0..0x80 | 0xa0..=0xff);
    if texts.into_iter().all(|text| text.chars().all(fits)) { Encoding::Latin1 } else { Encoding::Utf16 }
}

/// Appends a text, without terminator, UTF-16 with its mark.
pub(crate) fn push_text(out: &mut Vec<u8>, encoding: Encoding, text: &str) {
    match encoding {
        Encoding::Latin1 => out.extend(text.chars().map(|c| u8::try_from(c as u32).unwrap_or(b'?'))),
        Encoding::Utf8 => out.extend_from_slice(text.as_bytes()),
        Encoding::Utf16 => {
            out.extend_from_slice(&[0xff, 0xfe]);
            out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        }
        Encoding::Utf16Be => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
    }
}

/// Appends texts parted by NUL.
pub(crate) fn push_values(out: &mut Vec<u8>, encoding: Encoding, values: &[&str]) {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(encoding.nul());
        }
        push_text(out, encoding, value);
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
