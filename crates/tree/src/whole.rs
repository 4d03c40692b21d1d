//! Whole directories: what a directory and those below it were made of, and, without case, which of them a change can
//! spell anew.

use crate::apply::Changes;
use crate::name::Wanted;
use crate::snapshot::Snapshot;
use hashbrown::HashSet;
use musefs_contracts::ids::Ino;
use musefs_contracts::tree::{NodeKind, Placement};

/// What may be spelled anew.
#[derive(Default)]
pub(crate) struct AtStake {
    /// The directories, with all that are below them: their files together say how they are spelled.
    pub(crate) directories: HashSet<Ino>,
    /// What stands in them of files that do not change. Their other places, which are not at stake, stay out of this.
    pub(crate) unchanged: Vec<Placement>,
}

/// What changes can spell anew: a directory that is spelled in several ways, and one that a change spells in another.
pub(crate) fn at_stake(last: &Snapshot, changes: &Changes<'_>) -> AtStake {
    let mut tops = HashSet::new();
    for (file, placement) in changes {
        tops.extend(last.places.get(*file).iter().filter_map(|place| topmost_mixed(last, *place)));
        for wanted in placement.iter().flat_map(|placement| Wanted::all(placement, last.rules.fold)) {
            tops.extend(respelled(last, &wanted));
        }
    }
    let mut found = AtStake::default();
    for top in tops {
        visit_below(last, top, &mut found.directories, &mut |placement| {
            if !changes.contains_key(&placement.file) {
                found.unchanged.push(placement);
            }
        });
    }
    found
}

/// Whether the spelling of a directory, or of one above it, differs among its files.
fn is_mixed(last: &Snapshot, directory: Ino) -> bool {
    last.directories.get(directory).is_some_and(|directory| directory.contents.has_spellings())
}

/// The highest directory from `place` upwards that is spelled in several ways.
fn topmost_mixed(last: &Snapshot, place: Ino) -> Option<Ino> {
    let mut top = None;
    let mut at = place;
    // What is below a mixed directory remembers spellings, too.
    while is_mixed(last, at) {
        top = Some(at);
        at = last.directories.get(at)?.parent;
    }
    top
}

/// The first directory on the way of a file whose spelling is at stake.
fn respelled(last: &Snapshot, wanted: &Wanted<'_>) -> Option<Ino> {
    let mut at = Ino::ROOT;
    for name in wanted.directories() {
        let contents = &last.directories.get(at)?.contents;
        let index = contents.find(name, last.rules.fold)?;
        let entry = contents.entries.get(index).filter(|entry| entry.kind() == NodeKind::Directory)?;
        at = entry.target;
        if contents.name(index) != name || is_mixed(last, at) {
            return Some(at);
        }
    }
    None
}

/// The path of a directory as it is shown.
fn shown_path(snapshot: &Snapshot, directory: Ino) -> String {
    let mut names = Vec::new();
    let mut at = directory;
    while let Some(below) = snapshot.directories.get(at).filter(|_| at != Ino::ROOT) {
        let Some(above) = snapshot.directories.get(below.parent) else { break };
        let index = above.contents.targets(at).next();
        names.push(index.map_or_else(String::new, |index| text(above.contents.name(index))));
        at = below.parent;
    }
    names.reverse();
    names.join("/")
}

/// Visits the placements that a directory of a snapshot and those below it were made of, one for each name, and adds the
/// directories to `visited`; what is there already is passed over with all below it.
pub(crate) fn visit_below(snapshot: &Snapshot, top: Ino, visited: &mut HashSet<Ino>, visit: &mut dyn FnMut(Placement)) {
    let mut waiting = vec![(top, shown_path(snapshot, top))];
    while let Some((ino, path)) = waiting.pop() {
        let Some(directory) = snapshot.directories.get(ino).filter(|_| visited.insert(ino)) else { continue };
        let contents = &directory.contents;
        for (index, entry) in contents.entries.iter().enumerate() {
            let mut name = Vec::new();
            contents.restore_base(index, &mut name);
            let (stem, extension) = name.split_at(name.len().saturating_sub(usize::from(entry.extension)));
            let stem = text(stem);
            let Some(file) = entry.target.file() else {
                waiting.push((entry.target, joined(&path, &stem)));
                continue;
            };
            let asked = contents.spelling(index).map_or(path.as_str(), AsRef::as_ref);
            visit(Placement { file, paths: vec![joined(asked, &stem)], extension: extension.to_vec() });
        }
    }
}

/// The text of what was made of text.
fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
