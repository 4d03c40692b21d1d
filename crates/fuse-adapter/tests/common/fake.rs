//! The file system: one folder of files, each with a behaviour, and a subfolder.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::filesystem::{Attributes, DirectoryEntry, FileKind, FileSystem, FsError, FsResult, Opened};
use musefs_contracts::ids::Ino;

/// The subfolder.
pub(crate) const FOLDER: Ino = Ino(Ino::DIRECTORY_BIT | 7);

/// What a file does when it is read.
#[derive(Clone)]
pub(crate) enum Content {
    /// Bytes at hand.
    Bytes(Arc<Vec<u8>>),
    /// As the bytes, but the kernel is to cache none of it, and `stat` shows no size.
    Direct(Arc<Vec<u8>>),
    /// Bytes that are never at hand.
    Slow(Arc<Vec<u8>>),
    /// Bytes that come once the gate is open.
    Gated(Arc<Vec<u8>>, Arc<Gate>),
    /// A file that the kernel may read.
    Real(Arc<Plain>),
    /// Fails.
    Fails(FsError),
    /// Panics, when read if `true`, when opened if not.
    Panics { at_read: bool },
}

impl Content {
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(Arc::new(bytes.to_vec()))
    }

    pub(crate) fn real(path: &Path) -> Self {
        Self::Real(Arc::new(Plain(File::open(path).unwrap())))
    }

    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) | Self::Slow(bytes) | Self::Gated(bytes, _) => bytes.len() as u64,
            Self::Direct(_) => 0,
            Self::Real(file) => file.0.metadata().unwrap().len(),
            Self::Fails(_) | Self::Panics { .. } => 10,
        }
    }
}

/// A plain backing file.
pub(crate) struct Plain(pub(crate) File);

impl Source for Plain {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        self.0.read_at(buf, offset)
    }
    fn stamp(&self) -> std::io::Result<Stamp> {
        Ok(Stamp { size: self.0.metadata()?.len(), ..Stamp::default() })
    }
    fn file(&self) -> Option<&File> {
        Some(&self.0)
    }
}

/// Holds readers up until it is opened.
#[derive(Default)]
pub(crate) struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
}

/// Opens a gate when dropped, so that a failing test leaves nobody waiting.
pub(crate) struct OpenAtLast<'a>(pub(crate) &'a Gate);

impl Drop for OpenAtLast<'_> {
    fn drop(&mut self) {
        self.0.open();
    }
}

impl Gate {
    pub(crate) fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }
    fn pass(&self) {
        drop(self.changed.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
    }
}

/// Requests so far.
#[derive(Default)]
pub(crate) struct Requests {
    pub(crate) lookups: AtomicUsize,
    pub(crate) attributes: AtomicUsize,
    pub(crate) opens: AtomicUsize,
    pub(crate) reads: AtomicUsize,
    pub(crate) listings: AtomicUsize,
    pub(crate) passed_through: AtomicUsize,
    pub(crate) passthrough_off: AtomicUsize,
}

impl Requests {
    pub(crate) fn metadata(&self) -> usize {
        self.lookups.load(Ordering::SeqCst) + self.attributes.load(Ordering::SeqCst)
    }
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
    pub(crate) fn listings(&self) -> usize {
        self.listings.load(Ordering::SeqCst)
    }
}

#[derive(Default)]
struct State {
    names: BTreeMap<Vec<u8>, Ino>,
    contents: HashMap<Ino, Content>,
    stale_entries: bool,
}

/// The names of a folder as they were when it was opened.
type Listing = Vec<(Vec<u8>, Attributes)>;

#[derive(Default)]
pub(crate) struct Fake {
    state: Mutex<State>,
    handles: Mutex<HashMap<u64, Content>>,
    listings: Mutex<HashMap<u64, Listing>>,
    next: AtomicU64,
    lifetime: Option<Duration>,
    held: Mutex<Option<Arc<Gate>>>,
    pub(crate) requests: Requests,
}

