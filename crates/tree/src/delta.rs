//! What became stale from one directory's contents to the next.

use crate::directory::Directory;
use crate::name;
use musefs_contracts::tree::TreeDelta;
use std::cmp::Ordering;

/// Adds what went or now leads elsewhere from `old` to `new` (`None`: the directory is gone).
pub(crate) fn compare(old: &Directory, new: Option<&Directory>, fold: bool, delta: &mut TreeDelta) {
    let before = &old.contents;
    let mut lost = |index| delta.names.push((old.ino, before.name(index).to_vec()));
    let Some(new) = new else {
        (0..before.entries.len()).for_each(lost);
        return;
    };
    let after = &new.contents;
    let (mut i, mut j) = (0, 0);
    let mut changed = false;
    while let Some(entry) = before.entries.get(i) {
        let other = after.entries.get(j);
        let order = other.map_or(Ordering::Less, |_| name::compare(before.name(i), after.name(j), fold));
        let same =
            order.is_eq() && other.is_some_and(|other| other.target == entry.target) && before.name(i) == after.name(j);
        if order.is_le() && !same {
            lost(i);
        }
        changed |= !same;
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    if changed || j < after.entries.len() {
        delta.listings.push(old.ino);
    }
}

/// Puts a delta in an order that does not depend on how it was found.
pub(crate) fn sort(delta: &mut TreeDelta) {
    delta.names.sort_unstable();
    delta.listings.sort_unstable();
}
