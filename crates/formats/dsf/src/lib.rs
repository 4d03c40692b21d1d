//! DSF, Sony's file format for DSD audio (DSF File Format Specification, version 1.01).
//!
//! Three chunks, `DSD `, `fmt ` and `data`, then an ID3v2 tag at the place that the first chunk's pointer names. An edit
//! rewrites that tag behind the audio, which keeps its place, and sets the pointer and the file's size in the first chunk
//! right. A file without a tag gets one at its end.
//!
//! **Must never know** files, the store, or any other container.

mod head;
mod layout;
mod probe;

use musefs_contracts::anatomy::{Anatomy, Element, FormatId, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use std::io;

/// Raised whenever the same file would give another anatomy.
pub(crate) const PROBER: u32 = 3;

/// A chunk, listed for people only.
pub(crate) const ROLE_CHUNK: u8 = musefs_format_id3::ROLE_END;

/// What the store calls these files.
pub(crate) const DSF: FormatId = FormatId::new("dsf");

/// DSF files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dsf;

impl Dsf {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

impl Format for Dsf {
    fn ids(&self) -> &'static [FormatId] {
        const { &[DSF] }
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["dsf"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        if head.content.starts_with(head::MAGIC) {
            Confidence::Strong
        } else if self.extensions().contains(&head.extension) {
            Confidence::Extension
        } else {
            Confidence::No
        }
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        probe::probe(source, head.content_offset)
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        layout::layout(anatomy, edit)
    }

    fn picture(&self, source: &dyn Source, _: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        musefs_format_id3::picture_image(source, picture)
    }

    fn element_name(&self, element: &Element) -> String {
        if element.role < ROLE_CHUNK {
            return format!("ID3 {}", musefs_format_id3::id_name(element.id));
        }
        String::from_utf8_lossy(&element.id).into_owned()
    }
}