impl Fake {
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, Content)>) -> Arc<Self> {
        let fs = Self::default();
        for (at, (name, content)) in files.into_iter().enumerate() {
            fs.put(name, Ino(256 * (at as u64 + 1)), content);
        }
        Arc::new(fs)
    }

    pub(crate) fn with_lifetime(lifetime: Duration) -> Arc<Self> {
        Arc::new(Self { lifetime: Some(lifetime), ..Self::default() })
    }

    /// Lets a name lead to an inode, and the inode have a content.
    pub(crate) fn put(&self, name: &str, ino: Ino, content: Content) {
        let mut state = self.state.lock().unwrap();
        state.names.insert(name.as_bytes().to_vec(), ino);
        state.contents.insert(ino, content);
    }

    /// Changes what an inode contains, wherever names lead.
    pub(crate) fn change(&self, ino: Ino, content: Content) {
        self.state.lock().unwrap().contents.insert(ino, content);
    }

    pub(crate) fn remove(&self, name: &str) {
        self.state.lock().unwrap().names.remove(name.as_bytes());
    }

    /// Listings say of each entry that it is out of date.
    pub(crate) fn list_stale_entries(&self) {
        self.state.lock().unwrap().stale_entries = true;
    }

    /// Look-ups take their answer, and give it once the gate is open.
    pub(crate) fn hold_lookups(&self, gate: &Arc<Gate>) {
        *self.held.lock().unwrap() = Some(Arc::clone(gate));
    }

    pub(crate) fn ino(&self, name: &str) -> Ino {
        self.state.lock().unwrap().names[name.as_bytes()]
    }

    pub(crate) fn open_handles(&self) -> usize {
        self.handles.lock().unwrap().len()
    }

    pub(crate) fn open_listings(&self) -> usize {
        self.listings.lock().unwrap().len()
    }

    fn attributes_in(state: &State, ino: Ino) -> FsResult<Attributes> {
        let (kind, size) = match state.contents.get(&ino) {
            Some(content) => (FileKind::File, content.size()),
            None if ino.is_directory() => (FileKind::Directory, 0),
            None => return Err(FsError::NotFound),
        };
        let permissions = if kind == FileKind::Directory { 0o755 } else { 0o444 };
        let (mtime_ns, ctime_ns) = (1_600_000_000_123_456_789, 1_700_000_000_000_000_001);
        Ok(Attributes { ino, kind, size, mtime_ns, ctime_ns, links: 1, permissions, uid: 0, gid: 0 })
    }

    fn handle(&self, handle: u64) -> FsResult<Content> {
        self.handles.lock().unwrap().get(&handle).cloned().ok_or(FsError::BadHandle)
    }
}

fn slice(bytes: &[u8], offset: u64, len: usize, out: &mut Vec<u8>) {
    let start = (offset as usize).min(bytes.len());
    out.clear();
    out.extend_from_slice(&bytes[start..(start + len).min(bytes.len())]);
}

impl FileSystem for Fake {
    fn lookup(&self, parent: Ino, name: &OsStr) -> FsResult<Attributes> {
        self.requests.lookups.fetch_add(1, Ordering::SeqCst);
        assert!(name != "panic", "asked for the name that panics");
        let state = self.state.lock().unwrap();
        let ino = match (parent, name.as_bytes()) {
            (Ino::ROOT, b"folder") => FOLDER,
            (Ino::ROOT | FOLDER, b"..") => Ino::ROOT,
            (Ino::ROOT, name) => *state.names.get(name).ok_or(FsError::NotFound)?,
            _ => return Err(FsError::NotFound),
        };
        let answer = Self::attributes_in(&state, ino);
        drop(state);
        let held = self.held.lock().unwrap().clone();
        if let Some(gate) = held {
            gate.pass();
        }
        answer
    }

    fn attributes(&self, ino: Ino) -> FsResult<Attributes> {
        self.requests.attributes.fetch_add(1, Ordering::SeqCst);
        Self::attributes_in(&self.state.lock().unwrap(), ino)
    }

