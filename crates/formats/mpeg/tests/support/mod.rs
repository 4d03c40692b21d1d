//! Fixtures, built in code, and the way from bytes to served bytes.
#![allow(dead_code, reason = "each test file uses its own part of the fixtures")]

use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::MemorySource;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, Head, leading_id3v2_len};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::{SegmentIo, TagValueRef};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
use musefs_format_mpeg::Mpeg;
use std::io;

pub(crate) fn synchsafe(value: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (value >> shift) as u8 & 0x7f)
}

/// A frame with flags; 2.2 ids have three letters.
pub(crate) fn frame_with(version: u8, id: &str, flags: u16, body: &[u8]) -> Vec<u8> {
    let plain = (body.len() as u32).to_be_bytes();
    let mut out = id.as_bytes().to_vec();
    match version {
        2 => out.extend_from_slice(&plain[1..]),
        3 => out.extend_from_slice(&plain),
        _ => out.extend_from_slice(&synchsafe(body.len())),
    }
    if version > 2 {
        out.extend_from_slice(&flags.to_be_bytes());
    }
    out.extend_from_slice(body);
    out
}

pub(crate) fn frame(version: u8, id: &str, body: &[u8]) -> Vec<u8> {
    frame_with(version, id, 0, body)
}

/// A text frame in ISO-8859-1.
pub(crate) fn text(version: u8, id: &str, text: &str) -> Vec<u8> {
    frame(version, id, &[b"\0", text.as_bytes()].concat())
}

pub(crate) fn tag_with(version: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    [b"ID3", &[version, 0, flags][..], &synchsafe(body.len()), body].concat()
}

/// A tag of some frames with some padding.
pub(crate) fn tag(version: u8, frames: &[Vec<u8>], padding: usize) -> Vec<u8> {
    tag_with(version, 0, &[frames.concat(), vec![0; padding]].concat())
}

/// Unsynchronisation by the book.
pub(crate) fn unsynchronise(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        out.push(*byte);
        if *byte == 0xff && bytes.get(at + 1).is_none_or(|next| *next == 0 || *next >= 0xe0) {
            out.push(0);
        }
    }
    out
}

pub(crate) fn deunsynchronise(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut after = false;
    for byte in bytes {
        if !(after && *byte == 0) {
            out.push(*byte);
        }
        after = *byte == 0xff;
    }
    out
}

/// Frames of MPEG 1 Layer III, each a ramp, so that a wrong offset shows.
pub(crate) fn audio(frames: usize) -> Vec<u8> {
    (0..frames)
        .flat_map(|n| {
            let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
            frame.extend((4..417).map(|at| ((at + n * 7) % 251) as u8));
            frame
        })
        .collect()
}

/// Frames of ADTS.
pub(crate) fn adts(frames: usize) -> Vec<u8> {
    (0..frames)
        .flat_map(|n| {
            let mut frame = vec![0xff, 0xf1, 0x50, 0x80, 200 >> 3, (200 << 5 & 0xe0) as u8 | 0x1f, 0xfc];
            frame.extend((7..200).map(|at| ((at + n) % 251) as u8));
            frame
        })
        .collect()
}

pub(crate) fn apic(version: u8, description: &str, image: &[u8]) -> Vec<u8> {
    let (id, mime): (_, &[u8]) = if version == 2 { ("PIC", b"JPG") } else { ("APIC", b"image/jpeg\0") };
    frame(version, id, &[b"\0", mime, b"\x03", description.as_bytes(), b"\0", image].concat())
}

pub(crate) fn id3v1(title: &str, artist: &str, track: u8, genre: u8) -> Vec<u8> {
    let field = |text: &str, width: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(width, 0);
        bytes
    };
    [
        b"TAG",
        &field(title, 30)[..],
        &field(artist, 30),
        &field("album", 30),
        b"1999",
        &field("note", 28),
        &[0, track, genre],
    ]
    .concat()
}

pub(crate) fn ape_item(name: &str, flags: u32, value: &[u8]) -> Vec<u8> {
    [&(value.len() as u32).to_le_bytes(), &flags.to_le_bytes(), name.as_bytes(), b"\0", value].concat()
}

pub(crate) fn ape(items: &[Vec<u8>], header: bool) -> Vec<u8> {
    let body = items.concat();
    let marker = |flags: u32| {
        let ints = [2000, body.len() as u32 + 32, items.len() as u32, flags | if header { 1 << 31 } else { 0 }];
        [b"APETAGEX".to_vec(), ints.iter().flat_map(|int| int.to_le_bytes()).collect(), vec![0; 8]].concat()
    };
    [if header { marker(1 << 29) } else { Vec::new() }, body.clone(), marker(0)].concat()
}

