//! A small library in memory with a file system over it.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses its part")]

pub mod shelf;
pub mod store;
pub mod toy;
pub mod views;

use musefs_cache::{BudgetedLayoutCache, CompactSizeCache};
use musefs_contracts::backing::{Backing, read_exact_at};
use musefs_contracts::clock::ManualClock;
use musefs_contracts::filesystem::{Attributes, Document, FileKind, FileSystem, FsError, FsResult, Opened};
use musefs_contracts::format::{Formats, Head};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::meter::{Counter, Gauge, Meter, NoMeter};
use musefs_contracts::metric::Metric;
use musefs_contracts::notifier::KernelNotifier;
use musefs_contracts::readahead::NoReadAhead;
use musefs_contracts::sidecars::{SidecarFile, SidecarRules};
use musefs_contracts::splicer::NoSplicer;
use musefs_contracts::template::PathTemplate;
use musefs_contracts::writer::{CatalogWriter, Ingest, IngestMode};
use musefs_template::{Options as TemplateOptions, Template};
use musefs_tree::{ArenaTree, Options as TreeOptions};
use musefs_vfs::{Vfs, VfsOptions, VfsParts};
use shelf::Shelf;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use store::Store;
use toy::Toy;

/// What the kernel was told, with what the file system showed at that moment.
#[derive(Default)]
pub struct Recorder {
    pub told: Mutex<Vec<String>>,
    pub sizes: Mutex<HashMap<Ino, Option<u64>>>,
    vfs: Mutex<Weak<Vfs>>,
}

impl Recorder {
    pub fn take(&self) -> Vec<String> {
        let mut told = std::mem::take(&mut *self.told.lock().unwrap());
        told.sort();
        told
    }
    fn note(&self, what: String, ino: Ino) {
        self.told.lock().unwrap().push(what);
        if let Some(vfs) = self.vfs.lock().unwrap().upgrade() {
            self.sizes.lock().unwrap().insert(ino, vfs.attributes(ino).ok().map(|at| at.size));
        }
    }
}

impl KernelNotifier for Recorder {
    fn forget_name(&self, parent: Ino, name: &[u8]) {
        self.note(format!("name {} {}", show(parent), String::from_utf8_lossy(name)), parent);
    }
    fn forget_attributes(&self, ino: Ino) {
        self.note(format!("attributes {}", show(ino)), ino);
    }
    fn forget_contents(&self, ino: Ino) {
        self.note(format!("contents {}", show(ino)), ino);
    }
}

pub fn show(ino: Ino) -> String {
    match ino.file() {
        Some(file) => format!("{file}.{}", ino.epoch()),
        None if ino == Ino::ROOT => "root".into(),
        None => "dir".into(),
    }
}

/// Keeps the numbers by name.
#[derive(Default)]
pub struct Numbers {
    pub gauges: Mutex<HashMap<&'static str, Gauge>>,
    pub counters: Mutex<HashMap<&'static str, Counter>>,
}

impl Numbers {
    pub fn get(&self, metric: &'static Metric) -> u64 {
        let gauge = self.gauges.lock().unwrap().get(metric.name).map(Gauge::get);
        gauge.unwrap_or_else(|| self.counters.lock().unwrap()[metric.name].get())
    }
}

impl Meter for Numbers {
    fn counter(&self, metric: &'static Metric) -> Counter {
        self.counters.lock().unwrap().entry(metric.name).or_default().clone()
    }
    fn gauge(&self, metric: &'static Metric) -> Gauge {
        self.gauges.lock().unwrap().entry(metric.name).or_default().clone()
    }
    fn observe(&self, _: &'static Metric, _: Box<dyn Fn() -> f64 + Send + Sync>) {}
}

/// A document that tells how often it was rendered.
#[derive(Default)]
pub struct CountingDocument(AtomicU64);

impl Document for CountingDocument {
    fn render(&self) -> io::Result<Vec<u8>> {
        Ok(format!("rendered {}\n", self.0.fetch_add(1, Ordering::Relaxed) + 1).into_bytes())
    }
}

/// A library, its store, and what stands around the file system.
pub struct World {
    pub shelf: Arc<Shelf>,
    pub store: Arc<Store>,
    pub clock: Arc<ManualClock>,
    pub recorder: Arc<Recorder>,
    pub numbers: Arc<Numbers>,
    pub template: String,
    /// Shown instead of the template.
    pub views: Option<Arc<dyn PathTemplate>>,
    pub document: Option<Arc<dyn Document>>,
    pub tree: TreeOptions,
    /// Which files beside the music are shown.
    pub sidecars: Option<Arc<dyn SidecarRules>>,
    pub options: VfsOptions,
}

impl Default for World {
    fn default() -> Self {
        Self {
            shelf: Arc::default(),
            store: Store::new(),
            clock: Arc::default(),
            recorder: Arc::default(),
            numbers: Arc::default(),
            template: "$artist/$title".into(),
            views: None,
            document: None,
            tree: TreeOptions::default(),
            sidecars: None,
            options: VfsOptions::default(),
        }
    }
}

pub fn path(name: &str) -> PathBuf {
    Path::new("/music").join(name)
}

impl World {
    pub fn formats() -> Formats {
        Formats::new(vec![Arc::new(Toy)])
    }

