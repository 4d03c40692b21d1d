//! A directory: one immutable chunk that snapshots share.

use crate::name;
use musefs_contracts::ids::Ino;
use musefs_contracts::tree::NodeKind;
use std::cmp::Ordering;
use std::sync::Arc;

/// Directories with more entries than this have an index by target; in smaller ones a scan is as quick.
const SCANNED_ENTRIES: usize = 64;

/// One name in a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// What it leads to.
    pub(crate) target: Ino,
    /// Where its bytes end in the directory's names; they begin where those of the entry before end.
    pub(crate) end: u32,
    /// Bytes of the extension in the name.
    pub(crate) extension: u8,
    /// Bytes of the suffix before the extension; 0 if the name is the one that was wanted.
    pub(crate) suffix: u8,
    /// Bytes behind the name that the suffix pushed out of it. With them the wanted name can be restored.
    pub(crate) hidden: u8,
}

impl Entry {
    /// What kind of node the target is.
    pub(crate) fn kind(&self) -> NodeKind {
        NodeKind::of(self.target)
    }
}

/// What a directory holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// In order of name.
    pub(crate) entries: Box<[Entry]>,
    /// The names of all entries, one behind the other.
    pub(crate) names: Box<[u8]>,
    /// What few directories have.
    pub(crate) extra: Option<Box<Extra>>,
    /// Number of entries that are directories.
    pub(crate) subdirectories: u32,
}

/// What few directories have.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    /// Indexes of the entries in order of target; empty in a small directory.
    by_target: Box<[u32]>,
    /// For each entry the directory path its placement asked for; empty unless this directory or one above it is
    /// spelled in several ways.
    pub(crate) spellings: Box<[Arc<str>]>,
}

/// A directory.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Its inode number.
    pub(crate) ino: Ino,
    /// That of the directory above; the root's is its own.
    pub(crate) parent: Ino,
    /// What it holds.
    pub(crate) contents: Contents,
}

impl Contents {
    /// Contents with these entries, in order of name.
    pub(crate) fn new(entries: Vec<Entry>, names: Vec<u8>, spellings: Vec<Arc<str>>) -> Self {
        let subdirectories = entries.iter().filter(|entry| entry.kind() == NodeKind::Directory).count() as u32;
        let mut by_target = Vec::new();
        if entries.len() > SCANNED_ENTRIES {
            by_target.extend(0..entries.len() as u32);
            by_target.sort_unstable_by_key(|index| (entries.get(*index as usize).map(|entry| entry.target), *index));
        }
        let needs_extra = !by_target.is_empty() || !spellings.is_empty();
        let extra = needs_extra.then(|| {
            Box::new(Extra { by_target: by_target.into_boxed_slice(), spellings: spellings.into_boxed_slice() })
        });
        Self { entries: entries.into_boxed_slice(), names: names.into_boxed_slice(), extra, subdirectories }
    }

    /// The bytes of an entry, those it hides included.
    fn region(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).and_then(|before| self.entries.get(before)).map_or(0, |entry| entry.end);
        let end = self.entries.get(index).map_or(0, |entry| entry.end);
        self.names.get(start as usize..end as usize).unwrap_or_default()
    }

    /// An entry's name.
    pub(crate) fn name(&self, index: usize) -> &[u8] {
        let hidden = self.entries.get(index).map_or(0, |entry| usize::from(entry.hidden));
        let region = self.region(index);
        region.get(..region.len().saturating_sub(hidden)).unwrap_or_default()
    }

    /// The name that an entry with a suffix would have without it, appended to `out`.
    pub(crate) fn restore_base(&self, index: usize, out: &mut Vec<u8>) {
        let Some(entry) = self.entries.get(index) else { return };
        let (name, hidden) = self.region(index).split_at(self.name(index).len());
        let (name, extension) = name.split_at(name.len().saturating_sub(usize::from(entry.extension)));
        out.extend_from_slice(name.get(..name.len().saturating_sub(usize::from(entry.suffix))).unwrap_or_default());
        out.extend_from_slice(hidden);
        out.extend_from_slice(extension);
    }

    /// The index of the entry with this name.
    pub(crate) fn find(&self, wanted: &[u8], fold: bool) -> Option<usize> {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = low.midpoint(high);
            match name::compare(self.name(middle), wanted, fold) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The indexes of the entries that lead to `target`, in order: a file may have several names in one directory.
    pub(crate) fn targets(&self, target: Ino) -> impl Iterator<Item = usize> {
        let index = self.extra.as_ref().map(|extra| &*extra.by_target).filter(|index| !index.is_empty());
        let target_at = move |at: usize| self.entries.get(at).map(|entry| entry.target);
        // Either all entries are looked at, or a piece of the index that holds nothing else.
        let all = if index.is_some() { 0 } else { self.entries.len() };
        let indexed = index.map_or(&[][..], |index| {
            let start = index.partition_point(|at| target_at(*at as usize) < Some(target));
            index.get(start..).unwrap_or_default()
        });
        let indexed = indexed.iter().map(|at| *at as usize).take_while(move |at| target_at(*at) == Some(target));
        (0..all).filter(move |at| target_at(*at) == Some(target)).chain(indexed)
    }

    /// The directory path that the placement of an entry asked for, where it may differ from the one it has.
    pub(crate) fn spelling(&self, index: usize) -> Option<&Arc<str>> {
        self.extra.as_ref().and_then(|extra| extra.spellings.get(index))
    }

    /// Whether this directory or one above it is spelled in several ways.
    pub(crate) fn has_spellings(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| !extra.spellings.is_empty())
    }
}
