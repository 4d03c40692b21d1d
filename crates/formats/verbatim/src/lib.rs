//! Containers that are recognised, read for their tags and pictures, and served as they are: DSDIFF, ASF (Windows Media
//! Audio) and Matroska with WebM.
//!
//! Their anatomies say so in a sentence, so that whoever edits such a track learns why its file does not change. Each is
//! read by a small reader of its own that follows no size further than the file goes, reads no more than [`MOST_BYTES`] of
//! it, and takes a broken element for itself alone.
//!
//! **Must never know** files, the store, or any other container.

mod asf;
mod asf_names;
mod bounded;
mod dsdiff;
mod ebml;
mod matroska;
mod matroska_tags;

pub use bounded::MOST_BYTES;

use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element, FormatId, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_id3::Collector;
use std::io;

/// Raised whenever the same file would give another anatomy.
const PROBER: u32 = 1;

/// An element that is named by its private bytes, where it has any.
const ROLE_ELEMENT: u8 = musefs_format_id3::ROLE_END;

/// DSDIFF files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dsdiff;

/// ASF files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asf;

/// Matroska and WebM files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Matroska;

impl Dsdiff {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

impl Asf {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

impl Matroska {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

impl Format for Dsdiff {
    fn ids(&self) -> &'static [FormatId] {
        const { &[dsdiff::DFF] }
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["dff"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        sniff(self, head, dsdiff::is_dsdiff(head.content))
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        dsdiff::probe(source, head.content_offset)
    }

    fn layout(&self, anatomy: &Anatomy, _: &Edit) -> Result<Layout, LayoutError> {
        Ok(Layout::verbatim(anatomy.size))
    }

    fn picture(&self, source: &dyn Source, _: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        musefs_format_id3::picture_image(source, picture)
    }

    fn element_name(&self, element: &Element) -> String {
        element_name(element)
    }
}

impl Format for Asf {
    fn ids(&self) -> &'static [FormatId] {
        const { &[asf::WMA] }
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["wma", "asf"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        sniff(self, head, asf::is_asf(head.content))
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        asf::probe(source, head.content_offset)
    }

    fn layout(&self, anatomy: &Anatomy, _: &Edit) -> Result<Layout, LayoutError> {
        Ok(Layout::verbatim(anatomy.size))
    }

    fn element_name(&self, element: &Element) -> String {
        element_name(element)
    }
}

impl Format for Matroska {
    fn ids(&self) -> &'static [FormatId] {
        const { &[matroska::MKA, matroska::WEBM] }
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["mka", "webm", "weba"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        sniff(self, head, matroska::is_matroska(head.content))
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        matroska::probe(source, head.content_offset)
    }

    fn layout(&self, anatomy: &Anatomy, _: &Edit) -> Result<Layout, LayoutError> {
        Ok(Layout::verbatim(anatomy.size))
    }

    fn element_name(&self, element: &Element) -> String {
        element_name(element)
    }
}

fn sniff(format: &dyn Format, head: &Head<'_>, is_its_own: bool) -> Confidence {
    if is_its_own {
        Confidence::Strong
    } else if format.extensions().contains(&head.extension) {
        Confidence::Extension
    } else {
        Confidence::No
    }
}

/// The probe of a file of `size` bytes that is called `kind` where people are told why it is not edited.
fn finish(format: FormatId, kind: &str, size: u64, audio: ByteRange, mut out: Collector) -> Probe {
    out.finish();
    let reason = format!("{kind} files are shown as they are: editing their tags in place is not supported");
    let anatomy = Anatomy {
        format,
        prober: PROBER,
        size,
        audio,
        editability: Editability::Verbatim(reason),
        elements: out.elements,
        keys: Vec::new(),
        pictures: out.pictures,
        private: Box::default(),
    };
    Probe::new(anatomy, out.tags)
}

fn element_name(element: &Element) -> String {
    if element.role < ROLE_ELEMENT {
        return format!("ID3 {}", musefs_format_id3::id_name(element.id));
    }
    let name = if element.private.is_empty() { &element.id[..] } else { &element.private };
    String::from_utf8_lossy(name).into_owned()
}
