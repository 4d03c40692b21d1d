//! Puts a tag together again with an edit exchanged.

use crate::generate::{Carried, NewFrame, carried_frame, frames_for, picture_frame};
use crate::header::{EXPERIMENTAL, HEADER_LEN, TagInfo, UNSYNC, synchsafe};
use crate::private::{Hint, Private};
use crate::unsync::Unstuffed;
use crate::{ROLE_FREEFORM, ROLE_PICTURE, ROLE_REMAINDER};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::edit::{Edit, EditValue};
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{LayoutBuilder, Segment};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most bytes that a tag's header can tell, header included.
pub const MAX_TAG_BYTES: u64 = (1 << 28) - 1 + HEADER_LEN;

/// Padding that is kept at most; a tag that shrank by more gives the rest back.
const MAX_PADDING: u64 = 64 << 10;

/// A tag's frames, before its header and padding.
#[derive(Debug)]
pub struct Frames {
    version: u8,
    revision: u8,
    flags: u8,
    builder: LayoutBuilder,
}

impl Frames {
    fn new(version: u8, revision: u8, flags: u8) -> Self {
        Self { version, revision, flags, builder: LayoutBuilder::new() }
    }

    /// Bytes that the tag needs at the least, header included.
    pub fn needed(&self) -> u64 {
        HEADER_LEN.saturating_add(self.builder.len())
    }

    /// Whether there is no frame in it.
    pub fn is_empty(&self) -> bool {
        self.builder.is_empty()
    }

    /// The tag, padded to `total` bytes (or as long as it needs, if that is more).
    pub fn finish(self, total: u64) -> Result<LayoutBuilder, LayoutError> {
        self.close(total, false)
    }

    /// The tag with a footer behind it, as it must have where it stands at the end of a file. Only 2.4 has footers.
    pub fn finish_with_footer(self) -> Result<LayoutBuilder, LayoutError> {
        self.close(0, true)
    }

    fn close(self, total: u64, footer: bool) -> Result<LayoutBuilder, LayoutError> {
        let total = total.max(self.needed());
        if total > MAX_TAG_BYTES {
            return Err(LayoutError::TooLarge("the ID3v2 tag would be larger than 256 MiB".to_owned()));
        }
        let size = synchsafe(total - HEADER_LEN);
        let flags = self.flags | if footer { crate::header::FOOTER } else { 0 };
        let rest = [self.version, self.revision, flags, size[0], size[1], size[2], size[3]];
        let padding = total - self.needed();
        let mut tag = LayoutBuilder::new();
        tag.bytes(b"ID3").bytes(&rest).append(self.builder).zeros(padding);
        if footer {
            tag.bytes(b"3DI").bytes(&rest);
        }
        Ok(tag)
    }

    /// Adds values that other tags have, but for those that the edit touches. Only for 2.4 tags.
    pub fn carry(&mut self, edit: &Edit, carried: &[Carried]) -> Result<(), LayoutError> {
        let untouched = carried.iter().filter(|value| !edit.touches(&value.key));
        untouched.filter_map(carried_frame).try_for_each(|frame| self.push(frame))
    }

    /// Adds a generated frame.
    fn push(&mut self, frame: NewFrame) -> Result<(), LayoutError> {
        let mut bytes = frame_header(self.version, frame.id, frame.len(), 0)?;
        bytes.extend_from_slice(&frame.head);
        self.builder.bytes(&bytes);
        if let Some(tail) = frame.tail {
            self.builder.push(tail);
        }
        Ok(())
    }
}

/// A frame's header.
fn frame_header(version: u8, id: [u8; 4], len: u64, flags: u16) -> Result<Vec<u8>, LayoutError> {
    let most = if version == 2 { (1 << 24) - 1 } else { (1 << 28) - 1 };
    if len > most {
        let name = crate::id_name(id);
        return Err(LayoutError::TooLarge(format!("the ID3v2 frame {name} would be larger than {most} bytes")));
    }
    let size = if version == 4 { synchsafe(len) } else { (len as u32).to_be_bytes() };
    if version == 2 {
        return Ok([&id[1..], &size[1..]].concat());
    }
    Ok([&id[..], &size[..], &flags.to_be_bytes()[..]].concat())
}

