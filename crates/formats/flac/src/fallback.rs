//! ID3 tags around the stream, read for what no comment states.

use crate::block::role;
use musefs_contracts::anatomy::{ByteRange, Element};
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::format::Head;
use musefs_contracts::tags::TagSet;
use std::io;

const ID3V1: u64 = 128;

/// The element for what stands before the marker at `marker`.
pub(crate) fn front(marker: u64, head: &Head<'_>) -> Option<Element> {
    let is_tag = head.bytes.starts_with(b"ID3");
    let (id, role) = if is_tag { (*b"ID32", role::FOREIGN_TAG) } else { (*b"JUNK", role::JUNK) };
    let range = ByteRange::new(0, marker);
    (marker > 0).then(|| Element { id, role, key: None, range, private: Box::default() })
}

/// Adds the ID3v1 tag at the end, if there is one, and what the tags state beyond the comments. Answers where the audio
/// ends.
pub(crate) fn add(
    source: &dyn Source,
    size: u64,
    audio_start: u64,
    elements: &mut Vec<Element>,
    tags: &mut TagSet,
) -> io::Result<u64> {
    if size < audio_start + ID3V1 {
        return Ok(size);
    }
    let mut tag = [0; ID3V1 as usize];
    read_exact_at(source, size - ID3V1, &mut tag)?;
    if !tag.starts_with(b"TAG") {
        return Ok(size);
    }
    let range = ByteRange::new(size - ID3V1, ID3V1);
    let private = adopt(tags, &TagSet::new());
    elements.push(Element { id: *b"ID31", role: role::FOREIGN_TAG, key: None, range, private });
    Ok(range.offset)
}

/// Adds the keys of `found` that `tags` lacks, and gives them in the stored form.
fn adopt(tags: &mut TagSet, found: &TagSet) -> Box<[u8]> {
    let lacking: Vec<_> = found.iter().filter(|(key, values)| !values.is_empty() && !tags.has(key)).collect();
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
