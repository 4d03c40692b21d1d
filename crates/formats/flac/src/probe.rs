//! Taking a FLAC file apart.

use crate::block::{BlockHeader, HEADER, PICTURE, STREAMINFO, VORBIS_COMMENT, role};
use crate::extent::{self, Body};
use crate::{ID, PROBER, fallback};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element, PictureEncoding, PictureLocation};
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::codec::Encoder;
use musefs_contracts::format::Head;
use musefs_contracts::limits::MAX_ELEMENTS;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::TagSet;
use musefs_format_vorbis_comment::parse;
use std::io;

/// The marker that begins a stream, and the header of the `STREAMINFO` block that has to follow it.
const MARKER: &[u8; 4] = b"fLaC";
const MARKER_AND_STREAMINFO: [&[u8]; 2] = [b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22"];

/// Elements that comments leave to the blocks behind them.
const ROOM_FOR_BLOCKS: usize = 4_096;

/// Most pictures that are located; further ones are kept all the same.
const MAX_PICTURES: usize = 1024;

/// Where the `fLaC` marker stands: behind the ID3v2 tags, or, where a tag's size lies or junk stands before it, at the
/// first place in the head where a `STREAMINFO` block follows.
pub(crate) fn find_marker(head: &Head<'_>) -> Option<u64> {
    if head.content.starts_with(MARKER) {
        return Some(head.content_offset);
    }
    // Other containers hold FLAC with its marker.
    let foreign = [&b"OggS"[..], b"RIFF", b"RF64", b"FORM", b"\x1aE\xdf\xa3"];
    if foreign.iter().any(|signature| head.content.starts_with(signature)) || head.content.get(4..8) == Some(b"ftyp") {
        return None;
    }
    // In Ogg the marker follows a signature and nine bytes (RFC 9639, section 10.1).
    let in_ogg = |bytes: &[u8], at: usize| at.checked_sub(9).is_some_and(|at| bytes[at..].starts_with(b"\x7fFLAC"));
    let find = |bytes: &[u8]| {
        let mut windows = bytes.windows(8).enumerate();
        let found = windows.find(|(at, window)| MARKER_AND_STREAMINFO.contains(window) && !in_ogg(bytes, *at));
        found.map(|(at, _)| at)
    };
    let in_content = find(head.content).map(|at| head.content_offset + at as u64);
    in_content.or_else(|| find(head.bytes).map(|at| at as u64))
}

/// The parts of an anatomy while they are collected.
struct Parts<'a> {
    source: &'a dyn Source,
    size: u64,
    tags: TagSet,
    elements: Vec<Element>,
    pictures: Vec<PictureLocation>,
}

pub(crate) fn probe(source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
    let marker = find_marker(head).ok_or_else(|| ProbeError::NotUnderstood("no fLaC marker".into()))?;
    let size = source.stamp()?.size;
    let mut parts = Parts { source, size, tags: TagSet::new(), elements: Vec::new(), pictures: Vec::new() };
    let front = fallback::front(marker, head);
    parts.elements.extend(front);
    let (audio_start, mut editability) = match parts.blocks(marker + 4)? {
        Ok(end) => (end, Editability::Editable),
        Err((end, reason)) => (end, Editability::Verbatim(reason)),
    };
    if !parts.elements.iter().any(|element| element.role == role::BLOCK && element.id[3] == STREAMINFO) {
        editability = Editability::Verbatim("there is no STREAMINFO block".into());
    }
    let audio_end =
        fallback::add(source, audio_start, size, &mut parts.elements, &mut parts.pictures, &mut parts.tags)?;
    let mut private = Encoder::default();
    private.int(marker);
    let anatomy = Anatomy {
        format: ID,
        prober: PROBER,
        size,
        audio: ByteRange::new(audio_start, audio_end - audio_start),
        editability,
        elements: parts.elements,
        keys: Vec::new(),
        pictures: parts.pictures,
        private: private.0.into(),
    };
    Ok(Probe::new(anatomy, parts.tags))
}

/// Where the blocks end; or how far they were understood, and why no further.
type BlocksEnd = Result<u64, (u64, String)>;

impl Parts<'_> {
    fn blocks(&mut self, mut offset: u64) -> io::Result<BlocksEnd> {
        loop {
            let fail = |reason: &str| Ok(Err((offset, reason.to_owned())));
            if offset + HEADER > self.size {
                return fail("the metadata blocks are cut off by the end of the file");
            }
            // Some are kept free for the tags around the stream.
            if self.elements.len() + 1 + fallback::MOST_BEHIND >= MAX_ELEMENTS {
                return fail("there are too many metadata blocks");
            }
            let mut bytes = [0; 4];
            read_exact_at(self.source, offset, &mut bytes)?;
            let header = BlockHeader::parse(bytes);
            if !extent::is_possible(header) {
                return fail("the chain of metadata blocks is broken");
            }
            let body = extent::body(self.source, offset + HEADER, header, self.size)?;
            if body.end() > self.size {
                return fail("a metadata block passes the end of the file");
            }
            self.block(header, body)?;
            offset = body.end();
            if header.last {
                return Ok(Ok(offset));
            }
        }
    }

    fn block(&mut self, header: BlockHeader, body: ByteRange) -> io::Result<()> {
        let range = ByteRange::new(body.offset - HEADER, body.len + HEADER);
        let id = [0, 0, 0, header.block_type];
        if header.block_type == VORBIS_COMMENT {
            return self.comments(id, range, body);
        }
        let mut private = Encoder::default();
        if header.len != body.len {
            private.int(header.len);
        }
        let index = self.elements.len() as u32;
        self.elements.push(Element { id, role: role::BLOCK, key: None, range, private: private.0.into() });
        if header.block_type == PICTURE
            && self.pictures.len() < MAX_PICTURES
            && let Some(picture) = extent::picture_header(self.source, body)?
        {
            let image = u64::from(picture.image_offset).min(body.len);
            let len = u64::from(picture.image_len).min(body.len - image);
            self.pictures.push(PictureLocation {
                element: index,
                range: ByteRange::new(body.offset + image, len),
                encoding: PictureEncoding::Raw,
                mime: picture.mime,
                picture_type: u8::try_from(picture.picture_type).unwrap_or(u8::MAX),
                description: picture.description,
            });
        }
        Ok(())
    }

    fn comments(&mut self, id: [u8; 4], range: ByteRange, body: ByteRange) -> io::Result<()> {
        let room = (MAX_ELEMENTS - ROOM_FOR_BLOCKS).saturating_sub(self.elements.len());
        let header = parse(&Body { source: self.source, range: body }, &mut self.tags, room)?;
        let mut private = Encoder::default();
        private.int(header.vendor_len);
        private.int(header.end);
        self.elements.push(Element { id, role: role::COMMENTS, key: None, range, private: private.0.into() });
        for comment in &header.comments {
            let in_file = |range: ByteRange| ByteRange::new(body.offset + range.offset, range.len);
            if let Some(picture) = comment.picture.as_ref().filter(|_| self.pictures.len() < MAX_PICTURES) {
                let index = self.elements.len() as u32;
                self.pictures.push(picture.location(index, in_file(picture.range), picture.encoding));
            }
            self.elements.push(comment.element(in_file(comment.range)));
        }
        Ok(())
    }
}
