//! Reading items of the metadata list: QuickTime File Format, "Metadata", as iTunes uses it.

use crate::anatomy::{encode_freeform, role};
use crate::atom::{Atom, children, read_up_to};
use crate::names::{self, Kind};
use musefs_contracts::anatomy::{ByteRange, Element, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::limits;
use musefs_contracts::tags::TagSet;
use musefs_format_keys::canonical_name;
use std::io;

/// Bytes before a `data` atom's value: its type and its locale.
const DATA_HEAD: u64 = 8;

/// Most `data` atoms of one item that are looked at.
const MOST_VALUES: usize = 4_096;

/// Well-known types of `data` atoms.
mod data_type {
    pub(super) const IMPLICIT: u32 = 0;
    pub(super) const UTF8: u32 = 1;
    pub(super) const UTF16: u32 = 2;
    pub(super) const GIF: u32 = 12;
    pub(super) const JPEG: u32 = 13;
    pub(super) const PNG: u32 = 14;
    pub(super) const BMP: u32 = 27;
}

/// Everything found in the list so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) elements: Vec<Element>,
    pub(crate) pictures: Vec<PictureLocation>,
    pub(crate) tags: TagSet,
}

/// A `data` atom.
#[derive(Clone, Copy, Debug)]
struct Data {
    kind: u32,
    value: ByteRange,
}

impl Found {
    /// Reads an item and adds its element; its values go into the tags, its pictures are located.
    pub(crate) fn item(&mut self, source: &dyn Source, item: &Atom) -> io::Result<()> {
        let mut element = Element { id: item.name, role: role::OPAQUE, range: item.range, ..Element::default() };
        let parts = children(source, item.content(), item.end(), false, MOST_VALUES)?.atoms;
        let mut data = Vec::new();
        for part in parts.iter().filter(|part| part.name == *b"data" && part.content_len() >= DATA_HEAD) {
            let mut head = [0; 4];
            read_up_to(source, part.content(), &mut head)?;
            let kind = u32::from_be_bytes(head) & 0x00ff_ffff;
            data.push(Data { kind, value: ByteRange::new(part.content() + DATA_HEAD, part.content_len() - DATA_HEAD) });
        }
        match &item.name {
            b"covr" => {
                element.role = role::PICTURES;
                self.locate(source, &data)?;
            }
            b"----" => self.freeform(source, &parts, &data, &mut element)?,
            name => {
                if let Some((key, kind)) = names::by_item(*name) {
                    element.role = role::ITEM;
                    element.key = self.tags.key(key);
                    for value in &data {
                        self.value(source, key, kind, *value)?;
                    }
                }
            }
        }
        self.elements.push(element);
        Ok(())
    }

    fn locate(&mut self, source: &dyn Source, data: &[Data]) -> io::Result<()> {
        for image in data {
            self.pictures.push(PictureLocation {
                element: self.elements.len() as u32,
                range: image.value,
                encoding: PictureEncoding::Raw,
                mime: mime(source, *image)?.into(),
                picture_type: 3,
                description: String::new(),
            });
        }
        Ok(())
    }

    fn freeform(
        &mut self,
        source: &dyn Source,
        parts: &[Atom],
        data: &[Data],
        element: &mut Element,
    ) -> io::Result<()> {
        let text_of = |code: [u8; 4]| -> io::Result<Option<String>> {
            let Some(part) = parts.iter().find(|part| part.name == code) else { return Ok(None) };
            // Version and flags stand before the text.
            let range = ByteRange::new(part.content() + 4, part.content_len().saturating_sub(4));
            Ok(read_bytes(source, range)?.and_then(|bytes| String::from_utf8(bytes).ok()))
        };
        let (Some(mean), Some(name)) = (text_of(*b"mean")?, text_of(*b"name")?) else { return Ok(()) };
        element.role = role::FREEFORM;
        element.private = encode_freeform(&mean, &name);
        let mut values = Vec::new();
        for value in data {
            let is_text = matches!(value.kind, data_type::IMPLICIT | data_type::UTF8);
            let text = if is_text { read_bytes(source, value.value)?.map(String::from_utf8) } else { None };
            // A value that is no text leaves the whole item opaque: the store could not tell it from an edit.
            let Some(Ok(text)) = text else { return Ok(()) };
            values.push(text);
        }
        let key = canonical_name(name.trim_matches('\0')).into_owned();
        element.key = self.tags.key(&key);
        for value in values {
            self.tags.push(&key, value);
        }
        Ok(())
    }

