//! The snapshot after changes: only the directories that change are made anew, from the deepest up.

use crate::build;
use crate::compose::{self, Item};
use crate::delta;
use crate::directory::{Contents, Directory};
use crate::name::{self, Wanted};
use crate::number::{self, PathState};
use crate::snapshot::Snapshot;
use crate::whole;
use hashbrown::{HashMap, HashSet};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::tree::{NodeKind, Placement, PlacementChange, TreeDelta};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What changes for each track, in order of id.
pub(crate) type Changes<'c> = BTreeMap<TrackId, Option<Cow<'c, Placement>>>;

/// The changes cannot be made directory by directory: numbers collide.
struct NotLocal;

/// The snapshot after `changes`, of which the last for a track counts; `None` if it is `last`.
pub(crate) fn apply(last: &Snapshot, changes: &[PlacementChange]) -> Option<(Snapshot, TreeDelta)> {
    let mut effective = Changes::new();
    for change in changes {
        match change {
            PlacementChange::Place(placement) => effective.insert(placement.track, Some(Cow::Borrowed(placement))),
            PlacementChange::Remove(track) => effective.insert(*track, None),
        };
    }
    effective.retain(|track, placement| match placement {
        Some(placement) => build::has_number(*track) && !stands_there(last, placement),
        None => last.places.get(*track).is_some(),
    });
    if effective.is_empty() {
        return None;
    }
    let whole = if last.rules.fold { whole::widen(last, &mut effective) } else { HashSet::new() };
    let mut patch = Patch { last, whole, edits: HashMap::new(), levels: BTreeMap::new() };
    Some(match patch.gather(&effective) {
        Ok(places) => patch.finish(places),
        Err(NotLocal) => rebuild(last, effective),
    })
}

/// Whether a track already is where `placement` wants it, whatever name it has got there.
fn stands_there(last: &Snapshot, placement: &Placement) -> bool {
    let Some(directory) = last.places.get(placement.track).and_then(|ino| last.directories.get(ino)) else {
        return false;
    };
    let contents = &directory.contents;
    let Some(index) = contents.find_target(Ino::of_track(placement.track, 0)) else { return false };
    let wanted = Wanted::new(placement);
    let mut base = Vec::new();
    contents.restore_base(index, &mut base);
    if base != *wanted.base || contents.entries.get(index).map(|entry| entry.extension) != Some(wanted.extension) {
        return false;
    }
    if let Some(spelling) = contents.spelling(index) {
        return **spelling == *wanted.directory_path();
    }
    let mut at = Ino::ROOT;
    for name in wanted.directories() {
        let Some(parent) = last.directories.get(at) else { return false };
        let found = parent.contents.find(name, last.rules.fold).filter(|index| parent.contents.name(*index) == name);
        let Some(entry) = found.and_then(|index| parent.contents.entries.get(index)) else { return false };
        at = entry.target;
    }
    at == directory.ino
}

/// A track or directory that comes into a directory.
struct Arrival {
    target: Ino,
    base: Vec<u8>,
    extension: u8,
    /// The directory path it asked for, where that may come to matter.
    spelling: Option<Arc<str>>,
}

/// What changes in one directory.
struct Edit {
    parent: Ino,
    depth: u32,
    /// All that will be in the directory arrives: it is new, or its spelling is at stake.
    whole: bool,
    /// The name of a whole directory: as its track of lowest id, which comes first, spells it.
    name: Option<Vec<u8>>,
    /// Whether others spelled it in other ways.
    mixed: bool,
    removed: HashSet<Ino>,
    added: Vec<Arrival>,
}

impl Edit {
    fn new(parent: Ino, depth: u32, whole: bool) -> Self {
        Self { parent, depth, whole, name: None, mixed: false, removed: HashSet::new(), added: Vec::new() }
    }

    /// Takes note of how a track spells a whole directory.
    fn spell(&mut self, name: &[u8]) {
        match &self.name {
            Some(spelled) => self.mixed |= spelled != name,
            None => self.name = Some(name.to_vec()),
        }
    }
}

/// A directory before and after.
struct Outcome {
    ino: Ino,
    old: Option<Arc<Directory>>,
    new: Option<Arc<Directory>>,
}

