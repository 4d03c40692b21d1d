//! Builds WAVE and AIFF files and splices edits into them.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

use musefs_contracts::format::Format;
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::ArtLink;
use musefs_format_riff::{Aiff, Wave};
use musefs_testkit::splicing::{self, Changes};
pub(crate) use musefs_testkit::splicing::{check_splits, id3v2_4 as id3, position, read, rows};

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

pub(crate) fn probe(bytes: &[u8]) -> Probe {
    try_probe(bytes).unwrap()
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

pub(crate) fn try_probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    splicing::try_probe(&*format_of(bytes), bytes, "")
}

pub(crate) fn layout(bytes: &[u8], changes: Changes<'_>, art: &[ArtLink]) -> Layout {
    let probe = probe(bytes);
    splicing::layout(&*format_of(bytes), &probe, &splicing::edit_between(&probe, changes, art))
}

pub(crate) fn splice(bytes: &[u8], changes: Changes<'_>) -> Vec<u8> {
    read(&layout(bytes, changes, &[]), bytes)
}

pub(crate) fn link(byte_len: u64) -> ArtLink {
    splicing::link(1, "image/png", byte_len)
}