    fn value(&mut self, source: &dyn Source, key: &str, kind: Kind, data: Data) -> io::Result<()> {
        let Some(bytes) = read_bytes(source, data.value)? else { return Ok(()) };
        let text = match kind {
            Kind::Text if data.kind == data_type::UTF16 => Some(utf16(&bytes)),
            Kind::Text => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Kind::Pair { .. } => pair(&bytes),
            Kind::Flag | Kind::Integer { .. } => integer(&bytes).map(|value| value.to_string()),
            Kind::GenreIndex => integer(&bytes)
                .and_then(|index| names::genre(usize::try_from(index).ok()?.checked_sub(1)?))
                .map(str::to_owned),
        };
        if let Some(text) = text {
            self.tags.push(key, text);
        }
        Ok(())
    }
}

/// The bytes of a value; `None` if it is longer than the store holds.
fn read_bytes(source: &dyn Source, range: ByteRange) -> io::Result<Option<Vec<u8>>> {
    if range.len > limits::MAX_VALUE_BYTES as u64 {
        return Ok(None);
    }
    let mut bytes = vec![0; range.len as usize];
    let n = read_up_to(source, range.offset, &mut bytes)?;
    bytes.truncate(n);
    Ok(Some(bytes))
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// `N` or `N/M`; nothing where both are 0.
fn pair(bytes: &[u8]) -> Option<String> {
    let number = |at: usize| bytes.get(at..at + 2).map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]));
    match (number(2), number(4)) {
        (0, 0) => None,
        (number, 0) => Some(number.to_string()),
        (number, total) => Some(format!("{number}/{total}")),
    }
}

/// A signed big-endian number of 1, 2, 3, 4 or 8 bytes.
fn integer(bytes: &[u8]) -> Option<i64> {
    let first = *bytes.first()?;
    if !matches!(bytes.len(), 1..=4 | 8) {
        return None;
    }
    let sign = if first & 0x80 != 0 { -1 } else { 0 };
    Some(bytes.iter().fold(sign, |sum: i64, byte| sum << 8 | i64::from(*byte)))
}

/// By the type of the `data` atom, or by the image's own first bytes where that says nothing.
fn mime(source: &dyn Source, data: Data) -> io::Result<&'static str> {
    Ok(match data.kind {
        data_type::JPEG => "image/jpeg",
        data_type::PNG => "image/png",
        data_type::BMP => "image/bmp",
        data_type::GIF => "image/gif",
        _ => {
            let mut head = [0; 4];
            let n = read_up_to(source, data.value.offset, &mut head[..data.value.len.min(4) as usize])?;
            match &head[..n] {
                [0xff, 0xd8, ..] => "image/jpeg",
                b"\x89PNG" => "image/png",
                b"GIF8" => "image/gif",
                [b'B', b'M', ..] => "image/bmp",
                _ => "",
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_are_signed() {
        assert_eq!(integer(&[1]), Some(1));
        assert_eq!(integer(&[0xff]), Some(-1));
        assert_eq!(integer(&[0, 0x80]), Some(128));
        assert_eq!(integer(&[0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(integer(&[1, 2, 3]), Some(0x01_0203));
        assert_eq!(integer(&[]), None);
        assert_eq!(integer(&[0; 5]), None);
    }

    #[test]
    fn track_numbers_of_six_and_eight_bytes() {
        assert_eq!(pair(&[0, 0, 0, 3, 0, 12]), Some("3/12".into()));
        assert_eq!(pair(&[0, 0, 0, 3, 0, 0, 0, 0]), Some("3".into()));
        assert_eq!(pair(&[0, 0, 0, 0, 0, 12, 0, 0]), Some("0/12".into()));
        assert_eq!(pair(&[0, 0, 0, 0, 0, 0]), None);
        assert_eq!(pair(&[0, 0]), None);
    }
}
