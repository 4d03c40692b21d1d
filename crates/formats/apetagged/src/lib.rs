//! Containers whose one tag codec is APEv2: WavPack, Monkey's Audio, Musepack (stream versions 4 to 8), TAK and OptimFROG.
//!
//! Their streams are told apart by their first bytes, and are nothing that a tagger looks into: what matters stands behind
//! them, an APEv2 tag at the end of the file or before an ID3v1 tag. An edit is written into the APEv2 tag; a file that has
//! none gets one that also says what its ID3 tags say, since readers look no further once there is one. Copies of the same
//! key in an ID3v1 tag, in ID3v2 tags that taggers of old put in front, or in a second APEv2 tag follow the edit or are
//! left out, so that no reader sees them stale. The audio keeps its place.
//!
//! **Must never know** files, the store, or what the streams hold.

mod anatomy;
mod kind;
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
pub(crate) const PROBER: u32 = 5;

/// WavPack, Monkey's Audio, Musepack, TAK and OptimFROG files.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApeTagged;

impl ApeTagged {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

impl Format for ApeTagged {
    fn ids(&self) -> &'static [FormatId] {
        kind::IDS
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        kind::EXTENSIONS
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        if kind::of(head).is_some_and(|kind| kind.is_certain()) {
            Confidence::Strong
        } else if kind::EXTENSIONS.contains(&head.extension) {
            Confidence::Extension
        } else {
            Confidence::No
        }
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        probe::probe(source, head)
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        layout::layout(anatomy, edit)
    }

    fn picture(&self, source: &dyn Source, _: &Anatomy, picture: &PictureLocation) -> io::Result<Option<Layout>> {
        musefs_format_id3::picture_image(source, picture)
    }

    fn element_name(&self, element: &Element) -> String {
        if element.role == musefs_format_id3::lyrics3::ROLE_LYRICS3 {
            return format!("Lyrics3 {}", musefs_format_id3::id_name(element.id));
        }
        if element.role < musefs_format_ape::ROLE_ITEM {
            return format!("ID3 {}", musefs_format_id3::id_name(element.id));
        }
        let name = musefs_format_ape::name_of(element).unwrap_or_default();
        format!("APEv2 {name}").trim_end().to_owned()
    }
}
