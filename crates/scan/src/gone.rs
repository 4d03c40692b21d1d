//! Known files that are gone: finding them again under another path, and pruning those that are gone for good.

use crate::fingerprint::content_hash;
use crate::known::Known;
use crate::report::ScanError;
use crate::target::{Roots, Target};
use musefs_contracts::backing::Backing;
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{Ingest, IngestMode};
use std::collections::HashSet;
use std::io;
use std::sync::atomic::AtomicBool;

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

    /// Turns the ingest of a new file into a move if it is certainly a known file that is gone. Where there is any doubt the
    /// file stays a new one, so that no track's tags go to the wrong file.
    pub(crate) fn recognise(&mut self, ingest: &mut Ingest) {
        let (IngestMode::Add, Some(fingerprint)) = (ingest.mode, &ingest.fingerprint) else { return };
        let alike: Vec<usize> = self.known.with_fingerprint(fingerprint).collect();
        let is_alone = alike.len() == 1;
        let gone: Vec<usize> = alike.into_iter().filter(|index| self.is_gone(*index)).collect();
        if let Some(index) = self.origin(ingest, fingerprint, &gone, is_alone)
            && self.roots.present(self.known.path(self.known.entry(index)))
            && self.claimed.insert(index)
        {
            ingest.mode = IngestMode::Moved(self.known.entry(index).track);
        }
    }

    /// Which of the `gone` files of the same fingerprint this one was. `is_alone` says that no other known file has it.
    ///
    /// Where the whole audio of a gone file was hashed, it is this hash that decides; else its size and mtime, which a move keeps.
    /// Of several that pass (the same audio twice), size and mtime tell which. Only of a file that is alone with its fingerprint, and
    /// was retagged as it moved, samples throughout its audio are taken for proof.
    fn origin(&self, ingest: &Ingest, fingerprint: &str, gone: &[usize], is_alone: bool) -> Option<usize> {
        let stayed = |index: usize| {
            let known = &self.known.entry(index).stamp;
            (known.size, known.mtime_ns) == (ingest.stamp.size, ingest.stamp.mtime_ns)
        };
        let is_hashed = gone.iter().any(|index| self.known.content_hash(*index).is_some());
        let hash = if is_hashed { self.hash(ingest) } else { None };
        let passes = |index: usize| match self.known.content_hash(index) {
            Some(known) => hash.as_ref() == Some(known),
            None => stayed(index) || (is_alone && self.known.entry(index).has_samples_of(fingerprint)),
        };
        let passing: Vec<usize> = gone.iter().copied().filter(|index| passes(*index)).collect();
        if passing.len() <= 1 {
            return passing.first().copied();
        }
        let mut stayed = passing.into_iter().filter(|index| stayed(*index));
        stayed.next().filter(|_| stayed.next().is_none())
    }

    /// The hash of the whole audio; `None` if it cannot be read, so that the file equals none.
    fn hash(&self, ingest: &Ingest) -> Option<[u8; 32]> {
        let what = (&ingest.stamp, ingest.probe.anatomy.audio);
        // A scan that is broken off has to finish this: a file that comes in as a new one is not looked at again.
        content_hash(self.backing, &ingest.path, what, &AtomicBool::new(false)).unwrap_or_else(|error| {
            tracing::debug!(path = %ingest.path.display(), %error, "its audio cannot be compared with that of files that are gone");
            None
        })
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
