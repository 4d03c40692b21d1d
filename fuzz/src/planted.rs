//! A format with a fault that no seed reaches: `cargo xtask fuzz --self-test` must find it.

use musefs_contracts::anatomy::{Anatomy, FormatId};
use musefs_contracts::backing::Source;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_flac::Flac;

/// FLAC, but an edited file that holds a block of an unknown type loses its last byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Planted(Flac);

/// The first metadata block type that RFC 9639 leaves open.
const FIRST_UNKNOWN: u8 = 7;

impl Format for Planted {
    fn ids(&self) -> &'static [FormatId] {
        self.0.ids()
    }

    fn prober(&self) -> u32 {
        self.0.prober()
    }

    fn extensions(&self) -> &'static [&'static str] {
        self.0.extensions()
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        self.0.sniff(head)
    }

    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        self.0.probe(source, head)
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        let layout = self.0.layout(anatomy, edit)?;
        let unknown = |id: [u8; 4]| id[..3] == [0; 3] && id[3] >= FIRST_UNKNOWN;
        if edit.is_empty() || !anatomy.elements.iter().any(|element| unknown(element.id)) {
            return Ok(layout);
        }
        let mut builder = LayoutBuilder::new();
        for segment in layout.segments() {
            match segment {
                Segment::Backing(range) if range.end() == anatomy.size => {
                    let mut range = *range;
                    range.len -= 1;
                    builder.backing(range);
                }
                other => {
                    builder.push(other.clone());
                }
            }
        }
        Ok(builder.finish())
    }
}
