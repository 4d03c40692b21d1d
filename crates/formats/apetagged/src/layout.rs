//! Lays a file out with an edit exchanged.

use crate::anatomy::{Tags, Trailer};
use crate::{PROBER, kind};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{Layout, LayoutBuilder};
use musefs_format_ape::{self as ape, Follow};
use musefs_format_id3::{ROLE_PICTURE, TagInfo, fit, lyrics3, splice_tag};
use musefs_format_keys::with_totals;

/// The audio moves by multiples of this, so that served and backing offsets share pages and extents.
const BLOCK: u64 = 4096;

pub(crate) fn layout(anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
    let edit = &*with_totals(anatomy, edit);
    if edit.is_empty() {
        return Ok(Layout::verbatim(anatomy.size));
    }
    if anatomy.prober != PROBER || !kind::IDS.contains(&anatomy.format) || !anatomy.lies_inside() {
        return Err(LayoutError::StaleAnatomy);
    }
    let tags = Tags::decode(&anatomy.private).map_err(|_| LayoutError::StaleAnatomy)?;
    let mut at = 0;
    let ranges = tags.leading.iter().map(|tag| tag.range).chain(tags.trailing.iter().map(Trailer::range));
    for range in ranges {
        if range.offset < at || range.end() > anatomy.size {
            return Err(LayoutError::StaleAnatomy);
        }
        at = range.end();
    }
    let mut out = LayoutBuilder::new();
    at = 0;
    for tag in &tags.leading {
        out.backing(ByteRange::new(at, tag.range.offset - at)).append(leading(anatomy, tag, edit)?);
        at = tag.range.end();
    }
    let end = tags.trailing.first().map_or(anatomy.size, |tag| tag.range().offset);
    out.backing(ByteRange::new(at, end - at));
    trailing(anatomy, &tags, edit, &mut out)?;
    Ok(out.finish())
}

/// An ID3v2 tag in front, which readers of these containers skip: what the edit touches is left out.
fn leading(anatomy: &Anatomy, tag: &TagInfo, edit: &Edit) -> Result<LayoutBuilder, LayoutError> {
    let own = elements(anatomy, tag.range);
    let touched = |element: &Element| {
        anatomy.key_of(element).is_some_and(|key| edit.touches(key))
            || (element.role == ROLE_PICTURE && edit.art.is_some())
    };
    if !own.iter().any(touched) {
        let mut out = LayoutBuilder::new();
        out.backing(tag.range);
        return Ok(out);
    }
    let frames = splice_tag(anatomy, tag, own, edit, false)?;
    let total = fit(frames.needed(), tag.range.len, BLOCK);
    frames.finish(total)
}

fn trailing(anatomy: &Anatomy, tags: &Tags, edit: &Edit, out: &mut LayoutBuilder) -> Result<(), LayoutError> {
    let seen = tags.trailing.iter().rposition(|tag| matches!(tag, Trailer::Ape(_)));
    let new_at = seen.is_none().then(|| place_of_new(&tags.trailing));
    for (index, tag) in tags.trailing.iter().enumerate() {
        if new_at == Some(index) {
            out.append(ape::new_tag(&with_carried(edit, &tags.only_id3))?);
        }
        match tag {
            Trailer::Ape(tag) => {
                let follow = if seen == Some(index) { Follow::All } else { Follow::Known };
                out.append(ape::splice(anatomy, tag, elements(anatomy, tag.range), edit, follow)?);
            }
            Trailer::Id3v1(tag) => {
                out.append(tag.splice(edit));
            }
            Trailer::Lyrics3(block) => {
                out.append(lyrics3::splice(anatomy, block, elements(anatomy, block.range), edit));
            }
        }
    }
    if new_at == Some(tags.trailing.len()) {
        out.append(ape::new_tag(&with_carried(edit, &tags.only_id3))?);
    }
    Ok(())
}

/// Where readers look for an APEv2 tag: at the end of the file, or before the last ID3v1 tag and the Lyrics3 block that
/// belongs to it.
fn place_of_new(trailing: &[Trailer]) -> usize {
    let mut at = trailing.len();
    if matches!(trailing.last(), Some(Trailer::Id3v1(_))) {
        at -= 1;
    }
    if let Some(Trailer::Lyrics3(_)) = trailing.get(..at).and_then(<[_]>::last) {
        at -= 1;
    }
    at
}

/// The edit, and beside it what the file's other tags say of keys that it does not touch. Keys that cannot be names of
/// items, which are ASCII, and values that are empty or hold the NUL that parts values here, stay in those tags alone.
fn with_carried(edit: &Edit, carried: &[(String, Vec<String>)]) -> Edit {
    let mut changes = edit.changes.clone();
    let is_item = |value: &String| !value.is_empty() && !value.contains('\0');
    let can_say = |key: &str, values: &[String]| key.is_ascii() && values.iter().all(is_item);
    for (key, values) in carried.iter().filter(|(key, values)| can_say(key, values) && !edit.touches(key)) {
        let values = values.iter().cloned().map(EditValue::Text).collect();
        changes.push(KeyChange { key: key.clone(), values });
    }
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    Edit { changes, art: edit.art.clone() }
}

/// The elements that lie in a range.
fn elements(anatomy: &Anatomy, range: ByteRange) -> &[Element] {
    let from = anatomy.elements.partition_point(|element| element.range.offset < range.offset);
    let to = anatomy.elements.partition_point(|element| element.range.offset < range.end());
    anatomy.elements.get(from..to).unwrap_or_default()
}
