//! Reading a tag's body forward: as it stands, or undoing unsynchronisation on the way.

use crate::unsync::{Stuffing, Unstuffer};
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Source;
use std::io;

const WINDOW: usize = 4 << 10;
const CHUNK: usize = 64 << 10;

/// Reads at most `len` bytes at `offset`; fewer only where the source ends.
pub(crate) fn read_up_to(source: &dyn Source, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match source.read_at(offset + done as u64, rest)? {
            0 => break,
            n => done += n,
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}

/// The body of a frame, as far as it is there.
pub(crate) struct FrameBody {
    /// Its first bytes, decoded, as many as were asked for.
    pub start: Vec<u8>,
    /// Decoded length.
    pub len: u64,
    /// Where it lies in the file, undecoded.
    pub raw: ByteRange,
}

/// A tag's body.
pub(crate) struct Body<'a> {
    source: &'a dyn Source,
    at: u64,
    end: u64,
    window: Vec<u8>,
    window_at: u64,
    unstuff: Option<Unstuffer>,
}

impl<'a> Body<'a> {
    /// A body of plain bytes.
    pub(crate) fn plain(source: &'a dyn Source, range: ByteRange) -> Self {
        let (at, end) = (range.offset, range.end());
        Self { source, at, end, window: Vec::new(), window_at: at, unstuff: None }
    }

    /// A body that is unsynchronised as a whole.
    pub(crate) fn unsynchronised(source: &'a dyn Source, range: ByteRange) -> Self {
        Self { unstuff: Some(Unstuffer::default()), ..Self::plain(source, range) }
    }

    /// Whether a whole range can have been unsynchronised. Reads all of it.
    pub(crate) fn is_validly_unsynchronised(source: &dyn Source, range: ByteRange) -> io::Result<bool> {
        let mut decoder = Unstuffer::default();
        let mut at = range.offset;
        while at < range.end() && decoder.is_valid() {
            let chunk = read_up_to(source, at, (range.end() - at).min(CHUNK as u64) as usize)?;
            if chunk.is_empty() {
                return Ok(false);
            }
            decoder.push(&chunk, |_| ());
            at += chunk.len() as u64;
        }
        Ok(decoder.is_valid() && !decoder.after_ff)
    }

    /// Where the next byte stands in the file.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// Moves on to a position in the file (plain bodies).
    pub(crate) fn seek(&mut self, at: u64) {
        self.at = at.min(self.end);
    }

    /// Undecoded bytes that are left.
    pub(crate) fn left(&self) -> u64 {
        self.end - self.at
    }

    /// The next `N` decoded bytes, or `None` if there are fewer.
    pub(crate) fn array<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        let body = self.take(N as u64, N, None)?;
        Ok(body.start.try_into().ok())
    }

    /// Takes a body of `len` decoded bytes, or what there is of it, and keeps its first `want` bytes. `stuffing` goes on
    /// counting from the position in the file that is given with it.
    pub(crate) fn take(
        &mut self,
        len: u64,
        want: usize,
        stuffing: Option<(&mut Stuffing, u64)>,
    ) -> io::Result<FrameBody> {
        let want = len.min(want as u64) as usize;
        if self.unstuff.is_some() { self.take_stuffed(len, want, stuffing) } else { self.take_plain(len, want) }
    }

    fn take_plain(&mut self, len: u64, want: usize) -> io::Result<FrameBody> {
        let raw = ByteRange::new(self.at, len.min(self.left()));
        let want = (raw.len).min(want as u64) as usize;
        let start = if want > WINDOW { read_up_to(self.source, raw.offset, want)? } else { self.windowed(want)? };
        self.at = raw.end();
        Ok(FrameBody { start, len: raw.len, raw })
    }

    fn take_stuffed(
        &mut self,
        len: u64,
        want: usize,
        mut stuffing: Option<(&mut Stuffing, u64)>,
    ) -> io::Result<FrameBody> {
        let before = stuffing.as_ref().map_or(0, |(stuffing, _)| stuffing.decoded_len);
        let mut decoder = self.unstuff.unwrap_or_default();
        let mut start = Vec::with_capacity(want.min(CHUNK));
        let (from, mut decoded) = (self.at, 0);
        while decoded < len && self.at < self.end {
            let byte = self.byte()?;
            decoder.push(&[byte], |byte| {
                if start.len() < want {
                    start.push(byte);
                }
                decoded += 1;
            });
            if let Some((stuffing, counted_from)) = &mut stuffing {
                stuffing.note(self.at - *counted_from, before + decoded);
            }
        }
        // A zero stuffed behind the last byte belongs to it.
        if decoder.after_ff && self.at < self.end && self.peek()? == 0 {
            self.byte()?;
            decoder.after_ff = false;
        }
        self.unstuff = Some(decoder);
        if let Some((stuffing, _)) = stuffing {
            stuffing.decoded_len = before + decoded;
        }
        Ok(FrameBody { start, len: decoded, raw: ByteRange::new(from, self.at - from) })
    }

    fn byte(&mut self) -> io::Result<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }

    fn peek(&mut self) -> io::Result<u8> {
        let index = self.at.wrapping_sub(self.window_at) as usize;
        if let Some(byte) = self.window.get(index) {
            return Ok(*byte);
        }
        self.fill(CHUNK)?;
        self.window.first().copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn windowed(&mut self, want: usize) -> io::Result<Vec<u8>> {
        let index = usize::try_from(self.at.wrapping_sub(self.window_at)).unwrap_or(usize::MAX);
        if let Some(bytes) = index.checked_add(want).and_then(|end| self.window.get(index..end)) {
            return Ok(bytes.to_vec());
        }
        self.fill(WINDOW)?;
        Ok(self.window.get(..want.min(self.window.len())).unwrap_or_default().to_vec())
    }

    fn fill(&mut self, len: usize) -> io::Result<()> {
        self.window = read_up_to(self.source, self.at, self.left().min(len as u64) as usize)?;
        self.window_at = self.at;
        Ok(())
    }
}