/// How long a tag is to be that needs `needed` bytes where `available` were so far: as long as before if it fits, so that
/// what follows keeps its place; else (or where it would be padding for the greater part) a length that moves what follows
/// by a multiple of `block`.
pub fn fit(needed: u64, available: u64, block: u64) -> u64 {
    let block = block.max(1);
    if needed > available {
        return available.saturating_add((needed - available).div_ceil(block).saturating_mul(block));
    }
    let padding = available - needed;
    if padding > MAX_PADDING { needed + padding % block } else { available }
}

/// A new 2.4 tag for a file that has none: what the edit says, and `carried` values that it does not touch, so that
/// readers that are content with an ID3v2 tag lose nothing.
pub fn new_tag(edit: &Edit, carried: &[Carried]) -> Result<Frames, LayoutError> {
    let mut frames = Frames::new(4, 0, 0);
    for change in &edit.changes {
        for frame in frames_for(4, &change.key, &change.values, &[], false) {
            frames.push(frame)?;
        }
    }
    frames.carry(edit, carried)?;
    for art in edit.art.iter().flatten() {
        if let Some(frame) = picture_frame(4, art) {
            frames.push(frame)?;
        }
    }
    Ok(frames)
}

/// The frames of a tag with the edit exchanged. `elements` are those of this tag, in file order, among `anatomy`'s.
///
/// With `write` unset, touched frames are left out and nothing is added: for tags that readers take no notice of while
/// another one says the same.
pub fn splice_tag(
    anatomy: &Anatomy,
    info: &TagInfo,
    elements: &[Element],
    edit: &Edit,
    write: bool,
) -> Result<Frames, LayoutError> {
    let binary = |value: &EditValue| matches!(value, EditValue::Binary(..));
    // What comes from the catalog cannot be unsynchronised without reading it, so the tag's flag is handed to each frame
    // that is kept. A 2.2 or 2.3 tag is freed of it in any case: its frames are decoded on the way, which is what every
    // reader understands, while some lose their way in tags that are unsynchronised as a whole.
    let streams = write
        && (edit.art.as_ref().is_some_and(|art| !art.is_empty())
            || edit.changes.iter().any(|change| change.values.iter().any(binary)));
    let keeps_unsync = info.version == 4 && info.flags & UNSYNC != 0 && !streams;
    let experimental = if info.version >= 3 { info.flags & EXPERIMENTAL } else { 0 };
    let flags = experimental | if keeps_unsync { UNSYNC } else { 0 };
    let frames = Frames::new(info.version, info.revision, flags);
    let anchors = if write { anchors(anatomy, elements, edit)? } else { HashMap::new() };
    Splice { anatomy, info, edit, write, frames, anchors, art_written: false, done: HashSet::new() }.run(elements)
}

/// Where a key's new frames go and what its old ones said.
struct Anchor {
    /// Index among the tag's elements.
    element: usize,
    freeform: bool,
    hints: Vec<Option<Hint>>,
}

/// For each touched key of the tag: its first frame, one made for it preferred to free-form text.
fn anchors<'a>(
    anatomy: &'a Anatomy,
    elements: &[Element],
    edit: &Edit,
) -> Result<HashMap<&'a str, Anchor>, LayoutError> {
    let mut anchors: HashMap<&str, Anchor> = HashMap::new();
    for (index, element) in elements.iter().enumerate() {
        let Some(key) = anatomy.key_of(element).filter(|key| edit.touches(key)) else { continue };
        let freeform = element.role == ROLE_FREEFORM;
        let hint = Private::decode(&element.private).map_err(|_| LayoutError::StaleAnatomy)?.hint;
        match anchors.get_mut(key) {
            Some(anchor) if anchor.freeform && !freeform => {
                *anchor = Anchor { element: index, freeform, hints: vec![hint] };
            }
            Some(anchor) if anchor.freeform == freeform => anchor.hints.push(hint),
            Some(_) => {}
            None => {
                anchors.insert(key, Anchor { element: index, freeform, hints: vec![hint] });
            }
        }
    }
    Ok(anchors)
}

