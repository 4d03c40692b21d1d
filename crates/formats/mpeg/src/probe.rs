//! Recognises files and takes them apart.

use crate::anatomy::{Part, Parts};
use crate::sync::{Found, Stream, first_frame, looks_like, read_up_to};
use crate::{AAC, MP3, PROBER, TTA};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability};
use musefs_contracts::backing::Source;
use musefs_contracts::format::{Confidence, Head};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_ape as ape;
use musefs_format_id3::{Collector, HEADER_LEN, Header, lyrics3, probe_tag, probe_trailing_tag, probe_v1};
use std::io;

/// How many tags are followed at either end of a file.
const MAX_PARTS: usize = 16;
/// Zeros behind a tag that are looked at, and how many at once.
const MAX_ZEROS: u64 = 64 << 10;
const ZEROS_AT_ONCE: u64 = 4096;

/// Bytes in front of a named stream that are looked through.
const MOST_JUNK: u64 = 4096;

pub(crate) fn sniff(head: &Head<'_>, extensions: &[&str]) -> Confidence {
    let by_extension = extensions.contains(&head.extension);
    if named_stream(head.content).is_some() {
        return Confidence::Strong;
    }
    match looks_like(head.content) {
        Some((_, true)) => Confidence::Strong,
        Some((_, false)) if by_extension => Confidence::Weak,
        _ if by_extension => Confidence::Extension,
        // A tag in front of something that no format knows, or junk before the first frame.
        Some(_) => Confidence::Weak,
        None if head.content_offset > 0 || has_frames(head.content) => Confidence::Weak,
        None => Confidence::No,
    }
}

/// Whether two frames that agree stand somewhere in these bytes.
fn has_frames(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| bytes[at] == 0xff && looks_like(&bytes[at..]).is_some_and(|(_, agreed)| agreed))
}

pub(crate) fn probe(source: &dyn Source, head: &Head<'_>, extensions: &[&str]) -> Result<Probe, ProbeError> {
    let size = source.stamp()?.size;
    let mut out = Collector::new();
    let mut parts = Parts::default();
    let front = leading(source, size, &mut parts, &mut out)?;
    let start = parts.leading.last().map_or(0, |part| part.range().end());
    trailing(source, start, size, &mut parts, &mut out)?;
    let end = parts.trailing.first().map_or(size, |part| part.range().offset);
    // A tag that cannot be taken apart stays what it is; only frames are not looked for inside it.
    let from = front.opaque_until.clamp(start, end);
    let found = stream(source, ByteRange::new(from, end - from), head.extension == "tta")?;
    let by_extension = extensions.contains(&head.extension);
    let has_tags = !(parts.leading.is_empty() && parts.trailing.is_empty());
    if found.is_none() && !(by_extension && has_tags) {
        return Err(ProbeError::NotUnderstood("no two MPEG audio frames in a row were found".to_owned()));
    }
    if found.is_some_and(|found| !found.confirmed) && !by_extension {
        return Err(ProbeError::NotUnderstood("a single MPEG audio frame may be chance".to_owned()));
    }
    let format = match found.map(|found| found.stream) {
        Some(Stream::Adts) => AAC,
        Some(Stream::Tta) => TTA,
        None if matches!(head.extension, "aac" | "adts" | "adif") => AAC,
        None if head.extension == "tta" => TTA,
        Some(Stream::Mpeg) | None => MP3,
    };
    // Where no frame was found, whatever stands between the tags may be audio, apart from zeros behind a tag: an edit of an
    // APEv2 tag in front leaves some there, so that the audio moves by whole pages.
    let first = match found {
        Some(found) => found.offset,
        None if matches!(parts.leading.last(), Some(Part::Ape(_))) => behind_zeros(source, start, end)?,
        None => start,
    };
    out.finish();
    let editability = if front.too_long {
        Editability::Verbatim("the ID3v2 tag claims to be longer than the file".to_owned())
    } else {
        Editability::Editable
    };
    let anatomy = Anatomy {
        format,
        prober: PROBER,
        size,
        audio: ByteRange::new(first, end - first),
        editability,
        elements: out.elements,
        keys: Vec::new(),
        pictures: out.pictures,
        private: parts.encode(),
    };
    Ok(Probe::new(anatomy, out.tags))
}

/// Where zeros that stand at `start` end, as far as they are looked at.
fn behind_zeros(source: &dyn Source, start: u64, end: u64) -> io::Result<u64> {
    let mut at = start;
    while at < end.min(start + MAX_ZEROS) {
        let bytes = read_up_to(source, at, (end - at).min(ZEROS_AT_ONCE) as usize)?;
        if let Some(other) = bytes.iter().position(|byte| *byte != 0) {
            return Ok(at + other as u64);
        }
        if bytes.is_empty() {
            break;
        }
        at += bytes.len() as u64;
    }
    Ok(at)
}