/// Changes sorted by the directory they happen in.
struct Patch<'s> {
    last: &'s Snapshot,
    /// Directories of the last snapshot that are made anew from all tracks below them.
    whole: HashSet<Ino>,
    edits: HashMap<Ino, Edit>,
    /// Edited directories by depth.
    levels: BTreeMap<u32, Vec<Ino>>,
}

impl Patch<'_> {
    /// Sorts the changes. Answers where each changed track stands afterwards.
    fn gather(&mut self, changes: &Changes<'_>) -> Result<Vec<(TrackId, Option<Ino>)>, NotLocal> {
        if self.last.displaced > 0 {
            return Err(NotLocal);
        }
        for ino in self.whole.clone() {
            self.edit(ino)?;
        }
        let mut places = Vec::with_capacity(changes.len());
        for (track, placement) in changes {
            let target = Ino::of_track(*track, 0);
            if let Some(directory) = self.last.places.get(*track) {
                self.edit(directory)?.removed.insert(target);
            }
            let mut place = None;
            if let Some(placement) = placement {
                let wanted = Wanted::new(placement);
                let directory = self.walk(&wanted)?;
                let spelling = self.last.rules.fold.then(|| wanted.directory_path().into());
                let (base, extension) = (wanted.base.into_owned(), wanted.extension);
                self.edit(directory)?.added.push(Arrival { target, base, extension, spelling });
                place = Some(directory);
            }
            places.push((*track, place));
        }
        Ok(places)
    }

    /// The edit of a directory that is there, or was made by this patch.
    fn edit(&mut self, ino: Ino) -> Result<&mut Edit, NotLocal> {
        if !self.edits.contains_key(&ino) {
            let (mut depth, mut at) = (0, ino);
            while at != Ino::ROOT {
                at = self.last.directories.get(at).ok_or(NotLocal)?.parent;
                depth += 1;
            }
            let parent = self.last.directories.get(ino).ok_or(NotLocal)?.parent;
            self.insert(ino, Edit::new(parent, depth, self.whole.contains(&ino)));
        }
        self.edits.get_mut(&ino).ok_or(NotLocal)
    }

    fn insert(&mut self, ino: Ino, edit: Edit) {
        self.levels.entry(edit.depth).or_default().push(ino);
        self.edits.insert(ino, edit);
    }

    /// The directory a track wants to stand in; those that are missing on the way are added to the patch.
    fn walk(&mut self, wanted: &Wanted<'_>) -> Result<Ino, NotLocal> {
        let fold = self.last.rules.fold;
        let (mut at, mut path) = (Ino::ROOT, PathState::ROOT);
        for (depth, name) in (1..).zip(wanted.directories()) {
            path = path.child(name, fold);
            at = match self.existing(at, name) {
                Some(found) => found,
                None => self.fresh(at, name, path, depth)?,
            };
        }
        Ok(at)
    }

    /// The subdirectory of this name in the last snapshot.
    fn existing(&mut self, parent: Ino, name: &[u8]) -> Option<Ino> {
        let parent = self.last.directories.get(parent)?;
        let contents = &parent.contents;
        let found = contents.find(name, self.last.rules.fold);
        let entry = found.and_then(|index| contents.entries.get(index));
        let entry = entry.filter(|entry| entry.kind() == NodeKind::Directory)?;
        let edit = self.edits.get_mut(&entry.target);
        if let Some(edit) = edit.filter(|edit| edit.whole) {
            edit.spell(name);
        }
        Some(entry.target)
    }

    /// The new subdirectory of this name.
    fn fresh(&mut self, parent: Ino, name: &[u8], path: PathState, depth: u32) -> Result<Ino, NotLocal> {
        let fold = self.last.rules.fold;
        let ino = number::ino((self.last.rules.number)(path));
        if self.last.directories.get(ino).is_some() {
            return Err(NotLocal);
        }
        if !self.edits.contains_key(&ino) {
            self.insert(ino, Edit::new(parent, depth, true));
        }
        let edit = self.edits.get_mut(&ino).ok_or(NotLocal)?;
        let is_other = |spelled: &Vec<u8>| !name::compare(spelled, name, fold).is_eq();
        if edit.parent != parent || edit.name.as_ref().is_some_and(is_other) {
            return Err(NotLocal);
        }
        edit.spell(name);
        Ok(ino)
    }

    /// Makes the edited directories anew and puts them into a copy of the snapshot.
    fn finish(mut self, places: Vec<(TrackId, Option<Ino>)>) -> (Snapshot, TreeDelta) {
        let mut next = self.last.clone();
        let mut delta = TreeDelta::default();
        while let Some((_, level)) = self.levels.pop_last() {
            for ino in level {
                let Some(outcome) = self.remake(ino) else { continue };
                if let Some(old) = &outcome.old {
                    delta::compare(old, outcome.new.as_deref(), self.last.rules.fold, &mut delta);
                }
                match outcome.new {
                    Some(new) => next.directories.put(new),
                    None => next.directories.remove(outcome.ino),
                }
            }
        }
        for (track, place) in places {
            next.places.set(track, place);
        }
        delta::sort(&mut delta);
        (next, delta)
    }

    /// Makes one directory anew. The directory above it is told of a name that comes, goes or may be spelled anew.
    fn remake(&mut self, ino: Ino) -> Option<Outcome> {
        let is_mixed = self.is_mixed(ino);
        let mut edit = self.edits.remove(&ino)?;
        let old = self.last.directories.get(ino).cloned();
        let kept = old.as_ref().map(|old| &old.contents).filter(|_| !edit.whole);
        let contents = remade(kept, &edit, is_mixed, self.last.rules.fold);
        let is_gone = contents.entries.is_empty() && ino != Ino::ROOT;
        if is_gone || edit.whole {
            let above = self.edit(edit.parent).ok()?;
            above.removed.insert(ino);
            if let Some(base) = edit.name.take().filter(|_| !is_gone) {
                above.added.push(Arrival { target: ino, base, extension: 0, spelling: Some("".into()) });
            }
        }
        let new = (!is_gone).then(|| Arc::new(Directory { ino, parent: edit.parent, contents }));
        Some(Outcome { ino, old, new })
    }

    /// Whether a directory or one above it is spelled in several ways. Only whole directories can be, and those above are
    /// made after those below.
    fn is_mixed(&self, mut ino: Ino) -> bool {
        while let Some(edit) = self.edits.get(&ino).filter(|edit| edit.whole) {
            if edit.mixed {
                return true;
            }
            ino = edit.parent;
        }
        false
    }
}

