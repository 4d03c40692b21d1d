//! Splicing an edit into every chunk that holds tags.

use crate::chunk::{Family, HEADER_LEN, header};
use crate::skeleton::{Skeleton, Tag, TagChunk};
use crate::{PROBER, ROLE_CHUNK, ROLE_FIELD, fields};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{Layout, LayoutBuilder};
use musefs_format_id3::{Carried, CarriedText, Frames, TagInfo, fit, new_tag, splice_tag};
use musefs_format_keys::with_totals;
use std::collections::HashSet;

/// The audio moves by multiples of this, so that served and backing offsets share pages.
const PAGE: u64 = 4_096;

/// The name of a chunk that takes the place of another and says nothing.
const NOTHING: [u8; 4] = *b"JUNK";

/// A range of the backing file with what takes its place.
struct Patch {
    range: ByteRange,
    with: LayoutBuilder,
}

/// The layout of an edited file.
pub(crate) fn layout(anatomy: &Anatomy, edit: &Edit, family: Family) -> Result<Layout, LayoutError> {
    let edit = &*with_totals(anatomy, edit);
    if edit.is_empty() {
        return Ok(Layout::verbatim(anatomy.size));
    }
    let skeleton = Skeleton::decode(&anatomy.private).map_err(|_| LayoutError::StaleAnatomy)?;
    if anatomy.prober != PROBER || !anatomy.lies_inside() || !skeleton.lies_inside(anatomy.size) {
        return Err(LayoutError::StaleAnatomy);
    }
    let mut splice = Splice { anatomy, edit, family, skeleton: &skeleton, patches: Vec::new() };
    splice.tags()?;
    splice.missing_id3()?;
    splice.finish()
}

/// Whether a field reaches to the end of its list, whatever its size says, or is what follows the last well-formed one.
fn is_open(element: &Element) -> Result<bool, LayoutError> {
    let private = fields::Private::decode(&element.private).map_err(|_| LayoutError::StaleAnatomy)?;
    Ok(private.is_open)
}

struct Splice<'a> {
    anatomy: &'a Anatomy,
    edit: &'a Edit,
    family: Family,
    skeleton: &'a Skeleton,
    patches: Vec<Patch>,
}

