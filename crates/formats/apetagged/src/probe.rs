//! Taking a file apart.

use crate::anatomy::{Tags, Trailer};
use crate::{PROBER, kind};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability};
use musefs_contracts::backing::Source;
use musefs_contracts::format::Head;
use musefs_contracts::limits;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_ape as ape;
use musefs_format_id3::{Collector, lyrics3, probe_tag, probe_v1};
use std::io;

/// Bytes that tell what a stream is.
const SHORTEST_STREAM: u64 = 4;

/// How many tags are followed at either end of a file.
const MOST_TAGS: usize = 16;

pub(crate) fn probe(source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
    let Some(kind) = kind::of(head) else {
        return Err(ProbeError::NotUnderstood("this is no file of a format tagged with APEv2".to_owned()));
    };
    let size = source.stamp()?.size;
    let start = head.content_offset;
    let begins = start.saturating_add(kind.junk);
    let mut out = Collector::new();
    // A tag that claims the stream's first bytes as well lies.
    let mut tags = Tags { trailing: locate(source, start.saturating_add(SHORTEST_STREAM), size)?, ..Tags::default() };
    let end = tags.trailing.first().map_or(size, |tag| tag.range().offset);
    if kind.junk > 0 && begins.saturating_add(SHORTEST_STREAM) > end {
        return Err(ProbeError::NotUnderstood("the stream seems to begin inside a tag".to_owned()));
    }
    // What wins is told first: the last APEv2 tag, then those before it, ID3v2, ID3v1, Lyrics3.
    for tag in tags.trailing.iter().rev() {
        if let Trailer::Ape(tag) = tag {
            probe_ape(source, tag, &mut out)?;
        }
    }
    leading(source, start, &mut tags, &mut out)?;
    for tag in &tags.trailing {
        if let Trailer::Id3v1(tag) = tag {
            probe_v1(source, start, tag.range.end(), tag.range.end() == size, &mut out)?;
        }
    }
    for tag in &tags.trailing {
        if let Trailer::Lyrics3(block) = tag {
            lyrics3::probe(source, block, &mut out)?;
        }
    }
    if !tags.trailing.iter().any(|tag| matches!(tag, Trailer::Ape(_))) {
        let stated = out.tags.iter().filter(|(_, values)| !values.is_empty());
        tags.only_id3 = stated.map(|(key, values)| (key.to_owned(), values.to_vec())).collect();
    }
    out.finish();
    let anatomy = Anatomy {
        format: kind::IDS[kind.id].clone(),
        prober: PROBER,
        size,
        audio: ByteRange::new(start, end.saturating_sub(start)),
        editability: Editability::Editable,
        elements: out.elements,
        keys: Vec::new(),
        pictures: out.pictures,
        private: tags.encode(),
    };
    Ok(Probe::new(anatomy, out.tags))
}

/// The tags behind the stream, in file order, found back from the end of the file.
fn locate(source: &dyn Source, floor: u64, size: u64) -> io::Result<Vec<Trailer>> {
    let mut found = Vec::new();
    let mut end = size;
    while found.len() < MOST_TAGS {
        let Some(tag) = locate_one(source, floor, end, size)? else { break };
        end = tag.range().offset;
        found.push(tag);
    }
    found.reverse();
    Ok(found)
}

/// The tag that ends at `end`.
fn locate_one(source: &dyn Source, floor: u64, end: u64, size: u64) -> io::Result<Option<Trailer>> {
    if let Some(tag) = probe_v1(source, floor, end, end == size, &mut Collector::new())? {
        return Ok(Some(Trailer::Id3v1(tag)));
    }
    if let Some(tag) = ape::locate(source, floor, end)? {
        return Ok(Some(Trailer::Ape(tag)));
    }
    Ok(lyrics3::locate(source, floor, end)?.map(Trailer::Lyrics3))
}

fn leading(source: &dyn Source, start: u64, tags: &mut Tags, out: &mut Collector) -> io::Result<()> {
    let mut at = 0;
    while tags.leading.len() < MOST_TAGS
        && let Some(tag) = probe_tag(source, at, start, out)?
    {
        at = tag.range.end();
        tags.leading.push(tag);
    }
    Ok(())
}

fn probe_ape(source: &dyn Source, tag: &ape::ApeTag, out: &mut Collector) -> io::Result<()> {
    out.begin_source();
    let mut items = Vec::new();
    ape::probe(
        source,
        tag,
        |key, values| out.state(key, values),
        |element, picture| {
            items.push((element, picture));
            items.len() < limits::MAX_ELEMENTS
        },
    )?;
    for (element, picture) in items {
        if !out.element(element) {
            break;
        }
        if let Some(picture) = picture {
            out.picture(picture);
        }
    }
    Ok(())
}