/// The contents of a directory after an edit, of what is kept and what arrives.
fn remade(old: Option<&Contents>, edit: &Edit, with_spellings: bool, fold: bool) -> Contents {
    // Names that had a suffix are restored first, since the items borrow them.
    let mut restored = Vec::new();
    let mut ends = Vec::new();
    for (index, entry) in old.iter().flat_map(|old| old.entries.iter().enumerate()) {
        if let Some(old) = old
            && entry.suffix > 0
        {
            old.restore_base(index, &mut restored);
            ends.push(restored.len());
        }
    }
    let mut items = Vec::new();
    let mut ends = ends.into_iter();
    let mut start = 0;
    for (index, entry) in old.iter().flat_map(|old| old.entries.iter().enumerate()) {
        let mut base = old.map_or(&[][..], |old| old.name(index));
        if entry.suffix > 0 {
            let end = ends.next().unwrap_or(start);
            base = restored.get(start..end).unwrap_or_default();
            start = end;
        }
        if !edit.removed.contains(&entry.target) {
            items.push(Item { target: entry.target, base, extension: entry.extension, spelling: None });
        }
    }
    items.extend(edit.added.iter().map(|arrival| Item {
        target: arrival.target,
        base: &arrival.base,
        extension: arrival.extension,
        spelling: arrival.spelling.as_ref().filter(|_| with_spellings),
    }));
    compose::compose(&mut items, fold)
}

/// Builds the tree anew from all placements, and compares every directory.
fn rebuild(last: &Snapshot, changes: Changes<'_>) -> (Snapshot, TreeDelta) {
    let mut kept = Vec::new();
    whole::visit_below(last, Ino::ROOT, &mut |placement| {
        if !changes.contains_key(&placement.track) {
            kept.push(placement);
        }
    });
    let placed = changes.values().flatten().map(|placement| placement.clone().into_owned());
    let next = build::build(last.rules, &mut kept.into_iter().chain(placed));
    let mut delta = TreeDelta::default();
    for old in last.directories.iter() {
        delta::compare(old, next.directories.get(old.ino).map(Arc::as_ref), last.rules.fold, &mut delta);
    }
    delta::sort(&mut delta);
    (next, delta)
}
