//! MPEG audio files (Layer I, II and III of MPEG 1, 2 and 2.5), ADTS streams of AAC, and True Audio.
//!
//! None is a container: a stream of frames (ISO/IEC 11172-3, 13818-3; 13818-7 for ADTS) with tags in front of it and
//! behind it, in any mix: ID3v2 in front, several of them at times; behind, ID3v2 with a footer, APEv2, Lyrics3 v1 and v2,
//! the enhanced block and ID3v1 at last. Everything that is not one of these stays as it is.
//!
//! An edit is written into the first ID3v2 tag, in its own version; a file without one gets a 2.4 tag that also says what
//! its other tags say. Copies of the same key elsewhere follow the edit or are left out, so that no reader sees them stale.
//!
//! **Must never know** files, the store, or other containers.

mod adts;
mod anatomy;
mod frame;
mod layout;
mod probe;
mod sync;

use musefs_contracts::anatomy::{Anatomy, Element, FormatId, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use std::io;

/// What the store calls MPEG audio.
pub const MP3: FormatId = FormatId::new("mp3");
/// What the store calls AAC in ADTS or ADIF.
pub const AAC: FormatId = FormatId::new("aac");

/// What the store calls True Audio.
pub const TTA: FormatId = FormatId::new("tta");
/// All of them.
const FORMATS: &[FormatId] = &[MP3, AAC, TTA];
/// Version of the prober.
const PROBER: u32 = 5;

/// MPEG audio, ADTS and True Audio.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mpeg;

impl Mpeg {
    /// The format.
    pub fn new() -> Self {
        Self
    }
}

impl Format for Mpeg {
    fn ids(&self) -> &'static [FormatId] {
        FORMATS
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["mp3", "mp2", "mp1", "mpga", "mpa", "mpx", "bit", "aac", "adts", "adif", "tta"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        probe::sniff(head, self.extensions())
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        probe::probe(source, head, self.extensions())
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        layout::layout(anatomy, edit)
    }

    fn picture(&self, source: &dyn Source, _: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        musefs_format_id3::picture_image(source, picture)
    }

    fn element_name(&self, element: &Element) -> String {
        anatomy::element_name(element)
    }
}
