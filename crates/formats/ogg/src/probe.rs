//! Taking an Ogg file apart.

use crate::codec::{Codec, Following};
use crate::headers::{CommentPacket, Headers, LogicalBytes, MAX_HEADERS, PageTable};
use crate::page::{ENDS_STREAM, MAX_PAGE, Page};
use crate::renumber::is_sound_page;
use crate::{IDS, PROBER, role, tail};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element, PictureEncoding, PictureLocation};
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::format::Head;
use musefs_contracts::limits::MAX_ELEMENTS;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::TagSet;
use musefs_format_vorbis_comment::{Comment, CommentHeader, HeaderBytes, parse};
use std::io;

/// Bytes of a first packet that are looked at.
const IDENTIFICATION: usize = 128;
/// Most streams that are looked through for one that is understood.
const MAX_STREAMS: usize = 64;
/// Most pages that are searched for header packets.
const MAX_HEADER_PAGES: u64 = 16_384;
/// Most pictures that are located; further ones are kept all the same.
const MAX_PICTURES: usize = 1024;
/// Most header packets; a FLAC stream may announce 65,535.
const MAX_PACKETS: usize = 4096;

/// Where the first page stands: behind the ID3v2 tags, or where junk stands before it, at the first page in the head that
/// begins a stream.
pub(crate) fn find_first_page(head: &Head<'_>) -> Option<u64> {
    if head.content.starts_with(b"OggS") {
        return Some(head.content_offset);
    }
    // One byte tells most places apart, without a call to compare them.
    let find =
        |bytes: &[u8]| bytes.windows(6).position(|window| window.first() == Some(&b'O') && window == b"OggS\0\x02");
    let in_content = find(head.content).map(|at| head.content_offset + at as u64);
    in_content.or_else(|| find(head.bytes).map(|at| at as u64))
}

/// The page that begins the stream that is understood.
struct Start {
    codec: Codec,
    following: Following,
    page: Page,
    range: ByteRange,
}

/// The pages that begin streams: the first that is understood, how many there are, and where they end.
fn starts(source: &dyn Source, mut offset: u64) -> io::Result<(Option<Start>, usize, u64)> {
    let mut found = None;
    let mut count = 0;
    while let Some(page) = Page::read(source, offset)?.filter(Page::begins_stream) {
        count += 1;
        let range = ByteRange::new(offset, page.len() as u64);
        offset = range.end();
        if found.is_none() {
            let mut packet = vec![0; page.body_len().min(IDENTIFICATION)];
            match read_exact_at(source, range.offset + page.header_len() as u64, &mut packet) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                other => other?,
            }
            found = Codec::identify(&packet).map(|codec| {
                let following = codec.following(&packet);
                Start { codec, following, page, range }
            });
        }
        if count == MAX_STREAMS {
            break;
        }
    }
    Ok((found, count, offset))
}

pub(crate) fn probe(source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
    let first = find_first_page(head).ok_or_else(|| ProbeError::NotUnderstood("no Ogg page".into()))?;
    let size = source.stamp()?.size;
    let (start, streams, end) = starts(source, first)?;
    let Some(start) = start else {
        let reason = "its codec is not one whose tags are understood";
        return Ok(Probe::new(Anatomy::verbatim(IDS[4].clone(), PROBER, size, reason), TagSet::new()));
    };
    let mut collected = Collected::new(&start, end);
    let mut reason = collected.collect(source, size, start.following)?;
    let mut headers = Headers {
        codec: start.codec,
        identification: start.range,
        serial: start.page.serial,
        sequence: start.page.sequence,
        ends_stream: collected.ends_stream,
        pages: collected.pages,
        packets: collected.packets,
        comments: None,
    };
    let audio_start = headers.pages.end().min(size);
    if streams > 1 {
        reason = Some("several streams are multiplexed".into());
    } else if reason.is_none() && !ends_with(source, audio_start, size, headers.serial)? {
        reason = Some("several streams are chained or multiplexed".into());
    }
    if collected.spare > 0 {
        headers.packets.push(collected.spare);
    }
    if start.page.lacing.iter().filter(|value| **value < 255).count() != 1 {
        reason.get_or_insert_with(|| "the identification page holds more than one packet".into());
    }
    let mut parts = Parts { source, headers, elements: Vec::new(), pictures: Vec::new(), tags: TagSet::new() };
    parts.fixed(first, &start, size);
    if let Some(missing) = parts.packets()? {
        reason.get_or_insert(missing);
    }
    let anatomy = Anatomy {
        format: start.codec.id(),
        prober: PROBER,
        size,
        audio: ByteRange::new(audio_start, size - audio_start),
        editability: reason.map_or(Editability::Editable, Editability::Verbatim),
        elements: parts.elements,
        keys: Vec::new(),
        pictures: parts.pictures,
        private: parts.headers.encode(),
    };
    Ok(Probe::new(anatomy, parts.tags))
}

