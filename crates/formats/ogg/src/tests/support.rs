//! Files built page by page, and reading and checking what is served of them.

use crate::Ogg;
use crate::crc;
use crate::page::{MAX_LACING, NewPage, Page};
use crate::renumber::is_sound_page;
use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::{MemorySource, Source, read_exact_at};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::{Format, Head, leading_id3v2_len};
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::ArtLink;
use std::io;

pub(super) const SERIAL: u32 = 0xdead_beef;

/// A page with a right checksum.
pub(super) fn page(serial: u32, sequence: u32, flags: u8, granule: u64, lacing: &[u8], body: &[u8]) -> Vec<u8> {
    let mut page = NewPage { flags, granule, serial, sequence }.header(lacing);
    page.extend_from_slice(body);
    let checksum = crc::update(0, &page);
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
    page
}

/// Packets on pages of at most `most` lacing values, as an encoder writes them.
pub(super) fn paged(sequence: u32, most: usize, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut lacing = Vec::new();
    for packet in packets {
        lacing.resize(lacing.len() + packet.len() / 255, 255);
        lacing.push((packet.len() % 255) as u8);
    }
    let body = packets.concat();
    let (mut at, mut continued, mut pages) = (0, 0, Vec::new());
    for (index, values) in lacing.chunks(most.min(MAX_LACING)).enumerate() {
        let len: usize = values.iter().map(|value| usize::from(*value)).sum();
        let granule = if values.iter().all(|value| *value == 255) { u64::MAX } else { 0 };
        pages.push(page(SERIAL, sequence.wrapping_add(index as u32), continued, granule, values, &body[at..at + len]));
        at += len;
        continued = u8::from(values.last() == Some(&255));
    }
    pages
}

pub(super) fn comments(comments: &[&[u8]]) -> Vec<u8> {
    let mut body = b"\x06\0\0\0vendor".to_vec();
    body.extend_from_slice(&(comments.len() as u32).to_le_bytes());
    for comment in comments {
        body.extend_from_slice(&(comment.len() as u32).to_le_bytes());
        body.extend_from_slice(comment);
    }
    body
}

/// A stream to be written.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) identification: Vec<u8>,
    pub(super) headers: Vec<Vec<u8>>,
    /// Most lacing values of a header page.
    pub(super) most: usize,
    pub(super) sequence: u32,
    pub(super) audio: Vec<Vec<u8>>,
}

impl Stream {
    pub(super) fn vorbis(list: &[&[u8]]) -> Self {
        let comment = [&b"\x03vorbis"[..], &comments(list), b"\x01"].concat();
        let setup: Vec<u8> = b"\x05vorbis".iter().copied().chain((0..3000u32).map(|n| (n % 253) as u8)).collect();
        Self::of(b"\x01vorbis\0\0\0\0\x02\x44\xac\0\0".to_vec(), vec![comment, setup])
    }

    pub(super) fn opus(list: &[&[u8]], tail: &[u8]) -> Self {
        let comment = [&b"OpusTags"[..], &comments(list), tail].concat();
        Self::of(b"OpusHead\x01\x02\0\0\x80\xbb\0\0\0\0\0".to_vec(), vec![comment])
    }

    pub(super) fn speex(list: &[&[u8]], extra: u32) -> Self {
        let mut identification = b"Speex   ".to_vec();
        identification.resize(68, 1);
        identification.extend_from_slice(&extra.to_le_bytes());
        let mut headers = vec![comments(list)];
        headers.extend((0..extra).map(|n| vec![n as u8; 20]));
        Self::of(identification, headers)
    }

    /// FLAC with these blocks behind STREAMINFO; `stated` is the number of header packets it states.
    pub(super) fn flac(stated: u16, blocks: &[(u8, Vec<u8>)]) -> Self {
        let mut identification = b"\x7fFLAC\x01\0".to_vec();
        identification.extend_from_slice(&stated.to_be_bytes());
        identification.extend_from_slice(b"fLaC\0\0\0\x22");
        identification.extend(1..=34);
        let headers = blocks.iter().enumerate().map(|(index, (kind, body))| {
            let last = if index + 1 == blocks.len() { 0x80 } else { 0 };
            let [_, len @ ..] = (body.len() as u32).to_be_bytes();
            [&[kind | last], &len[..], body].concat()
        });
        Self::of(identification, headers.collect())
    }

