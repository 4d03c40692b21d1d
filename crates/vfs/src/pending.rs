//! What the kernel has to be told, and telling it.

use crate::Vfs;
use crate::sync::{lock, read};
use crate::track_table::TrackTable;
use crate::view::View;
use hashbrown::HashSet;
use musefs_contracts::change::Change;
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::notifier::KernelNotifier;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What became stale and has not been told yet. Gathered before a view is swapped, told after it.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Names that went, moved, came, or lead elsewhere.
    pub(crate) names: BTreeSet<(Ino, Vec<u8>)>,
    /// Directories whose listings changed.
    pub(crate) listings: BTreeSet<Ino>,
    /// Tracks whose contents changed.
    contents: HashSet<TrackId>,
    /// Those of them that go by another number now.
    renumbered: HashSet<TrackId>,
    /// Tracks of which only attributes changed.
    pub(crate) attributes: HashSet<TrackId>,
    /// Tracks that may get their first number back.
    settled: HashSet<TrackId>,
    /// Tracks whose backing file should be looked at again.
    suspects: HashSet<TrackId>,
    /// How many tracks the changes above are of.
    pub(crate) tracks: u64,
    /// Contents that are being told right now.
    under_way: HashSet<TrackId>,
}

impl Pending {
    /// Whether anything that is visible changed.
    fn is_change(&self) -> bool {
        !(self.names.is_empty() && self.listings.is_empty() && self.contents.is_empty() && self.attributes.is_empty())
    }

    /// Notes that a track's content changed.
    pub(crate) fn note_content(&mut self, track: TrackId, renumbered: bool) {
        self.contents.insert(track);
        if renumbered {
            self.renumbered.insert(track);
        }
    }

    /// Whether the kernel may still hold pages of a former content under the track's present number.
    pub(crate) fn is_untold(&self, track: TrackId) -> bool {
        self.contents.contains(&track) || self.under_way.contains(&track)
    }
}

impl Vfs {
    /// Asks the refresher to look whether a track's backing file changed.
    pub(crate) fn suspect(&self, track: TrackId) {
        lock(&self.pending).suspects.insert(track);
        self.signal.raise();
    }

    /// Asks the refresher to give a track its first number back.
    pub(crate) fn settle_later(&self, track: TrackId) {
        lock(&self.pending).settled.insert(track);
        self.signal.raise();
    }

    /// Looks at the backing files that reads stumbled over.
    pub(crate) fn look_at_suspects(&self) {
        let suspects = std::mem::take(&mut lock(&self.pending).suspects);
        for track in suspects {
            let Ok(row) = self.row(track) else { continue };
            let Ok(stamp) = self.parts.backing.stat(&row.path) else { continue };
            self.advance(&row, stamp);
        }
    }

    /// Tells the kernel all that is pending, and then whoever listens. Only for a thread that serves no request.
    pub(crate) fn tell_kernel(&self) {
        let told = {
            let mut pending = lock(&self.pending);
            let under_way = pending.contents.clone();
            let suspects = std::mem::take(&mut pending.suspects);
            std::mem::replace(&mut *pending, Pending { suspects, under_way, ..Pending::default() })
        };
        let change = told.is_change().then_some(Change { tracks: told.tracks });
        let notifier = Arc::clone(&read(&self.notifier));
        let view = self.view.load_full();
        let (mut names, mut listings) = (told.names, told.listings);
        for track in &told.renumbered {
            for (parent, name) in view.tree.places((*track).into()) {
                listings.insert(parent);
                names.insert((parent, name));
            }
        }
        for (parent, name) in &names {
            notifier.forget_name(*parent, name);
        }
        for directory in &listings {
            notifier.forget_contents(*directory);
        }
        for track in &told.contents {
            self.numbers(&view, *track).into_iter().for_each(|ino| notifier.forget_contents(ino));
        }
        for track in told.attributes.difference(&told.contents) {
            self.numbers(&view, *track).into_iter().for_each(|ino| notifier.forget_attributes(ino));
        }
        lock(&self.pending).under_way.clear();
        told.settled.iter().for_each(|track| self.settle(*track, &*notifier));
        if let Some(change) = change {
            let listener = Arc::clone(&read(&self.listener));
            listener.changed(change);
        }
    }

    fn numbers(&self, view: &View, track: TrackId) -> Vec<Ino> {
        let entry = view.tracks.get(track);
        let generation = entry.map(|entry| self.generation(view, entry));
        lock(&self.opens).cached_numbers(track, entry.map_or(0, |entry| entry.epoch), generation)
    }

    /// Gives a track its first number back, if no former content is open under it any more.
    fn settle(&self, track: TrackId, notifier: &dyn KernelNotifier) {
        let first = Ino::of_track(track, 0);
        // The number comes into use when the view is swapped: whatever the kernel holds under it must be gone by then.
        notifier.forget_contents(first);
        let places = {
            let _swap = lock(&self.swap);
            let view = self.view.load_full();
            let Some(old) = view.tracks.get(track).filter(|entry| entry.epoch != 0) else { return };
            let opens = lock(&self.opens);
            if !opens.first_is_free(track, self.generation(&view, old)) {
                return;
            }
            let mut entry = old.clone();
            entry.epoch = 0;
            let mut tracks: TrackTable = view.tracks.clone();
            tracks.insert(track, entry);
            self.view.store(Arc::new(View { store: view.store, tree: Arc::clone(&view.tree), tracks }));
            view.tree.places(track.into())
        };
        for (parent, name) in places {
            notifier.forget_name(parent, &name);
            notifier.forget_contents(parent);
        }
    }
}
