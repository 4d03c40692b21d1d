//! Splicing an edit into the metadata list, and keeping everything else where its offsets say it is.

use crate::PROBER;
use crate::anatomy::{FILE_LEVEL, Free, Node, Skeleton, role};
use crate::atom::header;
use crate::item_write::{write_key, write_pictures};
use crate::shift::ShiftedTable;
use musefs_contracts::anatomy::{Anatomy, ByteRange};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_format_keys::with_totals;
use std::collections::HashSet;
use std::sync::Arc;

/// Served and backing offsets of the audio stay congruent modulo this, so that the kernel's pages line up.
const PAGE: u64 = 4_096;

/// Names of the path's atoms.
const PATH: [[u8; 4]; 4] = [*b"moov", *b"udta", *b"meta", *b"ilst"];

/// A range of the backing file with what takes its place.
struct Patch {
    range: ByteRange,
    with: LayoutBuilder,
}

/// The layout of an edited file.
pub(crate) fn layout(anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
    let edit = &*with_totals(anatomy, edit);
    if edit.is_empty() {
        return Ok(Layout::verbatim(anatomy.size));
    }
    let skeleton = Skeleton::decode(&anatomy.private).map_err(|_| LayoutError::StaleAnatomy)?;
    let is_current = anatomy.prober == PROBER && anatomy.lies_inside();
    if !is_current || skeleton.path.is_empty() || skeleton.path.len() > PATH.len() {
        return Err(LayoutError::StaleAnatomy);
    }
    let items = items(anatomy, edit)?;
    let mut splice = Splice::new(anatomy, skeleton)?;
    splice.put_items(items)?;
    splice.absorb();
    splice.finish()
}

/// The content of the new list.
fn items(anatomy: &Anatomy, edit: &Edit) -> Result<LayoutBuilder, LayoutError> {
    let mut out = LayoutBuilder::new();
    let mut written: HashSet<&str> = HashSet::new();
    let mut art = edit.art.as_deref();
    let mut tail = None;
    for element in anatomy.elements.iter().filter(|element| element.role != role::STRUCTURE) {
        if element.role == role::PICTURES && edit.art.is_some() {
            if let Some(art) = art.take() {
                write_pictures(&mut out, art)?;
            }
            continue;
        }
        let change = anatomy.key_of(element).and_then(|key| edit.change(key));
        match change {
            Some(change) if written.insert(&change.key) => write_key(&mut out, change, Some(element))?,
            Some(_) => {}
            None if element.role == role::REST => tail = Some(element.range),
            None => {
                out.backing(element.range);
            }
        }
    }
    for change in edit.changes.iter().filter(|change| !written.contains(change.key.as_str())) {
        write_key(&mut out, change, None)?;
    }
    if let Some(art) = art {
        write_pictures(&mut out, art)?;
    }
    if let Some(tail) = tail {
        out.backing(tail);
    }
    Ok(out)
}

/// The patches that make the served file of the backing file.
struct Splice<'a> {
    anatomy: &'a Anatomy,
    skeleton: Skeleton,
    patches: Vec<Patch>,
    /// How much longer the content of each node of the path gets; the last one is the file's own.
    growth: [i64; FILE_LEVEL + 1],
}

impl<'a> Splice<'a> {
    fn new(anatomy: &'a Anatomy, skeleton: Skeleton) -> Result<Self, LayoutError> {
        let fits = |range: ByteRange| range.offset.checked_add(range.len).is_some_and(|end| end <= anatomy.size);
        let node_fits = |node: &Node| {
            fits(node.range)
                && matches!(node.header_len, 8 | 16)
                && node.header_len <= node.range.len
                && (content(node).offset..=node.range.end()).contains(&node.insert_at)
        };
        let sound = skeleton.path.iter().all(node_fits)
            && skeleton.tables.iter().all(|table| fits(table.entries) && matches!(table.width, 4 | 8))
            && skeleton.frees.iter().all(|free| fits(free.range) && free.level <= FILE_LEVEL);
        if !sound {
            return Err(LayoutError::StaleAnatomy);
        }
        Ok(Self { anatomy, skeleton, patches: Vec::new(), growth: [0; FILE_LEVEL + 1] })
    }

    /// Puts the new content into the list, which is made, with what is missing around it, where there is none.
    fn put_items(&mut self, items: LayoutBuilder) -> Result<(), LayoutError> {
        let depth = self.skeleton.path.len();
        let last = self.skeleton.path[depth - 1];
        let (range, with) = if depth == PATH.len() {
            (content(&last), items)
        } else {
            (ByteRange::new(last.insert_at, 0), wrap(items, depth)?)
        };
        let growth = with.len() as i64 - range.len as i64;
        self.growth[..depth].iter_mut().for_each(|level| *level += growth);
        self.growth[FILE_LEVEL] += growth;
        self.patches.push(Patch { range, with });
        Ok(())
    }

