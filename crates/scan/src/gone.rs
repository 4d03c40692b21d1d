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

    /// Turns the ingest of a new file into a move if its contents are those of exactly one known file, and that one is
    /// certainly gone. Where there is any doubt the file stays a new one, so that no track's tags go to the wrong file.
    pub(crate) fn recognise(&mut self, ingest: &mut Ingest) {
        let (IngestMode::Add, Some(fingerprint)) = (ingest.mode, &ingest.fingerprint) else { return };
        let mut alike = self.known.with_fingerprint(fingerprint);
        let (Some(index), None) = (alike.next(), alike.next()) else { return };
        let entry = self.known.entry(index);
        let path = self.known.path(entry);
        let gone = self.backing.stat(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        if gone && self.roots.present(path) && self.claimed.insert(index) {
            ingest.mode = IngestMode::Moved(entry.track);
        }
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
