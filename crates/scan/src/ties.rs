//! Files of one fingerprint: the whole audio of each is hashed while it is there, so that they can be told apart once they moved.

use crate::fingerprint::{content_hash, hex};
use crate::known::{Half, Known, half};
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::CatalogResult;
use musefs_contracts::writer::{CatalogWriter, ContentHash, Ingest, IngestMode, KnownFile};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Hashes written in one transaction. A file may take a second to read, and what was read should not be lost.
const BATCH: usize = 32;

/// Finds ties while files come in. Most scans find none, and then no file is read for it.
pub(crate) struct Ties<'a> {
    known: &'a Known,
    met: HashSet<Half>,
    tied: HashSet<Half>,
}

impl<'a> Ties<'a> {
    pub(crate) fn new(known: &'a Known) -> Self {
        Self { known, met: HashSet::new(), tied: HashSet::new() }
    }

    /// Takes note of a file that comes in.
    pub(crate) fn note(&mut self, ingest: &Ingest) {
        let Some(fingerprint) = ingest.fingerprint.as_deref() else { return };
        let Some(key) = half(fingerprint) else { return };
        let itself = match ingest.mode {
            IngestMode::Moved(track) => Some(track),
            _ => self.known.find(&ingest.path).map(|(_, entry)| entry.track),
        };
        let mut alike = self.known.with_fingerprint(fingerprint);
        let is_known = alike.any(|index| Some(self.known.entry(index).track) != itself);
        if !self.met.insert(key) || is_known {
            self.tied.insert(key);
        }
    }

    /// Hashes the files that are tied and have no hash, and records it. A file that cannot be read is left for another scan.
    pub(crate) fn settle(
        mut self,
        writer: &mut dyn CatalogWriter,
        backing: &dyn Backing,
        cancelled: &AtomicBool,
    ) -> CatalogResult<()> {
        if self.met.is_empty() {
            return Ok(());
        }
        // An earlier scan may have been broken off before it came to this.
        self.tied.extend(self.known.unsettled());
        if self.tied.is_empty() {
            return Ok(());
        }
        let mut batch = Vec::new();
        for file in self.unhashed(writer)? {
            if cancelled.load(Ordering::Relaxed) {
                break;
            }
            match content_hash(backing, &file.path, (&file.stamp, file.audio), cancelled) {
                Ok(Some(hash)) => {
                    batch.push(ContentHash { track: file.track, stamp: file.stamp, hash: hex(&hash) });
                }
                Ok(None) => {}
                Err(error) => tracing::debug!(path = %file.path.display(), %error, "its audio is not hashed"),
            }
            if batch.len() == BATCH {
                writer.record_content_hashes(&std::mem::take(&mut batch))?;
            }
        }
        if batch.is_empty() { Ok(()) } else { writer.record_content_hashes(&batch) }
    }

    /// The files of tied fingerprints that have no hash. One that is alone by now, since the others changed, needs none.
    fn unhashed(&self, writer: &mut dyn CatalogWriter) -> CatalogResult<Vec<KnownFile>> {
        let key = |file: &KnownFile| file.fingerprint.as_deref().and_then(half);
        let mut files = Vec::new();
        writer.for_each_known(&mut |file| {
            if key(&file).is_some_and(|key| self.tied.contains(&key)) {
                files.push(file);
            }
        })?;
        let mut several = HashSet::new();
        let mut one = HashSet::new();
        for key in files.iter().filter_map(key) {
            if !one.insert(key) {
                several.insert(key);
            }
        }
        files.retain(|file| file.content_hash.is_none() && key(file).is_some_and(|key| several.contains(&key)));
        Ok(files)
    }
}
