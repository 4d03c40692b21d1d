//! Following the store: what changed is read, the view patched and put in place of the last one, and the kernel told.

use crate::Vfs;
use crate::complaints::Complaint;
use crate::load::{Sidecars, load};
use crate::opens::Opens;
use crate::pending::Pending;
use crate::sync::{lock, write};
use crate::track_table::Entry;
use crate::tree_diff::whole;
use crate::view::View;
use musefs_contracts::catalog::{CatalogError, CatalogResult, Changes};
use musefs_contracts::ids::{FileId, Ino, Revision, StoreId};
use musefs_contracts::tree::{TreeDelta, TreeSnapshot};
use std::sync::Arc;

/// What a refresh came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The store had nothing new.
    Unchanged,
    /// So many files were inserted, changed or deleted, or stand elsewhere.
    Changed(u64),
    /// Everything was read again.
    Rebuilt,
    /// The store cannot be read. The last good state stays, and the next refresh tries again.
    Failed,
}

/// Where the view stands in the store's history.
pub(crate) struct RefreshState {
    pub(crate) store: StoreId,
    revision: Revision,
    /// After a failure nothing is taken for granted: the store may have been put back to a former state.
    pub(crate) rebuild_owed: bool,
    /// The files beside the music, if these are shown.
    pub(crate) sidecars: Option<Sidecars>,
}

impl RefreshState {
    pub(crate) fn new(store: StoreId, revision: Revision, sidecars: Option<Sidecars>) -> Self {
        Self { store, revision, rebuild_owed: false, sidecars }
    }
}

/// New entries of files; `None` for those that are gone.
pub(crate) type Updates = Vec<(FileId, Option<Entry>)>;

/// From one view to the next.
pub(crate) struct Step {
    pub(crate) store: StoreId,
    pub(crate) tree: Arc<dyn TreeSnapshot>,
    pub(crate) delta: TreeDelta,
    pub(crate) new_directories: Vec<Ino>,
    pub(crate) updates: Updates,
    /// Files that may stand elsewhere without having changed.
    pub(crate) moved: Vec<FileId>,
    /// Whether everything was read, not only what changed.
    pub(crate) is_whole: bool,
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
                let count = self.patch(state, &tracks)?;
                state.revision = revision;
                Ok(if count == 0 { Refreshed::Unchanged } else { Refreshed::Changed(count) })
            }
            Changes::TooFarBack => {
                self.metrics.gap_fallbacks.increment();
                self.rebuild(state)
            }
        }
    }

    /// Reads everything again, and finds out what is different.
    fn rebuild(&self, state: &mut RefreshState) -> CatalogResult<Refreshed> {
        let loaded = load(&self.parts, &self.fields, &|file, recorded| self.stamp_of(file, recorded))?;
        let old = self.view.load_full();
        let other_store = loaded.store != old.store;
        let differs = |file: FileId, entry: &Entry| {
            other_store
                || old.tracks.get(file).is_none_or(|old| {
                    !old.stamp().same_contents(&entry.stamp())
                        || old.content_version != entry.content_version
                        || old.updated_ns() != entry.updated_ns()
                })
        };
        let changed = loaded.tracks.iter().filter(|(file, entry)| differs(*file, entry));
        let mut updates: Updates = changed.map(|(file, entry)| (file, Some(entry.clone()))).collect();
        let gone = old.tracks.iter().filter(|(file, _)| loaded.tracks.get(*file).is_none());
        updates.extend(gone.map(|(file, _)| (file, None)));
        let delta = whole(&*old.tree, &*loaded.tree);
        if other_store {
            self.parts.layouts.clear();
            lock(&self.observed).clear();
        }
        let is_changed = other_store || !updates.is_empty() || !delta.listings.is_empty();
        if is_changed {
            let moved = loaded.tracks.iter().map(|(file, _)| file).filter(|file| file.track().is_none()).collect();
            let (store, tree, new_directories) = (loaded.store, loaded.tree, Vec::new());
            self.publish(Step { store, tree, delta, new_directories, updates, moved, is_whole: true });
        }
        if other_store {
            self.recall_sizes();
        }
        *state = RefreshState::new(loaded.store, loaded.revision, loaded.sidecars);
        Ok(Refreshed::Rebuilt)
    }

    /// Puts the next view in place of the last one, and notes what the kernel must forget.
    pub(crate) fn publish(&self, step: Step) {
        self.touch_directories(step.delta.listings.iter().chain(&step.new_directories));
        let listings = step.delta.listings.clone();
        let files: Vec<FileId> = step.updates.iter().map(|(file, _)| *file).collect();
        let _swap = lock(&self.swap);
        let old = self.view.load_full();
        let mut next = View { store: step.store, tree: step.tree, tracks: old.tracks.clone() };
        let mut opens = lock(&self.opens);
        let mut unsized_tracks = Vec::new();
        {
            let mut pending = lock(&self.pending);
            pending.tracks += step.updates.iter().filter(|(file, _)| file.track().is_some()).count() as u64;
            pending.names.extend(step.delta.names);
            pending.listings.extend(step.delta.listings);
            // Of what stood nowhere the kernel knows nothing.
            let links = |file: &FileId| ![0, next.tree.links(*file)].contains(&old.tree.links(*file));
            pending.attributes.extend(step.moved.into_iter().filter(links));
            for (file, entry) in step.updates {
                match (old.tracks.get(file), entry) {
                    (_, None) => {
                        next.tracks.remove(file);
                        if let Some(track) = file.track() {
                            self.parts.layouts.remove(track);
                        }
                        unsized_tracks.extend(file.track());
                        pending.note_content(file, false);
                    }
                    (None, Some(entry)) => next.tracks.insert(file, entry),
                    // A request may have read a newer state than this patch did; the next one catches up with it. What was
                    // read whole is the truth, even where a backup that was put back has lower versions.
                    (Some(before), Some(entry)) if !step.is_whole && entry.content_version < before.content_version => {
                    }
                    (Some(before), Some(entry)) => {
                        let entry = self.succeed(&old, &next, &mut opens, &mut pending, (file, before, entry));
                        // Behind a backup that was put back, versions come again that had other contents.
                        if entry.content_version <= before.content_version {
                            unsized_tracks.extend(file.track());
                        }
                        next.tracks.insert(file, entry);
                    }
                }
            }
        }
        let next = Arc::new(next);
        self.view.store(Arc::clone(&next));
        drop(opens);
        self.forget_made(&old, &next, &listings, &files);
        // Sizes go by the version alone. They are forgotten after the swap: whoever worked one out from the former view finds
        // that out when looking at the view again.
        for track in unsized_tracks {
            self.parts.sizes.remove(track);
        }
        if step.is_whole {
            self.owe_all_sizes();
        } else {
            self.owe_sizes(&files);
        }
        self.count_nodes();
        self.metrics.refresh_generation.add(1);
    }

    /// A file's new entry in the place of the one before.
    fn succeed(
        &self,
        old: &View,
        next: &View,
        opens: &mut Opens,
        pending: &mut Pending,
        (file, before, mut entry): (FileId, &Entry, Entry),
    ) -> Entry {
        let (was, is) = (self.generation(old, before), self.generation(next, &entry));
        entry.epoch = before.epoch;
        if was == is {
            if before.is_as_backing() && before.content_version == entry.content_version {
                entry.set_as_backing();
            }
            if old.tree.links(file) != next.tree.links(file) {
                pending.attributes.insert(file);
            }
            return entry;
        }
        entry.epoch = opens.epoch_for(file, before.epoch, is, self.options.renumber_cached);
        pending.note_content(file, entry.epoch != before.epoch);
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
