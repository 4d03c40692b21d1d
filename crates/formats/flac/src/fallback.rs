//! Tags around the stream, ID3 in front and ID3v1, APEv2 and Lyrics3 behind, read for what no comment states.

use crate::block::role;
use musefs_contracts::anatomy::{ByteRange, Element, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::format::Head;
use musefs_contracts::limits;
use musefs_contracts::tags::TagSet;
use musefs_format_ape as ape;
use musefs_format_id3::{Collector, DeflatedPicture, StuffedPicture, lyrics3, probe_tag, probe_trailing_tag, probe_v1};
use std::io;

/// The element for what stands before the marker at `marker`.
pub(crate) fn front(marker: u64, head: &Head<'_>) -> Option<Element> {
    let is_tag = head.bytes.starts_with(b"ID3");
    let (id, role) = if is_tag { (*b"ID32", role::FOREIGN_TAG) } else { (*b"JUNK", role::JUNK) };
    let range = ByteRange::new(0, marker);
    (marker > 0).then(|| Element { id, role, key: None, range, private: Box::default() })
}

/// Reads the tags before the stream (of which `front` is the element, if there are any) and those behind it, and adds what
/// they state beyond the comments. Answers where the audio ends.
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
        let images = if pictures.is_empty() { found.pictures } else { Vec::new() };
        front.private = adopt(source, tags, &found.tags, images, 0, pictures)?;
    }
    let tail = behind(source, audio_start, size)?;
    let first = elements.len();
    let start = tail.first().map_or(size, |trailer| trailer.range.offset);
    let element = |trailer: &Trailer| Element {
        id: trailer.kind.id(),
        role: role::FOREIGN_TAG,
        key: None,
        range: trailer.range,
        private: Box::default(),
    };
    elements.extend(tail.iter().map(element));
    // Of several tags of a kind, readers see the last one. The others would come to light if it alone went.
    let mut order: Vec<(usize, &Trailer)> = tail.iter().enumerate().rev().collect();
    order.sort_by_key(|(_, trailer)| trailer.kind);
    order.dedup_by_key(|(_, trailer)| trailer.kind);
    for (index, trailer) in order {
        let mut found = Collector::new();
        trailer.read(source, audio_start, &mut found)?;
        let images = if pictures.is_empty() { found.pictures } else { Vec::new() };
        if let Some(element) = elements.get_mut(first + index) {
            element.private = adopt(source, tags, &found.tags, images, (first + index) as u32, pictures)?;
        }
    }
    Ok(start)
}

/// Most tags that are looked for behind the stream.
pub(crate) const MOST_BEHIND: usize = 64;

/// The kinds of tags behind a stream, in the order in which they are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Id3v2,
    Ape,
    Id3v1,
    Lyrics3,
}

impl Kind {
    fn id(self) -> [u8; 4] {
        match self {
            Self::Id3v2 => *b"ID32",
            Self::Ape => *b"APE2",
            Self::Id3v1 => *b"ID31",
            Self::Lyrics3 => *b"LYR3",
        }
    }
}

/// A tag behind the stream.
struct Trailer {
    kind: Kind,
    range: ByteRange,
}

impl Trailer {
    /// The tag that ends at `end`.
    fn ending_at(source: &dyn Source, floor: u64, end: u64) -> io::Result<Option<Self>> {
        let mut nothing = Collector::new();
        let of = |kind, range| Some(Self { kind, range });
        if let Some(tag) = probe_v1(source, floor, end, true, &mut nothing)? {
            return Ok(of(Kind::Id3v1, tag.range));
        }
        if let Some(tag) = ape::locate(source, floor, end)? {
            return Ok(of(Kind::Ape, tag.range));
        }
        if let Some(block) = lyrics3::locate(source, floor, end)? {
            return Ok(of(Kind::Lyrics3, block.range));
        }
        let tag = probe_trailing_tag(source, floor, end, &mut nothing)?;
        Ok(tag.and_then(|tag| of(Kind::Id3v2, tag.range)))
    }

    /// Tells what the tag says.
    fn read(&self, source: &dyn Source, floor: u64, out: &mut Collector) -> io::Result<()> {
        let end = self.range.end();
        match self.kind {
            Kind::Id3v2 => drop(probe_trailing_tag(source, floor, end, out)?),
            Kind::Id3v1 => drop(probe_v1(source, floor, end, true, out)?),
            Kind::Ape => {
                if let Some(tag) = ape::locate(source, floor, end)? {
                    read_ape(source, &tag, out)?;
                }
            }
            Kind::Lyrics3 => {
                if let Some(block) = lyrics3::locate(source, floor, end)? {
                    lyrics3::probe(source, &block, out)?;
                }
            }
        }
        Ok(())
    }
}

