//! ASF ("Advanced Systems Format specification", revision 01.20.05): a header of objects, then the data.

use crate::asf_names::key_of;
use crate::bounded::{Bounded, behind, utf16};
use crate::{ROLE_ELEMENT, finish};
use musefs_contracts::anatomy::{ByteRange, Element, FormatId, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::limits;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_id3::Collector;
use std::io;

/// What the store calls these files.
pub(crate) const WMA: FormatId = FormatId::new("wma");

type Guid = [u8; 16];

const HEADER: Guid = *b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
const DATA: Guid = *b"\x36\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
const CONTENT_DESCRIPTION: Guid = *b"\x33\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
const EXTENDED_CONTENT: Guid = *b"\x40\xa4\xd0\xd2\x07\xe3\xd2\x11\x97\xf0\x00\xa0\xc9\x5e\xa8\x50";
const HEADER_EXTENSION: Guid = *b"\xb5\x03\xbf\x5f\x2e\xa9\xcf\x11\x8e\xe3\x00\xc0\x0c\x20\x53\x65";
const METADATA: Guid = *b"\xea\xcb\xf8\xc5\xaf\x5b\x77\x48\x84\x67\xaa\x8c\x44\xfa\x4c\xca";
const METADATA_LIBRARY: Guid = *b"\x94\x1c\x23\x44\x98\x94\xd1\x49\xa1\x41\x1d\x13\x4e\x45\x70\x54";
const STREAM: Guid = *b"\x91\x07\xdc\xb7\xb7\xa9\xcf\x11\x8e\xe6\x00\xc0\x0c\x20\x53\x65";
const AUDIO_STREAM: Guid = *b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";

/// Identifier and size of an object.
const OBJECT_HEADER: u64 = 24;
/// The header object's own fields, and those of the header extension.
const HEADER_FIELDS: u64 = 6;
const EXTENSION_FIELDS: u64 = 22;
/// Most objects that are looked at, on each level.
const MOST_OBJECTS: usize = 4_096;
/// The attributes of the content description, in their order.
const DESCRIPTION: [&str; 5] = ["Title", "Author", "Copyright", "Description", "Rating"];
/// Bytes of a picture that are read for what stands before its image.
const PICTURE_HEAD: u64 = 4_096;

/// Whether these are the first bytes of such a file.
pub(crate) fn is_asf(content: &[u8]) -> bool {
    content.starts_with(&HEADER)
}

pub(crate) fn probe(source: &dyn Source, offset: u64) -> Result<Probe, ProbeError> {
    let file = Bounded::new(source)?;
    let size = match file.array::<24>(offset, file.size)? {
        Some(head) if is_asf(&head) => size_in(&head),
        _ => return Err(ProbeError::NotUnderstood("this is no ASF file".into())),
    };
    let header = ByteRange::new(offset, size.min(file.size - offset));
    let mut survey = Survey { file, out: Collector::new(), has_streams: false, has_audio: false };
    survey.objects(behind(header, OBJECT_HEADER + HEADER_FIELDS), true)?;
    if survey.has_streams && !survey.has_audio {
        return Err(ProbeError::NotUnderstood("no stream of this ASF file is audio".into()));
    }
    let audio = match survey.file.array::<24>(header.end(), survey.file.size)? {
        Some(head) if head.starts_with(&DATA) => {
            ByteRange::new(header.end(), size_in(&head).min(survey.file.size - header.end()))
        }
        _ => ByteRange::new(header.end(), survey.file.size - header.end()),
    };
    Ok(finish(WMA, "ASF (Windows Media Audio)", survey.file.size, audio, survey.out))
}

fn size_in(header: &[u8; 24]) -> u64 {
    header.last_chunk::<8>().map_or(0, |size| u64::from_le_bytes(*size))
}

/// An attribute as its record states it.
struct Attribute {
    name: String,
    kind: u16,
    /// The whole record.
    range: ByteRange,
    value: ByteRange,
}

struct Survey<'a> {
    file: Bounded<'a>,
    out: Collector,
    has_streams: bool,
    has_audio: bool,
}

