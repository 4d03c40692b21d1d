//! The snapshot after changes: only the directories that change are made anew, from the deepest up.

use crate::build;
use crate::compose::{self, Item};
use crate::delta;
use crate::directory::{Contents, Directory};
use crate::name::Wanted;
use crate::number::{self, PathState};
use crate::snapshot::Snapshot;
use hashbrown::{HashMap, HashSet};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::tree::{NodeKind, Placement, PlacementChange, TreeDelta};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What changes for each track, in order of id.
type Changes<'c> = BTreeMap<TrackId, Option<&'c Placement>>;

/// The changes cannot be made directory by directory: numbers collide, or the spelling of directories is at stake.
struct NotLocal;

/// The snapshot after `changes`, of which the last for a track counts; `None` if it is `last`.
pub(crate) fn apply(last: &Snapshot, changes: &[PlacementChange]) -> Option<(Snapshot, TreeDelta)> {
    let mut effective = Changes::new();
    for change in changes {
        match change {
            PlacementChange::Place(placement) => effective.insert(placement.track, Some(placement)),
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
    let mut patch = Patch { last, edits: HashMap::new(), levels: BTreeMap::new() };
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
}

/// What changes in one directory.
struct Edit {
    parent: Ino,
    depth: u32,
    /// The name of a directory that was not there before.
    fresh: Option<Vec<u8>>,
    removed: HashSet<Ino>,
    added: Vec<Arrival>,
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
        let mut places = Vec::with_capacity(changes.len());
        for (track, placement) in changes {
            let target = Ino::of_track(*track, 0);
            if let Some(directory) = self.last.places.get(*track) {
                let old = self.last.directories.get(directory).ok_or(NotLocal)?;
                if old.contents.has_spellings() {
                    return Err(NotLocal);
                }
                self.edit(directory)?.removed.insert(target);
            }
            let mut place = None;
            if let Some(placement) = placement {
                let wanted = Wanted::new(placement);
                let directory = self.walk(&wanted)?;
                let arrival = Arrival { target, base: wanted.base.into_owned(), extension: wanted.extension };
                self.edit(directory)?.added.push(arrival);
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
            self.insert(ino, Edit { parent, depth, fresh: None, removed: HashSet::new(), added: Vec::new() });
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
            at = match self.existing(at, name)? {
                Some(found) => found,
                None => self.fresh(at, name, path, depth)?,
            };
        }
        Ok(at)
    }

    /// The subdirectory of this name in the last snapshot.
    fn existing(&self, parent: Ino, name: &[u8]) -> Result<Option<Ino>, NotLocal> {
        let Some(parent) = self.last.directories.get(parent) else { return Ok(None) };
        let contents = &parent.contents;
        let found = contents.find(name, self.last.rules.fold);
        let Some((index, entry)) = found.and_then(|index| Some((index, contents.entries.get(index)?))) else {
            return Ok(None);
        };
        if entry.kind() != NodeKind::Directory {
            return Ok(None);
        }
        let below = self.last.directories.get(entry.target).ok_or(NotLocal)?;
        if contents.name(index) != name || below.contents.has_spellings() {
            return Err(NotLocal);
        }
        Ok(Some(entry.target))
    }

    /// The new subdirectory of this name.
    fn fresh(&mut self, parent: Ino, name: &[u8], path: PathState, depth: u32) -> Result<Ino, NotLocal> {
        let ino = number::ino((self.last.rules.number)(path));
        if self.last.directories.get(ino).is_some() {
            return Err(NotLocal);
        }
        if let Some(edit) = self.edits.get(&ino) {
            let same = edit.parent == parent && edit.fresh.as_deref() == Some(name);
            return if same { Ok(ino) } else { Err(NotLocal) };
        }
        self.edit(parent)?.added.push(Arrival { target: ino, base: name.to_vec(), extension: 0 });
        let fresh = Some(name.to_vec());
        self.insert(ino, Edit { parent, depth, fresh, removed: HashSet::new(), added: Vec::new() });
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

    /// Makes one directory anew. One that is empty leaves the directory above it, too.
    fn remake(&mut self, ino: Ino) -> Option<Outcome> {
        let edit = self.edits.remove(&ino)?;
        let old = self.last.directories.get(ino).cloned();
        let contents = remade(old.as_ref().map(|old| &old.contents), &edit, self.last.rules.fold);
        let new = if contents.entries.is_empty() && ino != Ino::ROOT {
            self.edit(edit.parent).ok()?.removed.insert(ino);
            None
        } else {
            Some(Arc::new(Directory { ino, parent: edit.parent, contents }))
        };
        Some(Outcome { ino, old, new })
    }
}

/// The contents of a directory after an edit.
fn remade(old: Option<&Contents>, edit: &Edit, fold: bool) -> Contents {
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
        spelling: None,
    }));
    compose::compose(&mut items, fold)
}

/// Builds the tree anew from all placements, and compares every directory.
fn rebuild(last: &Snapshot, changes: Changes<'_>) -> (Snapshot, TreeDelta) {
    let mut kept = Vec::new();
    placements_below(last, Ino::ROOT, &mut |placement| {
        if !changes.contains_key(&placement.track) {
            kept.push(placement);
        }
    });
    let placed = changes.values().filter_map(|placement| placement.cloned());
    let next = build::build(last.rules, &mut kept.into_iter().chain(placed));
    let mut delta = TreeDelta::default();
    for old in last.directories.iter() {
        delta::compare(old, next.directories.get(old.ino).map(Arc::as_ref), last.rules.fold, &mut delta);
    }
    delta::sort(&mut delta);
    (next, delta)
}

/// Visits the placements that a directory of a snapshot and those below it were made of.
fn placements_below(snapshot: &Snapshot, top: Ino, visit: &mut dyn FnMut(Placement)) {
    let mut waiting = vec![(top, String::new())];
    while let Some((ino, path)) = waiting.pop() {
        let Some(directory) = snapshot.directories.get(ino) else { continue };
        let contents = &directory.contents;
        for (index, entry) in contents.entries.iter().enumerate() {
            let mut name = Vec::new();
            contents.restore_base(index, &mut name);
            let (stem, extension) = name.split_at(name.len().saturating_sub(usize::from(entry.extension)));
            let stem = String::from_utf8_lossy(stem);
            let parent = contents.spelling(index).map_or(path.as_str(), AsRef::as_ref);
            match entry.kind() {
                NodeKind::Directory => waiting.push((entry.target, joined(&path, &stem))),
                NodeKind::Track(track) => {
                    visit(Placement { track, path: joined(parent, &stem), extension: extension.to_vec() });
                }
            }
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
