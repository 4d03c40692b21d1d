//! What a container format does: bytes to an anatomy, an anatomy and an edit to a layout. Purely, without files or store.

use crate::anatomy::{Anatomy, Element, FormatId, PictureEncoding, PictureLocation};
use crate::backing::Source;
use crate::edit::Edit;
use crate::layout::{Layout, LayoutBuilder};
use crate::probe::{Probe, ProbeError};
use std::io;
use std::sync::Arc;

/// How sure a format is that a file is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It is not.
    No,
    /// Nothing in the bytes speaks for it, but the extension does.
    Extension,
    /// The bytes may be of this format; other formats' bytes look like this as well.
    Weak,
    /// The bytes carry this format's signature.
    Strong,
}

/// The first bytes of a file, as far as they help to recognise it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The first bytes of the file (up to 64 KiB), possibly ID3v2 tags or junk.
    pub bytes: &'a [u8],
    /// The bytes behind all leading ID3v2 tags (up to 4 KiB); the same as the start of `bytes` where there is no tag.
    pub content: &'a [u8],
    /// Offset of `content` in the file.
    pub content_offset: u64,
    /// The file name's extension in lower case without the dot; empty if there is none.
    pub extension: &'a str,
}

impl Head<'_> {
    /// Where a file begins that is told by its first bytes: at the front of the content, or behind zeros or junk there. `begins`
    /// judges the bytes from some place on. None is found behind an ID3v2 tag that passes the end of the file: an edit makes
    /// the file longer, and what was inside the tag then would be, or would not be, the file.
    pub fn beginning(&self, begins: impl Fn(&[u8]) -> bool) -> Option<u64> {
        let places = if self.content.starts_with(b"ID3") { 1 } else { self.content.len() };
        let at = (0..places).find(|at| self.content.get(*at..).is_some_and(&begins))?;
        Some(self.content_offset + at as u64)
    }
}

/// Why a layout cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The anatomy is not one of this format, or of another version of it: the file must be probed again.
    #[error("the recorded anatomy does not fit this version of the format")]
    StaleAnatomy,
    /// The edit does not fit into the container (a block or tag would pass its format's size limit). Names the element.
    /// The file is served as it is.
    #[error("{0}")]
    TooLarge(String),
}

/// One container format.
///
/// All methods are pure: the same input gives the same output, and nothing is kept between calls.
pub trait Format: Send + Sync {
    /// The names under which the store knows tracks of this format (an Ogg prober has several).
    fn ids(&self) -> &'static [FormatId];

    /// Version of the prober. Raised whenever the same file would give another anatomy.
    fn prober(&self) -> u32;

    /// Extensions in lower case without the dot that files of this format usually have.
    fn extensions(&self) -> &'static [&'static str];

    /// Judges by content first, by extension second. Reads nothing beyond `head`.
    fn sniff(&self, head: &Head<'_>) -> Confidence;

    /// Takes a file apart, reading as little as it can and allocating in proportion to what it has read, never to what a
    /// size field claims. May issue many small reads: the caller's source caches windows.
    ///
    /// One bad element is skipped by itself, kept as opaque range, and ends nothing. Everything in the file that is not
    /// understood stays where it is when an edit is spliced in.
    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError>;

    /// The layout of the file with the edit exchanged. An empty edit gives [`Layout::verbatim`], whatever the anatomy.
    /// The anatomy's editability has been checked by the caller.
    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError>;

    /// Size of the file with the edit exchanged; equals `layout(..).len()`. Reads nothing.
    fn served_len(&self, anatomy: &Anatomy, edit: &Edit) -> Result<u64, LayoutError> {
        self.layout(anatomy, edit).map(|layout| layout.len())
    }

    /// The image of one of the anatomy's pictures, as a layout over the file; `None` where it cannot be taken out of it.
    ///
    /// Reads nothing where the image stands there as it is. Of another encoding it may read through `source` what stands for
    /// the image, to learn how long that is, and allocates in proportion to a small part of it. Errors are those of reading.
    fn picture(&self, source: &dyn Source, anatomy: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        let _ = (source, anatomy);
        let mut image = LayoutBuilder::new();
        image.backing(picture.range);
        Ok((picture.encoding == PictureEncoding::Raw).then(|| image.finish()))
    }

    /// A name for people of one of this format's elements, such as `VORBIS_COMMENT` or `moov.udta.meta.ilst.©nam`.
    fn element_name(&self, element: &Element) -> String {
        let id = element.id.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<_>>();
        String::from_utf8_lossy(&id).into_owned()
    }
}

