//! A compact, stable encoding of integers and byte strings, in which an [`Anatomy`](crate::anatomy::Anatomy) is stored.
//!
//! Integers are LEB128 (seven bits a byte, low bits first); strings are a length and their bytes.

/// Why stored bytes could not be decoded. The caller probes the file again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored bytes end early or are of another version")]
pub struct DecodeError;

/// Appends encoded values to a buffer.
#[derive(Debug, Default)]
pub struct Encoder(pub Vec<u8>);

impl Encoder {
    /// Appends an integer.
    pub fn int(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Appends a byte string.
    pub fn bytes(&mut self, value: &[u8]) {
        self.int(value.len() as u64);
        self.0.extend_from_slice(value);
    }
}

/// Takes encoded values from the front of a buffer.
#[derive(Debug)]
pub struct Decoder<'a>(pub &'a [u8]);

impl<'a> Decoder<'a> {
    /// Takes an integer.
    pub fn int(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(DecodeError)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError)
    }

    /// Takes a byte string.
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.int()?;
        let len = usize::try_from(len).map_err(|_| DecodeError)?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(DecodeError)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Takes a string of UTF-8.
    pub fn text(&mut self) -> Result<String, DecodeError> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| DecodeError)
    }

    /// Takes a count of items that each need at least one byte, so that a wrong count cannot make a caller allocate
    /// more than the input is long.
    pub fn count(&mut self) -> Result<usize, DecodeError> {
        let count = self.int()?;
        if count > self.0.len() as u64 { Err(DecodeError) } else { Ok(count as usize) }
    }
}

/// Folds 128 bits to 64.
pub(crate) fn fold64(wide: u128) -> u64 {
    (wide >> 64) as u64 ^ wide as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes() {
        let mut out = Encoder::default();
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            out.int(value);
        }
        out.bytes(b"abc");
        let mut input = Decoder(&out.0);
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(input.int(), Ok(value));
        }
        assert_eq!(input.bytes(), Ok(&b"abc"[..]));
        assert!(input.0.is_empty());
    }

    #[test]
    fn short_or_overlong_input_is_an_error() {
        assert_eq!(Decoder(&[0x80]).int(), Err(DecodeError));
        assert_eq!(Decoder(&[0xff; 11]).int(), Err(DecodeError));
        assert_eq!(Decoder(&[5, 1, 2]).bytes(), Err(DecodeError));
        assert_eq!(Decoder(&[0xff, 0xff, 0x03]).count(), Err(DecodeError));
    }
}
