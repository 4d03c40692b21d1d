//! Following the store: what changed is read, the view patched and put in place of the last one, and the kernel told.

use crate::Vfs;
use crate::complaints::Complaint;
use crate::load::load;
use crate::opens::Opens;
use crate::pending::Pending;
use crate::placing::place;
use crate::sync::{lock, write};
use crate::track_table::{Entry, TrackTable};
use crate::tree_diff::{arrivals, whole};
use crate::view::View;
use hashbrown::HashSet;
use musefs_contracts::catalog::{CatalogError, CatalogResult, Changes};
use musefs_contracts::ids::{Ino, Revision, StoreId, TrackId};
use musefs_contracts::tree::{PlacementChange, TreeDelta, TreeSnapshot};
use std::sync::Arc;

/// What a refresh came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The store had nothing new.
    Unchanged,
    /// So many tracks were inserted, changed or deleted.
    Changed(u64),
    /// Everything was read again.
    Rebuilt,
    /// The store cannot be read. The last good state stays, and the next refresh tries again.
    Failed,
}

/// Where the view stands in the store's history.
#[derive(Debug)]
pub(crate) struct RefreshState {
    store: StoreId,
    revision: Revision,
    /// After a failure nothing is taken for granted: the store may have been put back to a former state.
    rebuild_owed: bool,
}

impl RefreshState {
    pub(crate) fn new(store: StoreId, revision: Revision) -> Self {
        Self { store, revision, rebuild_owed: false }
    }
}

/// New entries of tracks; `None` for those that are gone.
type Updates = Vec<(TrackId, Option<Entry>)>;

/// From one view to the next.
struct Step {
    store: StoreId,
    tree: Arc<dyn TreeSnapshot>,
    delta: TreeDelta,
    new_directories: Vec<Ino>,
    updates: Updates,
    /// Whether everything was read, not only what changed.
    is_whole: bool,
}

impl Vfs {
    /// Looks whether the store changed, follows it, and tells the kernel. Only for a thread that serves no request. A
    /// second call waits for the first to end.
    pub fn refresh(&self) -> Refreshed {
        let mut state = lock(&self.refreshing);
        let refreshed = match self.follow(&mut state) {
            Ok(refreshed) => {
                if self.complaints.settle(Complaint::Refresh) {
                    tracing::info!("the store can be read again");
                }
                self.metrics.needs_rebuild.set(0);
                refreshed
            }
            // Somebody writes just now: the next turn sees what.
            Err(CatalogError::Busy) => Refreshed::Failed,
            Err(error) => {
                if self.complaints.is_new(Complaint::Refresh) {
                    tracing::error!(%error, "the store cannot be read; the mount goes on with what it has");
                }
                state.rebuild_owed = true;
                self.metrics.needs_rebuild.set(1);
                Refreshed::Failed
            }
        };
        self.look_at_suspects();
        self.tell_kernel();
        // Last, since the store may make it wait.
        if refreshed != Refreshed::Failed {
            self.save_sizes(false);
        }
        refreshed
    }

    fn follow(&self, state: &mut RefreshState) -> CatalogResult<Refreshed> {
        let (store, revision) = self.parts.catalog.revision()?;
        if state.rebuild_owed || store != state.store {
            return self.rebuild(state);
        }
        if revision == state.revision {
            return Ok(Refreshed::Unchanged);
        }
        match self.parts.catalog.changes_since(store, state.revision)? {
            Changes::Tracks { tracks, revision } => {
                let count = self.patch(state.store, &tracks)?;
                state.revision = revision;
                Ok(if count == 0 { Refreshed::Unchanged } else { Refreshed::Changed(count) })
            }
            Changes::TooFarBack => {
                self.metrics.gap_fallbacks.increment();
                self.rebuild(state)
            }
        }
    }

    /// Takes these tracks from the store, and leaves the others alone.
    fn patch(&self, store: StoreId, tracks: &[TrackId]) -> CatalogResult<u64> {
        let tracks: Vec<TrackId> = tracks.iter().copied().filter(|track| TrackTable::can_hold(*track)).collect();
        let mut updates = Updates::with_capacity(tracks.len());
        let mut changes = Vec::with_capacity(tracks.len());
        let mut gone: HashSet<TrackId> = tracks.iter().copied().collect();
        self.parts.catalog.for_tracks(&tracks, &self.fields, &mut |track| {
            let row = track.row;
            if gone.remove(&row.id) {
                updates.push((row.id, Some(Entry::new(row, self.stamp_of(row)))));
                changes.push(place(&*self.parts.template, row.id, &row.path, &self.fields, track.values));
            }
        })?;
        for track in gone {
            updates.push((track, None));
            changes.push(PlacementChange::Remove(track.into()));
        }
        if updates.is_empty() {
            return Ok(0);
        }
        let old = Arc::clone(&self.view.load().tree);
        let (tree, mut delta) = self.parts.tree.apply(&old, &changes);
        let mut came = arrivals(&*old, &*tree, &tracks);
        delta.names.append(&mut came.names);
        let count = updates.len() as u64;
        let new_directories = came.directories;
        self.publish(Step { store, tree, delta, new_directories, updates, is_whole: false });
        Ok(count)
    }

