//! Builds files with APEv2 and ID3 tags and splices edits into them.
#![allow(dead_code, reason = "each test binary uses its part")]

use musefs_contracts::backing::{MemorySource, read_exact_at};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, Head, leading_id3v2_len};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
use musefs_format_apetagged::ApeTagged;
use std::io;

pub(crate) fn ramp(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 | 0x80).collect()
}

/// A WavPack stream, as far as anyone here looks into it.
pub(crate) fn stream(len: usize) -> Vec<u8> {
    [b"wvpk", &ramp(len)[..]].concat()
}

pub(crate) fn item(name: &str, flags: u32, value: &[u8]) -> Vec<u8> {
    [&(value.len() as u32).to_le_bytes(), &flags.to_le_bytes(), name.as_bytes(), b"\0", value].concat()
}

/// A tag with header and footer.
pub(crate) fn ape(items: &[Vec<u8>]) -> Vec<u8> {
    let body = items.concat();
    let marker = |flags: u32| {
        let ints = [2000, body.len() as u32 + 32, items.len() as u32, flags | 1 << 31];
        [b"APETAGEX".to_vec(), ints.iter().flat_map(|int| int.to_le_bytes()).collect(), vec![0; 8]].concat()
    };
    [marker(1 << 29), body.clone(), marker(0)].concat()
}

/// An ID3v1.1 tag of title, artist and track number.
pub(crate) fn id3v1(title: &str, artist: &str, track: u8) -> Vec<u8> {
    let field = |text: &str, width: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(width, 0);
        bytes
    };
    [b"TAG", &field(title, 30)[..], &field(artist, 30), &[0; 63], &[track, 255]].concat()
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

pub(crate) fn try_probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    probe_named(bytes, "wv")
}

pub(crate) fn probe_named(bytes: &[u8], extension: &str) -> Result<Probe, ProbeError> {
    let offset = leading_id3v2_len(bytes.len() as u64, |at, header| {
        let found = bytes.get(at as usize..at as usize + 10);
        found.inspect(|found| header.copy_from_slice(found)).is_some()
    });
    let head = Head { bytes, content: &bytes[offset as usize..], content_offset: offset, extension };
    ApeTagged::new().probe(&MemorySource(bytes.to_vec()), &head)
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
    assert!(probe.anatomy.lies_inside());
    let edit = Edit::between(TrackId(1), &probe.anatomy, &rows(&probe, changes), art, &[]);
    let layout = ApeTagged::new().layout(&probe.anatomy, &edit).unwrap();
    assert_eq!(ApeTagged::new().served_len(&probe.anatomy, &edit).unwrap(), layout.len());
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
