//! A source that answers many tiny reads from few small windows, so that probers can be written plainly.

use musefs_contracts::backing::{Source, Stamp};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes read at once from the front of a file. Most tags without pictures, and every FLAC or MP4 signature, lie within.
pub(crate) const HEAD: usize = 16 << 10;
/// Bytes read at once elsewhere, aligned; a read at least this long goes straight to the file.
const WINDOW: usize = 4 << 10;
/// Windows kept. Probers look at the front, at the tail, and walk once through a chain of elements.
const WINDOWS: usize = 4;

struct Window {
    offset: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn read(&self, offset: u64, buf: &mut [u8]) -> Option<usize> {
        let start = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        let found = self.bytes.get(start..).filter(|found| !found.is_empty())?;
        let n = found.len().min(buf.len());
        buf[..n].copy_from_slice(&found[..n]);
        Some(n)
    }
}

/// Caches windows of a source whose size is known. Answers the same bytes as the source.
pub(crate) struct WindowSource<'a> {
    source: &'a dyn Source,
    size: u64,
    head: Window,
    windows: Mutex<Vec<Window>>,
}

impl<'a> WindowSource<'a> {
    /// Reads the head of the file.
    pub(crate) fn new(source: &'a dyn Source, size: u64) -> io::Result<Self> {
        let head = load(source, 0, size.min(HEAD as u64) as usize)?;
        Ok(Self { source, size, head, windows: Mutex::new(Vec::with_capacity(WINDOWS)) })
    }

    /// The first bytes of the file.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head.bytes
    }

    /// Reads once, from a window or from the file; 0 at the end only.
    fn read_some(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(n) = self.head.read(offset, buf) {
            return Ok(n);
        }
        if buf.len() >= WINDOW {
            return self.source.read_at(offset, buf);
        }
        let mut windows = self.windows();
        if let Some(n) = windows.iter().find_map(|window| window.read(offset, buf)) {
            return Ok(n);
        }
        let start = offset - offset % WINDOW as u64;
        let window = load(self.source, start, WINDOW)?;
        let n = window.read(offset, buf).unwrap_or(0);
        if windows.len() == WINDOWS {
            windows.remove(0);
        }
        windows.push(window);
        Ok(n)
    }

    fn windows(&self) -> MutexGuard<'_, Vec<Window>> {
        // A prober that panicked leaves whole windows or none behind.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(source: &dyn Source, offset: u64, len: usize) -> io::Result<Window> {
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        match source.read_at(offset + filled as u64, &mut bytes[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    bytes.truncate(filled);
    Ok(Window { offset, bytes })
}

impl Source for WindowSource<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            let Some(at) = offset.checked_add(filled as u64).filter(|at| *at < self.size) else { break };
            match self.read_some(at, &mut buf[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        Ok(filled)
    }

    fn stamp(&self) -> io::Result<Stamp> {
        self.source.stamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::backing::MemorySource;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Counting {
        inner: MemorySource,
        reads: AtomicUsize,
        bytes: AtomicUsize,
    }

    impl Source for Counting {
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(buf.len(), Ordering::Relaxed);
            self.inner.read_at(offset, buf)
        }
        fn stamp(&self) -> io::Result<Stamp> {
            self.inner.stamp()
        }
    }

    fn ramp(len: usize) -> Counting {
        let bytes = (0..len).map(|i| (i * 7 + i / 256) as u8).collect();
        Counting { inner: MemorySource(bytes), ..Counting::default() }
    }

    #[test]
    fn every_read_answers_what_the_file_has() {
        let source = ramp(70_001);
        let window = WindowSource::new(&source, 70_001).unwrap();
        for (offset, len) in
            [(0, 10), (16_380, 10), (20_000, 3), (69_990, 50), (70_001, 5), (16_000, 50_000), (8_190, 4)]
        {
            let mut got = vec![0; len];
            let mut expected = vec![0; len];
            let n = window.read_at(offset, &mut got).unwrap();
            assert_eq!(n, source.inner.read_at(offset, &mut expected).unwrap(), "at {offset}");
            assert_eq!(got, expected, "at {offset}");
        }
        assert_eq!(window.read_at(u64::MAX, &mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn tiny_reads_cost_few_calls() {
        let source = ramp(1 << 20);
        let window = WindowSource::new(&source, 1 << 20).unwrap();
        for offset in 0..5_000 {
            window.read_at(offset, &mut [0; 4]).unwrap();
            window.read_at(500_000 + offset / 4, &mut [0; 4]).unwrap();
        }
        assert!(source.reads.load(Ordering::Relaxed) <= 3);
        assert!(source.bytes.load(Ordering::Relaxed) <= HEAD + 2 * WINDOW);
    }

    #[test]
    fn a_small_file_is_read_once() {
        let source = ramp(100);
        let window = WindowSource::new(&source, 100).unwrap();
        assert_eq!(window.head().len(), 100);
        window.read_at(60, &mut [0; 40]).unwrap();
        assert_eq!(window.read_at(90, &mut [0; 40]).unwrap(), 10);
        assert_eq!(source.reads.load(Ordering::Relaxed), 1);
    }
}