/// The header packets while they are collected.
struct Collected {
    serial: u32,
    is_flac: bool,
    pages: PageTable,
    packets: Vec<u64>,
    /// Bytes of a packet that is not complete.
    spare: u64,
    ends_stream: bool,
}

impl Collected {
    fn new(start: &Start, end: u64) -> Self {
        let mut pages = PageTable::new(start.range.end());
        // Other streams' first pages are a gap.
        if end > start.range.end() {
            pages.push(end - start.range.end(), 0);
        }
        Self {
            serial: start.page.serial,
            is_flac: start.codec == Codec::Flac,
            pages,
            packets: Vec::new(),
            spare: 0,
            ends_stream: false,
        }
    }

    /// Collects packets; answers why the file cannot be edited, if it cannot.
    fn collect(&mut self, source: &dyn Source, size: u64, following: Following) -> io::Result<Option<String>> {
        let fail = |reason: &str| Ok(Some(reason.to_owned()));
        let mut foreign = 0;
        for _ in 0..MAX_HEADER_PAGES {
            if following == Following::Count(self.packets.len() as u32) {
                return Ok(None);
            }
            let Some(page) = Page::read(source, self.pages.end() + foreign)? else {
                return fail("the header pages are damaged or cut off");
            };
            if page.serial != self.serial {
                foreign += page.len() as u64;
                continue;
            }
            let body_start = self.pages.logical_len();
            if body_start + page.body_len() as u64 > MAX_HEADERS {
                break;
            }
            // A page that is cut off by the end of the file has less payload than it states.
            let header_end = self.pages.end() + foreign + page.header_len() as u64;
            let body_len = (page.body_len() as u64).min(size.saturating_sub(header_end));
            self.pages.push(foreign + page.header_len() as u64, body_len);
            foreign = 0;
            let ends = self.page(source, &page, body_start, following)?;
            match ends {
                Ok(true) => return Ok(None),
                Ok(false) => {}
                Err(reason) => return fail(reason),
            }
        }
        fail("the header packets do not end")
    }

    /// Takes the packets of one page; whether they were the last.
    fn page(
        &mut self,
        source: &dyn Source,
        page: &Page,
        mut at: u64,
        following: Following,
    ) -> io::Result<Result<bool, &'static str>> {
        self.ends_stream = page.flags & ENDS_STREAM != 0;
        let mut lacing = page.lacing.iter();
        let end = self.pages.logical_len();
        while let Some(value) = lacing.next() {
            if at + u64::from(*value) > end {
                self.spare += end - at;
                return Ok(Err("the header pages are damaged or cut off"));
            }
            at += u64::from(*value);
            self.spare += u64::from(*value);
            if *value == 255 {
                continue;
            }
            let packet = ByteRange::new(at - self.spare, self.spare);
            let done = match self.flac_block(source, packet)? {
                None => return Ok(Err("a header packet is no metadata block")),
                Some(last) => following == Following::UntilLastBlock && last,
            };
            if self.packets.len() == MAX_PACKETS {
                return Ok(Err("there are too many header packets"));
            }
            self.packets.push(self.spare);
            self.spare = 0;
            if done || following == Following::Count(self.packets.len() as u32) {
                return Ok(if lacing.next().is_some() { Err("audio begins on a header page") } else { Ok(true) });
            }
        }
        Ok(Ok(false))
    }

    /// Whether a packet is a FLAC stream's last metadata block; `None` if it is none at all.
    fn flac_block(&self, source: &dyn Source, packet: ByteRange) -> io::Result<Option<bool>> {
        if !self.is_flac {
            return Ok(Some(false));
        }
        if packet.len < 4 {
            return Ok(None);
        }
        let mut first = [0];
        match (LogicalBytes { source, pages: &self.pages, range: packet }).read(0, &mut first) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        Ok((first[0] & 0x7f != 0x7f).then_some(first[0] & 0x80 != 0))
    }
}

