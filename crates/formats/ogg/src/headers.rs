//! The header pages of a file: where each packet lies, and how that is kept in an anatomy.
//!
//! Positions in the concatenated payload of the header pages behind the identification page are called *logical*.

use crate::codec::Codec;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::layout::LayoutBuilder;
use musefs_format_vorbis_comment::HeaderBytes;
use std::io;

/// Most bytes of header packets.
pub(crate) const MAX_HEADERS: u64 = 256 << 20;

/// A header page by the logical position behind its payload, and what lies before it in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PageEnd {
    /// Logical position behind the page's payload.
    logical: u64,
    /// Bytes of page headers up to and with this page's own, counted from the end of the identification page.
    headers: u64,
}

/// The pages behind the identification page that hold header packets. They follow one another without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageTable {
    /// Where the first page begins.
    pub(crate) start: u64,
    pages: Vec<PageEnd>,
}

impl PageTable {
    pub(crate) fn new(start: u64) -> Self {
        Self { start, pages: Vec::new() }
    }

    /// Adds the next page.
    pub(crate) fn push(&mut self, header_len: u64, body_len: u64) {
        let last = self.pages.last().copied().unwrap_or(PageEnd { logical: 0, headers: 0 });
        let (logical, headers) = (last.logical.saturating_add(body_len), last.headers.saturating_add(header_len));
        self.pages.push(PageEnd { logical, headers });
    }

    /// Number of pages.
    pub(crate) fn count(&self) -> u64 {
        self.pages.len() as u64
    }

    /// Bytes of payload.
    pub(crate) fn logical_len(&self) -> u64 {
        self.pages.last().map_or(0, |page| page.logical)
    }

    /// Behind the last page.
    pub(crate) fn end(&self) -> u64 {
        let last = self.pages.last().copied().unwrap_or(PageEnd { logical: 0, headers: 0 });
        self.start.saturating_add(last.logical).saturating_add(last.headers)
    }

    /// The ranges of the file that hold a logical range.
    pub(crate) fn pieces(&self, range: ByteRange) -> impl Iterator<Item = ByteRange> + '_ {
        let mut at = range.offset;
        let end = range.end().min(self.logical_len());
        let mut page = self.pages.partition_point(|page| page.logical <= at);
        std::iter::from_fn(move || {
            while at < end {
                let known = self.pages.get(page)?;
                page += 1;
                let piece = ByteRange::new(self.start + known.headers + at, known.logical.min(end).saturating_sub(at));
                at += piece.len;
                if piece.len > 0 {
                    return Some(piece);
                }
            }
            None
        })
    }

    /// From the first to the last byte of a logical range in the file, page headers between them included.
    pub(crate) fn span(&self, range: ByteRange) -> ByteRange {
        let mut pieces = self.pieces(range);
        let Some(first) = pieces.next() else { return ByteRange::new(self.end(), 0) };
        let end = pieces.last().unwrap_or(first).end();
        ByteRange::new(first.offset, end - first.offset)
    }

    /// The logical range of which `span` is the [`Self::span`].
    pub(crate) fn logical(&self, span: ByteRange) -> ByteRange {
        let position = |offset: u64| {
            let page = self.pages.partition_point(|page| self.start + page.headers + page.logical <= offset);
            let headers = self.pages.get(page).map_or(0, |page| page.headers);
            offset.saturating_sub(self.start + headers)
        };
        if span.len == 0 {
            return ByteRange::default();
        }
        let first = position(span.offset);
        ByteRange::new(first, (position(span.end() - 1) + 1).saturating_sub(first))
    }

    /// Adds a logical range to a layout.
    pub(crate) fn keep(&self, range: ByteRange, out: &mut LayoutBuilder) {
        for piece in self.pieces(range) {
            out.backing(piece);
        }
    }

    fn encode(&self, out: &mut Encoder) {
        out.int(self.start);
        out.int(self.count());
        let mut last = PageEnd { logical: 0, headers: 0 };
        for page in &self.pages {
            out.int(page.headers - last.headers);
            out.int(page.logical - last.logical);
            last = *page;
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut table = Self::new(input.int()?);
        for _ in 0..input.count()? {
            let header_len = input.int()?;
            table.push(header_len, input.int()?);
        }
        Ok(table)
    }
}

