//! A toy format, a backing that counts and fails, and a library in a temporary folder.
#![allow(dead_code, unreachable_pub, missing_docs)]

use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, FormatId};
use musefs_contracts::backing::{Backing, Source, Stamp};
use musefs_contracts::catalog::Catalog;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Formats, Head, LayoutError};
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::TagSet;
use musefs_scan::{ScanError, Scanner, Summary, Task};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// `TOY1`, a title, a line feed, audio. The title says what the prober does: `PANIC`, `BAD` or succeed.
pub struct Toy {
    pub prober: AtomicU32,
}

impl Format for Toy {
    fn ids(&self) -> &'static [FormatId] {
        const IDS: &[FormatId] = &[FormatId::new("toyish"), FormatId::new("toy")];
        IDS
    }
    fn prober(&self) -> u32 {
        self.prober.load(Ordering::Relaxed)
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["toy"]
    }
    fn sniff(&self, head: &Head<'_>) -> Confidence {
        match (head.content.starts_with(b"TOY1"), head.extension) {
            (true, _) => Confidence::Strong,
            (false, "toy") => Confidence::Extension,
            _ => Confidence::No,
        }
    }
    fn probe(&self, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
        let text = String::from_utf8_lossy(head.content);
        let title = text.strip_prefix("TOY1").and_then(|text| text.split_once('\n')).map(|(title, _)| title.to_owned());
        let title = title.ok_or(ProbeError::NotUnderstood("no title line".to_owned()))?;
        assert!(!title.contains("PANIC"), "the toy prober panics as told");
        if title.contains("BAD") {
            return Err(ProbeError::NotUnderstood("it is bad".to_owned()));
        }
        let size = source.stamp()?.size;
        let audio = 5 + title.len() as u64;
        let mut tags = TagSet::new();
        tags.push("title", title);
        let anatomy = Anatomy {
            audio: ByteRange::new(audio, size - audio),
            editability: Editability::Editable,
            ..Anatomy::verbatim(FormatId::new("toy"), self.prober(), size, "")
        };
        Ok(Probe::new(anatomy, tags))
    }
    fn layout(&self, anatomy: &Anatomy, _: &Edit) -> Result<Layout, LayoutError> {
        Ok(Layout::verbatim(anatomy.size))
    }
}

/// Plain files, counted; some fail, some change under the reader.
#[derive(Default)]
pub struct TestBacking {
    pub opens: Arc<AtomicU64>,
    pub reads: Arc<AtomicU64>,
    pub bytes: Arc<AtomicU64>,
    pub failing: Mutex<HashMap<PathBuf, io::ErrorKind>>,
    /// Appends a byte to this file when it is opened, that often.
    pub restless: Mutex<HashMap<PathBuf, u32>>,
}

struct TestSource {
    file: File,
    path: PathBuf,
    restless: bool,
    reads: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

fn stamp(metadata: &std::fs::Metadata) -> Stamp {
    Stamp {
        size: metadata.size(),
        mtime_ns: metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec(),
        ctime_ns: metadata.ctime() * 1_000_000_000 + metadata.ctime_nsec(),
        file: metadata.ino(),
    }
}

impl Source for TestSource {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if self.restless {
            let mut text = std::fs::read(&self.path)?;
            text.push(b'x');
            std::fs::write(&self.path, text)?;
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
        let n = self.file.read_at(buf, offset)?;
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(stamp(&self.file.metadata()?))
    }
}

impl Backing for TestBacking {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        self.opens.fetch_add(1, Ordering::Relaxed);
        if let Some(kind) = self.failing.lock().unwrap().get(path) {
            return Err((*kind).into());
        }
        let mut restless = self.restless.lock().unwrap();
        let left = restless.get_mut(path).filter(|left| **left > 0);
        let is_restless = left.is_some();
        if let Some(left) = left {
            *left -= 1;
        }
        Ok(Arc::new(TestSource {
            file: File::open(path)?,
            path: path.to_owned(),
            restless: is_restless,
            reads: self.reads.clone(),
            bytes: self.bytes.clone(),
        }))
    }
    fn stat(&self, path: &Path) -> io::Result<Stamp> {
        Ok(stamp(&std::fs::metadata(path)?))
    }
}

/// A library with its store.
pub struct Library {
    pub dir: tempfile::TempDir,
    pub root: PathBuf,
    pub backing: Arc<TestBacking>,
    pub toy: Arc<Toy>,
    pub catalog: Arc<MemoryCatalog>,
    pub cancel: Arc<AtomicBool>,
}

impl Library {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("music");
        std::fs::create_dir(&root).unwrap();
        Self {
            dir,
            root,
            backing: Arc::default(),
            toy: Arc::new(Toy { prober: AtomicU32::new(1) }),
            catalog: MemoryCatalog::new(),
            cancel: Arc::default(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file, with its folder.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A toy file of this title whose audio is its own.
    pub fn put_toy(&self, name: &str, title: &str) {
        self.put(name, toy(title, &format!("audio of {title}")));
    }

    pub fn scanner(&self) -> Scanner {
        Scanner::new(self.backing.clone(), Formats::new(vec![self.toy.clone()]))
            .jobs(2)
            .cancelled_by(self.cancel.clone())
    }

    pub fn try_run(&self, targets: &[&Path], task: Task) -> Result<Summary, ScanError> {
        let targets: Vec<PathBuf> = targets.iter().map(|path| path.to_path_buf()).collect();
        self.scanner().run(&mut self.catalog.writer(), &targets, task)
    }

    pub fn run(&self, task: Task) -> Summary {
        self.try_run(&[&self.root], task).unwrap()
    }

    pub fn scan(&self) -> Summary {
        self.run(Task::Add)
    }

    /// Files by name, each with the title the store has of it.
    pub fn titles(&self) -> BTreeMap<String, String> {
        let mut titles = BTreeMap::new();
        self.catalog
            .for_each_track(&["title".to_owned()], &mut |track| {
                let path = track.row.path.strip_prefix(&self.root).unwrap_or(&track.row.path);
                titles.insert(path.to_string_lossy().into_owned(), track.values[0].join("|"));
            })
            .unwrap();
        titles
    }
}

pub fn toy(title: &str, audio: &str) -> String {
    format!("TOY1{title}\n{audio}")
}
