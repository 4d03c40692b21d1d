//! A container made for tests: `TOY1`, then elements (key and value with their lengths), an empty key, then the audio.
//!
//! Keys that begin with an upper-case letter are kept opaque, `Front`, `Back` (a JPEG as they say) and `Unsaid` (of no type) being
//! pictures; `fail` values make the format misbehave on purpose.

use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element, FormatId, PictureEncoding, PictureLocation};
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::edit::{Edit, EditValue};
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::TagSet;

pub const MAGIC: &[u8] = b"TOY1";
const IDS: &[FormatId] = &[FormatId::new("flac")];

/// The bytes of one element.
pub fn element(key: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![key.len() as u8];
    bytes.extend_from_slice(key.as_bytes());
    bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
    bytes.extend_from_slice(value);
    bytes
}

/// A file with these elements.
pub fn file(elements: &[(&str, &str)], audio: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for (key, value) in elements {
        bytes.extend(element(key, value.as_bytes()));
    }
    bytes.push(0);
    bytes.extend_from_slice(audio);
    bytes
}

/// Key, value and place of an element.
pub type Found = (String, Vec<u8>, ByteRange);

/// The elements, and where the audio begins.
pub fn parse(read: &dyn Fn(u64, &mut [u8]) -> bool) -> Option<(Vec<Found>, u64)> {
    let mut magic = [0; 4];
    if !read(0, &mut magic) || magic != MAGIC {
        return None;
    }
    let (mut at, mut elements) = (4, Vec::new());
    loop {
        let mut len = [0];
        if !read(at, &mut len) {
            return None;
        }
        if len[0] == 0 {
            return Some((elements, at + 1));
        }
        let mut key = vec![0; len[0] as usize];
        let mut size = [0; 4];
        let body = at + 1 + key.len() as u64;
        if !read(at + 1, &mut key) || !read(body, &mut size) {
            return None;
        }
        let mut value = vec![0; (u32::from_be_bytes(size) as usize).min(1 << 20)];
        if !read(body + 4, &mut value) {
            return None;
        }
        let end = body + 4 + value.len() as u64;
        elements.push((String::from_utf8(key).ok()?, value, ByteRange::new(at, end - at)));
        at = end;
    }
}

/// The format.
pub struct Toy;

impl Format for Toy {
    fn ids(&self) -> &'static [FormatId] {
        IDS
    }
    fn prober(&self) -> u32 {
        3
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["flac"]
    }
    fn sniff(&self, head: &Head<'_>) -> Confidence {
        match (head.content.starts_with(MAGIC), head.extension) {
            (true, _) => Confidence::Strong,
            (false, "flac") => Confidence::Extension,
            _ => Confidence::No,
        }
    }
    fn probe(&self, source: &dyn Source, _: &Head<'_>) -> Result<Probe, ProbeError> {
        let size = source.stamp()?.size;
        let parsed = parse(&|offset, buf| read_exact_at(source, offset, buf).is_ok());
        let Some((elements, audio)) = parsed else {
            return Err(ProbeError::NotUnderstood("no toy".into()));
        };
        let mut tags = TagSet::new();
        let picture = |(element, (key, value, range)): (usize, &Found)| {
            let (picture_type, mime) = match key.as_str() {
                "Front" => (3, "image/jpeg"),
                "Back" => (4, "image/jpeg"),
                "Unsaid" => (3, ""),
                _ => return None,
            };
            Some(PictureLocation {
                element: element as u32,
                range: ByteRange::new(range.end() - value.len() as u64, value.len() as u64),
                encoding: PictureEncoding::Raw,
                mime: mime.into(),
                picture_type,
                description: String::new(),
            })
        };
        let pictures = elements.iter().enumerate().filter_map(picture).collect();
        let elements = elements.into_iter().map(|(key, value, range)| {
            let opaque = key.starts_with(|first: char| first.is_ascii_uppercase());
            let key = (!opaque).then(|| tags.push(&key, String::from_utf8_lossy(&value).into_owned())).flatten();
            Element { key, range, ..Element::default() }
        });
        let elements = elements.collect();
        let anatomy = Anatomy {
            format: IDS[0].clone(),
            prober: 3,
            size,
            audio: ByteRange::new(audio, size - audio),
            editability: Editability::Editable,
            elements,
            keys: Vec::new(),
            pictures,
            private: Box::default(),
        };
        Ok(Probe::new(anatomy, tags))
    }
    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        if edit.is_empty() {
            return Ok(Layout::verbatim(anatomy.size));
        }
        let mut out = LayoutBuilder::new();
        out.bytes(MAGIC);
        for element in &anatomy.elements {
            if !anatomy.key_of(element).is_some_and(|key| edit.touches(key)) {
                out.backing(element.range);
            }
        }
        for change in &edit.changes {
            for value in &change.values {
                match value {
                    EditValue::Text(text) if text == "too large" => {
                        return Err(LayoutError::TooLarge(change.key.clone()));
                    }
                    EditValue::Text(text) if text == "panic" => panic!("asked to"),
                    EditValue::Text(text) => _ = out.bytes(&element(&change.key, text.as_bytes())),
                    EditValue::Binary(value, len) => {
                        let head = element(&change.key, &[]);
                        out.bytes(&head[..head.len() - 4]).bytes(&(*len as u32).to_be_bytes());
                        out.push(Segment::TagValue(value.clone(), ByteRange::new(0, *len)));
                    }
                }
            }
        }
        for link in edit.art.iter().flatten() {
            let head = element("Art", &[]);
            out.bytes(&head[..head.len() - 4]).bytes(&(link.byte_len as u32).to_be_bytes());
            out.push(Segment::Art(link.art, ByteRange::new(0, link.byte_len)));
        }
        out.bytes(&[0]).backing(anatomy.audio);
        Ok(out.finish())
    }
}
