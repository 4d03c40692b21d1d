//! Builds WAVE and AIFF files and splices edits into them.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

use musefs_contracts::backing::{MemorySource, read_exact_at};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, Head};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use musefs_contracts::probe::Probe;
use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
use musefs_format_riff::{Aiff, Wave};
use std::io;

pub(crate) fn ramp(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 | 0x80).collect()
}

/// A chunk, little-endian, with its padding.
pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    sized(name, content.len() as u32, content)
}

/// A chunk whose size field says something else.
pub(crate) fn sized(name: &[u8; 4], size: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend(size.to_le_bytes());
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

pub(crate) fn wave(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WAVE".to_vec(), chunk(b"fmt ", &[1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0]), chunks.concat()];
    chunk(b"RIFF", &body.concat())
}

pub(crate) fn info(fields: &[(&[u8; 4], &str)]) -> Vec<u8> {
    let fields: Vec<u8> =
        fields.iter().flat_map(|(name, text)| chunk(name, &[text.as_bytes(), b"\0"].concat())).collect();
    chunk(b"LIST", &[b"INFO".to_vec(), fields].concat())
}

/// A 2.4 tag of text frames, padded.
pub(crate) fn id3(frames: &[(&[u8; 4], &str)], padding: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in frames {
        body.extend(*name);
        body.extend([0, 0, (text.len() + 1) as u8 >> 7, (text.len() + 1) as u8 & 0x7f, 0, 0, 3]);
        body.extend(text.as_bytes());
    }
    body.resize(body.len() + padding, 0);
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift) as u8 & 0x7f);
    [b"ID3\x04\0\0".to_vec(), size.to_vec(), body].concat()
}

/// The same file with big-endian sizes and the names of AIFF.
pub(crate) fn aiff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let big = |name: &[u8; 4], content: &[u8]| {
        let mut bytes = chunk(name, content);
        bytes[4..8].reverse();
        bytes
    };
    let mut body = b"AIFF".to_vec();
    for (name, content) in chunks {
        body.extend(big(name, content));
    }
    big(b"FORM", &body)
}

pub(crate) fn format_of(bytes: &[u8]) -> Box<dyn Format> {
    if bytes.starts_with(b"FORM") { Box::new(Aiff::new()) } else { Box::new(Wave::new()) }
}

pub(crate) fn try_probe(bytes: &[u8]) -> Result<Probe, musefs_contracts::probe::ProbeError> {
    let head = Head { bytes, content: bytes, content_offset: 0, extension: "" };
    format_of(bytes).probe(&MemorySource(bytes.to_vec()), &head)
}

pub(crate) fn probe(bytes: &[u8]) -> Probe {
    try_probe(bytes).unwrap()
}

pub(crate) fn rows(probe: &Probe, changes: &[(&str, &[&str])]) -> Vec<TagRow> {
    let mut rows = probe.tags.rows();
    for (key, values) in changes {
        rows.retain(|row| row.key != *key);
        for (ordinal, value) in values.iter().enumerate() {
            let value = TagValue::Text((*value).to_owned());
            rows.push(TagRow { key: (*key).to_owned(), value, ordinal: ordinal as i64 });
        }
    }
    rows
}

pub(crate) fn link(byte_len: u64) -> ArtLink {
    let (mime, description) = ("image/png".to_owned(), String::new());
    ArtLink { art: ArtId(1), mime, width: None, height: None, byte_len, picture_type: 3, description }
}

pub(crate) struct Io<'a>(pub(crate) &'a [u8]);

impl SegmentIo for Io<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        read_exact_at(&MemorySource(self.0.to_vec()), offset, buf)
    }
    fn art(&self, _: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        (offset..).zip(buf).for_each(|(at, byte)| *byte = at as u8);
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

pub(crate) fn layout(bytes: &[u8], changes: &[(&str, &[&str])], art: &[ArtLink]) -> Layout {
    let probe = probe(bytes);
    assert!(probe.anatomy.is_editable(), "{:?}", probe.anatomy.editability);
    let edit = Edit::between(TrackId(1), &probe.anatomy, &rows(&probe, changes), art, &[]);
    let layout = format_of(bytes).layout(&probe.anatomy, &edit).unwrap();
    assert_eq!(format_of(bytes).served_len(&probe.anatomy, &edit).unwrap(), layout.len());
    layout
}

pub(crate) fn read(layout: &Layout, backing: &[u8]) -> Vec<u8> {
    let mut served = vec![0; layout.len() as usize];
    assert_eq!(layout.read_at(&Io(backing), 0, &mut served).unwrap(), served.len());
    served
}

pub(crate) fn splice(bytes: &[u8], changes: &[(&str, &[&str])]) -> Vec<u8> {
    read(&layout(bytes, changes, &[]), bytes)
}

/// Where some bytes stand.
pub(crate) fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Name and content of each chunk, by the sizes as they are written: as a reader without mercy sees the file.
pub(crate) fn chunks(bytes: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let big = bytes.starts_with(b"FORM");
    let size = |at: usize| {
        let field: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
        if big { u32::from_be_bytes(field) } else { u32::from_le_bytes(field) }
    };
    assert_eq!(size(4) as usize + 8, bytes.len(), "the group's size is that of the file");
    let mut found = Vec::new();
    let mut at = 12;
    while at + 8 <= bytes.len() {
        let len = size(at + 4) as usize;
        found.push((bytes[at..at + 4].try_into().unwrap(), bytes[at + 8..at + 8 + len].to_vec()));
        at += 8 + len.next_multiple_of(2);
    }
    found
}

pub(crate) fn content(bytes: &[u8], name: &[u8; 4]) -> Option<Vec<u8>> {
    chunks(bytes).into_iter().find(|(known, _)| known == name).map(|(_, content)| content)
}
