//! A library in memory whose parts hold no lock of their own while the file system works: the explorer could not go on then.

use crate::shelf::Shelf;
use crate::toy::{self, Toy};
use crate::vfs::Vfs;
use crate::{VfsOptions, VfsParts};
use musefs_cache::{BudgetedLayoutCache, CompactSizeCache};
use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::{Catalog, CatalogResult, Changes, TrackFields, TrackRecord, TrackRow};
use musefs_contracts::clock::ManualClock;
use musefs_contracts::format::{Format, Formats, Head};
use musefs_contracts::ids::{ArtId, Revision, StoreId, TrackId};
use musefs_contracts::meter::NoMeter;
use musefs_contracts::readahead::NoReadAhead;
use musefs_contracts::splicer::NoSplicer;
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestMode};
use musefs_template::{Options as TemplateOptions, Template};
use musefs_tree::{ArenaTree, Options as TreeOptions};
use shuttle::thread;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A store in memory. Others run before each answer, and rows are visited after it let go of its lock.
struct Store(Arc<MemoryCatalog>);

type Row = (TrackRow, Vec<Vec<String>>);

impl Store {
    fn get(&self) -> &MemoryCatalog {
        thread::yield_now();
        &self.0
    }
}

fn keep(rows: &mut Vec<Row>) -> impl FnMut(TrackFields<'_>) {
    |track| rows.push((track.row.clone(), track.values.to_vec()))
}

fn visit_all(rows: &[Row], visit: &mut dyn FnMut(TrackFields<'_>)) {
    for (row, values) in rows {
        visit(TrackFields { row, values });
    }
}

impl Catalog for Store {
    fn revision(&self) -> CatalogResult<(StoreId, Revision)> {
        self.get().revision()
    }
    fn changes_since(&self, store: StoreId, since: Revision) -> CatalogResult<Changes> {
        self.get().changes_since(store, since)
    }
    fn for_each_track(
        &self,
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<(StoreId, Revision)> {
        let mut rows = Vec::new();
        let at = self.get().for_each_track(fields, &mut keep(&mut rows))?;
        visit_all(&rows, visit);
        Ok(at)
    }
    fn for_tracks(
        &self,
        tracks: &[TrackId],
        fields: &[String],
        visit: &mut dyn FnMut(TrackFields<'_>),
    ) -> CatalogResult<()> {
        let mut rows = Vec::new();
        self.get().for_tracks(tracks, fields, &mut keep(&mut rows))?;
        visit_all(&rows, visit);
        Ok(())
    }
    fn track(&self, track: TrackId) -> CatalogResult<TrackRecord> {
        self.get().track(track)
    }
    fn find_path(&self, path: &Path) -> CatalogResult<Option<TrackId>> {
        self.get().find_path(path)
    }
    fn read_art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> CatalogResult<()> {
        self.get().read_art(art, offset, buf)
    }
    fn read_tag_value(
        &self,
        track: TrackId,
        key: &str,
        ordinal: i64,
        offset: u64,
        buf: &mut [u8],
    ) -> CatalogResult<()> {
        self.get().read_tag_value(track, key, ordinal, offset, buf)
    }
}

/// Files and their store. What is written here is what other programs write.
pub(crate) struct Library {
    pub(crate) store: Arc<MemoryCatalog>,
    pub(crate) shelf: Arc<Shelf>,
}

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new("/music").join(name).with_extension("flac")
}

/// A file that says by an element which its audio is. The element is none that a store knows.
pub(crate) fn file(name: &str, kind: u32) -> Vec<u8> {
    let kind = format!("kind {kind}");
    toy::file(
        &[("artist", name), ("title", "T0"), ("number", "0"), ("mood", ""), ("Kind", &kind)],
        kind.repeat(3).as_bytes(),
    )
}

impl Library {
    /// With files of these names, scanned.
    pub(crate) fn of(names: &[&str]) -> (Self, Vec<TrackId>) {
        let library = Self { store: MemoryCatalog::new(), shelf: Arc::default() };
        let tracks = names.iter().map(|name| library.scan(name)).collect();
        (library, tracks)
    }

    fn scan(&self, name: &str) -> TrackId {
        let path = path(name);
        let bytes = file(name, 0);
        self.shelf.put(&path, bytes.clone());
        let source = self.shelf.open(&path).unwrap();
        let head = Head { bytes: &bytes, content: &bytes, content_offset: 0, extension: "flac" };
        let probe = Toy.probe(&*source, &head).unwrap();
        let stamp = source.stamp().unwrap();
        let ingest = Ingest { path: path.clone(), stamp, probe, fingerprint: None, mode: IngestMode::Add };
        self.store.writer().ingest(&[ingest]).unwrap();
        self.store.find_path(&path).unwrap().unwrap()
    }

    /// An edit that says its number in everything that it changes: the name, the values, the length.
    pub(crate) fn edit(&self, name: &str, track: TrackId, number: usize) {
        let (title, said, mood) = (format!("T{number}"), number.to_string(), "m".repeat(number));
        let rows = [("artist", name), ("title", &title), ("number", &said), ("mood", &mood)];
        self.store.set_tags(track, &rows).unwrap();
    }

    pub(crate) fn mount(&self) -> Arc<Vfs> {
        let parts = VfsParts {
            catalog: Arc::new(Store(Arc::clone(&self.store))),
            formats: Formats::new(vec![Arc::new(Toy)]),
            tree: Arc::new(ArenaTree::new(TreeOptions::default())),
            template: Arc::new(Template::parse("$artist/$title", TemplateOptions::default()).unwrap()),
            layouts: Arc::new(BudgetedLayoutCache::new(1 << 20, &NoMeter)),
            sizes: Arc::new(CompactSizeCache::new(&NoMeter)),
            read_ahead: Arc::new(NoReadAhead),
            splicer: Arc::new(NoSplicer),
            backing: Arc::clone(&self.shelf) as Arc<dyn Backing>,
            clock: Arc::new(ManualClock::default()),
            meter: Arc::new(NoMeter),
            document: None,
            sidecars: None,
        };
        Vfs::new(parts, VfsOptions::default()).unwrap()
    }
}
