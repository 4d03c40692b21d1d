//! Builds DSF files and splices edits into them.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

use musefs_contracts::backing::{MemorySource, read_exact_at};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, Head, leading_id3v2_len};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
use musefs_format_dsf::Dsf;
use std::io;

pub(crate) fn ramp(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 | 0x80).collect()
}

pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [name, &(content.len() as u64 + 12).to_le_bytes()[..], content].concat()
}

/// A file with its first chunk as it should be.
pub(crate) fn dsf(audio: usize, tag: &[u8]) -> Vec<u8> {
    let body = [chunk(b"fmt ", &[0; 40]), chunk(b"data", &ramp(audio))].concat();
    let pointer = if tag.is_empty() { 0 } else { 28 + body.len() as u64 };
    let size = 28 + (body.len() + tag.len()) as u64;
    let head = chunk(b"DSD ", &[size.to_le_bytes(), pointer.to_le_bytes()].concat());
    [head, body, tag.to_vec()].concat()
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

/// A 64-bit number of the file.
pub(crate) fn int(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

pub(crate) fn set_int(bytes: &mut [u8], at: usize, int: u64) {
    bytes[at..at + 8].copy_from_slice(&int.to_le_bytes());
}

/// Where the tag stands as the pointer says, and everything behind the audio.
pub(crate) fn tag_of(served: &[u8]) -> &[u8] {
    assert_eq!(int(served, 12), served.len() as u64, "the file's size is stated");
    match int(served, 20) {
        0 => &[],
        at => &served[at as usize..],
    }
}

pub(crate) fn try_probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    let offset = leading_id3v2_len(bytes.len() as u64, |at, header| {
        let found = bytes.get(at as usize..at as usize + 10);
        found.inspect(|found| header.copy_from_slice(found)).is_some()
    });
    let head = Head { bytes, content: &bytes[offset as usize..], content_offset: offset, extension: "dsf" };
    Dsf::new().probe(&MemorySource(bytes.to_vec()), &head)
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
    let layout = Dsf::new().layout(&probe.anatomy, &edit).unwrap();
    assert_eq!(Dsf::new().served_len(&probe.anatomy, &edit).unwrap(), layout.len());
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
