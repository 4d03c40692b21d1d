//! [`Catalog`] over the state in memory.

use crate::state::{MemoryCatalog, State, Stored, Track};
use musefs_contracts::catalog::{Catalog, CatalogError, CatalogResult, Changes, TrackFields, TrackRecord, TrackRow};
use musefs_contracts::ids::{ArtId, Revision, SidecarId, StoreId, TrackId};
use musefs_contracts::sidecars::Sidecar;
use std::ops::Bound::{Excluded, Unbounded};
use std::path::Path;

impl MemoryCatalog {
    pub(crate) fn record(state: &State, track: TrackId) -> Option<TrackRecord> {
        let known = state.tracks.get(&track.0)?;
        Some(TrackRecord {
            row: known.row.clone(),
            tags: known.tag_rows(),
            art: state.links(known),
            anatomy: Some(known.anatomy.clone()),
        })
    }
}

/// The values of `fields`, of one track. Spellings of a key are one key, its values in order of their ordinals.
fn values_of(track: &Track, fields: &[String]) -> Vec<Vec<String>> {
    let values = |field: &String| {
        let mut values: Vec<(i64, &String)> = track
            .tags
            .iter()
            .filter(|((key, _), _)| key.trim().eq_ignore_ascii_case(field))
            .filter_map(|((_, ordinal), value)| match value {
                Stored::Text(text) => Some((*ordinal, text)),
                Stored::Binary(_) => None,
            })
            .collect();
        values.sort_by_key(|(ordinal, _)| *ordinal);
        values.into_iter().map(|(_, text)| text.clone()).collect()
    };
    fields.iter().map(values).collect()
}

fn copy_range(bytes: &[u8], offset: u64, buf: &mut [u8]) -> CatalogResult<()> {
    let range = usize::try_from(offset).ok().and_then(|start| bytes.get(start..)?.get(..buf.len()));
    let range = range.ok_or_else(|| CatalogError::Other("the value is shorter than the range asked for".into()))?;
    buf.copy_from_slice(range);
    Ok(())
}

impl Catalog for MemoryCatalog {
    fn revision(&self) -> CatalogResult<(StoreId, Revision)> {
        Ok((self.id, Self::revision_of(&self.lock())))
    }

    fn changes_since(&self, store: StoreId, since: Revision) -> CatalogResult<Changes> {
        let state = self.lock();
        let revision = Self::revision_of(&state);
        if store != self.id || since.0 < state.floor || since > revision {
            return Ok(Changes::TooFarBack);
        }
        let later = (Excluded(since.0), Unbounded);
        let tracks = state.log.range(later).chain(state.tombstones.range(later)).map(|(_, track)| *track).collect();
        Ok(Changes::Tracks { tracks, revision })
    }

    fn for_each_track(
        &self,
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<(StoreId, Revision)> {
        // A visitor may ask the catalog something, so it is called without the lock, on copies of one state.
        let (rows, revision) = {
            let state = self.lock();
            let rows: Vec<(TrackRow, Vec<Vec<String>>)> =
                state.tracks.values().map(|track| (track.row.clone(), values_of(track, fields))).collect();
            (rows, Self::revision_of(&state))
        };
        for (row, values) in &rows {
            visit(TrackFields { row, values });
        }
        Ok((self.id, revision))
    }

    fn for_tracks(
        &self,
        tracks: &[TrackId],
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<()> {
        let rows: Vec<(TrackRow, Vec<Vec<String>>)> = {
            let state = self.lock();
            let known = tracks.iter().filter_map(|track| state.tracks.get(&track.0));
            known.map(|track| (track.row.clone(), values_of(track, fields))).collect()
        };
        for (row, values) in &rows {
            visit(TrackFields { row, values });
        }
        Ok(())
    }

    fn track(&self, track: TrackId) -> CatalogResult<TrackRecord> {
        Self::record(&self.lock(), track).ok_or(CatalogError::NotFound)
    }

    fn records(&self, tracks: &[TrackId], visit: &mut dyn FnMut(TrackRecord)) -> CatalogResult<()> {
        let records: Vec<TrackRecord> = {
            let state = self.lock();
            tracks.iter().filter_map(|track| Self::record(&state, *track)).collect()
        };
        records.into_iter().for_each(visit);
        Ok(())
    }

    fn find_path(&self, path: &Path) -> CatalogResult<Option<TrackId>> {
        Ok(self.lock().paths.get(path).copied())
    }

    fn read_art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> CatalogResult<()> {
        copy_range(&self.lock().art.get(&art.0).ok_or(CatalogError::NotFound)?.data, offset, buf)
    }

    fn read_tag_value(
        &self,
        track: TrackId,
        key: &str,
        ordinal: i64,
        offset: u64,
        buf: &mut [u8],
    ) -> CatalogResult<()> {
        let state = self.lock();
        let known = state.tracks.get(&track.0).and_then(|track| track.tags.get(&(key.to_owned(), ordinal)));
        match known {
            Some(Stored::Binary(bytes)) => copy_range(bytes, offset, buf),
            _ => Err(CatalogError::NotFound),
        }
    }

    fn sidecars_changed(&self) -> CatalogResult<Revision> {
        Ok(Revision(self.lock().sidecars_changed))
    }

    fn for_each_sidecar(&self, visit: &mut dyn FnMut(Sidecar)) -> CatalogResult<Revision> {
        let (all, revision) = {
            let state = self.lock();
            (state.sidecars.values().cloned().collect::<Vec<_>>(), Revision(state.sidecars_changed))
        };
        all.into_iter().for_each(visit);
        Ok(revision)
    }

    fn sidecar(&self, sidecar: SidecarId) -> CatalogResult<Sidecar> {
        self.lock().sidecars.get(&sidecar.0).cloned().ok_or(CatalogError::NotFound)
    }

    fn for_each_served_size(&self, omitted: &[String], visit: &mut dyn FnMut(TrackId, i64, u64)) -> CatalogResult<()> {
        let omitted = sorted(omitted);
        let sizes: Vec<(TrackId, i64, u64)> = {
            let state = self.lock();
            let from = (omitted.clone(), i64::MIN);
            let known = state.sizes.range(from..).take_while(|((keys, _), _)| *keys == omitted);
            known.map(|((_, track), (version, size))| (TrackId(*track), *version, *size)).collect()
        };
        for (track, version, size) in sizes {
            visit(track, version, size);
        }
        Ok(())
    }

    fn remember_served_sizes(&self, omitted: &[String], sizes: &[(TrackId, i64, u64)]) -> CatalogResult<()> {
        let omitted = sorted(omitted);
        let mut state = self.lock();
        for (track, version, size) in sizes {
            if state.tracks.contains_key(&track.0) {
                state.sizes.insert((omitted.clone(), track.0), (*version, *size));
            }
        }
        Ok(())
    }
}

fn sorted(omitted: &[String]) -> Vec<String> {
    let mut keys = omitted.to_vec();
    keys.sort_unstable();
    keys.dedup();
    keys
}
