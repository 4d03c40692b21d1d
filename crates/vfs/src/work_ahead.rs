//! Served sizes worked out before anybody asks for them.
//!
//! Where an edit is new, its size is arithmetic over what the store has of the track: little for one, seconds for a library
//! of them, all of which the first walk after a mount would wait for. So whoever follows the store works them out meanwhile,
//! in the order in which a walk comes by. Backing files are left alone: a disk may sleep, or be away.

use crate::Vfs;
use crate::sizes::Touch;
use crate::sync::lock;
use crate::view::View;
use musefs_contracts::ids::{FileId, Ino, TrackId};
use musefs_contracts::tree::NodeKind;

/// Tracks worked out at once. A walk that comes by meanwhile works out a folder by itself, and is rarely in the way.
const PORTION: usize = 32;

/// Tracks whose size is to be worked out.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// The whole tree has to be looked through.
    is_everything: bool,
    /// The last one is next.
    tracks: Vec<TrackId>,
}

impl Default for Backlog {
    fn default() -> Self {
        Self { is_everything: true, tracks: Vec::new() }
    }
}

impl Vfs {
    /// Works out sizes of a few tracks that nobody asked for yet. Answers whether any may be left. Only for a thread that
    /// serves no request.
    pub fn work_ahead(&self) -> bool {
        if self.is_structure_only() {
            return false;
        }
        let view = self.view.load_full();
        let mut portion = Vec::with_capacity(PORTION);
        {
            let mut backlog = lock(&self.backlog);
            if std::mem::take(&mut backlog.is_everything) {
                backlog.tracks = self.all_unsized(&view);
            }
            while portion.len() < PORTION
                && let Some(track) = backlog.tracks.pop()
            {
                if self.is_unsized(&view, track) {
                    portion.push(track);
                }
            }
            if backlog.tracks.is_empty() {
                backlog.tracks = Vec::new();
            }
        }
        if portion.is_empty() {
            return false;
        }
        // Where the store is busy, or the file has to be looked at, whoever asks for the size finds it out.
        let _ = self.parts.catalog.records(&portion, &mut |record| {
            self.learn(&record, Touch::Nothing);
        });
        true
    }

    /// Notes that sizes of these files may have become unknown.
    pub(crate) fn owe_sizes(&self, files: &[FileId]) {
        // Where files are served as they are, nobody would ever take them off.
        if !self.is_structure_only() {
            lock(&self.backlog).tracks.extend(files.iter().filter_map(|file| file.track()));
        }
    }

    /// Notes that any size may have become unknown.
    pub(crate) fn owe_all_sizes(&self) {
        *lock(&self.backlog) = Backlog::default();
    }

    fn is_unsized(&self, view: &View, track: TrackId) -> bool {
        view.tracks.get(track).is_some_and(|entry| self.known(track.into(), entry).is_none())
    }

    /// The tracks of unknown size, last first in the order of a walk that lists a folder before those in it.
    fn all_unsized(&self, view: &View) -> Vec<TrackId> {
        let mut found = Vec::new();
        // A tree of tracks that are all served as they are is not looked through.
        if !view.tracks.iter().any(|(file, entry)| self.known(file, entry).is_none()) {
            return found;
        }
        let mut folders = vec![Ino::ROOT];
        while let Some(folder) = folders.pop() {
            let before = folders.len();
            view.tree.children(folder, 0, &mut |child| {
                match child.kind {
                    NodeKind::Directory => folders.push(child.ino),
                    NodeKind::Track(track) if self.is_unsized(view, track) => found.push(track),
                    NodeKind::Track(_) | NodeKind::Companion(_) => {}
                }
                true
            });
            folders[before..].reverse();
        }
        found.reverse();
        found
    }
}
