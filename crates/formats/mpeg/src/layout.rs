//! Lays a file out with an edit exchanged.

use crate::anatomy::{Part, Parts};
use crate::{FORMATS, PROBER};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{Layout, LayoutBuilder};
use musefs_format_ape::{self as ape, Follow};
use musefs_format_id3::{Carried, CarriedText, Frames, TagInfo, fit, lyrics3, new_tag, splice_tag};
use musefs_format_keys::with_totals;
use std::collections::HashSet;

/// The audio moves by multiples of this, so that served and backing offsets share pages and extents.
const BLOCK: u64 = 4096;

pub(crate) fn layout(anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
    let edit = &*with_totals(anatomy, edit);
    if edit.is_empty() {
        return Ok(Layout::verbatim(anatomy.size));
    }
    if anatomy.prober != PROBER || !FORMATS.contains(&anatomy.format) || !anatomy.lies_inside() {
        return Err(LayoutError::StaleAnatomy);
    }
    let parts = Parts::decode(&anatomy.private).map_err(|_| LayoutError::StaleAnatomy)?;
    let ranges = || parts.leading.iter().chain(&parts.trailing).map(Part::range);
    if ranges().any(|range| range.offset.checked_add(range.len).is_none_or(|end| end > anatomy.size)) {
        return Err(LayoutError::StaleAnatomy);
    }
    let mut out = LayoutBuilder::new();
    leading(anatomy, &parts, edit, &mut out)?;
    let start = parts.leading.last().map_or(0, |part| part.range().end());
    let end = parts.trailing.first().map_or(anatomy.size, |part| part.range().offset);
    out.backing(ByteRange::new(start, end.saturating_sub(start)));
    for part in &parts.trailing {
        trailing(anatomy, part, edit, &mut out)?;
    }
    Ok(out.finish())
}

fn leading(anatomy: &Anatomy, parts: &Parts, edit: &Edit, out: &mut LayoutBuilder) -> Result<(), LayoutError> {
    let mut is_first = true;
    if !parts.leading.iter().any(|part| matches!(part, Part::Id3v2(_))) {
        let frames = first_tag(anatomy, parts, edit)?;
        if !frames.is_empty() {
            let total = fit(frames.needed(), 0, BLOCK);
            out.append(frames.finish(total)?);
        }
    }
    for part in &parts.leading {
        let own = elements(anatomy, part.range());
        match part {
            Part::Id3v2(info) => {
                // Readers take the first of several tags; the others only must not go stale.
                let frames = splice_tag(anatomy, info, own, edit, std::mem::take(&mut is_first))?;
                let total = fit(frames.needed(), info.range.len, BLOCK);
                out.append(frames.finish(total)?);
            }
            Part::Ape(tag) => {
                let tag = ape::splice(anatomy, tag, own, edit, Follow::Known)?;
                // What follows moves by whole pages: no reader needs anything between the tag and the first frame.
                let padding = part.range().len.wrapping_sub(tag.len()) % BLOCK;
                out.append(tag).zeros(padding);
            }
            Part::Lyrics3(_) | Part::Id3v1(_) => return Err(LayoutError::StaleAnatomy),
        }
    }
    Ok(())
}

/// The tag that is put in front of a file that has none there: a copy of the 2.4 tag at the file's end, if it has one, and
/// what its other tags say beyond that.
fn first_tag(anatomy: &Anatomy, parts: &Parts, edit: &Edit) -> Result<Frames, LayoutError> {
    let mut carried = carried(anatomy, parts);
    let at_end = parts.trailing.iter().find_map(|part| if let Part::Id3v2(info) = part { Some(info) } else { None });
    let Some(info) = at_end else { return new_tag(edit, &carried) };
    let own = elements(anatomy, info.range);
    carried.retain(|value| !own.iter().any(|element| anatomy.key_of(element) == Some(&value.key)));
    let mut frames = splice_tag(anatomy, info, own, edit, true)?;
    frames.carry(edit, &carried)?;
    Ok(frames)
}

fn trailing(anatomy: &Anatomy, part: &Part, edit: &Edit, out: &mut LayoutBuilder) -> Result<(), LayoutError> {
    let own = elements(anatomy, part.range());
    match part {
        Part::Id3v2(info) => {
            out.append(trailing_id3v2(anatomy, info, own, edit)?);
        }
        Part::Ape(tag) => {
            out.append(ape::splice(anatomy, tag, own, edit, Follow::Known)?);
        }
        Part::Lyrics3(block) => {
            out.append(lyrics3::splice(anatomy, block, own, edit));
        }
        Part::Id3v1(tag) => {
            out.append(tag.splice(edit));
        }
    }
    Ok(())
}

fn trailing_id3v2(
    anatomy: &Anatomy,
    info: &TagInfo,
    own: &[Element],
    edit: &Edit,
) -> Result<LayoutBuilder, LayoutError> {
    let touched = |element: &Element| {
        anatomy.key_of(element).is_some_and(|key| edit.touches(key))
            || (element.role == musefs_format_id3::ROLE_PICTURE && edit.art.is_some())
    };
    if own.iter().any(touched) {
        return splice_tag(anatomy, info, own, edit, false)?.finish_with_footer();
    }
    let mut out = LayoutBuilder::new();
    out.backing(info.range);
    Ok(out)
}

/// What the tags behind the stream say, for a file that has no ID3v2 tag in front: the best one's word for each key.
fn carried(anatomy: &Anatomy, parts: &Parts) -> Vec<Carried> {
    let mut out = Vec::new();
    let mut known = HashSet::new();
    // Of several tags of a kind, the one nearest to the end of the file is believed.
    for part in parts.leading.iter().chain(parts.trailing.iter().rev()) {
        if let Part::Ape(tag) = part {
            for element in elements(anatomy, tag.range) {
                let Some((key, range)) = anatomy.key_of(element).zip(ape::carried_value(element)) else { continue };
                if known.insert(key.to_owned()) {
                    out.push(Carried { key: key.to_owned(), from_id3v1: false, text: CarriedText::Utf8(range) });
                }
            }
        }
    }
    for part in parts.trailing.iter().rev() {
        if let Part::Id3v1(tag) = part {
            out.extend(tag.carried().into_iter().filter(|carried| known.insert(carried.key.clone())));
        }
    }
    out
}

/// The elements that lie in a range.
fn elements(anatomy: &Anatomy, range: ByteRange) -> &[Element] {
    let from = anatomy.elements.partition_point(|element| element.range.offset < range.offset);
    let to = anatomy.elements.partition_point(|element| element.range.offset < range.end());
    anatomy.elements.get(from..to).unwrap_or_default()
}
