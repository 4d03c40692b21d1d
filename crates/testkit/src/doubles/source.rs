//! Decorators of sources, and a backing in memory.

use super::lock;
use musefs_contracts::backing::{Backing, MemorySource, Source, Stamp};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Counts the reads that reach the source behind it.
#[derive(Debug, Default)]
pub struct CountingSource<S> {
    inner: S,
    reads: Mutex<Vec<(u64, usize)>>,
    stamps: AtomicU64,
}

impl<S: Source> CountingSource<S> {
    /// Counts from here on.
    pub fn new(inner: S) -> Self {
        Self { inner, reads: Mutex::default(), stamps: AtomicU64::new(0) }
    }

    /// Offset and length asked for of every read so far. Reads that must not wait are listed if they gave something.
    pub fn reads(&self) -> Vec<(u64, usize)> {
        lock(&self.reads).clone()
    }

    /// Bytes asked for so far.
    pub fn bytes(&self) -> u64 {
        lock(&self.reads).iter().map(|(_, len)| *len as u64).sum()
    }

    /// Stamps asked for so far.
    pub fn stamps(&self) -> u64 {
        self.stamps.load(Ordering::Relaxed)
    }
}

impl<S: Source> Source for CountingSource<S> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        lock(&self.reads).push((offset, buf.len()));
        self.inner.read_at(offset, buf)
    }
    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read_at_nowait(offset, buf)?;
        lock(&self.reads).push((offset, buf.len()));
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        self.stamps.fetch_add(1, Ordering::Relaxed);
        self.inner.stamp()
    }
}

/// Fails chosen reads of the source behind it. Reads that must not wait answer that they would.
#[derive(Debug)]
pub struct FailingSource<S> {
    inner: S,
    errno: i32,
    fails: Fails,
    calls: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
enum Fails {
    Nth(u64),
    From(u64),
    Touching(u64, u64),
}

impl<S: Source> FailingSource<S> {
    /// Fails the `n`th read (from 1) with the system's error number `errno`, and no other.
    pub fn nth(inner: S, n: u64, errno: i32) -> Self {
        Self { inner, errno, fails: Fails::Nth(n), calls: AtomicU64::new(0) }
    }

    /// Fails the `n`th read (from 1) and every one after it.
    pub fn from_nth(inner: S, n: u64, errno: i32) -> Self {
        Self { inner, errno, fails: Fails::From(n), calls: AtomicU64::new(0) }
    }

    /// Fails every read that touches a byte of `start..end`: a bad sector.
    pub fn touching(inner: S, start: u64, end: u64, errno: i32) -> Self {
        Self { inner, errno, fails: Fails::Touching(start, end), calls: AtomicU64::new(0) }
    }

    /// Reads so far, failed ones included.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl<S: Source> Source for FailingSource<S> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let fails = match self.fails {
            Fails::Nth(n) => call == n,
            Fails::From(n) => call >= n,
            Fails::Touching(start, end) => offset < end && offset.saturating_add(buf.len() as u64) > start,
        };
        if fails { Err(io::Error::from_raw_os_error(self.errno)) } else { self.inner.read_at(offset, buf) }
    }
    fn stamp(&self) -> io::Result<Stamp> {
        self.inner.stamp()
    }
}

/// Slow storage: each read of the source behind it takes a while, and none is answered without waiting.
///
/// For benches and for tests that must see work overlap; no test may assert a time.
#[derive(Debug)]
pub struct ThrottledSource<S> {
    inner: S,
    latency: Duration,
}

impl<S: Source> ThrottledSource<S> {
    /// Every read takes `latency` longer.
    pub fn new(inner: S, latency: Duration) -> Self {
        Self { inner, latency }
    }
}

impl<S: Source> Source for ThrottledSource<S> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::thread::sleep(self.latency);
        self.inner.read_at(offset, buf)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        self.inner.stamp()
    }
}

/// A backing whose files are in memory and can be exchanged under whoever reads them.
#[derive(Debug, Default)]
pub struct MemoryBacking {
    files: Mutex<BTreeMap<PathBuf, Arc<MemoryFile>>>,
    writes: AtomicU64,
    opens: AtomicU64,
    stats: AtomicU64,
}

