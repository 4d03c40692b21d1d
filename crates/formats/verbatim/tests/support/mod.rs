//! Builds DSDIFF, ASF and Matroska files.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

use musefs_contracts::backing::MemorySource;
use musefs_contracts::format::{Confidence, Format, Head};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_verbatim::{Asf, Dsdiff, Matroska};

pub(crate) fn ramp(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 | 0x80).collect()
}

/// A 2.4 tag of text frames.
pub(crate) fn id3(frames: &[(&[u8; 4], &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in frames {
        body.extend([&name[..], &[0, 0, 0, text.len() as u8 + 1, 0, 0, 3], text.as_bytes()].concat());
    }
    [b"ID3\x04\0\0\0\0\0", &[body.len() as u8][..], &body].concat()
}

/// A chunk of DSDIFF.
pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = [name, &(content.len() as u64).to_be_bytes()[..], content].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

pub(crate) fn dff(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"FRM8", &[b"DSD ", &chunk(b"FVER", &[1, 5, 0, 0])[..], &chunks.concat()].concat())
}

/// A text of `DIIN`.
pub(crate) fn counted(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat()
}

pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

const ASF_TAIL: &[u8; 12] = b"\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";

/// An object of ASF whose identifier's first bytes are given, and the rest that is common to the older ones.
pub(crate) fn old_object(start: &[u8; 4], content: &[u8]) -> Vec<u8> {
    object(&[&start[..], ASF_TAIL].concat(), content)
}

pub(crate) fn object(guid: &[u8], content: &[u8]) -> Vec<u8> {
    [guid, &(content.len() as u64 + 24).to_le_bytes(), content].concat()
}

/// A header of these objects, and data.
pub(crate) fn asf(objects: &[Vec<u8>]) -> Vec<u8> {
    let fields = [&(objects.len() as u32).to_le_bytes()[..], &[1, 2]].concat();
    let header = old_object(b"\x30\x26\xb2\x75", &[fields, objects.concat()].concat());
    [header, old_object(b"\x36\x26\xb2\x75", &ramp(100))].concat()
}

pub(crate) fn description(title: &str, author: &str) -> Vec<u8> {
    let texts = [utf16(title), utf16(author)];
    let lengths = [texts[0].len() as u16, texts[1].len() as u16, 0, 0, 0].map(u16::to_le_bytes).concat();
    old_object(b"\x33\x26\xb2\x75", &[lengths, texts.concat()].concat())
}

/// The extended content description.
pub(crate) fn extended(attributes: &[(&str, u16, Vec<u8>)]) -> Vec<u8> {
    let mut content = (attributes.len() as u16).to_le_bytes().to_vec();
    for (name, kind, value) in attributes {
        let name = utf16(name);
        content.extend([&(name.len() as u16).to_le_bytes(), &name[..], &kind.to_le_bytes()].concat());
        content.extend([&(value.len() as u16).to_le_bytes(), &value[..]].concat());
    }
    object(b"\x40\xa4\xd0\xd2\x07\xe3\xd2\x11\x97\xf0\x00\xa0\xc9\x5e\xa8\x50", &content)
}

/// The metadata library, in a header extension.
pub(crate) fn library(attributes: &[(&str, u16, Vec<u8>)]) -> Vec<u8> {
    let mut content = (attributes.len() as u16).to_le_bytes().to_vec();
    for (name, kind, value) in attributes {
        let name = utf16(name);
        content.extend([[0; 4], [name.len() as u8, 0, *kind as u8, 0]].concat());
        content.extend([&(value.len() as u32).to_le_bytes(), &name[..], value].concat());
    }
    let inner = object(b"\x94\x1c\x23\x44\x98\x94\xd1\x49\xa1\x41\x1d\x13\x4e\x45\x70\x54", &content);
    let fields = [&[0; 18][..], &(inner.len() as u32).to_le_bytes()].concat();
    object(b"\xb5\x03\xbf\x5f\x2e\xa9\xcf\x11\x8e\xe3\x00\xc0\x0c\x20\x53\x65", &[fields, inner].concat())
}

/// An element of EBML, its size in eight bytes.
pub(crate) fn ebml(id: u32, content: &[u8]) -> Vec<u8> {
    sized(id, (1 << 56) | content.len() as u64, content)
}

/// An element with a size field of its own.
pub(crate) fn sized(id: u32, size: u64, content: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let skip = id.iter().take_while(|byte| **byte == 0).count();
    [&id[skip..], &size.to_be_bytes(), content].concat()
}

/// The size that says it is unknown.
pub(crate) const UNKNOWN: u64 = (1 << 57) - 1;

pub(crate) fn ebml_head(kind: &str) -> Vec<u8> {
    ebml(0x1a45_dfa3, &ebml(0x4282, kind.as_bytes()))
}

pub(crate) fn mka(elements: &[Vec<u8>]) -> Vec<u8> {
    [ebml_head("matroska"), ebml(0x1853_8067, &elements.concat())].concat()
}

pub(crate) fn info(title: &str) -> Vec<u8> {
    ebml(0x1549_a966, &ebml(0x7ba9, title.as_bytes()))
}

/// Tracks with these types and their place as uid.
pub(crate) fn tracks(types: &[u8]) -> Vec<u8> {
    let entries =
        types.iter().zip(1u8..).map(|(kind, uid)| ebml(0xae, &[ebml(0x73c5, &[uid]), ebml(0x83, &[*kind])].concat()));
    ebml(0x1654_ae6b, &entries.collect::<Vec<_>>().concat())
}

pub(crate) fn cluster() -> Vec<u8> {
    ebml(0x1f43_b675, &ramp(100))
}

/// A tag with its targets.
pub(crate) fn tag(targets: &[(u32, u8)], values: &[(&str, &str)]) -> Vec<u8> {
    let targets: Vec<Vec<u8>> = targets.iter().map(|(id, number)| ebml(*id, &[*number])).collect();
    let mut content = ebml(0x63c0, &targets.concat());
    for (name, value) in values {
        content.extend(ebml(0x67c8, &[ebml(0x45a3, name.as_bytes()), ebml(0x4487, value.as_bytes())].concat()));
    }
    ebml(0x7373, &content)
}

pub(crate) fn tags(tags: &[Vec<u8>]) -> Vec<u8> {
    ebml(0x1254_c367, &tags.concat())
}

/// A seek head that names elements by their places in the segment.
pub(crate) fn seek_head(targets: &[(u32, u64)]) -> Vec<u8> {
    let seeks = targets.iter().map(|(id, position)| {
        ebml(0x4dbb, &[ebml(0x53ab, &id.to_be_bytes()), ebml(0x53ac, &position.to_be_bytes())].concat())
    });
    ebml(0x114d_9b74, &seeks.collect::<Vec<_>>().concat())
}

pub(crate) fn formats() -> [Box<dyn Format>; 3] {
    [Box::new(Dsdiff::new()), Box::new(Asf::new()), Box::new(Matroska::new())]
}

pub(crate) fn head(bytes: &[u8]) -> Head<'_> {
    Head { bytes, content: bytes, content_offset: 0, extension: "mp3" }
}

pub(crate) fn format_of(bytes: &[u8]) -> Option<Box<dyn Format>> {
    formats().into_iter().find(|format| format.sniff(&head(bytes)) == Confidence::Strong)
}

pub(crate) fn try_probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    let probed = format_of(bytes).unwrap().probe(&MemorySource(bytes.to_vec()), &head(bytes))?;
    assert!(probed.anatomy.lies_inside());
    assert!(!probed.anatomy.is_editable());
    Ok(probed)
}

pub(crate) fn probe(bytes: &[u8]) -> Probe {
    try_probe(bytes).unwrap()
}