    /// Puts a file on the shelf and scans it.
    pub fn add(&self, name: &str, elements: &[(&str, &str)], audio: &[u8]) -> TrackId {
        self.shelf.put(&path(name), toy::file(elements, audio));
        self.scan(name)
    }

    /// Puts a file that is no music on the shelf and scans it.
    pub fn add_beside(&self, name: &str, bytes: &[u8]) {
        self.shelf.put(&path(name), bytes.to_vec());
        let stamp = self.shelf.stat(&path(name)).unwrap();
        let file = SidecarFile { path: path(name), stamp };
        self.store.memory().writer().update_sidecars(&[file], &[]).unwrap();
    }

    /// Takes a file that is no music from the shelf and from the store.
    pub fn remove_beside(&self, name: &str) {
        self.shelf.remove(&path(name));
        let (mut gone, memory) = (Vec::new(), self.store.memory());
        let mut note =
            |known: musefs_contracts::sidecars::Sidecar| gone.extend((known.path == path(name)).then_some(known.id));
        musefs_contracts::catalog::Catalog::for_each_sidecar(&*memory, &mut note).unwrap();
        memory.writer().update_sidecars(&[], &gone).unwrap();
    }

    /// Scans a file that is on the shelf.
    pub fn scan(&self, name: &str) -> TrackId {
        self.scan_as(name, |_| {})
    }

    /// Scans a file and records something else of it than was found.
    pub fn scan_as(&self, name: &str, change: impl FnOnce(&mut musefs_contracts::anatomy::Anatomy)) -> TrackId {
        self.ingest(name, IngestMode::Add, change)
    }

    /// Moves a file of a track, and scans that.
    pub fn move_file(&self, track: TrackId, from: &str, to: &str) {
        self.shelf.put(&path(to), self.shelf.bytes(&path(from)));
        self.shelf.remove(&path(from));
        self.ingest(to, IngestMode::Moved(track), |_| {});
    }

    fn ingest(
        &self,
        name: &str,
        mode: IngestMode,
        change: impl FnOnce(&mut musefs_contracts::anatomy::Anatomy),
    ) -> TrackId {
        let path = path(name);
        let source = self.shelf.open(&path).unwrap();
        let stamp = source.stamp().unwrap();
        let mut bytes = vec![0; stamp.size as usize];
        read_exact_at(&*source, 0, &mut bytes).unwrap();
        let head = Head { bytes: &bytes, content: &bytes, content_offset: 0, extension: "flac" };
        let formats = Self::formats();
        let format = formats.candidates(&head)[0];
        let mut probe = format.probe(&*source, &head).unwrap_or_else(|error| {
            let anatomy =
                musefs_contracts::anatomy::Anatomy::verbatim(format.ids()[0].clone(), 3, stamp.size, error.to_string());
            musefs_contracts::probe::Probe::new(anatomy, musefs_contracts::tags::TagSet::new())
        });
        change(&mut probe.anatomy);
        let memory = self.store.memory();
        let ingest = Ingest { path: path.clone(), stamp, probe, fingerprint: None, mode };
        memory.writer().ingest(&[ingest]).unwrap();
        musefs_contracts::catalog::Catalog::find_path(&*memory, &path).unwrap().unwrap()
    }

    pub fn parts(&self) -> VfsParts {
        let parsed = || Arc::new(Template::parse(&self.template, TemplateOptions::default()).unwrap());
        let template = self.views.clone().unwrap_or_else(|| parsed());
        VfsParts {
            catalog: self.store.clone(),
            formats: Self::formats(),
            tree: Arc::new(ArenaTree::new(self.tree)),
            template,
            layouts: Arc::new(BudgetedLayoutCache::new(1 << 20, &NoMeter)),
            sizes: Arc::new(CompactSizeCache::new(&NoMeter)),
            read_ahead: Arc::new(NoReadAhead),
            splicer: Arc::new(NoSplicer),
            sidecars: self.sidecars.clone(),
            backing: self.shelf.clone(),
            clock: self.clock.clone(),
            meter: self.numbers.clone(),
            document: self.document.clone(),
        }
    }