fn read_ape(source: &dyn Source, tag: &ape::ApeTag, out: &mut Collector) -> io::Result<()> {
    out.begin_source();
    let mut pictures = Vec::new();
    ape::probe(
        source,
        tag,
        |key, values| out.state(key, values),
        |element, picture| {
            pictures.extend(picture.map(|picture| (element, picture)));
            pictures.len() < MOST_PICTURES
        },
    )?;
    for (element, picture) in pictures {
        if out.element(element) {
            out.picture(picture);
        }
    }
    Ok(())
}

/// Most pictures that are taken over from an APEv2 tag, and most unsynchronised and compressed ones.
const MOST_PICTURES: usize = 64;

/// The tags behind the stream, in file order.
fn behind(source: &dyn Source, audio_start: u64, size: u64) -> io::Result<Vec<Trailer>> {
    let mut found = Vec::new();
    let mut end = size;
    while found.len() < MOST_BEHIND
        && let Some(trailer) = Trailer::ending_at(source, audio_start, end)?
    {
        end = trailer.range.offset;
        found.push(trailer);
    }
    found.reverse();
    Ok(found)
}

/// All ID3v2 tags before `marker`, the first believed most.
fn front_tags(source: &dyn Source, marker: u64) -> io::Result<Collector> {
    let mut found = Collector::new();
    let mut offset = 0;
    while let Some(tag) = probe_tag(source, offset, marker, &mut found)? {
        offset = tag.range.end();
    }
    Ok(found)
}

/// Bytes of unsynchronised pictures that are read through.
const MOST_STUFFED: u64 = limits::MAX_ART_BYTES as u64;

/// Bytes that compressed pictures of a tag are inflated to.
const MOST_INFLATED: u64 = limits::MAX_INFLATED_BYTES as u64;

/// Adds the keys of `found` that `tags` lacks and the `images`, and gives what can be taken over in the stored form.
fn adopt(
    source: &dyn Source,
    tags: &mut TagSet,
    found: &TagSet,
    images: Vec<PictureLocation>,
    element: u32,
    pictures: &mut Vec<PictureLocation>,
) -> io::Result<Box<[u8]>> {
    let mut out = adopt_keys(tags, found);
    let (mut stuffed, mut deflated) = (Vec::new(), Vec::new());
    let (mut unread, mut uninflated) = (MOST_STUFFED, MOST_INFLATED);
    for image in images {
        let has_room = stuffed.len() + deflated.len() < MOST_PICTURES;
        match image.encoding {
            PictureEncoding::Unsynchronised if image.range.len <= unread && has_room => {
                unread -= image.range.len;
                stuffed.push(StuffedPicture::measure(source, image.range)?);
            }
            PictureEncoding::Opaque if has_room => {
                deflated.extend(DeflatedPicture::measure(source, image.range, &mut uninflated)?);
            }
            // One that cannot be taken over is listed all the same: an edit that would lose it is not made.
            _ => {}
        }
        pictures.push(PictureLocation { element, ..image });
    }
    out.int(stuffed.len() as u64);
    for image in &stuffed {
        image.encode(&mut out);
    }
    out.int(deflated.len() as u64);
    for image in &deflated {
        image.encode(&mut out);
    }
    Ok(out.0.into())
}

fn adopt_keys(tags: &mut TagSet, found: &TagSet) -> Encoder {
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
    out
}

/// What a tag has that the stream has not.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    /// Keys with their values.
    pub(crate) keys: Vec<(String, Vec<String>)>,
    /// Those of its pictures that are unsynchronised.
    pub(crate) stuffed: Vec<StuffedPicture>,
    /// Those that are compressed.
    pub(crate) deflated: Vec<DeflatedPicture>,
}

/// From the stored form; nothing from no bytes.
pub(crate) fn decode(private: &[u8]) -> Result<Adopted, DecodeError> {
    let input = &mut Decoder(private);
    if private.is_empty() {
        return Ok(Adopted::default());
    }
    let entry = |input: &mut Decoder<'_>| {
        let key = input.text()?;
        let values = (0..input.count()?).map(|_| input.text()).collect::<Result<_, _>>()?;
        Ok((key, values))
    };
    let keys = (0..input.count()?).map(|_| entry(input)).collect::<Result<_, _>>()?;
    let stuffed = (0..input.count()?).map(|_| StuffedPicture::decode(input)).collect::<Result<_, _>>()?;
    let deflated = (0..input.count()?).map(|_| DeflatedPicture::decode(input)).collect::<Result<_, _>>()?;
    Ok(Adopted { keys, stuffed, deflated })
}
