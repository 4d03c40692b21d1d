//! Who gets which name in a directory. The answer depends on the set of those who want one and on nothing else.

use crate::directory::{Contents, Entry};
use crate::name::{self, Suffixed};
use hashbrown::{HashMap, HashSet};
use musefs_contracts::ids::Ino;
use std::borrow::Cow;
use std::sync::Arc;

/// Something that wants a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    /// Its inode.
    pub(crate) target: Ino,
    /// The name it wants.
    pub(crate) base: &'a [u8],
    /// Bytes of the extension in it.
    pub(crate) extension: u8,
    /// The directory path it asked for, if that is to be remembered.
    pub(crate) spelling: Option<&'a Arc<str>>,
}

impl Item<'_> {
    fn is_file(&self) -> bool {
        self.target.file().is_some()
    }
}

/// An item with its name.
struct Named<'a> {
    item: Item<'a>,
    name: Cow<'a, [u8]>,
    suffix: u8,
    hidden: &'a [u8],
}

/// Names the items of one directory, and puts them in order. `items` are in no order, and are in another one after.
pub(crate) fn compose(items: &mut [Item<'_>], fold: bool) -> Contents {
    // A directory goes first, then the file of lowest id: the first of those that want a name has it. No file wants one
    // name twice.
    items.sort_unstable_by(|a, b| {
        name::compare(a.base, b.base, fold).then_with(|| (a.is_file(), a.target).cmp(&(b.is_file(), b.target)))
    });
    let same = |pair: &[Item<'_>]| matches!(pair, [a, b] if name::compare(a.base, b.base, fold).is_eq());
    if !items.windows(2).any(same) {
        return emit(items.iter().map(|item| (*item, item.base, 0, &[][..])), items.len());
    }
    let mut named = with_suffixes(items, fold);
    named.sort_unstable_by(|a, b| name::compare(&a.name, &b.name, fold));
    emit(named.iter().map(|named| (named.item, &*named.name, named.suffix, named.hidden)), named.len())
}

/// Gives a suffix to each item whose name another one has. `items` are in order.
fn with_suffixes<'a>(items: &[Item<'a>], fold: bool) -> Vec<Named<'a>> {
    let mut named: Vec<Named<'a>> = Vec::with_capacity(items.len());
    let mut losers = Vec::new();
    for item in items {
        match named.last() {
            Some(last) if name::compare(&last.name, item.base, fold).is_eq() => losers.push(*item),
            _ => named.push(Named { item: *item, name: Cow::Borrowed(item.base), suffix: 0, hidden: &[] }),
        }
    }
    losers.sort_unstable_by_key(|item| (item.target, item.base));
    let keepers = named.len();
    let mut taken: HashSet<Vec<u8>> = HashSet::with_capacity(losers.len());
    // Names that are the same with one suffix are mostly the same with all of them (long ones may be cut to the same
    // beginning), and what is taken stays taken: so each such class goes on counting where it left off.
    let mut counters: HashMap<(Vec<u8>, u8), u32> = HashMap::new();
    for item in losers {
        let class = name::key(&name::suffixed(item.base, item.extension, 2).name, fold).into_owned();
        let n = counters.entry((class, item.extension)).or_insert(2);
        let Suffixed { name, suffix, hidden } = loop {
            let candidate = name::suffixed(item.base, item.extension, *n);
            *n = n.saturating_add(1);
            let kept = named.get(..keepers).unwrap_or_default();
            let is_kept = kept.binary_search_by(|other| name::compare(&other.name, &candidate.name, fold)).is_ok();
            if !is_kept && taken.insert(name::key(&candidate.name, fold).into_owned()) {
                break candidate;
            }
        };
        named.push(Named { item, name: Cow::Owned(name), suffix, hidden });
    }
    named
}

/// Writes entries, given in order, as a directory's contents.
fn emit<'a>(named: impl Iterator<Item = (Item<'a>, &'a [u8], u8, &'a [u8])> + Clone, count: usize) -> Contents {
    let bytes = named.clone().map(|(_, name, _, hidden)| name.len() + hidden.len()).sum();
    let mut names = Vec::with_capacity(bytes);
    let mut entries = Vec::with_capacity(count);
    let mut spellings = Vec::new();
    for (item, name, suffix, hidden) in named {
        names.extend_from_slice(name);
        names.extend_from_slice(hidden);
        let entry = Entry {
            target: item.target,
            end: names.len() as u32,
            extension: item.extension,
            suffix,
            hidden: hidden.len() as u8,
        };
        entries.push(entry);
        spellings.extend(item.spelling.cloned());
    }
    Contents::new(entries, names, spellings)
}
