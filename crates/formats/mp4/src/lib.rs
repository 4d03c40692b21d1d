//! MPEG-4 audio files (`.m4a`, `.m4b`, `.mp4`): ISO/IEC 14496-12 atoms with the iTunes metadata list in
//! `moov.udta.meta.ilst`.
//!
//! An edit exchanges items of the list and nothing else. Where the list's size changes, a `free` atom absorbs the difference;
//! where none can, everything behind `moov` moves and every table of absolute offsets (`stco`, `co64`, `saio`, of all
//! tracks) is shifted by that constant while it is read.
//!
//! **Must never know** files, the store, or any other container.

mod anatomy;
mod atom;
mod item;
mod item_write;
mod layout;
mod names;
mod probe;
mod shift;

use musefs_contracts::anatomy::{Anatomy, Element, FormatId};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};

/// The stored name.
pub(crate) const M4A: FormatId = FormatId::new("m4a");

/// Raised whenever the same file would give another anatomy.
pub(crate) const PROBER: u32 = 6;

/// Atoms that a file may begin with.
const FIRST_ATOMS: &[&[u8; 4]] = &[b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"];

/// The format.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mp4;

impl Mp4 {
    /// The format.
    pub const fn new() -> Self {
        Self
    }
}

/// Where an `ftyp` atom of a likely size stands behind zeros or junk.
fn beginning(head: &Head<'_>) -> Option<u64> {
    head.beginning(|bytes| matches!(bytes.first_chunk::<8>(), Some([0, 0, _, 8..=255, b'f', b't', b'y', b'p'])))
}

/// Atoms of unknown names that may stand before `moov`.
const MOST_UNKNOWN: usize = 16;

/// Whether a file begins at the front: with an atom that one begins with, or with some that nobody here knows and `moov` behind
/// them. What looks like another file further on is then inside of `moov`, where an edit may make it, or make it go.
fn is_beginning(content: &[u8]) -> bool {
    let mut rest = content;
    for place in 0..=MOST_UNKNOWN {
        let Some([s0, s1, s2, s3, name @ ..]) = rest.first_chunk::<8>() else { return false };
        if FIRST_ATOMS.contains(&name) {
            return place == 0 || name == b"moov";
        }
        let size = u32::from_be_bytes([*s0, *s1, *s2, *s3]) as usize;
        let Some(next) = rest.get(size.max(8)..).filter(|_| size >= 8) else { return false };
        rest = next;
    }
    false
}

/// Where the file's own atoms begin: at the front, or behind what is no atom that a file begins with. Told by bytes that no edit
/// changes, so that an edited file begins where the original does.
fn begins(head: &Head<'_>) -> u64 {
    let found = if is_beginning(head.content) { None } else { beginning(head) };
    found.unwrap_or(head.content_offset)
}

impl Format for Mp4 {
    fn ids(&self) -> &'static [FormatId] {
        const IDS: &[FormatId] = &[M4A];
        IDS
    }

    fn prober(&self) -> u32 {
        PROBER
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["m4a", "m4b", "m4p", "m4r", "mp4", "3gp", "3g2", "aax"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        let by_extension = self.extensions().contains(&head.extension);
        match head.content.get(4..8) {
            Some(b"ftyp") => Confidence::Strong,
            Some(name) if FIRST_ATOMS.iter().any(|first| *first == name) => {
                if by_extension {
                    Confidence::Strong
                } else {
                    Confidence::Weak
                }
            }
            _ if beginning(head).is_some() => Confidence::Weak,
            _ if by_extension => Confidence::Extension,
            _ => Confidence::No,
        }
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        probe::probe(source, head)
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        layout::layout(anatomy, edit)
    }

    fn element_name(&self, element: &Element) -> String {
        anatomy::element_name(element)
    }
}
