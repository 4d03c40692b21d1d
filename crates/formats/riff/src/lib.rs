//! Files of chunks: RIFF/WAVE with its 64-bit kin RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088), and AIFF/AIFF-C (Apple, 1991).
//!
//! Tags stand in an `id3 ` chunk, in `LIST/INFO` (WAVE) and in the text chunks `NAME`, `AUTH`, `(c) ` and `ANNO` (AIFF). An edit
//! changes a key in all of them. A tag behind the audio grows and shrinks as it must; one before it is padded, so that the
//! audio keeps its place or moves by whole pages.
//!
//! **Must never know** files, the store, or any other container.

mod chunk;
mod fields;
mod layout;
mod probe;
mod skeleton;

use chunk::Family;
use musefs_contracts::anatomy::{Anatomy, Element, FormatId, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use std::io;

/// Raised whenever the same file would give another anatomy.
pub(crate) const PROBER: u32 = 8;

/// A text field outside the ID3 tag.
pub(crate) const ROLE_FIELD: u8 = musefs_format_id3::ROLE_END;
/// A chunk, listed for people only.
pub(crate) const ROLE_CHUNK: u8 = ROLE_FIELD + 1;

/// WAVE files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wave;

/// AIFF and AIFF-C files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aiff;

impl Wave {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

impl Aiff {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

impl Format for Wave {
    fn ids(&self) -> &'static [FormatId] {
        const IDS: &[FormatId] = &[FormatId::new("wav")];
        IDS
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["wav", "wave", "bwf", "rf64"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        sniff(head, Family::Wave, self.extensions())
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        probe::probe(source, head, Family::Wave)
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        layout::layout(anatomy, edit, Family::Wave)
    }

    fn picture(&self, source: &dyn Source, _: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        musefs_format_id3::picture_image(source, picture)
    }

    fn element_name(&self, element: &Element) -> String {
        element_name(element)
    }
}

impl Format for Aiff {
    fn ids(&self) -> &'static [FormatId] {
        const IDS: &[FormatId] = &[FormatId::new("aiff")];
        IDS
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["aif", "aiff", "aifc", "afc"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        sniff(head, Family::Aiff, self.extensions())
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        probe::probe(source, head, Family::Aiff)
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        layout::layout(anatomy, edit, Family::Aiff)
    }

    fn picture(&self, source: &dyn Source, _: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        musefs_format_id3::picture_image(source, picture)
    }

    fn element_name(&self, element: &Element) -> String {
        element_name(element)
    }
}

fn sniff(head: &Head<'_>, family: Family, extensions: &[&str]) -> Confidence {
    match head.beginning(|bytes| family.begins(bytes)) {
        Some(at) if at == head.content_offset => Confidence::Strong,
        Some(_) => Confidence::Weak,
        None if extensions.contains(&head.extension) => Confidence::Extension,
        None => Confidence::No,
    }
}

fn element_name(element: &Element) -> String {
    if element.role < ROLE_FIELD {
        return format!("ID3 {}", musefs_format_id3::id_name(element.id));
    }
    String::from_utf8_lossy(&element.id).into_owned()
}
