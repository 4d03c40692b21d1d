//! Files built block by block, and reading what is served of them.

use crate::Flac;
use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::{MemorySource, Source, read_exact_at};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::{Format, Head, leading_id3v2_len};
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::ArtLink;
use std::io;

/// A block to be written: its type, its body, and the length its header states.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
    pub(super) stated: usize,
}

pub(super) fn block(kind: u8, body: impl Into<Vec<u8>>) -> Block {
    let body = body.into();
    Block { kind, stated: body.len(), body }
}

pub(super) fn streaminfo() -> Block {
    block(0, (1..=34).collect::<Vec<u8>>())
}

pub(super) fn comments(comments: &[&[u8]]) -> Block {
    let mut body = b"\x06\0\0\0vendor".to_vec();
    body.extend_from_slice(&(comments.len() as u32).to_le_bytes());
    for comment in comments {
        body.extend_from_slice(&(comment.len() as u32).to_le_bytes());
        body.extend_from_slice(comment);
    }
    block(4, body)
}

pub(super) fn picture(image: &[u8]) -> Block {
    let mut body = b"\0\0\0\x03\0\0\0\x09image/png\0\0\0\x02de".to_vec();
    body.extend_from_slice(&[0; 16]);
    body.extend_from_slice(&(image.len() as u32).to_be_bytes());
    body.extend_from_slice(image);
    block(6, body)
}

pub(super) fn audio() -> Vec<u8> {
    let ramp = (0..3000u32).map(|n| (n * 7 % 251) as u8);
    b"\xff\xf8\xc9\x18".iter().copied().chain(ramp).collect()
}

/// Blocks behind the marker, without audio.
pub(super) fn head_of(blocks: &[Block]) -> Vec<u8> {
    let mut file = b"fLaC".to_vec();
    for (index, block) in blocks.iter().enumerate() {
        let last = if index + 1 == blocks.len() { 0x80 } else { 0 };
        let [_, len @ ..] = (block.stated as u32).to_be_bytes();
        file.push(block.kind | last);
        file.extend_from_slice(&len);
        file.extend_from_slice(&block.body);
    }
    file
}

pub(super) fn file_of(blocks: &[Block]) -> Vec<u8> {
    let mut file = head_of(blocks);
    file.extend(audio());
    file
}

pub(super) fn try_probe(source: &dyn Source) -> Result<Probe, ProbeError> {
    let size = source.stamp().unwrap().size;
    let content_offset = leading_id3v2_len(size, |offset, header| read_exact_at(source, offset, header).is_ok());
    let bytes = |offset: u64, most: u64| {
        let mut bytes = vec![0; most.min(size - offset) as usize];
        read_exact_at(source, offset, &mut bytes).unwrap();
        bytes
    };
    let (front, content) = (bytes(0, 64 << 10), bytes(content_offset, 4 << 10));
    let head = Head { bytes: &front, content: &content, content_offset, extension: "flac" };
    Flac::new().probe(source, &head)
}

pub(super) fn probe(file: &[u8]) -> Probe {
    let probe = try_probe(&MemorySource(file.to_vec())).unwrap();
    let stored = probe.anatomy.encode();
    assert_eq!(Anatomy::decode(&stored).as_ref(), Ok(&probe.anatomy));
    probe
}

/// The image behind an art id: a ramp that differs by id.
pub(super) fn image(art: ArtId, len: u64) -> Vec<u8> {
    (0..len).map(|at| (at * 13 % 241) as u8 ^ art.0 as u8).collect()
}

pub(super) fn link(art: i64, byte_len: u64) -> ArtLink {
    ArtLink {
        art: ArtId(art),
        mime: "image/jpeg".into(),
        width: Some(2),
        height: Some(3),
        byte_len,
        picture_type: 3,
        description: "front".into(),
    }
}

pub(super) struct Io<'a>(pub(super) &'a [u8]);

impl SegmentIo for Io<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let from = offset as usize;
        let part = self.0.get(from..from + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(part);
        Ok(())
    }
    fn art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let image = image(art, offset + buf.len() as u64);
        buf.copy_from_slice(&image[offset as usize..]);
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, buf: &mut [u8]) -> io::Result<()> {
        buf.fill(7);
        Ok(())
    }
}

pub(super) fn read(layout: &Layout, file: &[u8]) -> Vec<u8> {
    let mut served = vec![0; layout.len() as usize];
    assert_eq!(layout.read_at(&Io(file), 0, &mut served).unwrap(), served.len());
    served
}

/// The file with the edit exchanged, and its probe.
pub(super) fn spliced(file: &[u8], edit: &Edit) -> (Vec<u8>, Probe) {
    let before = probe(file);
    assert!(before.anatomy.is_editable(), "{:?}", before.anatomy.editability);
    let layout = Flac::new().layout(&before.anatomy, edit).unwrap();
    assert_eq!(Flac::new().served_len(&before.anatomy, edit), Ok(layout.len()));
    let served = read(&layout, file);
    let after = probe(&served);
    (served, after)
}

/// An edit that gives keys these values.
pub(super) fn edit(changes: &[(&str, &[&str])]) -> Edit {
    let mut changes: Vec<_> = changes
        .iter()
        .map(|(key, values)| KeyChange {
            key: (*key).into(),
            values: values.iter().map(|value| EditValue::Text((*value).into())).collect(),
        })
        .collect();
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    Edit { changes, art: None }
}

pub(super) fn contains(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}
