//! Served sizes: what is known of them, working them out, and keeping them for later mounts.
//!
//! A track is in the size cache under its content version only if it is served with an edit spliced in. So a size found
//! there also tells that the track is edited, which its mtime depends on.

use crate::Vfs;
use crate::complaints::Complaint;
use crate::open::patiently;
use crate::sync::lock;
use crate::track_table::Entry;
use hashbrown::HashSet;
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::cache::ContentKey;
use musefs_contracts::catalog::{CatalogError, TrackRecord};
use musefs_contracts::filesystem::{FsError, FsResult};
use musefs_contracts::ids::{FileId, TrackId};
use std::io;
use std::sync::Arc;

/// What `stat` shows of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) size: u64,
    pub(crate) mtime_ns: i64,
}

/// Sizes on their way into the store, and tracks whose size had to be guessed.
#[derive(Debug, Default)]
pub(crate) struct SizeState {
    unsaved: Vec<(TrackId, i64, u64)>,
    saved_ns: i64,
    guessed: HashSet<TrackId>,
}

/// What may be touched to find out a size that the store alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// The track's backing file.
    BackingFile,
    /// Nothing at all.
    Nothing,
}

/// Sizes saved in one transaction at most, which is short then; so many that they are saved however new they are; and kept
/// for saving at most, as without a refresher nobody saves them.
const SAVED_AT_ONCE: usize = 4_096;
const SAVE_AT: usize = 65_536;
const UNSAVED_MAX: usize = 262_144;
/// Rarely, and not soon after an edit: a program that does not wait for locks is likely to write again just then.
const SAVE_EACH_NS: i64 = 60_000_000_000;

impl SizeState {
    /// As of a mount that comes up now.
    pub(crate) fn new(now_ns: i64) -> Self {
        Self { saved_ns: now_ns, ..Self::default() }
    }
}

impl Vfs {
    /// What is known of a file's content without asking the store.
    pub(crate) fn known(&self, file: FileId, entry: &Entry) -> Option<Served> {
        let stamp = entry.stamp();
        if self.is_structure_only() || entry.is_as_backing() {
            return Some(Served { size: stamp.size, mtime_ns: stamp.mtime_ns });
        }
        let size = self.parts.sizes.get(file.track()?, entry.content_version)?;
        Some(Self::edited(entry, size))
    }

    /// What `stat` shows of an edited content of this size.
    pub(crate) fn edited(entry: &Entry, size: u64) -> Served {
        Served { size, mtime_ns: entry.moved_by_edits(entry.stamp().mtime_ns) }
    }

    /// Works out what is served of each of these tracks, as far as that is possible, and visits what was found.
    pub(crate) fn resolve(&self, tracks: &[TrackId], visit: &mut dyn FnMut(TrackId, Served)) -> FsResult<()> {
        let catalog = &self.parts.catalog;
        let mut learn = |record: TrackRecord| {
            if let Some(served) = self.learn(&record, Touch::BackingFile) {
                visit(record.row.id, served);
            }
        };
        let visited = patiently(|| catalog.records(tracks, &mut learn));
        visited.map_err(|error| self.store_trouble(&error))
    }

    /// Works out what is served of a track. `None` if it moved on meanwhile, or would need more than may be touched.
    pub(crate) fn learn(&self, record: &TrackRecord, touch: Touch) -> Option<Served> {
        let view = self.view.load_full();
        let track = record.row.id;
        let entry = view.tracks.get(track)?;
        if !entry.is_of(&record.row) {
            self.advance(&(&record.row).into(), self.stamp_of(track, &record.row));
            return None;
        }
        let stamp = entry.stamp();
        let source = || match touch {
            Touch::BackingFile => self.open_as(record, &stamp),
            Touch::Nothing => Err(io::Error::other("it has to be looked at")),
        };
        match self.splice(record, &stamp, &source, &|format, anatomy, edit| format.served_len(anatomy, edit)) {
            Ok(Some(size)) => {
                let lasts = record.row.stamp.same_contents(&stamp);
                self.remember_size(track, entry.content_version, self.generation(&view, entry), size, lasts);
                Some(Self::edited(entry, size))
            }
            Ok(None) => {
                self.learn_as_backing(track, entry);
                self.known(track.into(), entry)
            }
            // Either the file changed while it was looked at, and the entry with it; or it is out of reach.
            Err(error) => {
                tracing::debug!(path = %record.row.path.display(), %error, "its served size stays unknown");
                None
            }
        }
    }

