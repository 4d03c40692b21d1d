//! Splicing an edit into the tag, and the sizes that follow from it.

use crate::PROBER;
use crate::head::{CHUNK_HEADER, HEAD_LEN, SIZE_AT, Skeleton};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{Layout, LayoutBuilder};
use musefs_format_id3::{fit, new_tag, splice_tag};
use musefs_format_keys::with_totals;

/// The layout of an edited file.
pub(crate) fn layout(anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
    let edit = &*with_totals(anatomy, edit);
    if edit.is_empty() {
        return Ok(Layout::verbatim(anatomy.size));
    }
    let skeleton = Skeleton::decode(&anatomy.private).map_err(|_| LayoutError::StaleAnatomy)?;
    let data = skeleton.data;
    // The tag lies behind the audio's chunk, or is put at the end.
    let old = skeleton.tag.map_or(ByteRange::new(anatomy.size, 0), |tag| tag.range);
    let is_sound =
        data.offset >= HEAD_LEN && data.len >= CHUNK_HEADER && data.end() <= old.offset && old.end() <= anatomy.size;
    if anatomy.prober != PROBER || !is_sound || !anatomy.lies_inside() {
        return Err(LayoutError::StaleAnatomy);
    }
    let tag = tag(anatomy, &skeleton, edit)?;
    let pointer = if tag.is_empty() { 0 } else { old.offset };
    let size = anatomy.size - old.len + tag.len();
    let mut out = LayoutBuilder::new();
    out.backing(ByteRange::new(0, SIZE_AT)).bytes(&size.to_le_bytes()).bytes(&pointer.to_le_bytes());
    let mut at = HEAD_LEN;
    if skeleton.is_cut {
        let field = data.offset + 4;
        out.backing(ByteRange::new(at, field - at)).bytes(&data.len.to_le_bytes());
        at = field + 8;
    }
    out.backing(ByteRange::new(at, old.offset - at)).append(tag);
    out.backing(ByteRange::new(old.end(), anatomy.size - old.end()));
    Ok(out.finish())
}

/// The new tag; empty if nothing is left to say.
fn tag(anatomy: &Anatomy, skeleton: &Skeleton, edit: &Edit) -> Result<LayoutBuilder, LayoutError> {
    let (frames, available) = match &skeleton.tag {
        Some(info) => {
            let own = elements(anatomy, info.range);
            (splice_tag(anatomy, info, own, edit, true)?, info.range.len)
        }
        None => (new_tag(edit, &[])?, 0),
    };
    if frames.is_empty() {
        return Ok(LayoutBuilder::new());
    }
    let total = fit(frames.needed(), available, 1);
    frames.finish(total)
}

/// The elements that lie in a range.
fn elements(anatomy: &Anatomy, range: ByteRange) -> &[Element] {
    let from = anatomy.elements.partition_point(|element| element.range.offset < range.offset);
    let to = anatomy.elements.partition_point(|element| element.range.offset < range.end());
    anatomy.elements.get(from..to).unwrap_or_default()
}
