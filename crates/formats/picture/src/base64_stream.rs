//! Base64 (RFC 4648, section 4) of bytes that are read when they are asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use musefs_contracts::layout::{Computed, Layout, SegmentIo};
use std::io;

/// Bytes encoded at a time; a multiple of three, so that only the end is padded.
const BLOCK: u64 = 24 << 10;

/// Length in bytes of the base64 of `len` bytes, padding included.
pub fn base64_len(len: u64) -> u64 {
    len.div_ceil(3).saturating_mul(4)
}

/// Base64 of a layout, computed as it is read: holds no more than a block of it in memory.
#[derive(Debug)]
pub struct Base64Stream {
    inner: Layout,
}

impl Base64Stream {
    /// Base64 of `inner`.
    pub fn new(inner: Layout) -> Self {
        Self { inner }
    }
}

impl Computed for Base64Stream {
    fn len(&self) -> u64 {
        base64_len(self.inner.len())
    }

    fn read_at(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut raw = Vec::new();
        let mut encoded = Vec::new();
        let mut done = 0;
        while done < buf.len() {
            let at = offset + done as u64;
            let start = at / 4 * 3;
            let wanted = ((buf.len() - done) as u64 + 4).div_ceil(4) * 3;
            let len = wanted.min(BLOCK).min(self.inner.len().saturating_sub(start)) as usize;
            raw.resize(len, 0);
            let n = self.inner.read_at(io, start, &mut raw)?;
            if n < len || len == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            encoded.resize(base64_len(len as u64) as usize, 0);
            STANDARD.encode_slice(&raw, &mut encoded).map_err(io::Error::other)?;
            let ready = &encoded[(at % 4) as usize..];
            let n = ready.len().min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&ready[..n]);
            done += n;
        }
        Ok(())
    }

    fn heap_bytes(&self) -> usize {
        self.inner.heap_bytes()
    }
}

/// Decodes the front of base64 text as far as it is sound: line breaks and blanks are passed over, the first other
/// character that does not belong there ends it. Padding is not needed.
pub fn decode_prefix(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut bits = 0u32;
    let mut count = 0;
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, count) = (0, 0);
        }
    }
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => {}
    }
    out
}

#[cfg(test)]
#[path = "base64_stream_tests.rs"]
mod tests;