/// A stream that begins with its name, rather than with a frame.
fn named_stream(content: &[u8]) -> Option<Stream> {
    match content.first_chunk::<4>()? {
        b"ADIF" => Some(Stream::Adts),
        b"TTA1" | b"TTA2" => Some(Stream::Tta),
        _ => None,
    }
}

/// The stream somewhere in `body`. Its name alone, behind zeros or junk, is chance unless the file `is_called_so`.
fn stream(source: &dyn Source, body: ByteRange, is_called_so: bool) -> io::Result<Option<Found>> {
    let most = if is_called_so { body.len.min(MOST_JUNK) } else { 4 };
    let front = read_up_to(source, body.offset, most as usize)?;
    if let Some((at, stream)) = (0..front.len()).find_map(|at| Some((at, named_stream(front.get(at..)?)?))) {
        return Ok(Some(Found { stream, offset: body.offset + at as u64, confirmed: true }));
    }
    first_frame(source, body)
}

/// What is special about the front of a file.
#[derive(Default)]
struct Front {
    /// The last tag claims to pass the end of the file.
    too_long: bool,
    /// Where a tag ends that cannot be taken apart; 0 if there is none.
    opaque_until: u64,
}

/// Follows the tags in front.
fn leading(source: &dyn Source, size: u64, parts: &mut Parts, out: &mut Collector) -> io::Result<Front> {
    let mut front = Front::default();
    let mut at = 0;
    for _ in 0..MAX_PARTS {
        let header = <[u8; 10]>::try_from(read_up_to(source, at, HEADER_LEN as usize)?).ok();
        if let Some(header) = header.and_then(|bytes| Header::parse(&bytes)) {
            let Some(info) = probe_tag(source, at, size, out)? else {
                front.opaque_until = Some(at + header.total()).filter(|end| *end <= size).unwrap_or_default();
                break;
            };
            parts.leading.push(Part::Id3v2(info));
            if header.total() > size - at {
                front.too_long = true;
                break;
            }
            at = info.range.end();
        } else if let Some(tag) = ape::locate_leading(source, at, size)? {
            probe_ape(source, &tag, out)?;
            parts.leading.push(Part::Ape(tag));
            at = tag.range.end();
        } else {
            break;
        }
    }
    Ok(front)
}

/// What stands at the end, before it is told what the tags say.
enum Located {
    Id3v2(u64),
    Ape(ape::ApeTag),
    Lyrics3(lyrics3::Lyrics3),
    Id3v1(u64),
}

/// Follows the tags behind the stream, back from the end of the file. They may stand in any order.
fn trailing(source: &dyn Source, floor: u64, size: u64, parts: &mut Parts, out: &mut Collector) -> io::Result<()> {
    let mut located = Vec::new();
    let mut end = size;
    for _ in 0..MAX_PARTS {
        let Some((part, start)) = locate(source, floor, end, size)? else { break };
        located.push(part);
        end = start;
    }
    // What wins is told first: ID3v2, APEv2, ID3v1, Lyrics3.
    for part in &located {
        if let Located::Id3v2(end) = part
            && let Some(info) = probe_trailing_tag(source, floor, *end, out)?
        {
            parts.trailing.push(Part::Id3v2(info));
        }
    }
    for part in &located {
        if let Located::Ape(tag) = part {
            probe_ape(source, tag, out)?;
            parts.trailing.push(Part::Ape(*tag));
        }
    }
    for part in &located {
        if let Located::Id3v1(end) = part
            && let Some(tag) = probe_v1(source, floor, *end, *end == size, out)?
        {
            parts.trailing.push(Part::Id3v1(tag));
        }
    }
    for part in &located {
        if let Located::Lyrics3(block) = part {
            lyrics3::probe(source, block, out)?;
            parts.trailing.push(Part::Lyrics3(*block));
        }
    }
    parts.trailing.sort_by_key(|part| part.range().offset);
    Ok(())
}

/// The tag that ends at `end`, and where it starts.
fn locate(source: &dyn Source, floor: u64, end: u64, size: u64) -> io::Result<Option<(Located, u64)>> {
    let mut nothing = Collector::new();
    if let Some(tag) = probe_v1(source, floor, end, end == size, &mut nothing)? {
        return Ok(Some((Located::Id3v1(end), tag.range.offset)));
    }
    if let Some(tag) = ape::locate(source, floor, end)? {
        return Ok(Some((Located::Ape(tag), tag.range.offset)));
    }
    if let Some(block) = lyrics3::locate(source, floor, end)? {
        return Ok(Some((Located::Lyrics3(block), block.range.offset)));
    }
    let info = probe_trailing_tag(source, floor, end, &mut nothing)?;
    Ok(info.map(|info| (Located::Id3v2(end), info.range.offset)))
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
            items.len() < musefs_contracts::limits::MAX_ELEMENTS
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
