//! Builds DSF files and splices edits into them.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::ArtLink;
use musefs_format_dsf::Dsf;
use musefs_testkit::splicing::{self, Changes};
pub(crate) use musefs_testkit::splicing::{check_splits, id3v2_4 as id3, read, rows};

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

pub(crate) fn probe(bytes: &[u8]) -> Probe {
    try_probe(bytes).unwrap()
}

pub(crate) fn try_probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    splicing::try_probe(&Dsf::new(), bytes, "dsf")
}

pub(crate) fn layout(bytes: &[u8], changes: Changes<'_>, art: &[ArtLink]) -> Layout {
    let probe = probe(bytes);
    splicing::layout(&Dsf::new(), &probe, &splicing::edit_between(&probe, changes, art))
}

pub(crate) fn splice(bytes: &[u8], changes: Changes<'_>) -> Vec<u8> {
    read(&layout(bytes, changes, &[]), bytes)
}

pub(crate) fn link(byte_len: u64) -> ArtLink {
    splicing::link(1, "image/png", byte_len)
}