    /// Reads everything again, and finds out what is different.
    fn rebuild(&self, state: &mut RefreshState) -> CatalogResult<Refreshed> {
        let loaded = load(&self.parts, &self.fields, &|row| self.stamp_of(row))?;
        let old = self.view.load_full();
        let other_store = loaded.store != old.store;
        let differs = |track: TrackId, entry: &Entry| {
            other_store
                || old.tracks.get(track).is_none_or(|old| {
                    !old.stamp().same_contents(&entry.stamp())
                        || old.content_version != entry.content_version
                        || old.updated_ns() != entry.updated_ns()
                })
        };
        let changed = loaded.tracks.iter().filter(|(track, entry)| differs(*track, entry));
        let mut updates: Updates = changed.map(|(track, entry)| (track, Some(entry.clone()))).collect();
        let gone = old.tracks.iter().filter(|(track, _)| loaded.tracks.get(*track).is_none());
        updates.extend(gone.map(|(track, _)| (track, None)));
        let delta = whole(&*old.tree, &*loaded.tree);
        if other_store {
            self.parts.layouts.clear();
            lock(&self.observed).clear();
        }
        let is_changed = other_store || !updates.is_empty() || !delta.listings.is_empty();
        if is_changed {
            let (store, tree, new_directories) = (loaded.store, loaded.tree, Vec::new());
            self.publish(Step { store, tree, delta, new_directories, updates, is_whole: true });
        }
        if other_store {
            self.recall_sizes();
        }
        *state = RefreshState::new(loaded.store, loaded.revision);
        Ok(Refreshed::Rebuilt)
    }

    /// Puts the next view in place of the last one, and notes what the kernel must forget.
    fn publish(&self, step: Step) {
        self.touch_directories(step.delta.listings.iter().chain(&step.new_directories));
        let _swap = lock(&self.swap);
        let old = self.view.load_full();
        let mut next = View { store: step.store, tree: step.tree, tracks: old.tracks.clone() };
        let mut opens = lock(&self.opens);
        let mut unsized_tracks = Vec::new();
        {
            let mut pending = lock(&self.pending);
            pending.tracks += step.updates.len() as u64;
            pending.names.extend(step.delta.names);
            pending.listings.extend(step.delta.listings);
            for (track, entry) in step.updates {
                match (old.tracks.get(track), entry) {
                    (_, None) => {
                        next.tracks.remove(track);
                        self.parts.layouts.remove(track);
                        unsized_tracks.push(track);
                        pending.note_content(track, false);
                    }
                    (None, Some(entry)) => next.tracks.insert(track, entry),
                    // A request may have read a newer state than this patch did; the next one catches up with it. What was
                    // read whole is the truth, even where a backup that was put back has lower versions.
                    (Some(before), Some(entry)) if !step.is_whole && entry.content_version < before.content_version => {
                    }
                    (Some(before), Some(entry)) => {
                        let entry = self.succeed(&old, &next, &mut opens, &mut pending, (track, before, entry));
                        if entry.content_version == before.content_version {
                            unsized_tracks.push(track);
                        }
                        next.tracks.insert(track, entry);
                    }
                }
            }
        }
        self.view.store(Arc::new(next));
        drop(opens);
        // Sizes go by the version alone. They are forgotten after the swap: whoever worked one out from the former view finds
        // that out when looking at the view again.
        for track in unsized_tracks {
            self.parts.sizes.remove(track);
        }
        self.count_nodes();
        self.metrics.refresh_generation.add(1);
    }

    /// A track's new entry in the place of the one before.
    fn succeed(
        &self,
        old: &View,
        next: &View,
        opens: &mut Opens,
        pending: &mut Pending,
        (track, before, mut entry): (TrackId, &Entry, Entry),
    ) -> Entry {
        let (was, is) = (self.generation(old, before), self.generation(next, &entry));
        entry.epoch = before.epoch;
        if was == is {
            if before.is_as_backing() && before.content_version == entry.content_version {
                entry.set_as_backing();
            }
            if old.tree.links(track.into()) != next.tree.links(track.into()) {
                pending.attributes.insert(track);
            }
            return entry;
        }
        entry.epoch = opens.epoch_for(track, before.epoch, is, self.options.renumber_cached);
        pending.note_content(track, entry.epoch != before.epoch);
        entry
    }

    /// Makes the next refresh read everything.
    pub(crate) fn owe_rebuild(&self) {
        lock(&self.refreshing).rebuild_owed = true;
        self.metrics.needs_rebuild.set(1);
    }

    fn touch_directories<'a>(&self, directories: impl Iterator<Item = &'a Ino>) {
        let now_ns = self.parts.clock.now_ns();
        write(&self.directory_times).extend(directories.map(|directory| (*directory, now_ns)));
    }
}