impl MemoryBacking {
    /// A backing without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file at a path, in place of the one that may be there. Each call gives the file times of its own.
    pub fn put(&self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Stamp {
        let bytes = bytes.into();
        let write = self.writes.fetch_add(1, Ordering::Relaxed) + 1;
        let time = write as i64 * 1_000_000_000;
        let stamp = Stamp { size: bytes.len() as u64, mtime_ns: time, ctime_ns: time, file: write };
        lock(&self.files).insert(path.into(), Arc::new(MemoryFile { bytes: MemorySource(bytes), stamp }));
        stamp
    }

    /// Takes a file away. Open sources go on reading it.
    pub fn remove(&self, path: &Path) {
        lock(&self.files).remove(path);
    }

    /// Files opened so far.
    pub fn opens(&self) -> u64 {
        self.opens.load(Ordering::Relaxed)
    }

    /// Stamps of paths asked for so far.
    pub fn stats(&self) -> u64 {
        self.stats.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct MemoryFile {
    bytes: MemorySource,
    stamp: Stamp,
}

impl Source for MemoryFile {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.bytes.read_at(offset, buf)
    }
    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.bytes.read_at(offset, buf)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(self.stamp)
    }
}

impl Backing for MemoryBacking {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        self.opens.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::clone(lock(&self.files).get(path).ok_or(io::ErrorKind::NotFound)?) as Arc<dyn Source>)
    }

    fn stat(&self, path: &Path) -> io::Result<Stamp> {
        self.stats.fetch_add(1, Ordering::Relaxed);
        Ok(lock(&self.files).get(path).ok_or(io::ErrorKind::NotFound)?.stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::super::RampSource;
    use super::*;

    const EIO: i32 = 5;

    #[test]
    fn counts_what_was_asked_for() {
        let source = CountingSource::new(RampSource::new(100));
        source.read_at(90, &mut [0; 20]).unwrap();
        source.read_at_nowait(0, &mut [0; 5]).unwrap();
        source.stamp().unwrap();
        assert_eq!(source.reads(), [(90, 20), (0, 5)]);
        assert_eq!((source.bytes(), source.stamps()), (25, 1));
    }

    #[test]
    fn fails_the_reads_it_was_told_to() {
        let outcome = |source: &FailingSource<RampSource>| {
            (0..5u64).map(|at| source.read_at(at * 10, &mut [0; 10]).is_err()).collect::<Vec<_>>()
        };
        let ramp = RampSource::new(50);
        assert_eq!(outcome(&FailingSource::nth(ramp, 2, EIO)), [false, true, false, false, false]);
        assert_eq!(outcome(&FailingSource::from_nth(ramp, 3, EIO)), [false, false, true, true, true]);
        let bad_sector = FailingSource::touching(ramp, 19, 31, EIO);
        assert_eq!(outcome(&bad_sector), [false, true, true, true, false]);
        assert_eq!(bad_sector.calls(), 5);
        let error = bad_sector.read_at(25, &mut [0]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(EIO));
    }

    #[test]
    fn slow_storage_answers_the_same_and_never_without_waiting() {
        let source = ThrottledSource::new(RampSource::new(100), Duration::from_micros(1));
        let mut buf = [0; 10];
        source.read_at(5, &mut buf).unwrap();
        assert_eq!(buf[..], super::super::ramp(5, 10));
        let kind = source.read_at_nowait(5, &mut buf).unwrap_err().kind();
        assert_eq!(kind, io::ErrorKind::WouldBlock);
    }

    #[test]
    fn an_exchanged_file_has_another_stamp_and_open_sources_keep_theirs() {
        let backing = MemoryBacking::new();
        let first = backing.put("/a", b"one".as_slice());
        let source = backing.open(Path::new("/a")).unwrap();
        let second = backing.put("/a", b"two".as_slice());
        assert!(!first.same_contents(&second));
        assert_eq!(source.stamp().unwrap(), first);
        let mut buf = [0; 3];
        source.read_at(0, &mut buf).unwrap();
        assert_eq!(&buf, b"one");
        backing.remove(Path::new("/a"));
        assert!(backing.open(Path::new("/a")).is_err());
        assert_eq!((backing.opens(), backing.stats()), (2, 0));
    }
}