/// The comment packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommentPacket {
    /// Which of the header packets it is.
    pub(crate) index: u64,
    /// Length of the vendor string with its length field; 0 if it is damaged.
    pub(crate) vendor_len: u64,
    /// What follows the comments (and Vorbis's framing bit), as a range of the packet, is kept. What else there is behind
    /// them is padding.
    pub(crate) kept: ByteRange,
}

/// All that is known of a file's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) codec: Codec,
    /// The page of the identification packet.
    pub(crate) identification: ByteRange,
    pub(crate) serial: u32,
    /// The number of the identification page.
    pub(crate) sequence: u32,
    /// Whether the last header page ends the stream, which then has no audio.
    pub(crate) ends_stream: bool,
    pub(crate) pages: PageTable,
    /// Lengths of the header packets, which fill the pages.
    pub(crate) packets: Vec<u64>,
    pub(crate) comments: Option<CommentPacket>,
}

impl Headers {
    /// The logical ranges of the packets.
    pub(crate) fn packet_ranges(&self) -> impl Iterator<Item = ByteRange> + '_ {
        self.packets.iter().scan(0u64, |offset, len| {
            let range = ByteRange::new(*offset, *len);
            *offset = range.end();
            Some(range)
        })
    }

    /// Whether everything lies inside a file of this size and inside what holds it.
    pub(crate) fn lie_inside(&self, size: u64) -> bool {
        let packets = self.packets.iter().try_fold(0u64, |sum, len| sum.checked_add(*len));
        let comments = self.comments.as_ref().is_none_or(|comments| {
            let len = usize::try_from(comments.index).ok().and_then(|index| self.packets.get(index));
            let vendor_end = self.codec.prefix_len().saturating_add(comments.vendor_len);
            len.is_some_and(|len| vendor_end.max(comments.kept.end()) <= *len)
        });
        self.identification.end() <= self.pages.start
            && self.pages.end() <= size
            && self.pages.logical_len() <= MAX_HEADERS
            && packets.is_some_and(|sum| sum <= self.pages.logical_len())
            && comments
    }

    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        out.int(self.codec.number());
        out.int(self.identification.offset);
        out.int(self.identification.len);
        out.int(u64::from(self.serial));
        out.int(u64::from(self.sequence));
        out.int(u64::from(self.ends_stream));
        self.pages.encode(&mut out);
        out.int(self.packets.len() as u64);
        for len in &self.packets {
            out.int(*len);
        }
        if let Some(comments) = &self.comments {
            for value in [comments.index, comments.vendor_len, comments.kept.offset, comments.kept.len] {
                out.int(value);
            }
        }
        out.0.into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        let codec = Codec::from_number(input.int()?).ok_or(DecodeError)?;
        let identification = ByteRange { offset: input.int()?, len: input.int()? };
        let serial = input.int()? as u32;
        let sequence = input.int()? as u32;
        let ends_stream = input.int()? != 0;
        let pages = PageTable::decode(input)?;
        let packets = (0..input.count()?).map(|_| input.int()).collect::<Result<_, _>>()?;
        let comments = if input.0.is_empty() {
            None
        } else {
            let (index, vendor_len) = (input.int()?, input.int()?);
            Some(CommentPacket { index, vendor_len, kept: ByteRange { offset: input.int()?, len: input.int()? } })
        };
        Ok(Self { codec, identification, serial, sequence, ends_stream, pages, packets, comments })
    }
}

/// A logical range of a source as the bytes of a comment header.
pub(crate) struct LogicalBytes<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) pages: &'a PageTable,
    pub(crate) range: ByteRange,
}

impl HeaderBytes for LogicalBytes<'_> {
    fn len(&self) -> u64 {
        self.range.len
    }
    fn read(&self, offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        for piece in self.pages.pieces(ByteRange::new(self.range.offset + offset, buf.len() as u64)) {
            let (now, later) = buf.split_at_mut((piece.len as usize).min(buf.len()));
            read_exact_at(self.source, piece.offset, now)?;
            buf = later;
        }
        if buf.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
