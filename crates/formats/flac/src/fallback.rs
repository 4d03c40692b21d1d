//! ID3 tags around the stream, read for what no comment states.

use crate::block::role;
use musefs_contracts::anatomy::{ByteRange, Element, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::format::Head;
use musefs_contracts::tags::TagSet;
use musefs_format_id3::{Collector, probe_tag, probe_v1};
use std::io;

/// The element for what stands before the marker at `marker`.
pub(crate) fn front(marker: u64, head: &Head<'_>) -> Option<Element> {
    let is_tag = head.bytes.starts_with(b"ID3");
    let (id, role) = if is_tag { (*b"ID32", role::FOREIGN_TAG) } else { (*b"JUNK", role::JUNK) };
    let range = ByteRange::new(0, marker);
    (marker > 0).then(|| Element { id, role, key: None, range, private: Box::default() })
}

/// Reads the tags before the stream (of which `front` is the element, if there are any) and the ID3v1 tag behind it, and
/// adds what they state beyond the comments. Answers where the audio ends.
pub(crate) fn add(
    source: &dyn Source,
    audio_start: u64,
    size: u64,
    elements: &mut Vec<Element>,
    pictures: &mut Vec<PictureLocation>,
    tags: &mut TagSet,
) -> io::Result<u64> {
    if let Some(front) = elements.first_mut().filter(|element| element.role == role::FOREIGN_TAG) {
        let found = front_tags(source, front.range.end())?;
        front.private = adopt(tags, &found.tags);
        if pictures.is_empty() {
            let raw = found.pictures.into_iter().filter(|picture| picture.encoding == PictureEncoding::Raw);
            pictures.extend(raw.map(|picture| PictureLocation { element: 0, ..picture }));
        }
    }
    let mut found = Collector::new();
    let Some(tag) = probe_v1(source, audio_start, size, true, &mut found)? else { return Ok(size) };
    let private = adopt(tags, &found.tags);
    let start = first_of_v1(source, audio_start, tag.range.offset)?;
    let range = ByteRange::new(start, tag.range.end() - start);
    elements.push(Element { id: *b"ID31", role: role::FOREIGN_TAG, key: None, range, private });
    Ok(start)
}

/// Where the first of several ID3v1 tags in a row begins, of which the last begins at `start`. Readers see the last one only,
/// but without it the one before would be the last.
fn first_of_v1(source: &dyn Source, audio_start: u64, mut start: u64) -> io::Result<u64> {
    for _ in 0..MOST_V1 {
        let Some(tag) = probe_v1(source, audio_start, start, true, &mut Collector::new())? else { break };
        start = tag.range.offset;
    }
    Ok(start)
}

/// Most ID3v1 tags in a row that are looked for.
const MOST_V1: usize = 64;

/// All ID3v2 tags before `marker`, the first believed most.
fn front_tags(source: &dyn Source, marker: u64) -> io::Result<Collector> {
    let mut found = Collector::new();
    let mut offset = 0;
    while let Some(tag) = probe_tag(source, offset, marker, &mut found)? {
        offset = tag.range.end();
    }
    Ok(found)
}

/// Adds the keys of `found` that `tags` lacks, and gives them in the stored form.
fn adopt(tags: &mut TagSet, found: &TagSet) -> Box<[u8]> {
    // A name with `=` in it would end there, so such a key could not be carried over into a comment.
    let can_say = |key: &str| !key.contains('=') && !tags.has(key);
    let lacking: Vec<_> = found.iter().filter(|(key, values)| !values.is_empty() && can_say(key)).collect();
    let mut out = Encoder::default();
    out.int(lacking.len() as u64);
    for (key, values) in lacking {
        out.bytes(key.as_bytes());
        out.int(values.len() as u64);
        for value in values {
            tags.push(key, value.as_str());
            out.bytes(value.as_bytes());
        }
    }
    out.0.into()
}

/// Keys and values from their stored form; none from no bytes.
pub(crate) fn decode(private: &[u8]) -> Result<Vec<(String, Vec<String>)>, DecodeError> {
    let input = &mut Decoder(private);
    if private.is_empty() {
        return Ok(Vec::new());
    }
    let entry = |input: &mut Decoder<'_>| {
        let key = input.text()?;
        let values = (0..input.count()?).map(|_| input.text()).collect::<Result<_, _>>()?;
        Ok((key, values))
    };
    (0..input.count()?).map(|_| entry(input)).collect()
}