impl Splice<'_> {
    fn tags(&mut self) -> Result<(), LayoutError> {
        let (mut first_id3, mut first_info) = (true, true);
        let mut written = HashSet::new();
        for chunk in &self.skeleton.tags {
            match &chunk.tag {
                Tag::Id3(info) => self.id3(chunk, info, std::mem::take(&mut first_id3))?,
                Tag::Info => self.info(chunk, std::mem::take(&mut first_info))?,
                Tag::Text => self.text(chunk, &mut written)?,
            }
        }
        Ok(())
    }

    /// Readers take the first of several tags; the others only must not go stale.
    fn id3(&mut self, chunk: &TagChunk, info: &TagInfo, is_first: bool) -> Result<(), LayoutError> {
        let frames = splice_tag(self.anatomy, info, self.elements(info.range), self.edit, is_first)?;
        let total = if self.stands_before_audio(chunk) {
            // What the chunk holds besides the tag is padding as well.
            fit(frames.needed(), chunk.range.len - HEADER_LEN, PAGE)
        } else {
            fit(frames.needed(), info.range.len, 2)
        };
        // Readers of AIFF know the name in capitals only.
        let name = if self.family == Family::Aiff { self.family.id3() } else { chunk.name };
        let with = self.id3_chunk(name, frames, total)?;
        self.patches.push(Patch { range: chunk.range, with });
        Ok(())
    }

    fn info(&mut self, chunk: &TagChunk, is_first: bool) -> Result<(), LayoutError> {
        let mut content = LayoutBuilder::new();
        content.bytes(b"INFO");
        let mut written = HashSet::new();
        let mut rest = None;
        for element in self.elements(chunk.range).iter().filter(|element| element.role == ROLE_FIELD) {
            match self.anatomy.key_of(element).and_then(|key| self.edit.change(key)) {
                Some(change) if written.insert(&change.key) => self.field(element.id, change, &mut content)?,
                Some(_) => {}
                None if is_open(element)? => rest = Some(element.range),
                None => {
                    content.backing(element.range).zeros(element.range.len % 2);
                }
            }
        }
        if is_first {
            for change in self.edit.changes.iter().filter(|change| !written.contains(&change.key)) {
                if let Some(name) = fields::name_of(self.family, &change.key) {
                    self.field(name, change, &mut content)?;
                }
            }
        }
        if let Some(rest) = rest {
            content.backing(rest).zeros(rest.len % 2);
        }
        let mut with = self.chunk(chunk.name, content)?;
        if self.stands_before_audio(chunk) {
            self.fill(&mut with, chunk.range.len)?;
        }
        self.patches.push(Patch { range: chunk.range, with });
        Ok(())
    }

    /// A text chunk of AIFF: the chunk is the field.
    fn text<'b>(&mut self, chunk: &TagChunk, written: &mut HashSet<&'b str>) -> Result<(), LayoutError>
    where
        Self: 'b,
    {
        let Some(key) = fields::key_of(self.family, chunk.name) else { return Ok(()) };
        let Some(change) = self.edit.change(key) else { return Ok(()) };
        let mut with = LayoutBuilder::new();
        if written.insert(key) {
            self.field(chunk.name, change, &mut with)?;
        }
        if self.stands_before_audio(chunk) {
            self.fill(&mut with, chunk.range.len)?;
        } else if with.is_empty() {
            // Where a chunk before it ends that lacks its size or its padding is told by what follows: so something does.
            with.append(self.chunk(NOTHING, LayoutBuilder::new())?);
        }
        self.patches.push(Patch { range: chunk.range, with });
        Ok(())
    }

    /// Appends a field. Several values are joined: these fields hold one.
    fn field(&self, name: [u8; 4], change: &KeyChange, out: &mut LayoutBuilder) -> Result<(), LayoutError> {
        let values: Vec<&str> = change.values.iter().filter_map(EditValue::text).collect();
        if values.is_empty() {
            return Ok(());
        }
        let mut content = LayoutBuilder::new();
        content.bytes(values.join("; ").as_bytes());
        if self.family == Family::Wave {
            // INFO texts end in a zero.
            content.zeros(1);
        }
        out.append(self.chunk(name, content)?);
        Ok(())
    }

    /// Makes an ID3 tag where the file has none and its fields cannot say what the edit says.
    fn missing_id3(&mut self) -> Result<(), LayoutError> {
        let has_id3 = self.skeleton.tags.iter().any(|chunk| matches!(chunk.tag, Tag::Id3(_)));
        if has_id3 || self.fields_suffice() {
            return Ok(());
        }
        let frames = new_tag(self.edit, &self.carried())?;
        if frames.is_empty() {
            return Ok(());
        }
        let Skeleton { open, end, audio, lacks_padding, .. } = *self.skeleton;
        let at = if open == 0 { end } else { open };
        let mut with = LayoutBuilder::new();
        // A last chunk that an edit makes anew has its padding.
        let is_anew = self.patches.iter().any(|patch| patch.range.end() == at);
        if lacks_padding && !is_anew {
            with.zeros(1);
        }
        let needed = HEADER_LEN + frames.needed();
        let total = needed.next_multiple_of(if at > audio { 2 } else { PAGE });
        with.append(self.id3_chunk(self.family.id3(), frames, total - HEADER_LEN)?);
        self.patches.push(Patch { range: ByteRange::new(at, 0), with });
        self.rename_empty_id3();
        Ok(())
    }

    /// Readers take the first chunk of that name, so one without a tag would hide the new one.
    fn rename_empty_id3(&mut self) {
        let is_empty = |element: &&Element| {
            element.role == ROLE_CHUNK && element.id.eq_ignore_ascii_case(b"id3 ") && element.range.len == HEADER_LEN
        };
        for element in self.anatomy.elements.iter().filter(is_empty) {
            let mut with = LayoutBuilder::new();
            with.bytes(&NOTHING);
            self.patches.push(Patch { range: ByteRange::new(element.range.offset, 4), with });
        }
    }

    /// Whether every changed key has a field in the file already, and no more values than a field holds.
    fn fields_suffice(&self) -> bool {
        let has_info = self.skeleton.tags.iter().any(|chunk| chunk.tag == Tag::Info);
        let in_field = |change: &KeyChange| {
            let stands =
                |element: &Element| element.role == ROLE_FIELD && self.anatomy.key_of(element) == Some(&change.key);
            let has_place = self.anatomy.elements.iter().any(stands)
                || (has_info && fields::name_of(self.family, &change.key).is_some());
            match &change.values[..] {
                [] => true,
                [EditValue::Text(_)] => has_place,
                _ => false,
            }
        };
        self.edit.art.is_none() && self.edit.changes.iter().all(in_field)
    }

    /// What the fields say, for a new tag.
    fn carried(&self) -> Vec<Carried> {
        let fields = self.anatomy.elements.iter().filter(|element| element.role == ROLE_FIELD);
        let values = fields.filter_map(|element| {
            let key = self.anatomy.key_of(element)?;
            let (len, is_utf8) = fields::Private::decode(&element.private).ok()?.text;
            if len == 0 || len > element.range.len {
                return None;
            }
            let range = ByteRange::new(element.range.offset + HEADER_LEN, len);
            let text = if is_utf8 { CarriedText::Utf8(range) } else { CarriedText::Latin1(range) };
            Some(Carried { key: key.to_owned(), from_id3v1: false, text })
        });
        values.collect()
    }

    fn id3_chunk(&self, name: [u8; 4], frames: Frames, total: u64) -> Result<LayoutBuilder, LayoutError> {
        self.chunk(name, frames.finish(total)?)
    }

    /// A chunk with its padding.
    fn chunk(&self, name: [u8; 4], content: LayoutBuilder) -> Result<LayoutBuilder, LayoutError> {
        let too_large = || LayoutError::TooLarge("a chunk of tags would pass 4 GiB".into());
        let mut out = LayoutBuilder::new();
        let odd = content.len() % 2;
        out.bytes(&header(self.family, name, content.len()).ok_or_else(too_large)?).append(content).zeros(odd);
        Ok(out)
    }

    /// Fills up with a chunk of nothing to `len` bytes, or to whole pages more.
    fn fill(&self, out: &mut LayoutBuilder, len: u64) -> Result<(), LayoutError> {
        let mut filler = len.wrapping_sub(out.len());
        if out.len() > len || (1..HEADER_LEN).contains(&filler) {
            filler = PAGE - (out.len().wrapping_sub(len)) % PAGE;
            if filler < HEADER_LEN {
                filler += PAGE;
            }
        }
        if filler == 0 {
            return Ok(());
        }
        // Where a chunk of odd length lacked its padding, what follows moves by one to where it belongs.
        filler += filler % 2;
        let mut nothing = LayoutBuilder::new();
        nothing.bytes(&header(self.family, NOTHING, filler - HEADER_LEN).ok_or(LayoutError::StaleAnatomy)?);
        nothing.zeros(filler - HEADER_LEN);
        out.append(nothing);
        Ok(())
    }

    fn stands_before_audio(&self, chunk: &TagChunk) -> bool {
        chunk.range.offset < self.skeleton.audio
    }

    fn finish(mut self) -> Result<Layout, LayoutError> {
        let grown: i64 = self.patches.iter().map(|patch| patch.with.len() as i64 - patch.range.len as i64).sum();
        self.group_size(grown)?;
        self.patches.sort_by_key(|patch| (patch.range.offset, patch.range.end()));
        let mut out = LayoutBuilder::new();
        let mut at = 0;
        for patch in self.patches {
            if patch.range.offset < at || patch.range.end() > self.anatomy.size {
                return Err(LayoutError::StaleAnatomy);
            }
            out.backing(ByteRange::new(at, patch.range.offset - at)).append(patch.with);
            at = patch.range.end();
        }
        out.backing(ByteRange::new(at, self.anatomy.size - at));
        Ok(out.finish())
    }

    /// The size in the group's header follows; one that was wrong is set right, since readers look no further than it says.
    fn group_size(&mut self, grown: i64) -> Result<(), LayoutError> {
        let skeleton = self.skeleton;
        let mut set = |at: u64, bytes: &[u8]| {
            let mut with = LayoutBuilder::new();
            with.bytes(bytes);
            self.patches.push(Patch { range: ByteRange::new(at, bytes.len() as u64), with });
        };
        let (wide_at, wide) = skeleton.wide_size;
        if wide_at != 0 {
            set(wide_at, &wide.saturating_add_signed(grown).to_le_bytes());
            return Ok(());
        }
        let stated = skeleton.group + HEADER_LEN + u64::from(skeleton.group_size);
        let is_right = stated == skeleton.end || stated == self.anatomy.size;
        let from = if is_right { stated } else { skeleton.end };
        let size = (from - skeleton.group - HEADER_LEN).saturating_add_signed(grown);
        let size = u32::try_from(size)
            .map_err(|_| LayoutError::TooLarge("the file would pass the 4 GiB of its size field".into()))?;
        set(skeleton.group + 4, &self.family.size_bytes(size));
        Ok(())
    }

    /// The elements that lie in a range.
    fn elements(&self, range: ByteRange) -> &[Element] {
        let elements = &self.anatomy.elements;
        let from = elements.partition_point(|element| element.range.offset < range.offset);
        let to = elements.partition_point(|element| element.range.offset < range.end());
        elements.get(from..to).unwrap_or_default()
    }
}
