//! Pictures of compressed frames, for containers that take them over into places of their own.

use crate::unsync::Unstuffer;
use crate::values::picture_head;
use flate2::read::ZlibDecoder;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::layout::{Computed, Segment, SegmentIo};
use musefs_contracts::limits::MAX_INFLATED_BYTES;
use std::io::{self, Read};
use std::sync::Arc;

/// What a frame may have in front of its compressed content: the length, perhaps with a group, or nothing as some old programs
/// wrote it.
const FRONTS: [u64; 4] = [4, 5, 0, 1];

/// First bytes of the content that are read for the head of the picture.
const HEAD: u64 = 64 << 10;

/// Most bytes of a frame that are inflated: what hardly shrinks is about as long as what it inflates to.
const MOST_STORED: u64 = 2 * MAX_INFLATED_BYTES as u64;

/// A picture in a compressed frame, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflatedPicture {
    stored: Stored,
    /// Bytes of the content in front of the image.
    head: u64,
    /// Bytes of the image.
    len: u64,
}

/// Where compressed content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stored {
    /// A frame without its header.
    raw: ByteRange,
    /// It is unsynchronised.
    is_stuffed: bool,
    /// Bytes in front of the content.
    front: u64,
}

impl DeflatedPicture {
    /// Inflates a frame's body, all of which the file must hold, to see how long its picture is. At most `budget` bytes are
    /// inflated, which are taken from it. `None` if there is more, or nothing that ends as it should.
    pub fn measure(source: &dyn Source, raw: ByteRange, budget: &mut u64) -> io::Result<Option<Self>> {
        if raw.len > MOST_STORED {
            return Ok(None);
        }
        for is_stuffed in [false, true] {
            for front in FRONTS {
                let stored = Stored { raw, is_stuffed, front };
                let read = |offset: u64, buf: &mut [u8]| read_exact_at(source, offset, buf);
                match stored.measure(read, budget) {
                    Ok(Some((head, len))) => return Ok(Some(Self { stored, head, len })),
                    Ok(None) => {}
                    Err(error) if is_damage(&error) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(None)
    }

    /// The frame's body.
    pub fn raw(&self) -> ByteRange {
        self.stored.raw
    }

    /// Length of the picture itself.
    pub fn decoded_len(&self) -> u64 {
        self.len
    }

    /// The picture itself, inflated when it is read.
    pub fn segment(self) -> Segment {
        Segment::Computed(Arc::new(self))
    }

    /// Appends the stored form.
    pub fn encode(&self, out: &mut Encoder) {
        let Stored { raw, is_stuffed, front } = self.stored;
        for int in [raw.offset, raw.len, u64::from(is_stuffed), front, self.head, self.len] {
            out.int(int);
        }
    }

    /// Takes the stored form.
    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let raw = ByteRange { offset: input.int()?, len: input.int()? };
        let stored = Stored { raw, is_stuffed: input.int()? != 0, front: input.int()? };
        let picture = Self { stored, head: input.int()?, len: input.int()? };
        let most = MAX_INFLATED_BYTES as u64;
        let is_sound = raw.offset.checked_add(raw.len).is_some() && picture.head <= most && picture.len <= most;
        if is_sound { Ok(picture) } else { Err(DecodeError) }
    }
}

/// Whether this says that the bytes are not what they should be, rather than that they could not be read.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

impl Stored {
    /// The content, inflated while it is read.
    fn content<F: FnMut(u64, &mut [u8]) -> io::Result<()>>(self, read: F) -> io::Result<ZlibDecoder<Body<F>>> {
        let unstuffer = self.is_stuffed.then(Unstuffer::default);
        let mut body = Body { read, at: self.raw.offset, end: self.raw.end(), unstuffer };
        io::copy(&mut body.by_ref().take(self.front), &mut io::sink())?;
        Ok(ZlibDecoder::new(body))
    }

    /// Lengths of the picture's head and of its image.
    fn measure(
        self,
        read: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
        budget: &mut u64,
    ) -> io::Result<Option<(u64, u64)>> {
        let mut content = self.content(read)?;
        let mut start = Vec::new();
        let result = content.by_ref().take(HEAD.min(*budget)).read_to_end(&mut start);
        *budget -= start.len() as u64;
        result?;
        let Some(head) = picture_head(false, &start) else { return Ok(None) };
        let rest = io::copy(&mut content.by_ref().take(*budget), &mut io::sink())?;
        *budget -= rest;
        let is_all = *budget > 0 || content.read(&mut [0])? == 0;
        Ok(is_all.then_some((head.len as u64, start.len() as u64 + rest - head.len as u64)))
    }
}

/// The body of a frame without its stuffing, read forward.
struct Body<F> {
    read: F,
    at: u64,
    end: u64,
    unstuffer: Option<Unstuffer>,
}

impl<F: FnMut(u64, &mut [u8]) -> io::Result<()>> Read for Body<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.end.saturating_sub(self.at).min(buf.len() as u64) as usize;
            let Some(piece) = buf.get_mut(..n).filter(|piece| !piece.is_empty()) else { return Ok(0) };
            (self.read)(self.at, piece)?;
            self.at += n as u64;
            let Some(unstuffer) = &mut self.unstuffer else { return Ok(n) };
            let mut kept = 0;
            for at in 0..n {
                let Some(byte) = piece.get(at).copied() else { break };
                unstuffer.push(&[byte], |byte| {
                    if let Some(slot) = piece.get_mut(kept) {
                        *slot = byte;
                        kept += 1;
                    }
                });
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

impl Computed for DeflatedPicture {
    fn len(&self) -> u64 {
        self.len
    }

    /// Inflates anew from the beginning: such pictures are short, and hardly anybody has one.
    fn read_at(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut content = self.stored.content(|offset, buf: &mut [u8]| io.backing(offset, buf))?;
        io::copy(&mut content.by_ref().take(self.head + offset), &mut io::sink())?;
        content.read_exact(buf)
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::unsynchronise;
    use flate2::{Compression, write::ZlibEncoder};
    use musefs_contracts::backing::MemorySource;
    use musefs_contracts::ids::ArtId;
    use musefs_contracts::layout::TagValueRef;
    use std::io::Write;

    const APIC: &[u8] = b"\0image/png\0\x03d\0";

    fn image(len: usize) -> Vec<u8> {
        (0..len).map(|at| if at % 5 < 2 { 0xff } else { (at * at % 251) as u8 }).collect()
    }

    fn deflate(content: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("memory");
        encoder.finish().expect("memory")
    }

    fn measure(raw: &[u8], budget: &mut u64) -> Option<DeflatedPicture> {
        let source = MemorySource([b"in front", raw].concat());
        DeflatedPicture::measure(&source, ByteRange::new(8, raw.len() as u64), budget).expect("memory")
    }

    struct File(Vec<u8>);

    impl SegmentIo for File {
        fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
            read_exact_at(&MemorySource(self.0.clone()), offset, buf)
        }
        fn art(&self, _: ArtId, _: u64, _: &mut [u8]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[test]
    fn a_picture_is_inflated_whatever_stands_in_front_of_it_and_however_it_is_read() {
        let image = image(100_000);
        let stored = deflate(&[APIC, &image].concat());
        for front in [&b"\0\x01\x86\xa0"[..], b"g\0\x01\x86\xa0", b"", b"g"] {
            let plain = [front, &stored].concat();
            for raw in [plain.clone(), unsynchronise(&plain)] {
                let picture = measure(&raw, &mut (1 << 20)).expect("a picture");
                assert_eq!(picture.decoded_len(), 100_000);
                let mut out = Encoder::default();
                picture.encode(&mut out);
                assert_eq!(DeflatedPicture::decode(&mut Decoder(&out.0)), Ok(picture));
                let file = File([b"in front", &raw[..]].concat());
                for (offset, len) in [(0, 100_000), (0, 1), (99_999, 1), (40_000, 30_000)] {
                    let mut buf = vec![0; len];
                    picture.read_at(&file, offset as u64, &mut buf).expect("it is there");
                    assert!(buf == image[offset..offset + len]);
                }
            }
        }
    }

    #[test]
    fn what_inflates_to_more_than_is_allowed_is_cut_off_or_is_no_picture_is_none() {
        let of = |content: &[u8]| [b"\0\0\0\0", &deflate(content)[..]].concat();
        let raw = of(&[APIC, &image(100_000)].concat());
        let whole = 100_000 + APIC.len() as u64;
        assert!(measure(&raw, &mut whole.clone()).is_some());
        let mut budget = whole - 1;
        assert_eq!((measure(&raw, &mut budget), budget), (None, 0));
        assert_eq!(measure(&raw[..raw.len() - 1], &mut (1 << 20)), None);
        assert_eq!(measure(&of(b"text"), &mut (1 << 20)), None);
        assert_eq!(measure(b"no zlib at all", &mut (1 << 20)), None);
        let source = MemorySource(vec![0; 10]);
        assert!(DeflatedPicture::measure(&source, ByteRange::new(4, 7), &mut 100).is_ok_and(|found| found.is_none()));
    }
}