    /// Opens a track's backing file if it still has this stamp; moves the track ahead if not.
    fn open_as(&self, record: &TrackRecord, stamp: &Stamp) -> io::Result<Arc<dyn Source>> {
        let source = self.parts.backing.open(&record.row.path)?;
        let now = source.stamp()?;
        if now.same_contents(stamp) {
            return Ok(source);
        }
        self.advance(&(&record.row).into(), now);
        Err(io::Error::other("it changed meanwhile"))
    }

    /// Remembers the served size of a content. `lasts` says whether it holds for later mounts too.
    pub(crate) fn remember_size(&self, track: TrackId, version: i64, generation: ContentKey, size: u64, lasts: bool) {
        let was_wrong = self.parts.sizes.get(track, version).is_some_and(|known| known != size);
        self.parts.sizes.insert(track, version, size);
        let view = self.view.load();
        if view.tracks.get(track).is_none_or(|entry| self.generation(&view, entry) != generation) {
            // The track moved ahead meanwhile; a size of its former file must not stand under its new one.
            self.parts.sizes.remove(track);
            return;
        }
        let mut state = lock(&self.size_state);
        if lasts && state.unsaved.len() < UNSAVED_MAX {
            state.unsaved.push((track, version, size));
        }
        let was_guessed = state.guessed.remove(&track);
        drop(state);
        self.correct(track, was_guessed || was_wrong);
    }

    /// Notes that a track is served as its backing file is.
    pub(crate) fn learn_as_backing(&self, track: TrackId, entry: &Entry) {
        entry.set_as_backing();
        let was_guessed = lock(&self.size_state).guessed.remove(&track);
        self.correct(track, was_guessed);
    }

    /// Shows the backing file's attributes for want of better ones: it may be gone, and the entry stays all the same.
    pub(crate) fn guess(&self, track: TrackId, entry: &Entry) -> Served {
        lock(&self.size_state).guessed.insert(track);
        let stamp = entry.stamp();
        Served { size: stamp.size, mtime_ns: stamp.mtime_ns }
    }

    /// The kernel may have been told something else than is known now, and is to ask again.
    fn correct(&self, track: TrackId, may_be_wrong: bool) {
        if may_be_wrong {
            lock(&self.pending).note_content(track, false);
            self.signal.raise();
        }
    }

    /// Takes up the sizes that earlier mounts left in the store, as far as they are of the present versions.
    pub(crate) fn recall_sizes(&self) {
        if self.is_structure_only() {
            return;
        }
        let view = self.view.load_full();
        let recalled =
            self.parts.catalog.for_each_served_size(self.parts.template.path_fields(), &mut |track, version, size| {
                let entry = view.tracks.get(track);
                if entry.is_some_and(|entry| entry.content_version == version && !entry.is_as_backing()) {
                    self.parts.sizes.insert(track, version, size);
                }
            });
        if let Err(error) = recalled {
            tracing::debug!(%error, "the store's remembered sizes cannot be read; they are worked out again");
        }
    }

    /// Puts new sizes into the store, when there are many or a minute has gone by.
    pub(crate) fn save_sizes(&self, at_once: bool) {
        let now_ns = self.parts.clock.now_ns();
        let unsaved = {
            let mut state = lock(&self.size_state);
            // Also where the clock was set back.
            let is_fresh = (0..SAVE_EACH_NS).contains(&now_ns.saturating_sub(state.saved_ns));
            let due = at_once || state.unsaved.len() >= SAVE_AT || !is_fresh;
            if state.unsaved.is_empty() || !due {
                return;
            }
            state.saved_ns = now_ns;
            std::mem::take(&mut state.unsaved)
        };
        let omitted = self.parts.template.path_fields();
        for batch in unsaved.chunks(SAVED_AT_ONCE) {
            if let Err(error) = self.parts.catalog.remember_served_sizes(omitted, batch) {
                tracing::debug!(%error, "served sizes are not kept for later mounts");
                return;
            }
        }
    }

    /// What a failing store means for a request. Said once a minute.
    pub(crate) fn store_trouble(&self, error: &CatalogError) -> FsError {
        if let CatalogError::NotFound = error {
            return FsError::NotFound;
        }
        if let Some(times) = self.complaints.each_minute(Complaint::Store, self.parts.clock.now_ns()) {
            tracing::error!(%error, times, "a request failed because the store cannot be read");
        }
        FsError::Io
    }
}
