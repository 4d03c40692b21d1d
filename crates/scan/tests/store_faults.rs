//! What a scan does when the store does not take what it is given.

mod support;

use musefs_catalog_memory::MemoryWriter;
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestSummary, KnownFile};
use musefs_scan::{Counts, Problem, Progress, ScanError, Task};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use support::Library;

/// Refuses every batch with a certain file in it, and any batch once the disk is full.
struct Faulty {
    inner: MemoryWriter,
    refused: &'static str,
    batches_left: usize,
}

impl CatalogWriter for Faulty {
    fn for_each_known(&mut self, visit: &mut dyn FnMut(KnownFile)) -> CatalogResult<()> {
        self.inner.for_each_known(visit)
    }
    fn ingest(&mut self, batch: &[Ingest]) -> CatalogResult<IngestSummary> {
        if batch.iter().any(|file| file.path.ends_with(self.refused)) {
            return Err(CatalogError::Other("a constraint failed".to_owned()));
        }
        self.batches_left = self.batches_left.checked_sub(1).ok_or(CatalogError::DiskFull)?;
        self.inner.ingest(batch)
    }
    fn remove(&mut self, tracks: &[TrackId]) -> CatalogResult<u64> {
        self.inner.remove(tracks)
    }
    fn collect_unlinked_art(&mut self) -> CatalogResult<u64> {
        self.inner.collect_unlinked_art()
    }
    fn remember_root(&mut self, root: &Path) -> CatalogResult<()> {
        self.inner.remember_root(root)
    }
    fn roots(&mut self) -> CatalogResult<Vec<PathBuf>> {
        self.inner.roots()
    }
}

#[derive(Default)]
struct Recorder {
    failed: Mutex<Vec<Problem>>,
    last: Mutex<Counts>,
}

impl Progress for Recorder {
    fn update(&self, counts: Counts) {
        *self.last.lock().unwrap() = counts;
    }
    fn failed(&self, path: &Path, reason: &str) {
        self.failed.lock().unwrap().push(Problem { path: path.to_owned(), reason: reason.to_owned() });
    }
}

#[test]
fn a_row_that_the_store_refuses_keeps_no_other_out() {
    let library = Library::new();
    for name in ["a.toy", "odd.toy", "z.toy"] {
        library.put_toy(name, name);
    }
    let mut writer = Faulty { inner: library.catalog.writer(), refused: "odd.toy", batches_left: usize::MAX };
    let recorder = Arc::new(Recorder::default());
    let scanner = library.scanner().progress(recorder.clone());
    let summary = scanner.run(&mut writer, std::slice::from_ref(&library.root), Task::Add).unwrap();
    assert_eq!((summary.added, summary.failed.len()), (2, 1), "{summary:?}");
    assert!(summary.failed[0].reason.contains("a constraint failed"));
    assert_eq!(*recorder.failed.lock().unwrap(), summary.failed, "told while it happened");
    assert_eq!(*recorder.last.lock().unwrap(), Counts { found: 3, done: 3, walked: true });
}

#[test]
fn a_full_disk_ends_the_scan_and_keeps_what_was_written() {
    let library = Library::new();
    for n in 0..1500 {
        library.put_toy(&format!("{n}.toy"), &format!("Title {n}"));
    }
    let mut writer = Faulty { inner: library.catalog.writer(), refused: "none", batches_left: 1 };
    let result = library.scanner().run(&mut writer, std::slice::from_ref(&library.root), Task::Add);
    assert!(matches!(result, Err(ScanError::Catalog(CatalogError::DiskFull))), "{result:?}");
    let written = library.titles().len();
    assert!((1..1500).contains(&written), "the first batch stays: {written}");
    assert_eq!(library.scan().added as usize, 1500 - written, "the next scan goes on");
}
