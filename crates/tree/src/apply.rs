//! The snapshot after changes: only the directories that change are made anew, from the deepest up.

use crate::build;
use crate::compose::{self, Item};
use crate::delta;
use crate::directory::{Contents, Directory};
use crate::name::{self, Wanted};
use crate::number::{self, PathState};
use crate::snapshot::Snapshot;
use crate::whole::{self, AtStake};
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::tree::{NodeKind, Placement, PlacementChange, TreeDelta};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What changes for each file.
pub(crate) type Changes<'c> = BTreeMap<FileId, Option<&'c Placement>>;

/// The changes cannot be made directory by directory: numbers collide.
struct NotLocal;

/// The snapshot after `changes`, of which the last for a file counts; `None` if it is `last`.
pub(crate) fn apply(last: &Snapshot, changes: &[PlacementChange]) -> Option<(Snapshot, TreeDelta)> {
    let mut effective = Changes::new();
    for change in changes {
        match change {
            PlacementChange::Place(placement) if placement.paths.is_empty() => effective.insert(placement.file, None),
            PlacementChange::Place(placement) => effective.insert(placement.file, Some(placement)),
            PlacementChange::Remove(file) => effective.insert(*file, None),
        };
    }
    effective.retain(|file, placement| match placement {
        Some(placement) => build::has_number(*file) && !stands_there(last, placement),
        None => build::has_number(*file) && !last.places.get(*file).is_empty(),
    });
    if effective.is_empty() {
        return None;
    }
    let spelled = if last.rules.fold { whole::at_stake(last, &effective) } else { AtStake::default() };
    let mut patch = Patch { last, whole: spelled.directories, edits: HashMap::new(), levels: BTreeMap::new() };
    Some(match patch.gather(&effective, &spelled.unchanged) {
        Ok(places) => patch.finish(places),
        Err(NotLocal) => rebuild(last, &effective),
    })
}

/// Whether a file already is where `placement` wants it, whatever names it has got there, and nowhere else.
fn stands_there(last: &Snapshot, placement: &Placement) -> bool {
    let mut names = last.places.get(placement.file).len();
    for wanted in Wanted::all(placement, last.rules.fold) {
        if names == 0 || !has_place(last, placement.file, &wanted) {
            return false;
        }
        names -= 1;
    }
    names == 0
}

/// Whether a file has a name that it got by this very wish.
fn has_place(last: &Snapshot, file: FileId, wanted: &Wanted<'_>) -> bool {
    let mut at = Ino::ROOT;
    let mut is_spelled_so = true;
    for name in wanted.directories() {
        let Some(parent) = last.directories.get(at) else { return false };
        let Some(index) = parent.contents.find(name, last.rules.fold) else { return false };
        is_spelled_so &= parent.contents.name(index) == name;
        at = parent.contents.entries.get(index).map_or(at, |entry| entry.target);
    }
    let Some(contents) = last.directories.get(at).map(|directory| &directory.contents) else { return false };
    let mut base = Vec::new();
    contents.targets(Ino::of_file(file, 0)).any(|index| {
        base.clear();
        contents.restore_base(index, &mut base);
        let extension = contents.entries.get(index).map(|entry| entry.extension);
        let is_spelled_so = contents.spelling(index).map_or(is_spelled_so, |asked| **asked == *wanted.directory_path());
        base == *wanted.base && extension == Some(wanted.extension) && is_spelled_so
    })
}

/// A file or directory that comes into a directory.
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
    /// The name of a whole directory as the file of lowest id spells it, and that file.
    name: Option<(FileId, Vec<u8>)>,
    /// Whether others spelled it in other ways.
    mixed: bool,
    removed: HashSet<Ino>,
    added: Vec<Arrival>,
}

impl Edit {
    fn new(parent: Ino, depth: u32, whole: bool) -> Self {
        Self { parent, depth, whole, name: None, mixed: false, removed: HashSet::new(), added: Vec::new() }
    }

    /// Takes note of how a file spells a whole directory.
    fn spell(&mut self, file: FileId, name: &[u8]) {
        if let Some((speller, spelled)) = &self.name {
            self.mixed |= spelled != name;
            if (file, name) >= (*speller, spelled.as_slice()) {
                return;
            }
        }
        self.name = Some((file, name.to_vec()));
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
    /// Directories of the last snapshot that are made anew from all files below them.
    whole: HashSet<Ino>,
    edits: HashMap<Ino, Edit>,
    /// Edited directories by depth.
    levels: BTreeMap<u32, Vec<Ino>>,
}

impl Patch<'_> {
    /// Sorts the changes, and beside them the places of unchanged files that may be spelled anew. Answers where each
    /// changed file stands afterwards.
    fn gather(&mut self, changes: &Changes<'_>, unchanged: &[Placement]) -> Result<Vec<(FileId, Vec<Ino>)>, NotLocal> {
        if self.last.displaced > 0 {
            return Err(NotLocal);
        }
        for ino in self.whole.clone() {
            self.edit(ino)?;
        }
        let mut places = Vec::with_capacity(changes.len());
        for (file, placement) in changes {
            for directory in self.last.places.get(*file) {
                self.edit(*directory)?.removed.insert(Ino::of_file(*file, 0));
            }
            let mut of_file = placement.map_or_else(|| Ok(Vec::new()), |placement| self.arrive(placement))?;
            of_file.sort_unstable();
            places.push((*file, of_file));
        }
        for placement in unchanged {
            self.arrive(placement)?;
        }
        Ok(places)
    }

