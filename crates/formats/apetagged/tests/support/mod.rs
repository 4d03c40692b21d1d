//! Builds files with APEv2 and ID3 tags and splices edits into them.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::ArtLink;
use musefs_format_apetagged::ApeTagged;
use musefs_testkit::splicing::{self, Changes};
pub(crate) use musefs_testkit::splicing::{check_splits, id3v2_4 as id3, position, read, rows};

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

pub(crate) fn try_probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    probe_named(bytes, "wv")
}

pub(crate) fn probe(bytes: &[u8]) -> Probe {
    try_probe(bytes).unwrap()
}

pub(crate) fn probe_named(bytes: &[u8], extension: &str) -> Result<Probe, ProbeError> {
    splicing::try_probe(&ApeTagged::new(), bytes, extension)
}

pub(crate) fn layout(bytes: &[u8], changes: Changes<'_>, art: &[ArtLink]) -> Layout {
    let probe = probe(bytes);
    splicing::layout(&ApeTagged::new(), &probe, &splicing::edit_between(&probe, changes, art))
}

pub(crate) fn splice(bytes: &[u8], changes: Changes<'_>) -> Vec<u8> {
    read(&layout(bytes, changes, &[]), bytes)
}

pub(crate) fn link(byte_len: u64) -> ArtLink {
    splicing::link(1, "image/png", byte_len)
}
