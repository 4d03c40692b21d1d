//! Puts a tag together again with an edit exchanged.

use crate::item::{PICTURE_NAMES, Private};
use crate::tag::{ApeTag, FOOTER_LEN, HAS_HEADER};
use crate::{ROLE_PICTURE, ROLE_REMAINDER};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{LayoutBuilder, Segment};
use musefs_contracts::tags::ArtLink;
use std::collections::HashSet;

/// What a tag takes over of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Everything: it is the tag that readers of this container look at.
    All,
    /// The keys it has already; it stands beside another tag. Pictures are left out once they were replaced.
    Known,
}

/// The name under which a key is written that the tag does not have yet.
fn item_name(key: &str) -> String {
    let known = match key {
        "tracknumber" => "Track",
        "discnumber" => "Disc",
        "date" => "Year",
        "albumartist" => "Album Artist",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    // Names are ASCII; other characters cannot be kept.
    let name: String = key.chars().map(|c| if (' '..='~').contains(&c) { c } else { '_' }).take(255).collect();
    let mut letters = name.chars();
    letters.next().map_or(name.clone(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

struct Items {
    builder: LayoutBuilder,
    count: u32,
}

impl Items {
    fn text(&mut self, name: &str, flags: u32, change: &KeyChange) -> Result<(), LayoutError> {
        let texts: Vec<&str> = change.values.iter().filter_map(EditValue::text).collect();
        if texts.is_empty() {
            return Ok(());
        }
        let value = texts.join("\0");
        self.item(name, flags & !6, value.len() as u64)?;
        self.builder.bytes(value.as_bytes());
        Ok(())
    }

    fn picture(&mut self, art: &ArtLink) -> Result<(), LayoutError> {
        let kind = PICTURE_NAMES.get(usize::from(art.picture_type)).copied().unwrap_or("Front");
        let ending = if art.mime == "image/png" { "png" } else { "jpg" };
        let file = format!("Cover Art ({kind}).{ending}\0");
        self.item(&format!("Cover Art ({kind})"), 2, file.len() as u64 + art.byte_len)?;
        self.builder.bytes(file.as_bytes()).push(Segment::Art(art.art, ByteRange::new(0, art.byte_len)));
        Ok(())
    }

    fn item(&mut self, name: &str, flags: u32, len: u64) -> Result<(), LayoutError> {
        let size = u32::try_from(len).map_err(|_| too_large())?;
        self.builder.bytes(&size.to_le_bytes()).bytes(&flags.to_le_bytes()).bytes(name.as_bytes()).bytes(&[0]);
        self.count += 1;
        Ok(())
    }
}

fn too_large() -> LayoutError {
    LayoutError::TooLarge("the APEv2 tag would be larger than 4 GiB".to_owned())
}

/// The tag with the edit exchanged; empty if no item is left. `elements` are those of this tag, in file order.
pub fn splice(
    anatomy: &Anatomy,
    tag: &ApeTag,
    elements: &[Element],
    edit: &Edit,
    follow: Follow,
) -> Result<LayoutBuilder, LayoutError> {
    let mut items = Items { builder: LayoutBuilder::new(), count: 0 };
    let mut written = HashSet::new();
    let mut unlisted = 0;
    // Readers look no further than what they cannot read, or than the number of items they take, so what is new stands first.
    let is_crowded = elements.last().is_some_and(|last| last.role == ROLE_REMAINDER);
    if is_crowded && follow == Follow::All {
        let listed = elements.iter().filter_map(|element| anatomy.key_of(element)).collect();
        add(&mut items, edit, &listed)?;
    }
    for element in elements {
        if element.role == ROLE_REMAINDER {
            unlisted = tag.count.saturating_sub(elements.len() as u32 - 1);
            items.builder.backing(element.range);
            continue;
        }
        if element.role == ROLE_PICTURE && edit.art.is_some() {
            continue;
        }
        match anatomy.key_of(element).and_then(|key| edit.change(key)) {
            None => {
                items.builder.backing(element.range);
                items.count += 1;
            }
            Some(change) => {
                let private = Private::decode(&element.private).map_err(|_| LayoutError::StaleAnatomy)?;
                if written.insert(change.key.as_str()) {
                    items.text(&private.name, private.flags, change)?;
                }
            }
        }
    }
    if follow == Follow::All && !is_crowded {
        add(&mut items, edit, &written)?;
    }
    items.count = items.count.saturating_add(unlisted);
    close(tag, items)
}

/// A new tag, with header and footer, for a file that has none.
pub fn new_tag(edit: &Edit) -> Result<LayoutBuilder, LayoutError> {
    let mut items = Items { builder: LayoutBuilder::new(), count: 0 };
    add(&mut items, edit, &HashSet::new())?;
    let range = ByteRange::new(0, 2 * FOOTER_LEN);
    let tag = ApeTag { range, items: ByteRange::new(FOOTER_LEN, 0), count: 0, version: 2000, flags: HAS_HEADER };
    close(&tag, items)
}

fn add(items: &mut Items, edit: &Edit, written: &HashSet<&str>) -> Result<(), LayoutError> {
    for change in edit.changes.iter().filter(|change| !written.contains(change.key.as_str())) {
        let name = item_name(&change.key);
        // Names are two characters at the least, and readers refuse the whole tag for one that is not.
        if name.len() >= 2 {
            items.text(&name, 0, change)?;
        }
    }
    edit.art.iter().flatten().try_for_each(|art| items.picture(art))
}

fn close(tag: &ApeTag, items: Items) -> Result<LayoutBuilder, LayoutError> {
    let mut out = LayoutBuilder::new();
    if items.builder.is_empty() {
        return Ok(out);
    }
    let marker = |is_header| tag.marker(items.builder.len(), items.count, is_header).ok_or_else(too_large);
    let (header, footer) = (marker(true)?, marker(false)?);
    if tag.has_header() {
        out.bytes(&header);
    }
    out.append(items.builder);
    if tag.has_footer() {
        out.bytes(&footer);
    }
    Ok(out)
}