    /// Lets `free` atoms take up the difference, or moves what follows by whole pages.
    fn absorb(&mut self) {
        let growth = self.growth[FILE_LEVEL];
        if growth == 0 {
            return;
        }
        let absorbing = self.skeleton.frees.iter().copied().find_map(|free| {
            let rest = free.range.len as i64 - growth;
            (rest == 0 || rest >= 8).then_some((free, rest as u64))
        });
        if let Some((free, rest)) = absorbing {
            self.resize(free, rest);
        } else if self.skeleton.data_follows {
            let moov_end = self.skeleton.path[0].range.end();
            let short = growth.rem_euclid(PAGE as i64) as u64;
            let mut pad = (PAGE - short) % PAGE;
            if (1..8).contains(&pad) {
                pad += PAGE;
            }
            self.growth[FILE_LEVEL] += pad as i64;
            self.patches.push(Patch { range: ByteRange::new(moov_end, 0), with: free_atom(pad) });
        }
    }

    fn resize(&mut self, free: Free, len: u64) {
        let change = len as i64 - free.range.len as i64;
        if free.level < FILE_LEVEL {
            self.growth[..=free.level].iter_mut().for_each(|level| *level += change);
        }
        self.growth[FILE_LEVEL] += change;
        self.patches.push(Patch { range: free.range, with: free_atom(len) });
    }

    fn finish(mut self) -> Result<Layout, LayoutError> {
        self.resize_path()?;
        self.shift_tables()?;
        self.patches.sort_by_key(|patch| (patch.range.offset, patch.range.end()));
        let mut out = LayoutBuilder::new();
        let mut at = 0;
        for patch in self.patches {
            if patch.range.offset < at {
                return Err(LayoutError::StaleAnatomy);
            }
            out.backing(ByteRange::new(at, patch.range.offset - at)).append(patch.with);
            at = patch.range.end();
        }
        out.backing(ByteRange::new(at, self.anatomy.size - at));
        Ok(out.finish())
    }

    fn resize_path(&mut self) -> Result<(), LayoutError> {
        for (level, node) in self.skeleton.path.iter().enumerate() {
            let grown = content(node).len.checked_add_signed(self.growth[level]).ok_or(LayoutError::StaleAnatomy)?;
            let new = header(PATH[level], grown, node.header_len == 16)
                .ok_or_else(|| LayoutError::TooLarge("the metadata passes 4 GiB".into()))?;
            let mut with = LayoutBuilder::new();
            with.bytes(&new);
            self.patches.push(Patch { range: ByteRange::new(node.range.offset, node.header_len), with });
        }
        Ok(())
    }

    /// Tables move also where nothing follows: what was cut off is not to be looked for in what is added.
    fn shift_tables(&mut self) -> Result<(), LayoutError> {
        let delta = self.growth[FILE_LEVEL];
        if delta == 0 {
            return Ok(());
        }
        let threshold = self.skeleton.path[0].range.end();
        let end = self.anatomy.size.saturating_add_signed(delta);
        for table in &self.skeleton.tables {
            if table.width == 4 && end > u64::from(u32::MAX) {
                if !self.skeleton.data_follows {
                    continue;
                }
                return Err(LayoutError::TooLarge("the audio would move beyond what 32-bit offsets reach".into()));
            }
            let shifted = ShiftedTable { entries: table.entries, width: table.width, threshold, delta };
            let mut with = LayoutBuilder::new();
            with.push(Segment::Computed(Arc::new(shifted)));
            self.patches.push(Patch { range: table.entries, with });
        }
        Ok(())
    }
}

fn content(node: &Node) -> ByteRange {
    ByteRange::new(node.range.offset + node.header_len, node.range.len.saturating_sub(node.header_len))
}

fn free_atom(len: u64) -> LayoutBuilder {
    let mut out = LayoutBuilder::new();
    if len >= 8
        && let Some(bytes) = header(*b"free", len - 8, false)
    {
        out.bytes(&bytes).zeros(len - 8);
    }
    out
}

/// Wraps the list's content in the atoms of the path from `depth` on.
fn wrap(items: LayoutBuilder, depth: usize) -> Result<LayoutBuilder, LayoutError> {
    let mut wrapped = items;
    for name in PATH[depth..].iter().rev() {
        let mut inner = LayoutBuilder::new();
        if name == b"meta" {
            inner.bytes(META_HEAD);
        }
        inner.append(wrapped);
        let head = header(*name, inner.len(), false)
            .ok_or_else(|| LayoutError::TooLarge("the metadata passes 4 GiB".into()))?;
        let mut outer = LayoutBuilder::new();
        outer.bytes(&head).append(inner);
        wrapped = outer;
    }
    Ok(wrapped)
}

/// Version and flags of `meta`, and the handler that says its list is one of iTunes.
const META_HEAD: &[u8] = b"\0\0\0\0\
    \0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0";