pub(crate) fn try_probe(bytes: &[u8], extension: &str) -> Result<Probe, ProbeError> {
    let source = MemorySource(bytes.to_vec());
    let content_offset = leading_id3v2_len(bytes.len() as u64, |offset, header| {
        let at = offset as usize;
        bytes.get(at..at + 10).is_some_and(|found| {
            header.copy_from_slice(found);
            true
        })
    });
    let at = content_offset as usize;
    let content = &bytes[at..bytes.len().min(at + 4096)];
    let head = Head { bytes: &bytes[..bytes.len().min(65_536)], content, content_offset, extension };
    Mpeg::new().probe(&source, &head)
}

pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let probe = try_probe(bytes, "mp3").expect("a file that is understood");
    let decoded = Anatomy::decode(&probe.anatomy.encode()).expect("an anatomy that decodes");
    assert_eq!(decoded, probe.anatomy);
    probe
}

pub(crate) fn values(probe: &Probe, key: &str) -> Vec<String> {
    probe.tags.get(key).to_vec()
}

pub(crate) fn row(key: &str, value: &str, ordinal: usize) -> TagRow {
    TagRow { key: key.to_owned(), value: TagValue::Text(value.to_owned()), ordinal: ordinal as i64 }
}

/// The edit that gives some keys other values.
pub(crate) fn edit(probe: &Probe, changes: &[(&str, &[&str])], art: &[ArtLink]) -> Edit {
    let mut rows = probe.tags.rows();
    for (key, values) in changes {
        rows.retain(|row| row.key != *key);
        rows.extend(values.iter().enumerate().map(|(ordinal, value)| row(key, value, ordinal)));
    }
    Edit::between(TrackId(1), &probe.anatomy, &rows, art, &[])
}

pub(crate) fn art(id: i64, byte_len: u64) -> ArtLink {
    ArtLink {
        art: ArtId(id),
        mime: "image/jpeg".to_owned(),
        width: None,
        height: None,
        byte_len,
        picture_type: 3,
        description: "new".to_owned(),
    }
}

/// What a picture's bytes are, full of what unsynchronisation would change.
pub(crate) fn art_byte(offset: u64) -> u8 {
    [0xff, 0xd8, 0xff, 0xe0, 0x00, 0xff, 0x00, 0x41][(offset % 8) as usize]
}

pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl SegmentIo for Bytes<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = offset as usize;
        buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn art(&self, _: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        for (at, byte) in buf.iter_mut().enumerate() {
            *byte = art_byte(offset + at as u64);
        }
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, buf: &mut [u8]) -> io::Result<()> {
        buf.fill(0x42);
        Ok(())
    }
}

pub(crate) fn serve(bytes: &[u8], probe: &Probe, edit: &Edit) -> Vec<u8> {
    let layout = Mpeg::new().layout(&probe.anatomy, edit).expect("a layout");
    assert_eq!(Mpeg::new().served_len(&probe.anatomy, edit), Ok(layout.len()));
    let mut served = vec![0; layout.len() as usize];
    assert_eq!(layout.read_at(&Bytes(bytes), 0, &mut served).expect("bytes"), served.len());
    served
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || haystack.windows(needle.len()).any(|part| part == needle)
}

/// Edits the title, and asserts what every such edit must hold: the rest of the tags as they were, each of `kept` in the
/// served file byte for byte, the audio intact and at a place congruent modulo 4096.
pub(crate) fn check_title_edit(bytes: &[u8], kept: &[&[u8]]) -> (Vec<u8>, Probe) {
    let before = probe(bytes);
    let edit = edit(&before, &[("title", &["Neuer Titel – 日本"])], &[]);
    let served = serve(bytes, &before, &edit);
    let after = probe(&served);
    assert_eq!(after.tags.get("title"), ["Neuer Titel – 日本"]);
    for (key, values) in before.tags.iter().filter(|(key, values)| *key != "title" && !values.is_empty()) {
        assert_eq!(after.tags.get(key), values, "{key}");
    }
    for part in kept {
        assert!(contains(&served, part), "{:?} is not in the served file", String::from_utf8_lossy(part));
    }
    let audio = |bytes: &[u8], probe: &Probe| {
        let range = probe.anatomy.audio;
        bytes[range.offset as usize..range.end() as usize].to_vec()
    };
    assert_eq!(audio(&served, &after), audio(bytes, &before));
    assert_eq!(after.anatomy.audio.offset % 4096, before.anatomy.audio.offset % 4096);
    (served, after)
}
