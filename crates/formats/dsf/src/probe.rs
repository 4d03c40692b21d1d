//! Taking a file apart.

use crate::head::{self, CHUNK_HEADER, Chunk, Skeleton};
use crate::{DSF, PROBER, ROLE_CHUNK};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element};
use musefs_contracts::backing::Source;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_id3::{Collector, Header, TagInfo, probe_tag};
use std::io;

/// Probes a file in front of which ID3v2 tags of `leading` bytes stand.
pub(crate) fn probe(source: &dyn Source, leading: u64) -> Result<Probe, ProbeError> {
    let size = source.stamp()?.size;
    if leading > 0 {
        return foreign_tags_in_front(source, leading, size);
    }
    let Some((pointer, chunks)) = head::read(source, size)? else {
        return Err(ProbeError::NotUnderstood("this is no DSF file".into()));
    };
    let data = chunks.iter().find(|chunk| chunk.name == *b"data");
    let mut out = Collector::new();
    let tag = tag(source, pointer, data, size, &mut out)?;
    let end = tag.map_or(size, |tag| tag.range.offset);
    for chunk in &chunks {
        let range = ByteRange::new(chunk.offset, chunk.stated.min(end - chunk.offset));
        out.element(Element { id: chunk.name, role: ROLE_CHUNK, range, ..Element::default() });
    }
    out.finish();
    let (editability, skeleton) = if let Some(data) = data {
        let range = ByteRange::new(data.offset, data.stated.min(end - data.offset));
        (Editability::Editable, Skeleton { data: range, is_cut: range.len < data.stated, tag })
    } else {
        let reason = "there is no chunk with audio".to_owned();
        (Editability::Verbatim(reason), Skeleton { data: ByteRange::default(), is_cut: false, tag })
    };
    let audio = match data {
        Some(_) => ByteRange::new(skeleton.data.offset + CHUNK_HEADER, skeleton.data.len - CHUNK_HEADER),
        None => ByteRange::default(),
    };
    Ok(finish(size, audio, editability, skeleton.encode(), out))
}

/// No reader of DSF looks behind a tag in front, and whether its pointers count from the file's first byte nobody can
/// tell: what the tags in front say is read, and the file left alone.
fn foreign_tags_in_front(source: &dyn Source, leading: u64, size: u64) -> Result<Probe, ProbeError> {
    if head::bytes_at::<4>(source, leading, size)? != Some(*head::MAGIC) {
        return Err(ProbeError::NotUnderstood("this is no DSF file".into()));
    }
    let mut out = Collector::new();
    let mut offset = 0;
    while let Some(tag) = probe_tag(source, offset, leading, &mut out)? {
        offset = tag.range.end();
    }
    out.finish();
    let editability = Editability::Verbatim("an ID3v2 tag stands in front of the DSF file".to_owned());
    Ok(finish(size, ByteRange::new(leading, size - leading), editability, Box::default(), out))
}

fn finish(size: u64, audio: ByteRange, editability: Editability, private: Box<[u8]>, out: Collector) -> Probe {
    let (elements, pictures, keys) = (out.elements, out.pictures, Vec::new());
    let anatomy = Anatomy { format: DSF, prober: PROBER, size, audio, editability, elements, keys, pictures, private };
    Probe::new(anatomy, out.tags)
}

/// The tag at the pointer. A pointer is believed if it leads behind the audio; one that leads into what the audio's chunk
/// claims for itself only if that claim passes the file's end, and the tag there fills the rest of the file.
fn tag(
    source: &dyn Source,
    pointer: u64,
    data: Option<&Chunk>,
    size: u64,
    out: &mut Collector,
) -> io::Result<Option<TagInfo>> {
    let Some(data) = data.filter(|data| pointer >= data.offset + CHUNK_HEADER) else { return Ok(None) };
    let Some(header) = head::bytes_at::<10>(source, pointer, size)?.and_then(|bytes| Header::parse(&bytes)) else {
        return Ok(None);
    };
    let data_end = data.offset.checked_add(data.stated);
    let is_behind = data_end.is_some_and(|end| pointer >= end);
    let overlaps_cut = data_end.is_none_or(|end| end > size) && header.total() == size - pointer;
    if is_behind || overlaps_cut { probe_tag(source, pointer, size, out) } else { Ok(None) }
}
