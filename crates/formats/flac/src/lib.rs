//! FLAC files (RFC 9639): metadata blocks in front of audio frames.
//!
//! An edit exchanges comments and pictures only. Every other block keeps its bytes and place, `PADDING` absorbs the
//! difference, and the audio is never touched. A leading ID3v2 tag and a trailing ID3v1 tag are read for the keys that no
//! comment states; an edited file carries those keys as comments and leaves the ID3 tags out.
//!
//! **Must never know** where bytes come from, who stores tags, or any container but its own.

mod block;
mod extent;
mod fallback;
mod layout;
mod padding;
mod probe;

use musefs_contracts::anatomy::{Anatomy, Element, FormatId, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::{Layout, LayoutBuilder};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_vorbis_comment::{picture_image, role as comment};
use std::io;

/// The format.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flac;

impl Flac {
    /// The format.
    pub fn new() -> Self {
        Self
    }
}

/// The name under which the store knows FLAC files.
pub const ID: FormatId = FormatId::new("flac");

/// Version of the prober.
const PROBER: u32 = 6;

impl Format for Flac {
    fn ids(&self) -> &'static [FormatId] {
        const { &[ID] }
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["flac", "fla"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        match probe::find_marker(head) {
            Some(marker) if marker == head.content_offset || head.bytes.starts_with(b"ID3") => Confidence::Strong,
            Some(_) => Confidence::Weak,
            None if self.extensions().contains(&head.extension) => Confidence::Extension,
            None => Confidence::No,
        }
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        probe::probe(source, head)
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        layout::layout(anatomy, edit)
    }

    fn picture(&self, source: &dyn Source, anatomy: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        if picture.encoding == PictureEncoding::Raw {
            let mut image = LayoutBuilder::new();
            image.backing(picture.range);
            return Ok(Some(image.finish()));
        }
        match anatomy.elements.get(picture.element as usize) {
            Some(element) if element.role == comment::PICTURE => picture_image(source, &[element.range]),
            Some(element) if element.role == block::role::FOREIGN_TAG => {
                musefs_format_id3::picture_image(source, picture)
            }
            _ => Ok(None),
        }
    }

    fn element_name(&self, element: &Element) -> String {
        block::element_name(element)
    }
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
