//! The store in memory does what every store must do.

#[path = "../../catalog/tests/shared/mod.rs"]
mod shared;

use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::editing::CatalogEditor;
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::CatalogWriter;
use shared::Subject;
use std::sync::Arc;

struct MemorySubject(Arc<MemoryCatalog>);

impl Subject for MemorySubject {
    fn catalog(&self) -> Arc<dyn Catalog> {
        self.0.clone()
    }

    fn editor(&self) -> Box<dyn CatalogEditor> {
        Box::new(self.0.writer())
    }

    fn writer(&self) -> Box<dyn CatalogWriter> {
        Box::new(self.0.writer())
    }

    fn set_tags(&self, track: TrackId, rows: &[(&str, &str)]) {
        self.0.set_tags(track, rows).unwrap();
    }

    fn set_binary(&self, track: TrackId, key: &str, bytes: &[u8]) {
        self.0.set_binary(track, key, 0, bytes).unwrap();
    }

    fn set_art(&self, track: TrackId, bytes: &[u8], description: &str) {
        self.0.set_art(track, bytes, "image/png", 3, description).unwrap();
    }

    fn clear_art(&self, track: TrackId) {
        self.0.clear_art(track).unwrap();
    }
}

all_contract_tests!(|| MemorySubject(MemoryCatalog::new()));

#[test]
fn a_log_that_forgot_deleted_tracks_says_so() {
    let subject = MemorySubject(MemoryCatalog::new());
    let batch: Vec<_> = (0..10_002).map(|number| shared::file(&format!("/{number}"), &[])).collect();
    subject.writer().ingest(&batch).unwrap();
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    let tracks: Vec<TrackId> = (1..=10_002).map(TrackId).collect();
    subject.writer().remove(&tracks[..10_000]).unwrap();
    assert_eq!(shared::changed_since(&*catalog, mark).len(), 10_000);
    subject.writer().remove(&tracks[10_000..]).unwrap();
    let answer = catalog.changes_since(mark.0, mark.1).unwrap();
    assert_eq!(answer, musefs_contracts::catalog::Changes::TooFarBack);
}
