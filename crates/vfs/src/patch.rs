//! Taking what changed in the store into the view, and leaving the rest alone.

use crate::Vfs;
use crate::beside::Touched;
use crate::load::{Sidecars, read_sidecars};
use crate::placing::place;
use crate::refresh::{RefreshState, Step, Updates};
use crate::row::file_of;
use crate::shelving::Shelving;
use crate::track_table::{Entry, TrackTable};
use crate::tree_diff::arrivals;
use crate::view::View;
use hashbrown::HashSet;
use musefs_contracts::catalog::CatalogResult;
use musefs_contracts::ids::{FileId, Ino, Revision, TrackId};
use musefs_contracts::sidecars::Sidecar;
use musefs_contracts::tree::{NodeKind, PlacementChange, TreeDelta, TreeSnapshot};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What changed in the store.
#[derive(Default)]
struct Changed {
    updates: Updates,
    changes: Vec<PlacementChange>,
    /// The files of the tracks; `None` for those that are gone. Only where files beside the music are shown.
    paths: Vec<(TrackId, Option<PathBuf>)>,
    /// All files beside the music, if any of these changed.
    sidecars: Option<(Vec<Sidecar>, Revision)>,
}

impl Vfs {
    /// Takes these tracks from the store, and the files beside the music where any of these changed. Answers how many files
    /// changed.
    pub(crate) fn patch(&self, state: &mut RefreshState, tracks: &[TrackId]) -> CatalogResult<u64> {
        let mut changed = self.read_changed(state.sidecars.as_ref(), tracks)?;
        if changed.updates.is_empty() && changed.sidecars.is_none() {
            return Ok(0);
        }
        let view = self.view.load_full();
        let (mut tree, mut delta) = self.parts.tree.apply(&view.tree, &changed.changes);
        let mut moved = Vec::new();
        if let Some(sidecars) = &mut state.sidecars {
            // Should the store fail in between, what is known of the folders is no longer what the view was made with.
            state.rebuild_owed = true;
            let changes = self.shelve(sidecars, &view, &*tree, &delta, &mut changed)?;
            let (with_sidecars, further) = self.parts.tree.apply(&tree, &changes);
            tree = with_sidecars;
            delta.names.extend(further.names);
            delta.listings.extend(further.listings);
            moved.extend(changes.iter().map(|change| match change {
                PlacementChange::Place(placement) => placement.file,
                PlacementChange::Remove(file) => *file,
            }));
            state.rebuild_owed = false;
        }
        let count = changed.updates.len() as u64;
        let files = changed.updates.iter().map(|(file, _)| *file).chain(moved.iter().copied());
        let mut came = arrivals(&*view.tree, &*tree, files);
        delta.names.append(&mut came.names);
        if count == 0 && delta == TreeDelta::default() {
            return Ok(0);
        }
        let (updates, new_directories) = (changed.updates, came.directories);
        self.publish(Step { store: state.store, tree, delta, new_directories, updates, moved, is_whole: false });
        Ok(count)
    }

    fn read_changed(&self, sidecars: Option<&Sidecars>, tracks: &[TrackId]) -> CatalogResult<Changed> {
        let tracks: Vec<TrackId> = tracks.iter().copied().filter(|track| TrackTable::can_hold(*track)).collect();
        let mut changed = Changed::default();
        let mut gone: HashSet<TrackId> = tracks.iter().copied().collect();
        self.parts.catalog.for_tracks(&tracks, &self.fields, &mut |track| {
            let row = track.row;
            if gone.remove(&row.id) {
                let entry = Entry::new(row, self.stamp_of(row.id, row));
                changed.updates.push((row.id.into(), Some(entry)));
                changed.changes.push(place(&*self.parts.template, row.id, &row.path, &self.fields, track.values));
                if sidecars.is_some() {
                    changed.paths.push((row.id, Some(row.path.clone())));
                }
            }
        })?;
        for track in gone {
            changed.updates.push((track.into(), None));
            changed.changes.push(PlacementChange::Remove(track.into()));
            changed.paths.push((track, None));
        }
        if let Some(sidecars) = sidecars
            && self.parts.catalog.sidecars_changed()? != sidecars.revision
        {
            let view = self.view.load();
            let known = |file: FileId| view.tracks.get(file).is_some();
            changed.sidecars = Some(read_sidecars(&self.parts, &sidecars.beside, &known)?);
        }
        Ok(changed)
    }

    /// Where files beside the music stand in `tree`, in which the tracks have their new places already: of all that may have
    /// to stand elsewhere. What changed of the files themselves is put among the updates.
    fn shelve(
        &self,
        Sidecars { beside, revision }: &mut Sidecars,
        view: &View,
        tree: &dyn TreeSnapshot,
        delta: &TreeDelta,
        changed: &mut Changed,
    ) -> CatalogResult<Vec<PlacementChange>> {
        let mut touched = Touched::default();
        let mut changes = Vec::new();
        beside.update(&changed.paths, |track| view.tracks.get(track).is_some(), &mut touched);
        if let Some((all, now)) = changed.sidecars.take() {
            *revision = now;
            for file in beside.replace(&all, &mut touched) {
                changed.updates.push((file, None));
                changes.push(PlacementChange::Remove(file));
            }
            changed.updates.extend(all.iter().filter_map(|sidecar| self.update_of(view, sidecar)));
        }
        if beside.is_empty() {
            return Ok(changes);
        }
        // A track that got its name from another one, or lost it to that, takes along what is beside it.
        let others = renamed(&*view.tree, tree, delta, &changed.paths);
        self.parts.catalog.for_tracks(&others, &[], &mut |track| touched.note(&track.row.path))?;
        let concerned = beside.concerned(&touched);
        let mut shelving = Shelving::new(tree, &*self.parts.template);
        for folder in &concerned {
            shelving.place(beside, folder, &mut changes);
        }
        Ok(changes)
    }

    /// The new entry of a file beside the music, if that is not as it was.
    fn update_of(&self, view: &View, sidecar: &Sidecar) -> Option<(FileId, Option<Entry>)> {
        let file = file_of(sidecar.id)?;
        let stamp = self.stamp_of(file, sidecar);
        let known = view.tracks.get(file).is_some_and(|known| known.stamp().same_contents(&stamp));
        (!known).then(|| (file, Some(Entry::new(sidecar, stamp))))
    }
}

/// The tracks that have other names through changes of others.
fn renamed(
    old: &dyn TreeSnapshot,
    new: &dyn TreeSnapshot,
    delta: &TreeDelta,
    changed: &[(TrackId, Option<PathBuf>)],
) -> Vec<TrackId> {
    let at = |tree: &dyn TreeSnapshot, (directory, name): &(Ino, Vec<u8>)| match tree.lookup(*directory, name) {
        Some((_, NodeKind::Track(track))) => Some(track),
        _ => None,
    };
    let mut found: BTreeSet<TrackId> = BTreeSet::new();
    for name in &delta.names {
        found.extend(at(old, name).into_iter().chain(at(new, name)));
    }
    for (track, _) in changed {
        found.remove(track);
    }
    found.into_iter().collect()
}
