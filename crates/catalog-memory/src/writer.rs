//! [`CatalogWriter`] over the state in memory.

use crate::ingest;
use crate::state::MemoryCatalog;
use musefs_contracts::catalog::{CatalogError, CatalogResult, TrackRecord};
use musefs_contracts::editing::{CatalogEditor, NewPicture, TrackEdit};
use musefs_contracts::ids::{ArtId, SidecarId, TrackId};
use musefs_contracts::sidecars::{Sidecar, SidecarFile};
use musefs_contracts::writer::{CatalogWriter, ContentHash, Ingest, IngestSummary, KnownFile};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes a [`MemoryCatalog`].
#[derive(Debug)]
pub struct MemoryWriter {
    catalog: Arc<MemoryCatalog>,
}

impl MemoryWriter {
    pub(crate) fn of(catalog: Arc<MemoryCatalog>) -> Self {
        Self { catalog }
    }
}

impl CatalogWriter for MemoryWriter {
    fn for_each_known(&mut self, visit: &mut dyn FnMut(KnownFile)) -> CatalogResult<()> {
        let known: Vec<KnownFile> = self
            .catalog
            .lock()
            .tracks
            .values()
            .map(|track| KnownFile {
                track: track.row.id,
                path: track.row.path.clone(),
                stamp: track.row.stamp,
                prober: Some(track.anatomy.prober),
                format: track.row.format.clone(),
                audio: track.row.audio,
                fingerprint: track.fingerprint.clone(),
                content_hash: track.content_hash.clone(),
            })
            .collect();
        known.into_iter().for_each(visit);
        Ok(())
    }

    fn ingest(&mut self, batch: &[Ingest]) -> CatalogResult<IngestSummary> {
        Ok(ingest::ingest(&mut self.catalog.lock(), batch))
    }

    fn record_content_hashes(&mut self, hashes: &[ContentHash]) -> CatalogResult<()> {
        let mut state = self.catalog.lock();
        for ContentHash { track, stamp, hash } in hashes {
            let known = state.tracks.get_mut(&track.0).filter(|known| known.row.stamp.same_contents(stamp));
            if let Some(known) = known {
                known.content_hash = Some(hash.clone());
            }
        }
        Ok(())
    }

    fn remove(&mut self, tracks: &[TrackId]) -> CatalogResult<u64> {
        let mut state = self.catalog.lock();
        Ok(tracks.iter().filter(|track| state.remove(**track)).count() as u64)
    }

    fn collect_unlinked_art(&mut self) -> CatalogResult<u64> {
        let mut state = self.catalog.lock();
        let linked: BTreeSet<i64> =
            state.tracks.values().flat_map(|track| track.art.iter().map(|link| link.art.0)).collect();
        let before = state.art.len();
        state.art.retain(|id, _| linked.contains(id));
        Ok((before - state.art.len()) as u64)
    }

    fn remember_root(&mut self, root: &Path) -> CatalogResult<()> {
        let roots = &mut self.catalog.lock().roots;
        if let Err(place) = roots.binary_search_by(|known| known.as_path().cmp(root)) {
            roots.insert(place, root.into());
        }
        Ok(())
    }

    fn roots(&mut self) -> CatalogResult<Vec<PathBuf>> {
        Ok(self.catalog.lock().roots.clone())
    }

    fn for_each_sidecar(&mut self, visit: &mut dyn FnMut(Sidecar)) -> CatalogResult<()> {
        let all: Vec<Sidecar> = self.catalog.lock().sidecars.values().cloned().collect();
        all.into_iter().for_each(visit);
        Ok(())
    }

    fn update_sidecars(&mut self, met: &[SidecarFile], gone: &[SidecarId]) -> CatalogResult<()> {
        self.catalog.lock().update_sidecars(met, gone);
        Ok(())
    }
}

impl CatalogEditor for MemoryWriter {
    fn store_picture(&mut self, picture: NewPicture<'_>) -> CatalogResult<ArtId> {
        Ok(self.catalog.lock().picture(picture.data, picture.mime))
    }

    fn edit(&mut self, tracks: &[TrackId], plan: &mut dyn FnMut(&TrackRecord) -> TrackEdit) -> CatalogResult<u64> {
        let mut state = self.catalog.lock();
        let mut planned = Vec::new();
        for track in tracks {
            let Some(record) = MemoryCatalog::record(&state, *track) else { continue };
            let edit = plan(&record);
            if edit.art.iter().flatten().any(|placement| !state.art.contains_key(&placement.art.0)) {
                return Err(CatalogError::NotFound);
            }
            planned.push((record, edit));
        }
        let mut changed = 0;
        for (record, edit) in planned {
            changed += u64::from(state.apply(&record, &edit)?);
        }
        Ok(changed)
    }
}
