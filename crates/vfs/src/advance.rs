//! Moving one file ahead of the view, from within a request.
//!
//! A request may learn that a backing file changed, or meet a committed edit before the refresh does. It must not go on
//! with the old state (its offsets are stale), and it must not tell the kernel (that deadlocks inside a request). So it
//! publishes the file's new entry and leaves a note for the refresher.

use crate::Vfs;
use crate::row::FileRow;
use crate::sync::lock;
use crate::track_table::{Entry, Recorded};
use crate::view::View;
use musefs_contracts::backing::Stamp;
use musefs_contracts::ids::FileId;
use std::sync::Arc;

/// A backing file that is not as the store knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed {
    /// The stamp that the store has.
    stored: Stamp,
    /// The stamp that the file was seen with.
    seen: Stamp,
}

impl Vfs {
    /// Publishes what a row and a backing file's stamp say of a file now. Does nothing where the view is ahead of the row.
    pub(crate) fn advance(&self, row: &FileRow, stamp: Stamp) {
        self.observe(row, stamp);
        let _swap = lock(&self.swap);
        let view = self.view.load_full();
        let Some(old) = view.tracks.get(row.file) else { return };
        if row.recorded.content_version < old.content_version {
            return;
        }
        let mut entry = Entry::new(row, stamp);
        entry.epoch = old.epoch;
        let (was, is) = (self.generation(&view, old), self.generation(&view, &entry));
        if was == is {
            return;
        }
        if !old.stamp().same_contents(&stamp) {
            tracing::info!(path = %row.path.display(), "changed under the mount; served as it is now");
        }
        let mut opens = lock(&self.opens);
        entry.epoch = opens.epoch_for(row.file, old.epoch, is, self.options.renumber_cached);
        {
            let mut pending = lock(&self.pending);
            pending.note_content(row.file, entry.epoch != old.epoch);
            pending.tracks += 1;
        }
        let mut tracks = view.tracks.clone();
        tracks.insert(row.file, entry);
        let next = Arc::new(View { store: view.store, tree: Arc::clone(&view.tree), tracks });
        self.view.store(Arc::clone(&next));
        drop(opens);
        self.forget_made(&view, &next, &[], &[row.file]);
        // After the swap, so that a size which is worked out from the former view just now does not stay.
        if let FileId::Track(track) = row.file
            && old.content_version == row.recorded.content_version
        {
            self.parts.sizes.remove(track);
        }
        self.signal.raise();
    }

    /// Remembers that a file has another stamp than its row, until the row changes.
    fn observe(&self, row: &FileRow, stamp: Stamp) {
        let mut observed = lock(&self.observed);
        if row.recorded.stamp.same_contents(&stamp) {
            observed.remove(&row.file);
        } else {
            observed.insert(row.file, Observed { stored: row.recorded.stamp, seen: stamp });
        }
    }

    /// The stamp to go by for a row: its own, or the one its file was seen with since the row was written.
    pub(crate) fn stamp_of(&self, file: impl Into<FileId>, recorded: impl Into<Recorded>) -> Stamp {
        let (file, stamp) = (file.into(), recorded.into().stamp);
        let mut observed = lock(&self.observed);
        match observed.get(&file) {
            Some(known) if known.stored == stamp => known.seen,
            Some(_) => {
                observed.remove(&file);
                stamp
            }
            None => stamp,
        }
    }
}
