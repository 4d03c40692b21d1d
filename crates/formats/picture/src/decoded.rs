//! An image that a file holds in another form, given back while it is read.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::layout::{Computed, SegmentIo};
use std::io;

/// Stored bytes between two positions that are remembered.
const STEP: u64 = 64 << 10;

/// The form in which bytes stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Base64 (RFC 4648), in either alphabet, with or without padding, possibly with line breaks.
    Base64,
    /// With a zero byte stuffed behind an `FF` here and there (ID3v2.4.0 structure, section 6.1).
    Unsynchronised,
}

/// What a decoder knows between two bytes.
#[derive(Clone, Copy, Debug)]
enum State {
    Base64 { bits: u32, count: u8, ended: bool },
    Unsynchronised { after_ff: bool },
}

impl State {
    fn new(form: Form) -> Self {
        match form {
            Form::Base64 => Self::Base64 { bits: 0, count: 0, ended: false },
            Form::Unsynchronised => Self::Unsynchronised { after_ff: false },
        }
    }

    /// Takes stored bytes and gives decoded ones; `false` if these bytes cannot be of this form.
    fn push(&mut self, stored: &[u8], mut give: impl FnMut(u8)) -> bool {
        match self {
            Self::Base64 { bits, count, ended } => {
                for byte in stored {
                    let value = match byte {
                        b'A'..=b'Z' => byte - b'A',
                        b'a'..=b'z' => byte - b'a' + 26,
                        b'0'..=b'9' => byte - b'0' + 52,
                        b'+' | b'-' => 62,
                        b'/' | b'_' => 63,
                        b' ' | b'\t' | b'\r' | b'\n' => continue,
                        b'=' => {
                            *ended = true;
                            continue;
                        }
                        _ => return false,
                    };
                    if *ended {
                        return false;
                    }
                    *bits = *bits << 6 | u32::from(value);
                    *count += 1;
                    if *count == 4 {
                        bits.to_be_bytes()[1..].iter().for_each(|byte| give(*byte));
                        (*bits, *count) = (0, 0);
                    }
                }
            }
            Self::Unsynchronised { after_ff } => {
                for byte in stored {
                    if std::mem::replace(after_ff, *byte == 0xff) {
                        // No encoder leaves the start of an MPEG frame in it.
                        if *byte >= 0xe0 {
                            return false;
                        }
                        if *byte == 0 {
                            continue;
                        }
                    }
                    give(*byte);
                }
            }
        }
        true
    }

    /// Gives what is left behind the last byte.
    fn finish(self, mut give: impl FnMut(u8)) {
        match self {
            Self::Base64 { bits, count: 2, .. } => give((bits >> 4) as u8),
            Self::Base64 { bits, count: 3, .. } => {
                give((bits >> 10) as u8);
                give((bits >> 2) as u8);
            }
            _ => {}
        }
    }
}

/// Pieces of a file as one run of bytes.
#[derive(Clone, Debug)]
struct Pieces(Box<[ByteRange]>);

impl Pieces {
    fn len(&self) -> u64 {
        self.0.iter().fold(0, |sum, piece| sum.saturating_add(piece.len))
    }

    /// Fills `buf` from `offset` of the run.
    fn read(
        &self,
        mut offset: u64,
        mut buf: &mut [u8],
        mut read: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for piece in &self.0 {
            if buf.is_empty() {
                break;
            }
            if offset >= piece.len {
                offset -= piece.len;
                continue;
            }
            let n = (piece.len - offset).min(buf.len() as u64) as usize;
            let (now, later) = buf.split_at_mut(n);
            read(piece.offset + offset, now)?;
            (offset, buf) = (0, later);
        }
        if buf.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// What was decoded before a stored position that is a multiple of [`STEP`].
#[derive(Clone, Copy, Debug)]
struct Mark {
    decoded: u64,
    state: State,
}

/// The bytes that pieces of a file stand for, decoded while they are read. Holds a few words for each 64 KiB of them.
#[derive(Debug)]
pub struct Decoded {
    pieces: Pieces,
    marks: Box<[Mark]>,
    /// Decoded bytes that are left out in front, and those that are given.
    skip: u64,
    len: u64,
}

impl Decoded {
    /// Measures what the pieces stand for, which reads them once. `None` if they are not of this form or longer than `limit`.
    pub fn measure(
        source: &dyn Source,
        form: Form,
        pieces: impl IntoIterator<Item = ByteRange>,
        limit: u64,
    ) -> io::Result<Option<Self>> {
        let pieces = Pieces(pieces.into_iter().collect());
        let stored = pieces.len();
        if stored > limit {
            return Ok(None);
        }
        let (mut marks, mut state, mut decoded) = (Vec::new(), State::new(form), 0);
        let mut chunk = vec![0; STEP.min(stored) as usize];
        for at in (0..stored).step_by(STEP as usize) {
            marks.push(Mark { decoded, state });
            let chunk = &mut chunk[..STEP.min(stored - at) as usize];
            pieces.read(at, chunk, |offset, buf| read_exact_at(source, offset, buf))?;
            if !state.push(chunk, |_| decoded += 1) {
                return Ok(None);
            }
        }
        state.finish(|_| decoded += 1);
        Ok(Some(Self { pieces, marks: marks.into(), skip: 0, len: decoded }))
    }

    /// Gives no more than `len` bytes from `offset` of what it gave before.
    #[must_use]
    pub fn narrowed(mut self, offset: u64, len: u64) -> Self {
        let offset = offset.min(self.len);
        self.skip += offset;
        self.len = len.min(self.len - offset);
        self
    }

    /// Fills `buf` from `offset`, with stored bytes that `read` gives.
    pub fn read(
        &self,
        offset: u64,
        buf: &mut [u8],
        mut read: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let offset = offset + self.skip;
        let index = self.marks.partition_point(|mark| mark.decoded <= offset).saturating_sub(1);
        let Some(Mark { mut decoded, mut state }) = self.marks.get(index).copied() else {
            return if buf.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        };
        let (stored, mut done) = (self.pieces.len(), 0);
        let mut at = index as u64 * STEP;
        let mut chunk = Vec::new();
        while done < buf.len() {
            let mut give = |byte| {
                if decoded >= offset
                    && let Some(slot) = buf.get_mut(done)
                {
                    *slot = byte;
                    done += 1;
                }
                decoded += 1;
            };
            if at == stored {
                state.finish(give);
                break;
            }
            chunk.resize(STEP.min(stored - at) as usize, 0);
            self.pieces.read(at, &mut chunk, &mut read)?;
            if !state.push(&chunk, &mut give) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            at += chunk.len() as u64;
        }
        if done == buf.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl Computed for Decoded {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.read(offset, buf, |offset, buf| io.backing(offset, buf))
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.pieces.0) + size_of_val(&*self.marks)
    }
}

#[cfg(test)]
#[path = "decoded_tests.rs"]
mod tests;