    /// Adds a file's names to the directories it wants to stand in, and answers these.
    fn arrive(&mut self, placement: &Placement) -> Result<Vec<Ino>, NotLocal> {
        let fold = self.last.rules.fold;
        let mut directories = Vec::with_capacity(placement.paths.len());
        for wanted in Wanted::all(placement, fold) {
            let directory = self.walk(&wanted, placement.file)?;
            let spelling = fold.then(|| wanted.directory_path().into());
            let (base, extension) = (wanted.base.into_owned(), wanted.extension);
            let target = Ino::of_file(placement.file, 0);
            self.edit(directory)?.added.push(Arrival { target, base, extension, spelling });
            directories.push(directory);
        }
        Ok(directories)
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

    /// The directory a file wants to stand in; those that are missing on the way are added to the patch.
    fn walk(&mut self, wanted: &Wanted<'_>, file: FileId) -> Result<Ino, NotLocal> {
        let fold = self.last.rules.fold;
        let (mut at, mut path) = (Ino::ROOT, PathState::ROOT);
        for (depth, name) in (1..).zip(wanted.directories()) {
            path = path.child(name, fold);
            at = match self.existing(at, name, file) {
                Some(found) => found,
                None => self.fresh(at, name, (path, depth), file)?,
            };
        }
        Ok(at)
    }

    /// The subdirectory of this name in the last snapshot.
    fn existing(&mut self, parent: Ino, name: &[u8], file: FileId) -> Option<Ino> {
        let parent = self.last.directories.get(parent)?;
        let contents = &parent.contents;
        let found = contents.find(name, self.last.rules.fold);
        let entry = found.and_then(|index| contents.entries.get(index));
        let entry = entry.filter(|entry| entry.kind() == NodeKind::Directory)?;
        let edit = self.edits.get_mut(&entry.target);
        if let Some(edit) = edit.filter(|edit| edit.whole) {
            edit.spell(file, name);
        }
        Some(entry.target)
    }

    /// The new subdirectory of this name.
    fn fresh(
        &mut self,
        parent: Ino,
        name: &[u8],
        (path, depth): (PathState, u32),
        file: FileId,
    ) -> Result<Ino, NotLocal> {
        let fold = self.last.rules.fold;
        let ino = number::ino((self.last.rules.number)(path));
        if self.last.directories.get(ino).is_some() {
            return Err(NotLocal);
        }
        if !self.edits.contains_key(&ino) {
            self.insert(ino, Edit::new(parent, depth, true));
        }
        let edit = self.edits.get_mut(&ino).ok_or(NotLocal)?;
        let is_other = |(_, spelled): &(FileId, Vec<u8>)| !name::compare(spelled, name, fold).is_eq();
        if edit.parent != parent || edit.name.as_ref().is_some_and(is_other) {
            return Err(NotLocal);
        }
        edit.spell(file, name);
        Ok(ino)
    }

    /// Makes the edited directories anew and puts them into a copy of the snapshot.
    fn finish(mut self, places: Vec<(FileId, Vec<Ino>)>) -> (Snapshot, TreeDelta) {
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
        for (file, places) in places {
            next.places.set(file, &places);
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
            if let Some((_, base)) = edit.name.take().filter(|_| !is_gone) {
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
fn rebuild(last: &Snapshot, changes: &Changes<'_>) -> (Snapshot, TreeDelta) {
    let mut kept: HashMap<FileId, Placement> = HashMap::new();
    whole::visit_below(last, Ino::ROOT, &mut HashSet::new(), &mut |mut placement| {
        if changes.contains_key(&placement.file) {
            return;
        }
        match kept.entry(placement.file) {
            Entry::Occupied(known) => known.into_mut().paths.append(&mut placement.paths),
            Entry::Vacant(new) => drop(new.insert(placement)),
        }
    });
    let placed = changes.values().flatten().map(|placement| (*placement).clone());
    let next = build::build(last.rules, &mut kept.into_values().chain(placed));
    let mut delta = TreeDelta::default();
    for old in last.directories.iter() {
        delta::compare(old, next.directories.get(old.ino).map(Arc::as_ref), last.rules.fold, &mut delta);
    }
    delta::sort(&mut delta);
    (next, delta)
}
