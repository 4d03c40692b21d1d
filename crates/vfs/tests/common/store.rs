//! A catalog that counts what is asked of it, fails when told to, and can be exchanged for another.

use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::catalog::{Catalog, CatalogError, CatalogResult, Changes, TrackFields, TrackRecord, TrackRow};
use musefs_contracts::ids::{ArtId, Revision, SidecarId, StoreId, TrackId};
use musefs_contracts::sidecars::Sidecar;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub struct Store {
    pub inner: Mutex<Arc<MemoryCatalog>>,
    pub fails: AtomicBool,
    /// Shows no anatomies and no pristine marks, as a store does that another program made.
    pub is_foreign: AtomicBool,
    pub gap: AtomicBool,
    /// The id that the store goes by, whatever is in it: the same after a backup was put back.
    pub id: AtomicU64,
    /// Tells each row a second time under ids that no store should have.
    pub has_wild_ids: AtomicBool,
    pub rows_streamed: AtomicU64,
    pub rows_asked: AtomicU64,
    pub records: AtomicU64,
}

impl Store {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(MemoryCatalog::new()),
            fails: AtomicBool::default(),
            is_foreign: AtomicBool::default(),
            gap: AtomicBool::default(),
            id: AtomicU64::default(),
            has_wild_ids: AtomicBool::default(),
            rows_streamed: AtomicU64::default(),
            rows_asked: AtomicU64::default(),
            records: AtomicU64::default(),
        })
    }

    pub fn memory(&self) -> Arc<MemoryCatalog> {
        self.inner.lock().unwrap().clone()
    }

    fn id(&self) -> StoreId {
        StoreId(self.id.load(Ordering::Relaxed))
    }

    fn get(&self) -> CatalogResult<Arc<MemoryCatalog>> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(CatalogError::Other("disk I/O error".into()));
        }
        Ok(self.memory())
    }

    fn strip(&self, mut record: TrackRecord) -> TrackRecord {
        if self.is_foreign.load(Ordering::Relaxed) {
            record.anatomy = None;
            record.row.pristine_version = None;
        }
        record
    }

    fn pass(&self, track: TrackFields<'_>, visit: &mut dyn FnMut(TrackFields<'_>)) {
        let mut row = track.row.clone();
        if self.is_foreign.load(Ordering::Relaxed) {
            row.pristine_version = None;
        }
        visit(TrackFields { row: &row, values: track.values });
    }
}

impl Catalog for Store {
    fn revision(&self) -> CatalogResult<(StoreId, Revision)> {
        Ok((self.id(), self.get()?.revision()?.1))
    }
    fn changes_since(&self, store: StoreId, since: Revision) -> CatalogResult<Changes> {
        if self.gap.load(Ordering::Relaxed) || store != self.id() {
            return Ok(Changes::TooFarBack);
        }
        let inner = self.get()?;
        inner.changes_since(inner.revision()?.0, since)
    }
    fn for_each_track(
        &self,
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<(StoreId, Revision)> {
        self.get()?.for_each_track(fields, &mut |track| {
            self.rows_streamed.fetch_add(1, Ordering::Relaxed);
            if self.has_wild_ids.load(Ordering::Relaxed) {
                for id in [i64::MIN, -1, 0, 1 << 53, 1 << 62, i64::MAX] {
                    let row = TrackRow { id: TrackId(id), ..track.row.clone() };
                    visit(TrackFields { row: &row, values: track.values });
                }
            }
            self.pass(track, visit);
        })?;
        self.revision()
    }
    fn for_tracks(
        &self,
        tracks: &[TrackId],
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<()> {
        self.rows_asked.fetch_add(tracks.len() as u64, Ordering::Relaxed);
        self.get()?.for_tracks(tracks, fields, &mut |track| self.pass(track, visit))
    }
    fn track(&self, track: TrackId) -> CatalogResult<TrackRecord> {
        self.records.fetch_add(1, Ordering::Relaxed);
        self.get()?.track(track).map(|record| self.strip(record))
    }
    fn records(&self, tracks: &[TrackId], visit: &mut dyn FnMut(TrackRecord)) -> CatalogResult<()> {
        self.records.fetch_add(tracks.len() as u64, Ordering::Relaxed);
        self.get()?.records(tracks, &mut |record| visit(self.strip(record)))
    }
    fn find_path(&self, path: &Path) -> CatalogResult<Option<TrackId>> {
        self.get()?.find_path(path)
    }
    fn read_art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> CatalogResult<()> {
        self.get()?.read_art(art, offset, buf)
    }
    fn read_tag_value(
        &self,
        track: TrackId,
        key: &str,
        ordinal: i64,
        offset: u64,
        buf: &mut [u8],
    ) -> CatalogResult<()> {
        self.get()?.read_tag_value(track, key, ordinal, offset, buf)
    }
    fn sidecars_changed(&self) -> CatalogResult<Revision> {
        self.get()?.sidecars_changed()
    }
    fn for_each_sidecar(&self, visit: &mut dyn FnMut(Sidecar)) -> CatalogResult<Revision> {
        self.get()?.for_each_sidecar(visit)
    }
    fn sidecar(&self, sidecar: SidecarId) -> CatalogResult<Sidecar> {
        self.get()?.sidecar(sidecar)
    }
    fn for_each_served_size(&self, omitted: &[String], visit: &mut dyn FnMut(TrackId, i64, u64)) -> CatalogResult<()> {
        self.get()?.for_each_served_size(omitted, visit)
    }
    fn remember_served_sizes(&self, omitted: &[String], sizes: &[(TrackId, i64, u64)]) -> CatalogResult<()> {
        self.get()?.remember_served_sizes(omitted, sizes)
    }
}
