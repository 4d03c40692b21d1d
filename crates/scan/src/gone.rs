//! Known files that are gone: finding them again under another path, and pruning those that are gone for good.

use crate::known::Known;
use crate::report::ScanError;
use crate::target::{Roots, Target};
use musefs_contracts::backing::Backing;
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{Ingest, IngestMode};
use std::collections::HashSet;
use std::io;

/// Fewer gone files than this are believed, whatever part of the library they are.
const BELIEVED: u64 = 100;
/// Of how many known files one may be gone before it is doubted.
const PART: u64 = 10;

/// Recognises new files as known ones that moved.
pub(crate) struct Relocator<'a> {
    known: &'a Known,
    backing: &'a dyn Backing,
    roots: Roots,
    claimed: HashSet<usize>,
}

impl<'a> Relocator<'a> {
    /// `roots` are the folders that were scanned at any time.
    pub(crate) fn new(known: &'a Known, backing: &'a dyn Backing, roots: Roots) -> Self {
        Self { known, backing, roots, claimed: HashSet::new() }
    }

    /// Turns the ingest of a new file into a move if it is certainly a known file that is gone: its contents are those of no
    /// other known file, or among the gone ones with these contents only that one has its size and mtime, which a move keeps.
    /// Where there is any doubt the file stays a new one, so that no track's tags go to the wrong file.
    pub(crate) fn recognise(&mut self, ingest: &mut Ingest) {
        let (IngestMode::Add, Some(fingerprint)) = (ingest.mode, &ingest.fingerprint) else { return };
        let alike: Vec<usize> = self.known.with_fingerprint(fingerprint).collect();
        let stamp = &ingest.stamp;
        let unmoved = |index: &usize| {
            let known = &self.known.entry(*index).stamp;
            (known.size, known.mtime_ns) == (stamp.size, stamp.mtime_ns)
        };
        let candidates: Vec<usize> = if alike.len() == 1 { alike } else { alike.into_iter().filter(unmoved).collect() };
        let mut gone = candidates.into_iter().filter(|index| self.is_gone(*index));
        if let (Some(index), None) = (gone.next(), gone.next())
            && self.roots.present(self.known.path(self.known.entry(index)))
            && self.claimed.insert(index)
        {
            ingest.mode = IngestMode::Moved(self.known.entry(index).track);
        }
    }

    fn is_gone(&self, index: usize) -> bool {
        let path = self.known.path(self.known.entry(index));
        self.backing.stat(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }

    /// Whether a known file was found at a new path.
    pub(crate) fn has_moved(&self, index: usize) -> bool {
        self.claimed.contains(&index)
    }

    /// Of the gone files, the tracks to remove. Refused where so many are gone that a missing disk is likelier.
    pub(crate) fn prunable(
        &mut self,
        targets: &[Target],
        gone: &[usize],
        yes: bool,
    ) -> Result<Vec<TrackId>, ScanError> {
        let mut tracks = Vec::new();
        for target in targets {
            let root = target.path();
            let mut certain = Vec::new();
            for index in gone {
                let entry = self.known.entry(*index);
                let path = self.known.path(entry);
                if self.has_moved(*index) {
                    continue;
                }
                if path.starts_with(root) && (yes || self.roots.present(path)) {
                    certain.push(entry.track);
                }
            }
            let (lost, known) = (certain.len() as u64, self.known.under(root).count() as u64);
            if lost > BELIEVED && lost.saturating_mul(PART) > known && !yes {
                return Err(ScanError::MassDisappearance { root: root.to_owned(), gone: lost, known });
            }
            tracks.append(&mut certain);
        }
        Ok(tracks)
    }
}
