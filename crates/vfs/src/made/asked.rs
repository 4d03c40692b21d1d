//! What was asked for, and found out.

use super::cover::Cover;
use hashbrown::HashMap;
use musefs_contracts::ids::{Ino, TrackId};
use std::sync::Arc;

/// Directories remembered at most, and bytes of layouts. Beyond that all are forgotten.
const DIRECTORIES: usize = 16_384;
const BYTES: usize = 4 << 20;

/// What was found out of one directory.
#[derive(Clone, Default)]
pub(crate) struct Finding {
    /// The cover, if there is one.
    pub(crate) cover: Option<Arc<Cover>>,
    /// The tracks that this depends on.
    pub(crate) tracks: Vec<TrackId>,
}

/// Directories that someone asked about, so that the kernel may know something of them.
pub(crate) struct Asked {
    /// `None` while it is being found out.
    directories: HashMap<Ino, Option<Finding>>,
    /// Moves when something is forgotten: what was found out of a former view is not kept then.
    turn: u64,
    bytes: usize,
    /// Whether all directories that the kernel may know something of are among the above.
    is_complete: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self { directories: HashMap::new(), turn: 0, bytes: 0, is_complete: true }
    }
}

impl Asked {
    /// What is known of a directory, or the turn in which someone begins to find it out, who must do so before loading the view.
    pub(super) fn ask(&mut self, directory: Ino) -> Result<Option<Arc<Cover>>, u64> {
        if let Some(Some(known)) = self.directories.get(&directory) {
            return Ok(known.cover.clone());
        }
        if self.directories.len() >= DIRECTORIES || self.bytes >= BYTES {
            self.clear();
        }
        self.directories.insert(directory, None);
        Err(self.turn)
    }

    /// Whether a directory's cover is this one, if that is known.
    pub(super) fn is_cover(&self, directory: Ino, cover: &Cover) -> Option<bool> {
        let known = self.directories.get(&directory)?.as_ref()?;
        Some(known.cover.as_ref().is_some_and(|known| known.is_as(cover)))
    }

    /// Keeps what was found out in a turn, if nothing was forgotten since.
    pub(super) fn keep(&mut self, directory: Ino, turn: u64, finding: Finding) {
        if self.turn == turn
            && let Some(place) = self.directories.get_mut(&directory)
        {
            self.bytes += finding.bytes();
            if let Some(former) = place.replace(finding) {
                self.bytes -= former.bytes();
            }
        }
    }

    /// Something is about to be forgotten; everything, if it is of another store now.
    pub(super) fn begin_again(&mut self, is_other_store: bool) {
        self.turn += 1;
        if is_other_store {
            for finding in self.directories.values_mut() {
                *finding = None;
            }
            self.bytes = 0;
        }
    }

    /// Forgets what is known of a directory, if it depends on `track` or `track` is not given. Whether the kernel may have known
    /// it.
    pub(super) fn forget(&mut self, directory: Ino, track: Option<TrackId>) -> bool {
        let Some(known) = self.directories.get(&directory) else { return !self.is_complete };
        let depends = |finding: &Finding| track.is_none_or(|track| finding.tracks.contains(&track));
        if !known.as_ref().is_none_or(depends) {
            return false;
        }
        if let Some(Some(former)) = self.directories.remove(&directory) {
            self.bytes -= former.bytes();
        }
        true
    }

    /// Forgets what is known of a directory, which turned out to be wrong.
    pub(super) fn mistrust(&mut self, directory: Ino) {
        self.turn += 1;
        if let Some(former) = self.directories.get_mut(&directory).and_then(Option::take) {
            self.bytes -= former.bytes();
        }
    }

    fn clear(&mut self) {
        self.directories.clear();
        self.bytes = 0;
        self.is_complete = false;
    }
}

impl Finding {
    fn bytes(&self) -> usize {
        let cover = self.cover.as_ref().map_or(0, |cover| cover.layout.heap_bytes() + size_of::<Cover>());
        cover + self.tracks.len() * size_of::<TrackId>()
    }
}
