//! What the kernel has to be told, and telling it.

use crate::Vfs;
use crate::sync::{lock, read};
use crate::track_table::TrackTable;
use crate::view::View;
use hashbrown::HashSet;
use musefs_contracts::change::Change;
use musefs_contracts::ids::{FileId, Ino};
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
    /// Files whose contents changed.
    contents: HashSet<FileId>,
    /// Those of them that go by another number now.
    renumbered: HashSet<FileId>,
    /// Files made of directories that may be others now.
    pub(crate) made: BTreeSet<Ino>,
    /// Those that are being told right now.
    made_under_way: BTreeSet<Ino>,
    /// Files of which only attributes changed.
    pub(crate) attributes: HashSet<FileId>,
    /// Files that may get their first number back.
    settled: HashSet<FileId>,
    /// Files whose backing file should be looked at again.
    suspects: HashSet<FileId>,
    /// How many tracks the changes above are of.
    pub(crate) tracks: u64,
    /// Contents that are being told right now.
    under_way: HashSet<FileId>,
}

impl Pending {
    /// Whether anything that is visible changed.
    fn is_change(&self) -> bool {
        !(self.names.is_empty() && self.listings.is_empty() && self.contents.is_empty() && self.attributes.is_empty())
    }

    /// Notes that a file's content changed.
    pub(crate) fn note_content(&mut self, file: impl Into<FileId>, renumbered: bool) {
        let file = file.into();
        self.contents.insert(file);
        if renumbered {
            self.renumbered.insert(file);
        }
    }

    /// Whether the kernel may still hold pages of a former content under the file's present number.
    pub(crate) fn is_untold(&self, file: impl Into<FileId>) -> bool {
        let file = file.into();
        self.contents.contains(&file) || self.under_way.contains(&file)
    }
}

impl Pending {
    /// Whether the kernel may still hold pages of what was made before.
    pub(crate) fn is_untold_made(&self, ino: Ino) -> bool {
        self.made.contains(&ino) || self.made_under_way.contains(&ino)
    }
}

impl Vfs {
    /// Asks the refresher to look whether a file's backing file changed.
    pub(crate) fn suspect(&self, file: impl Into<FileId>) {
        lock(&self.pending).suspects.insert(file.into());
        self.signal.raise();
    }

    /// Asks the refresher to give a file its first number back.
    pub(crate) fn settle_later(&self, file: impl Into<FileId>) {
        lock(&self.pending).settled.insert(file.into());
        self.signal.raise();
    }

    /// Looks at the backing files that reads stumbled over.
    pub(crate) fn look_at_suspects(&self) {
        let suspects = std::mem::take(&mut lock(&self.pending).suspects);
        for file in suspects {
            let Ok(row) = self.row(file) else { continue };
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
            let made_under_way = pending.made.clone();
            std::mem::replace(&mut *pending, Pending { made_under_way, suspects, under_way, ..Pending::default() })
        };
        let change = told.is_change().then_some(Change { tracks: told.tracks });
        let notifier = Arc::clone(&read(&self.notifier));
        let view = self.view.load_full();
        let (mut names, mut listings) = (told.names, told.listings);
        for file in &told.renumbered {
            for (parent, name) in view.tree.places(*file) {
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
        for ino in &told.made {
            notifier.forget_contents(*ino);
        }
        for file in &told.contents {
            self.numbers(&view, *file).into_iter().for_each(|ino| notifier.forget_contents(ino));
        }
        for file in told.attributes.difference(&told.contents) {
            self.numbers(&view, *file).into_iter().for_each(|ino| notifier.forget_attributes(ino));
        }
        {
            let mut pending = lock(&self.pending);
            pending.under_way.clear();
            pending.made_under_way.clear();
        }
        told.settled.iter().for_each(|file| self.settle(*file, &*notifier));
        if let Some(change) = change {
            let listener = Arc::clone(&read(&self.listener));
            listener.changed(change);
        }
    }

    fn numbers(&self, view: &View, file: FileId) -> Vec<Ino> {
        let entry = view.tracks.get(file);
        let generation = entry.map(|entry| self.generation(view, entry));
        lock(&self.opens).cached_numbers(file, entry.map_or(0, |entry| entry.epoch), generation)
    }

    /// Gives a file its first number back, if no former content is open under it any more.
    fn settle(&self, file: FileId, notifier: &dyn KernelNotifier) {
        let first = Ino::of_file(file, 0);
        // The number comes into use when the view is swapped: whatever the kernel holds under it must be gone by then.
        notifier.forget_contents(first);
        let places = {
            let _swap = lock(&self.swap);
            let view = self.view.load_full();
            let Some(old) = view.tracks.get(file).filter(|entry| entry.epoch != 0) else { return };
            let opens = lock(&self.opens);
            if !opens.first_is_free(file, self.generation(&view, old)) {
                return;
            }
            let mut entry = old.clone();
            entry.epoch = 0;
            let mut tracks: TrackTable = view.tracks.clone();
            tracks.insert(file, entry);
            self.view.store(Arc::new(View { store: view.store, tree: Arc::clone(&view.tree), tracks }));
            view.tree.places(file)
        };
        for (parent, name) in places {
            notifier.forget_name(parent, &name);
            notifier.forget_contents(parent);
        }
    }
}