impl Survey<'_> {
    fn objects(&mut self, within: ByteRange, is_outermost: bool) -> io::Result<()> {
        let mut at = within.offset;
        for _ in 0..MOST_OBJECTS {
            let Some(header) = self.file.array::<24>(at, within.end())? else { break };
            let size = size_in(&header);
            let Some(guid) = header.first_chunk::<16>().filter(|_| size >= OBJECT_HEADER) else { break };
            let object = ByteRange::new(at, size.min(within.end() - at));
            let content = behind(object, OBJECT_HEADER);
            match *guid {
                CONTENT_DESCRIPTION => self.description(content)?,
                EXTENDED_CONTENT => self.attributes(content, false)?,
                METADATA | METADATA_LIBRARY => self.attributes(content, true)?,
                HEADER_EXTENSION if is_outermost => self.objects(behind(content, EXTENSION_FIELDS), false)?,
                STREAM => {
                    self.has_streams = true;
                    self.has_audio |= self.file.array(content.offset, content.end())? == Some(AUDIO_STREAM);
                }
                _ => {}
            }
            at = object.end();
        }
        Ok(())
    }

    fn description(&mut self, content: ByteRange) -> io::Result<()> {
        let Some(lengths) = self.file.array::<10>(content.offset, content.end())? else { return Ok(()) };
        let mut at = content.offset + 10;
        for (name, len) in DESCRIPTION.iter().zip(lengths.as_chunks::<2>().0) {
            let value = ByteRange::new(at, u64::from(u16::from_le_bytes(*len)));
            if value.end() > content.end() {
                break;
            }
            at = value.end();
            if value.len > 0 {
                self.attribute(Attribute { name: (*name).to_owned(), kind: 0, range: value, value })?;
            }
        }
        Ok(())
    }

    /// Attributes of the extended content description, or of a metadata object, whose records are wider.
    fn attributes(&mut self, content: ByteRange, is_wide: bool) -> io::Result<()> {
        let Some(count) = self.file.array::<2>(content.offset, content.end())? else { return Ok(()) };
        let mut at = content.offset + 2;
        for _ in 0..u16::from_le_bytes(count) {
            let record = if is_wide { self.wide(at, content.end())? } else { self.narrow(at, content.end())? };
            let Some(attribute) = record else { break };
            at = attribute.range.end();
            self.attribute(attribute)?;
        }
        Ok(())
    }

    /// Length of the name, the name, type, length of the value, the value.
    fn narrow(&self, at: u64, end: u64) -> io::Result<Option<Attribute>> {
        let Some(len) = self.file.array::<2>(at, end)? else { return Ok(None) };
        let name = ByteRange::new(at + 2, u64::from(u16::from_le_bytes(len)));
        let Some([k0, k1, l0, l1]) = self.file.array::<4>(name.end(), end)? else { return Ok(None) };
        let value = ByteRange::new(name.end() + 4, u64::from(u16::from_le_bytes([l0, l1])));
        self.record(at, end, name, u16::from_le_bytes([k0, k1]), value)
    }

    /// Language, stream, length of the name, type, length of the value, the name, the value.
    fn wide(&self, at: u64, end: u64) -> io::Result<Option<Attribute>> {
        let Some([_, _, _, _, n0, n1, k0, k1, len @ ..]) = self.file.array::<12>(at, end)? else { return Ok(None) };
        let name = ByteRange::new(at + 12, u64::from(u16::from_le_bytes([n0, n1])));
        let value = ByteRange::new(name.end(), u64::from(u32::from_le_bytes(len)));
        self.record(at, end, name, u16::from_le_bytes([k0, k1]), value)
    }

    fn record(&self, at: u64, end: u64, name: ByteRange, kind: u16, value: ByteRange) -> io::Result<Option<Attribute>> {
        if value.end() > end {
            return Ok(None);
        }
        let name = self.file.bytes(name)?.map(|bytes| utf16(&bytes));
        Ok(name.map(|name| Attribute { name, kind, range: ByteRange::new(at, value.end() - at), value }))
    }

    fn attribute(&mut self, attribute: Attribute) -> io::Result<()> {
        let mut key = None;
        let mut picture = None;
        if attribute.kind == 1 {
            if attribute.name == "WM/Picture" {
                picture = self.picture(attribute.value)?;
            }
        } else {
            let value = self.value(&attribute)?.filter(|value| !value.is_empty());
            key = self.out.state(&key_of(&attribute.name), value);
        }
        let private = attribute.name.into_bytes().into();
        let element = Element { id: *b"ATTR", role: ROLE_ELEMENT, key, range: attribute.range, private };
        if self.out.element(element)
            && let Some(picture) = picture
        {
            self.out.picture(picture);
        }
        Ok(())
    }

    fn value(&self, attribute: &Attribute) -> io::Result<Option<String>> {
        // A character takes at most three bytes of UTF-8 for two of UTF-16, and what is too long is left out anyway.
        if attribute.value.len > 2 * limits::MAX_VALUE_BYTES as u64 {
            return Ok(None);
        }
        let Some(bytes) = self.file.bytes(attribute.value)? else { return Ok(None) };
        if attribute.kind == 0 {
            return Ok(Some(utf16(&bytes)));
        }
        // A flag of two or four bytes, or a number of two, four or eight.
        let number = bytes.iter().take(8).rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let is_flag = attribute.kind == 2;
        Ok((2..=5).contains(&attribute.kind).then(|| if is_flag { u64::from(number != 0) } else { number }.to_string()))
    }

    /// A picture's type, the length of its image, MIME type and description, each ending in a zero, and the image.
    fn picture(&self, value: ByteRange) -> io::Result<Option<PictureLocation>> {
        let Some(head) = self.file.bytes(ByteRange::new(value.offset, value.len.min(PICTURE_HEAD)))? else {
            return Ok(None);
        };
        let Some(([picture_type, size @ ..], rest)) = head.split_first_chunk::<5>() else { return Ok(None) };
        let Some((mime, rest)) = until_zero(rest) else { return Ok(None) };
        let Some((description, rest)) = until_zero(rest) else { return Ok(None) };
        let image = behind(value, (head.len() - rest.len()) as u64);
        let range = ByteRange::new(image.offset, image.len.min(u64::from(u32::from_le_bytes(*size))));
        let picture_type = *picture_type;
        let encoding = PictureEncoding::Raw;
        Ok((range.len > 0).then_some(PictureLocation { element: 0, range, encoding, mime, picture_type, description }))
    }
}

/// Text in UTF-16 up to a zero, and what follows.
fn until_zero(bytes: &[u8]) -> Option<(String, &[u8])> {
    let units = bytes.as_chunks::<2>().0;
    let len = 2 * units.iter().position(|unit| *unit == [0, 0])?;
    Some((utf16(bytes.get(..len)?), bytes.get(len + 2..)?))
}
