//! A folder behind a file system whose reads take their time, as one on a far server or a sleepy disk.

use super::lock;
use musefs_contracts::backing::Source;
use musefs_contracts::filesystem::{Attributes, DirectoryEntry, FileKind, FileSystem, FsError, FsResult, Opened};
use musefs_contracts::ids::Ino;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The folder. Names and attributes are at hand; each read waits. To be mounted by whoever knows how.
pub struct SlowFolder {
    delay: Duration,
    state: Mutex<State>,
    next: AtomicU64,
    /// Whether reads are held up until told otherwise.
    held: Mutex<bool>,
    let_go: Condvar,
    waiting: AtomicUsize,
}

#[derive(Default)]
struct State {
    paths: HashMap<Ino, PathBuf>,
    numbers: HashMap<PathBuf, Ino>,
    files: HashMap<u64, Arc<File>>,
    listings: HashMap<u64, Vec<(OsString, Attributes)>>,
}

impl SlowFolder {
    /// Shows `folder`, and waits for `delay` in each read.
    pub fn new(folder: &Path, delay: Duration) -> Arc<Self> {
        let mut state = State::default();
        state.paths.insert(Ino::ROOT, folder.to_owned());
        state.numbers.insert(folder.to_owned(), Ino::ROOT);
        Arc::new(Self {
            delay,
            state: Mutex::new(state),
            next: AtomicU64::new(1000),
            held: Mutex::new(false),
            let_go: Condvar::new(),
            waiting: AtomicUsize::new(0),
        })
    }

    /// Holds up every read from now on, or lets all of them go.
    pub fn hold(&self, held: bool) {
        *lock(&self.held) = held;
        self.let_go.notify_all();
    }

    /// Reads that are held up now.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    fn wait(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let held = lock(&self.held);
        drop(self.let_go.wait_while(held, |held| *held).unwrap_or_else(PoisonError::into_inner));
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        std::thread::sleep(self.delay);
    }

    fn path(&self, ino: Ino) -> FsResult<PathBuf> {
        lock(&self.state).paths.get(&ino).cloned().ok_or(FsError::NotFound)
    }

    fn look_at(&self, path: &Path) -> FsResult<Attributes> {
        let metadata = fs::symlink_metadata(path).map_err(|_| FsError::NotFound)?;
        let mut state = lock(&self.state);
        let known = state.numbers.get(path).copied();
        let ino = known.unwrap_or_else(|| {
            let ino = Ino(self.next.fetch_add(1, Ordering::Relaxed));
            state.numbers.insert(path.to_owned(), ino);
            state.paths.insert(ino, path.to_owned());
            ino
        });
        Ok(attributes(ino, &metadata))
    }
}

fn attributes(ino: Ino, metadata: &Metadata) -> Attributes {
    let is_folder = metadata.is_dir();
    let nanoseconds = |seconds: i64, rest: i64| seconds * 1_000_000_000 + rest;
    Attributes {
        ino,
        kind: if is_folder { FileKind::Directory } else { FileKind::File },
        size: metadata.len(),
        mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        links: 1 + u32::from(is_folder),
        permissions: if is_folder { 0o755 } else { 0o644 },
        uid: metadata.uid(),
        gid: metadata.gid(),
    }
}

impl FileSystem for SlowFolder {
    fn lookup(&self, parent: Ino, name: &OsStr) -> FsResult<Attributes> {
        self.look_at(&self.path(parent)?.join(name))
    }

    fn attributes(&self, ino: Ino) -> FsResult<Attributes> {
        self.look_at(&self.path(ino)?)
    }

    fn open(&self, ino: Ino) -> FsResult<Opened> {
        let file = File::open(self.path(ino)?).map_err(|_| FsError::NotFound)?;
        let handle = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.state).files.insert(handle, Arc::new(file));
        let passthrough: Option<Arc<dyn Source>> = None;
        Ok(Opened { handle, passthrough, direct: false })
    }

    fn read(&self, handle: u64, offset: u64, len: usize, out: &mut Vec<u8>) -> FsResult<()> {
        self.wait();
        let file = lock(&self.state).files.get(&handle).cloned().ok_or(FsError::BadHandle)?;
        out.resize(len, 0);
        let mut done = 0;
        while done < len {
            match file.read_at(&mut out[done..], offset + done as u64).map_err(|_| FsError::Io)? {
                0 => break,
                n => done += n,
            }
        }
        out.truncate(done);
        Ok(())
    }

    fn read_nowait(&self, _: u64, _: u64, _: usize, _: &mut Vec<u8>) -> FsResult<()> {
        Err(FsError::Again)
    }

    fn passed_through(&self, _: u64) {}

    fn passthrough_is_off(&self) {}

    fn release(&self, handle: u64) {
        lock(&self.state).files.remove(&handle);
    }

    fn open_directory(&self, ino: Ino) -> FsResult<u64> {
        let path = self.path(ino)?;
        let mut listing = vec![(".".into(), self.look_at(&path)?), ("..".into(), self.attributes(Ino::ROOT)?)];
        for entry in fs::read_dir(&path).map_err(|_| FsError::NotADirectory)?.flatten() {
            listing.push((entry.file_name(), self.look_at(&entry.path())?));
        }
        let handle = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.state).listings.insert(handle, listing);
        Ok(handle)
    }

    fn read_directory(
        &self,
        handle: u64,
        cursor: u64,
        _: bool,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> FsResult<()> {
        let state = lock(&self.state);
        let listing = state.listings.get(&handle).ok_or(FsError::BadHandle)?;
        for (at, (name, attributes)) in listing.iter().enumerate().skip(cursor as usize) {
            let entry = DirectoryEntry { name: name.as_bytes(), attributes: *attributes, cursor: at as u64 + 1 };
            if !visit(entry) {
                break;
            }
        }
        Ok(())
    }

    fn release_directory(&self, handle: u64) {
        lock(&self.state).listings.remove(&handle);
    }

    fn lifetime(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn file_count(&self) -> u64 {
        0
    }
}