    fn open(&self, ino: Ino) -> FsResult<Opened> {
        self.requests.opens.fetch_add(1, Ordering::SeqCst);
        let content = self.state.lock().unwrap().contents.get(&ino).cloned().ok_or(FsError::NotFound)?;
        let (mut passthrough, mut direct) = (None::<Arc<dyn Source>>, false);
        match &content {
            Content::Real(file) => passthrough = Some(Arc::clone(file) as Arc<dyn Source>),
            Content::Direct(_) => direct = true,
            Content::Panics { at_read: false } => panic!("opened the file that panics"),
            _ => {}
        }
        let handle = self.next.fetch_add(1, Ordering::SeqCst) + 1;
        self.handles.lock().unwrap().insert(handle, content);
        Ok(Opened { handle, passthrough, direct })
    }

    fn read(&self, handle: u64, offset: u64, len: usize, out: &mut Vec<u8>) -> FsResult<()> {
        self.requests.reads.fetch_add(1, Ordering::SeqCst);
        match self.handle(handle)? {
            Content::Bytes(bytes) | Content::Direct(bytes) | Content::Slow(bytes) => slice(&bytes, offset, len, out),
            Content::Gated(bytes, gate) => {
                gate.pass();
                slice(&bytes, offset, len, out);
            }
            Content::Real(file) => {
                out.resize(len, 0);
                let n = file.read_at(offset, out).map_err(|_| FsError::Io)?;
                out.truncate(n);
            }
            Content::Fails(error) => return Err(error),
            Content::Panics { .. } => panic!("read the file that panics"),
        }
        Ok(())
    }

    fn read_nowait(&self, handle: u64, offset: u64, len: usize, out: &mut Vec<u8>) -> FsResult<()> {
        match self.handle(handle)? {
            Content::Slow(_) | Content::Gated(..) | Content::Fails(FsError::Io) => Err(FsError::Again),
            _ => self.read(handle, offset, len, out),
        }
    }

    fn passed_through(&self, handle: u64) {
        assert!(self.handles.lock().unwrap().contains_key(&handle));
        self.requests.passed_through.fetch_add(1, Ordering::SeqCst);
    }

    fn passthrough_is_off(&self) {
        self.requests.passthrough_off.fetch_add(1, Ordering::SeqCst);
    }

    fn release(&self, handle: u64) {
        assert!(self.handles.lock().unwrap().remove(&handle).is_some(), "released twice");
    }

    fn open_directory(&self, ino: Ino) -> FsResult<u64> {
        let state = self.state.lock().unwrap();
        let mut entries = vec![(b".".to_vec(), ino), (b"..".to_vec(), Ino::ROOT)];
        if ino == Ino::ROOT {
            entries.push((b"folder".to_vec(), FOLDER));
            entries.extend(state.names.iter().map(|(name, ino)| (name.clone(), *ino)));
        }
        let mut listing = Vec::new();
        for (name, ino) in entries {
            let mut attributes = Self::attributes_in(&state, ino)?;
            if state.stale_entries {
                (attributes.links, attributes.size) = (0, 1);
            }
            listing.push((name, attributes));
        }
        let handle = self.next.fetch_add(1, Ordering::SeqCst) + 1;
        self.listings.lock().unwrap().insert(handle, listing);
        Ok(handle)
    }

    fn read_directory(
        &self,
        handle: u64,
        cursor: u64,
        _: bool,
        visit: &mut dyn FnMut(DirectoryEntry<'_>) -> bool,
    ) -> FsResult<()> {
        self.requests.listings.fetch_add(1, Ordering::SeqCst);
        let listings = self.listings.lock().unwrap();
        let listing = listings.get(&handle).ok_or(FsError::BadHandle)?;
        for (at, (name, attributes)) in listing.iter().enumerate().skip(cursor as usize) {
            if !visit(DirectoryEntry { name, attributes: *attributes, cursor: at as u64 + 1 }) {
                break;
            }
        }
        Ok(())
    }

    fn release_directory(&self, handle: u64) {
        assert!(self.listings.lock().unwrap().remove(&handle).is_some(), "released twice");
    }

    fn lifetime(&self) -> Duration {
        self.lifetime.unwrap_or(Duration::from_secs(3600))
    }

    fn file_count(&self) -> u64 {
        self.state.lock().unwrap().names.len() as u64
    }
}
