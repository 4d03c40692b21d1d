//! The items of a tag.

use crate::tag::{ApeTag, read_up_to};
use crate::{ROLE_ITEM, ROLE_PICTURE, ROLE_REMAINDER};
use musefs_contracts::anatomy::{ByteRange, Element, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::limits;
use musefs_format_keys::canonical_name;
use std::io;

/// Longest name of an item, from the specification.
const MAX_NAME: usize = 255;
/// Bytes in front of a name: length of the value, and flags.
pub(crate) const ITEM_HEADER: u64 = 8;
/// Most items that are listed.
const MAX_ITEMS: usize = limits::MAX_ELEMENTS / 2;
/// Bytes of a picture item read for the file name before its image.
const PICTURE_NAME: usize = 512;

/// What an element remembers of its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Private {
    /// The name in its own case.
    pub name: String,
    /// Flags of the item.
    pub flags: u32,
    /// The value is text that is valid UTF-8.
    pub is_text: bool,
}

impl Private {
    fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        out.int(u64::from(self.is_text));
        out.int(u64::from(self.flags));
        out.bytes(self.name.as_bytes());
        out.0.into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        Ok(Self { is_text: input.int()? != 0, flags: input.int()? as u32, name: input.text()? })
    }
}

/// Where the text of an item's element lies, several values parted by NUL, in UTF-8; `None` if it is not text.
pub fn carried_value(element: &Element) -> Option<ByteRange> {
    let private = Private::decode(&element.private).ok().filter(|private| private.is_text && element.key.is_some())?;
    let skip = ITEM_HEADER + private.name.len() as u64 + 1;
    let len = element.range.len.checked_sub(skip).filter(|len| *len > 0)?;
    Some(ByteRange::new(element.range.offset + skip, len))
}

/// The name of an item's element, for people.
pub fn name_of(element: &Element) -> Option<String> {
    Private::decode(&element.private).ok().map(|private| private.name).filter(|name| !name.is_empty())
}

/// Takes the items of a tag apart. `state` is told key and values of each text item and answers the key's index;
/// `element` takes the elements with their pictures and answers whether there is room for more.
///
/// An item that cannot be one ends the listing: what is left is one opaque element.
pub fn probe(
    source: &dyn Source,
    tag: &ApeTag,
    mut state: impl FnMut(&str, Vec<String>) -> Option<u32>,
    mut element: impl FnMut(Element, Option<PictureLocation>) -> bool,
) -> io::Result<()> {
    let mut at = tag.items.offset;
    let end = tag.items.end();
    let mut budget = limits::MAX_PROBE_TEXT_BYTES as u64;
    for _ in 0..MAX_ITEMS {
        if at >= end {
            return Ok(());
        }
        let Some(item) = item_at(source, at, end)? else { break };
        let value = ByteRange::new(at + ITEM_HEADER + item.name.len() as u64 + 1, item.len);
        let range = ByteRange::new(at, value.end() - at);
        let kind = item.flags >> 1 & 3;
        let mut private = Private { name: item.name, flags: item.flags, is_text: false };
        let mut found = Element { id: *b"ITEM", role: ROLE_ITEM, key: None, range, private: Box::default() };
        let mut picture = None;
        if kind == 1 && is_cover(&private.name) {
            found.role = ROLE_PICTURE;
            picture = picture_at(source, &private.name, value)?;
        } else if kind == 0 {
            let key = canonical_name(&private.name).into_owned();
            let values = if value.len <= limits::MAX_VALUE_BYTES as u64 * 2 && value.len <= budget {
                budget -= value.len;
                String::from_utf8(read_up_to(source, value.offset, value.len as usize)?).ok()
            } else {
                None
            };
            private.is_text = values.is_some();
            found.key = state(&key, values.map_or_else(Vec::new, |text| split_values(&text)));
        }
        found.private = private.encode();
        if !element(found, picture) {
            return Ok(());
        }
        at = value.end();
    }
    let rest = ByteRange::new(at, end - at);
    element(Element { id: *b"....", role: ROLE_REMAINDER, range: rest, ..Element::default() }, None);
    Ok(())
}

/// The values of a text, empty ones at the end left out.
fn split_values(text: &str) -> Vec<String> {
    text.trim_end_matches('\0')
        .split('\0')
        .filter(|value| !text.is_empty() || !value.is_empty())
        .map(str::to_owned)
        .collect()
}

struct Item {
    len: u64,
    flags: u32,
    name: String,
}

fn item_at(source: &dyn Source, at: u64, end: u64) -> io::Result<Option<Item>> {
    let want = (end - at).min(ITEM_HEADER + MAX_NAME as u64 + 1) as usize;
    let bytes = read_up_to(source, at, want)?;
    let Some((len, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let Some((flags, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    let name = rest.split(|byte| *byte == 0).next().unwrap_or_default();
    let sound = !name.is_empty() && name.len() < rest.len() && name.iter().all(|byte| (0x20..0x7f).contains(byte));
    let (len, flags) = (u64::from(u32::from_le_bytes(*len)), u32::from_le_bytes(*flags));
    let fits = at + ITEM_HEADER + name.len() as u64 + 1 + len <= end;
    let item = Item { len, flags, name: String::from_utf8_lossy(name).into_owned() };
    Ok((sound && fits).then_some(item))
}

fn is_cover(name: &str) -> bool {
    name.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("cover art"))
}

/// A picture's value: a file name, NUL, the image.
fn picture_at(source: &dyn Source, name: &str, value: ByteRange) -> io::Result<Option<PictureLocation>> {
    let start = read_up_to(source, value.offset, value.len.min(PICTURE_NAME as u64) as usize)?;
    let Some(nul) = start.iter().position(|byte| *byte == 0) else { return Ok(None) };
    let file = String::from_utf8_lossy(start.get(..nul).unwrap_or_default()).to_lowercase();
    let ending = file.rsplit('.').next().unwrap_or_default();
    let skip = nul as u64 + 1;
    let range = ByteRange::new(value.offset + skip, value.len - skip);
    if range.len == 0 {
        return Ok(None);
    }
    let mime = match start.get(nul + 1..).unwrap_or_default() {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ if ending == "png" => "image/png",
        _ if ending == "jpg" || ending == "jpeg" => "image/jpeg",
        _ => "",
    };
    let (mime, description) = (mime.to_owned(), String::new());
    let picture_type = picture_type(name);
    Ok(Some(PictureLocation { element: 0, range, encoding: PictureEncoding::Raw, mime, picture_type, description }))
}

/// Names of pictures by their type number.
pub(crate) const PICTURE_NAMES: [&str; 21] = [
    "Other",
    "Png Icon",
    "Icon",
    "Front",
    "Back",
    "Leaflet",
    "Media",
    "Lead Artist",
    "Artist",
    "Conductor",
    "Band",
    "Composer",
    "Lyricist",
    "Recording Location",
    "During Recording",
    "During Performance",
    "Video Capture",
    "Fish",
    "Illustration",
    "Band Logotype",
    "Publisher Logotype",
];

fn picture_type(name: &str) -> u8 {
    let inside = name.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    PICTURE_NAMES.iter().position(|known| known.eq_ignore_ascii_case(inside)).map_or(3, |at| at as u8)
}