/// Whether all sound pages at the end of the file are of this stream.
fn ends_with(source: &dyn Source, audio_start: u64, size: u64, serial: u32) -> io::Result<bool> {
    // An ordinary last page lies in the last few KiB; only where none is found, a longest one is looked for.
    for window in [8 << 10, 2 * MAX_PAGE as u64] {
        let from = size.saturating_sub(window).max(audio_start);
        let mut bytes = vec![0; (size - from) as usize];
        read_exact_at(source, from, &mut bytes)?;
        let mut found = false;
        for at in bytes.windows(4).enumerate().filter(|(_, capture)| capture == b"OggS").map(|(at, _)| at) {
            let Some(page) = Page::parse(&bytes[at..]) else { continue };
            if bytes.get(at..at + page.len()).is_some_and(|bytes| is_sound_page(&page, bytes)) {
                if page.serial != serial {
                    return Ok(false);
                }
                found = true;
            }
        }
        if found {
            break;
        }
    }
    Ok(true)
}

/// The parts of an anatomy while they are collected.
struct Parts<'a> {
    source: &'a dyn Source,
    headers: Headers,
    elements: Vec<Element>,
    pictures: Vec<PictureLocation>,
    tags: TagSet,
}

impl Parts<'_> {
    fn element(&mut self, id: [u8; 4], role: u8, range: ByteRange) {
        self.elements.push(Element { id, role, range, ..Element::default() });
    }

    fn fixed(&mut self, first: u64, start: &Start, size: u64) {
        if first > 0 {
            self.element(*b"JUNK", role::FRONT, ByteRange::new(0, first));
        }
        // A page that is cut off by the end of the file states more than there is.
        let len = start.range.len.min(size.saturating_sub(start.range.offset));
        self.element(*b"IDNT", role::IDENTIFICATION, ByteRange::new(start.range.offset, len));
    }

    /// Lists the packets; answers why the file cannot be edited, if it cannot.
    fn packets(&mut self) -> io::Result<Option<String>> {
        let codec = self.headers.codec;
        let ranges: Vec<_> = self.headers.packet_ranges().collect();
        for (index, range) in ranges.into_iter().enumerate() {
            let packet = LogicalBytes { source: self.source, pages: &self.headers.pages, range };
            let mut front = vec![0; range.len.min(8) as usize];
            match packet.read(0, &mut front) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                other => other?,
            }
            let span = self.headers.pages.span(range);
            let may_be_comments = (index == 0 || codec == Codec::Flac) && self.headers.comments.is_none();
            if may_be_comments && codec.is_comment_packet(&front) && range.len >= codec.prefix_len() {
                self.element(*b"TAGS", role::COMMENTS, span);
                self.comments(index, range)?;
            } else if codec == Codec::Flac {
                self.element([0, 0, 0, front.first().map_or(0, |first| first & 0x7f)], role::SETUP, span);
            } else {
                self.element(*b"HEAD", role::SETUP, span);
            }
        }
        let lacks_comments = self.headers.comments.is_none() && codec != Codec::Flac;
        Ok(lacks_comments.then(|| "there is no comment packet".into()))
    }

    fn comments(&mut self, index: usize, packet: ByteRange) -> io::Result<()> {
        let prefix = self.headers.codec.prefix_len();
        let range = ByteRange::new(packet.offset + prefix, packet.len - prefix);
        let room = MAX_ELEMENTS - MAX_PACKETS - 4;
        let bytes = LogicalBytes { source: self.source, pages: &self.headers.pages, range };
        let header = match parse(&bytes, &mut self.tags, room) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => CommentHeader::default(),
            other => other?,
        };
        let kept = match tail::kept(self.headers.codec, &bytes, header.end, header.complete) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => ByteRange::default(),
            other => other?,
        };
        let kept = ByteRange::new(prefix + kept.offset, kept.len);
        for comment in &header.comments {
            self.comment(comment, range.offset);
        }
        self.headers.comments = Some(CommentPacket { index: index as u64, vendor_len: header.vendor_len, kept });
        Ok(())
    }

    fn comment(&mut self, comment: &Comment, base: u64) {
        let in_file = |range: ByteRange| self.headers.pages.span(ByteRange::new(base + range.offset, range.len));
        if let Some(picture) = comment.picture.as_ref().filter(|_| self.pictures.len() < MAX_PICTURES) {
            let range = in_file(picture.range);
            let whole = range.len == picture.range.len;
            let encoding = if whole { picture.encoding } else { PictureEncoding::Opaque };
            self.pictures.push(picture.location(self.elements.len() as u32, range, encoding));
        }
        self.elements.push(comment.element(in_file(comment.range)));
    }
}
