//! Ogg files (RFC 3533) with one stream of Vorbis, Opus (RFC 7845), FLAC (RFC 9639, section 10.1) or Speex.
//!
//! An edit makes the comment packet anew, and with it the header pages, whose payload still comes from the file where the
//! edit did not reach. Padding in the comment packet keeps the number of header pages and, where it can, their size, so
//! that audio pages pass untouched; otherwise audio pages are renumbered while they are read, their checksums repaired
//! from the header alone. Chained and multiplexed files have their tags read and are served as they are.
//!
//! **Must never know** where bytes come from, who stores tags, or how a codec encodes sound.

mod codec;
mod crc;
mod fit;
mod headers;
mod layout;
mod page;
mod paginate;
mod probe;
mod renumber;
mod tail;

use musefs_contracts::anatomy::{Anatomy, Element, FormatId, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_vorbis_comment::{picture_image, role as comment};
use std::io;

/// The format.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ogg;

impl Ogg {
    /// The format.
    pub fn new() -> Self {
        Self
    }
}

/// The names under which the store knows Ogg files, by codec; the last is any other stream.
pub const IDS: [FormatId; 5] = [
    FormatId::new("vorbis"),
    FormatId::new("opus"),
    FormatId::new("oggflac"),
    FormatId::new("speex"),
    FormatId::new("ogg"),
];

/// Version of the prober.
const PROBER: u32 = 1;

/// Roles of elements; comments have those of `musefs_format_vorbis_comment`.
pub(crate) mod role {
    /// Bytes before the first page, which stay.
    pub(crate) const FRONT: u8 = 1;
    /// The page of the identification packet.
    pub(crate) const IDENTIFICATION: u8 = 2;
    /// The comment packet; its comments follow as elements. The range of a packet and of what is in it reaches from its
    /// first byte in the file to its last, headers of pages between them included.
    pub(crate) const COMMENTS: u8 = 3;
    /// Another header packet. The last byte of the id is the block type where the codec is FLAC.
    pub(crate) const SETUP: u8 = 4;
}

impl Format for Ogg {
    fn ids(&self) -> &'static [FormatId] {
        const { &IDS }
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["ogg", "oga", "opus", "spx"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        match probe::find_first_page(head) {
            Some(offset) if offset == head.content_offset => Confidence::Strong,
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
        let Some(element) = anatomy.elements.get(picture.element as usize) else { return Ok(None) };
        let headers = headers::Headers::decode(&anatomy.private).ok();
        let Some(headers) = headers.filter(|headers| headers.lie_inside(anatomy.size)) else { return Ok(None) };
        let pieces: Vec<_> = headers.pages.pieces(headers.pages.logical(element.range)).collect();
        picture_image(source, &pieces)
    }

    fn element_name(&self, element: &Element) -> String {
        match element.role {
            role::FRONT => "bytes before the first page".into(),
            role::IDENTIFICATION => "identification page".into(),
            role::COMMENTS => "comment packet".into(),
            role::SETUP => "header packet".into(),
            comment::PICTURE => "picture comment".into(),
            comment::RUN => "more comments".into(),
            _ => "comment".into(),
        }
    }
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