    pub fn mount(&self) -> Mount {
        let vfs = Vfs::new(self.parts(), self.options.clone()).unwrap();
        *self.recorder.vfs.lock().unwrap() = Arc::downgrade(&vfs);
        vfs.set_notifier(self.recorder.clone());
        Mount(vfs)
    }

    pub fn edit(&self, track: TrackId, rows: &[(&str, &str)]) {
        self.store.memory().set_tags(track, rows).unwrap();
    }
}

/// A file system with what tests do to it.
pub struct Mount(pub Arc<Vfs>);

impl std::ops::Deref for Mount {
    type Target = Arc<Vfs>;
    fn deref(&self) -> &Arc<Vfs> {
        &self.0
    }
}

impl Mount {
    /// Attributes by path, each component looked up.
    pub fn at(&self, path: &str) -> FsResult<Attributes> {
        path.split('/').try_fold(self.attributes(Ino::ROOT)?, |parent, name| self.lookup(parent.ino, OsStr::new(name)))
    }

    /// Opens by path as the kernel does: a stale number is looked up again.
    pub fn open_at(&self, path: &str) -> FsResult<Opened> {
        match self.open(self.at(path)?.ino) {
            Err(FsError::Stale) => self.open(self.at(path)?.ino),
            other => other,
        }
    }

    /// All bytes behind a handle, read in steps of `step`.
    pub fn drain(&self, handle: u64, step: usize) -> FsResult<Vec<u8>> {
        let (mut all, mut buffer) = (Vec::new(), vec![7; 3]);
        loop {
            self.read(handle, all.len() as u64, step, &mut buffer)?;
            all.extend_from_slice(&buffer);
            if buffer.len() < step {
                return Ok(all);
            }
        }
    }

    /// The contents of a file.
    pub fn cat(&self, path: &str) -> FsResult<Vec<u8>> {
        let opened = self.open_at(path)?;
        let bytes = self.drain(opened.handle, 64);
        self.release(opened.handle);
        bytes
    }

    /// Every file of the view, by its path.
    pub fn files(&self) -> Vec<String> {
        let (mut files, mut waiting) = (Vec::new(), vec![(String::new(), Ino::ROOT)]);
        while let Some((above, directory)) = waiting.pop() {
            let handle = self.open_directory(directory).unwrap();
            for (name, attributes) in self.list(handle, true) {
                let path = if above.is_empty() { name.clone() } else { format!("{above}/{name}") };
                match attributes.kind {
                    _ if name == "." || name == ".." => {}
                    FileKind::Directory => waiting.push((path, attributes.ino)),
                    FileKind::File => files.push(path),
                }
            }
            self.release_directory(handle);
        }
        files.sort();
        files
    }

    /// Names in a directory, without `.` and `..`.
    pub fn ls(&self, path: &str) -> Vec<String> {
        let ino = if path.is_empty() { Ino::ROOT } else { self.at(path).unwrap().ino };
        let handle = self.open_directory(ino).unwrap();
        let names =
            self.list(handle, false).into_iter().map(|(name, _)| name).filter(|name| name != "." && name != "..");
        let names = names.collect();
        self.release_directory(handle);
        names
    }

    /// Entries behind a directory handle, a few at a time.
    pub fn list(&self, handle: u64, with_attributes: bool) -> Vec<(String, Attributes)> {
        let (mut all, mut cursor) = (Vec::new(), 0);
        loop {
            let before = all.len();
            self.read_directory(handle, cursor, with_attributes, &mut |entry| {
                if all.len() == before + 3 {
                    return false;
                }
                all.push((String::from_utf8_lossy(entry.name).into_owned(), entry.attributes));
                cursor = entry.cursor;
                true
            })
            .unwrap();
            if all.len() == before {
                return all;
            }
        }
    }
}

/// The elements and the audio of a served file.
pub fn taken_apart(bytes: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
    let (elements, audio) = toy::parse(&|offset, buf| {
        let start = offset as usize;
        bytes.get(start..start + buf.len()).is_some_and(|part| {
            buf.copy_from_slice(part);
            true
        })
    })
    .expect("a toy file");
    let elements = elements.into_iter().map(|(key, value, _)| (key, String::from_utf8_lossy(&value).into_owned()));
    (elements.collect(), bytes[audio as usize..].to_vec())
}

/// Pairs of owned strings.
pub fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}