struct Splice<'a> {
    anatomy: &'a Anatomy,
    info: &'a TagInfo,
    edit: &'a Edit,
    write: bool,
    frames: Frames,
    anchors: HashMap<&'a str, Anchor>,
    art_written: bool,
    done: HashSet<&'a str>,
}

impl<'a> Splice<'a> {
    fn run(mut self, elements: &[Element]) -> Result<Frames, LayoutError> {
        if elements.last().is_some_and(|last| last.role == ROLE_REMAINDER) {
            // What came behind it might stand in padding, and what came right before it is beyond what is listed.
            self.write_unanchored()?;
            self.write_art()?;
        }
        for (index, element) in elements.iter().enumerate() {
            if element.role == ROLE_REMAINDER {
                self.frames.builder.backing(element.range);
                continue;
            }
            if element.role == ROLE_PICTURE && self.edit.art.is_some() {
                self.write_art()?;
                continue;
            }
            match self.anatomy.key_of(element).filter(|key| self.edit.touches(key)) {
                Some(key) => {
                    if self.anchors.get(key).is_some_and(|anchor| anchor.element == index) {
                        self.write_key(key)?;
                    }
                }
                None => self.keep(element)?,
            }
        }
        self.write_unanchored()?;
        self.write_art()?;
        Ok(self.frames)
    }

    fn write_key(&mut self, key: &'a str) -> Result<(), LayoutError> {
        let Some(change) = self.edit.change(key) else { return Ok(()) };
        if !self.write || !self.done.insert(key) {
            return Ok(());
        }
        let none = Anchor { element: 0, freeform: false, hints: Vec::new() };
        let anchor = self.anchors.get(key).unwrap_or(&none);
        let frames = frames_for(self.info.version, key, &change.values, &anchor.hints, anchor.freeform);
        frames.into_iter().try_for_each(|frame| self.frames.push(frame))
    }

    fn write_art(&mut self) -> Result<(), LayoutError> {
        if !self.write || std::mem::replace(&mut self.art_written, true) {
            return Ok(());
        }
        let art = self.edit.art.iter().flatten().filter_map(|art| picture_frame(self.info.version, art));
        let frames: Vec<NewFrame> = art.collect();
        frames.into_iter().try_for_each(|frame| self.frames.push(frame))
    }

    /// Writes the keys that had no frame to take the place of.
    fn write_unanchored(&mut self) -> Result<(), LayoutError> {
        for change in &self.edit.changes {
            if !self.anchors.contains_key(change.key.as_str()) {
                self.write_key(&change.key)?;
            }
        }
        Ok(())
    }

    /// Keeps a frame: its bytes, with a header that fits the tag around it.
    fn keep(&mut self, element: &Element) -> Result<(), LayoutError> {
        let private = Private::decode(&element.private).map_err(|_| LayoutError::StaleAnatomy)?;
        let info = self.info;
        let header_len = info.frame_header();
        let decoded_len = private.stuffing.as_ref().map_or(element.range.len, |stuffing| stuffing.decoded_len);
        let body_len = decoded_len.saturating_sub(header_len);
        let mut flags = private.flags;
        if info.version == 4 && info.flags & UNSYNC != 0 && self.frames.flags & UNSYNC == 0 {
            flags |= 0x02;
        }
        let resized = private.clipped || (info.plain_sizes && body_len > 0x7f);
        let skip = if resized || flags != private.flags { header_len.min(decoded_len) } else { 0 };
        if skip > 0 {
            let header = frame_header(info.version, element.id, body_len, flags)?;
            self.frames.builder.bytes(&header);
        }
        let raw = element.range;
        match private.stuffing {
            Some(stuffing) => {
                self.frames.builder.push(Segment::Computed(Arc::new(Unstuffed { raw, stuffing, skip })));
            }
            None => {
                self.frames.builder.backing(ByteRange::new(raw.offset + skip, raw.len - skip));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "splice_tests.rs"]
mod tests;