/// The formats the program knows, in order of preference.
#[derive(Clone, Default)]
pub struct Formats(Arc<[Arc<dyn Format>]>);

impl Formats {
    /// A set of formats; of equally confident ones the first wins.
    pub fn new(formats: Vec<Arc<dyn Format>>) -> Self {
        Self(formats.into())
    }

    /// The format that a stored name belongs to.
    pub fn by_id(&self, id: &FormatId) -> Option<&Arc<dyn Format>> {
        self.0.iter().find(|format| format.ids().contains(id))
    }

    /// Every format whose sniff is not [`Confidence::No`], the most confident first: the order in which to try probing.
    pub fn candidates(&self, head: &Head<'_>) -> Vec<&Arc<dyn Format>> {
        self.ranked(head).into_iter().map(|(format, _)| format).collect()
    }

    /// The same with what each of them says.
    pub fn ranked(&self, head: &Head<'_>) -> Vec<(&Arc<dyn Format>, Confidence)> {
        let mut found: Vec<_> = self
            .0
            .iter()
            .map(|format| (format, format.sniff(head)))
            .filter(|(_, confidence)| *confidence != Confidence::No)
            .collect();
        found.sort_by_key(|(_, confidence)| std::cmp::Reverse(*confidence));
        found
    }

    /// Whether some format's files usually have this extension.
    pub fn knows_extension(&self, extension: &str) -> bool {
        self.0.iter().any(|format| format.extensions().contains(&extension))
    }

    /// The formats.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Format>> {
        self.0.iter()
    }
}

/// Length in bytes of the ID3v2 tags (ID3v2.4.0 structure, section 3) at the front of a file, from their headers alone,
/// read through `read_header`, which fills ten bytes at an offset or answers `false`.
///
/// Needed to recognise what stands behind them, whatever format it is. A tag that claims to pass `file_size` ends the search
/// before it.
pub fn leading_id3v2_len(file_size: u64, mut read_header: impl FnMut(u64, &mut [u8; 10]) -> bool) -> u64 {
    let mut offset = 0;
    let mut header = [0; 10];
    while offset + 10 <= file_size && read_header(offset, &mut header) {
        let [b'I', b'D', b'3', major, minor, flags, size @ ..] = header else { break };
        if major == 0xff || minor == 0xff || size.iter().any(|byte| *byte & 0x80 != 0) {
            break;
        }
        let body = size.iter().fold(0u64, |sum, byte| sum << 7 | u64::from(*byte));
        let footer = if flags & 0x10 != 0 && major >= 4 { 10 } else { 0 };
        if offset + 10 + body + footer > file_size {
            break;
        }
        offset += 10 + body + footer;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_found_behind_junk() {
        let head = Head { bytes: b"", content: b"junkfLaC and fLaC", content_offset: 100, extension: "" };
        assert_eq!(head.beginning(|bytes| bytes.starts_with(b"fLaC")), Some(104));
        assert_eq!(head.beginning(|bytes| bytes.starts_with(b"RIFF")), None);
    }

    #[test]
    fn leading_tags_are_measured_one_behind_the_other() {
        let mut file = b"ID3\x03\0\0\0\0\x01\x00".to_vec();
        file.resize(10 + 128, 0);
        file.extend_from_slice(b"ID3\x04\0\x10\0\0\0\x02xx3DI\x04\0\x10\0\0\0\x02fLaC");
        let size = file.len() as u64;
        let measure = |limit: u64| {
            leading_id3v2_len(limit, |offset, header| {
                let at = offset as usize;
                file.get(at..at + 10).is_some_and(|bytes| {
                    header.copy_from_slice(bytes);
                    true
                })
            })
        };
        assert_eq!(measure(size), size - 4);
        assert_eq!(measure(100), 0, "a tag that passes the end of the file is not skipped");
    }
}