    fn of(identification: Vec<u8>, headers: Vec<Vec<u8>>) -> Self {
        let packet = |n: u32| (0..700 + n * 13).map(|at| ((at * 31 + n) % 255) as u8).collect();
        Self { identification, headers, most: 255, sequence: 0, audio: (0..40).map(packet).collect() }
    }

    pub(super) fn header_pages(&self) -> Vec<Vec<u8>> {
        let lacing =
            [vec![255; self.identification.len() / 255], vec![(self.identification.len() % 255) as u8]].concat();
        let mut pages = vec![page(SERIAL, self.sequence, 2, 0, &lacing, &self.identification)];
        pages.extend(paged(self.sequence.wrapping_add(1), self.most, &self.headers));
        pages
    }

    pub(super) fn audio_pages(&self) -> Vec<Vec<u8>> {
        let sequence = self.sequence.wrapping_add(self.header_pages().len() as u32);
        let mut pages = paged(sequence, 17, &self.audio);
        for (index, page) in pages.iter_mut().enumerate() {
            page[6..14].copy_from_slice(&(index as u64 * 960 + 960).to_le_bytes());
            reseal(page);
        }
        if let Some(last) = pages.last_mut() {
            last[5] |= 4;
            reseal(last);
        }
        pages
    }

    pub(super) fn file(&self) -> Vec<u8> {
        [self.header_pages().concat(), self.audio_pages().concat()].concat()
    }
}

/// Makes a page's checksum right.
pub(super) fn reseal(page: &mut [u8]) {
    page[22..26].fill(0);
    let checksum = crc::update(0, page);
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
}

/// Pages with their bodies, all checked: sound, of one stream, numbered without a gap.
pub(super) fn checked_pages(mut file: &[u8]) -> Vec<(Page, Vec<u8>)> {
    let mut pages: Vec<(Page, Vec<u8>)> = Vec::new();
    while !file.is_empty() {
        let page = Page::parse(file).expect("a page");
        let (bytes, rest) = file.split_at(page.len());
        assert!(is_sound_page(&page, bytes), "checksum of page {}", pages.len());
        if let Some((last, _)) = pages.last() {
            assert_eq!(page.sequence, last.sequence.wrapping_add(1), "number of page {}", pages.len());
        }
        let body = bytes[page.header_len()..].to_vec();
        pages.push((page, body));
        file = rest;
    }
    pages
}

/// The packets of checked pages; a continued packet is announced as one.
pub(super) fn packets(pages: &[(Page, Vec<u8>)]) -> Vec<Vec<u8>> {
    let (mut packets, mut open) = (Vec::new(), None::<Vec<u8>>);
    for (page, body) in pages {
        assert_eq!(page.flags & 1 == 1, open.is_some());
        let mut body = &body[..];
        for value in &page.lacing {
            let (part, rest) = body.split_at(usize::from(*value));
            open.get_or_insert_default().extend_from_slice(part);
            body = rest;
            if *value < 255 {
                packets.extend(open.take());
            }
        }
    }
    assert_eq!(open, None);
    packets
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
    let head = Head { bytes: &front, content: &content, content_offset, extension: "ogg" };
    Ogg::new().probe(source, &head)
}

pub(super) fn probe(file: &[u8]) -> Probe {
    let probe = try_probe(&MemorySource(file.to_vec())).unwrap();
    let stored = probe.anatomy.encode();
    assert_eq!(Anatomy::decode(&stored).as_ref(), Ok(&probe.anatomy));
    probe
}

/// The image behind an art id: a ramp that differs by id.
pub(super) fn image(art: ArtId, offset: u64, len: u64) -> Vec<u8> {
    (offset..offset + len).map(|at| (at * 13 % 241) as u8 ^ art.0 as u8).collect()
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
        buf.copy_from_slice(&image(art, offset, buf.len() as u64));
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
    let layout = Ogg::new().layout(&before.anatomy, edit).unwrap();
    assert_eq!(Ogg::new().served_len(&before.anatomy, edit), Ok(layout.len()));
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

pub(super) fn art(links: Vec<ArtLink>) -> Edit {
    Edit { changes: Vec::new(), art: Some(links) }
}

pub(super) fn contains(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}
