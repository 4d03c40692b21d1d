//! A probe with what it took.

use crate::carriers::Carrier;
use musefs_contracts::backing::{Source, Stamp};
use musefs_testkit::hostile::{MAX_PROBE_HEAP, calls_of, exercise, peak_of, probe};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that a probe may read beyond the whole file once.
const SLACK: u64 = 8 << 20;
/// Reads that it may issue: a few for each of the elements that a file may have. The caller answers most of them from windows.
const READS: u64 = 500_000;
/// How often it may ask for memory: some twenty times for each of the elements and values that it reports.
const ALLOCATIONS: u64 = 1_500_000;
/// Files up to this size are also edited and served.
const SERVED: u64 = 1 << 20;

/// A file of any size: some bytes at its start, one byte repeated behind them.
pub(crate) struct Vast<'a> {
    file: &'a Carrier,
    reads: AtomicU64,
    bytes: AtomicU64,
}

impl Source for Vast<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.size().saturating_sub(offset).min(buf.len() as u64) as usize;
        let buf = &mut buf[..n];
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.file.bytes.len());
        let stored = n.min(self.file.bytes.len() - start);
        buf[..stored].copy_from_slice(&self.file.bytes[start..start + stored]);
        buf[stored..].fill(self.file.filler);
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: self.file.size(), ..Stamp::default() })
    }
}

/// What a probe took.
pub(crate) struct Measured<'a> {
    file: &'a Carrier,
    pub(crate) is_understood: bool,
    peak: usize,
    allocations: u64,
    reads: u64,
    bytes: u64,
}

impl<'a> Measured<'a> {
    pub(crate) fn probe(file: &'a Carrier) -> Self {
        let source = Vast { file, reads: AtomicU64::new(0), bytes: AtomicU64::new(0) };
        let probe = || probe(file.format.as_ref(), file.extension(), &source);
        let ((result, peak), allocations) = calls_of(|| peak_of(probe));
        let is_understood = result.is_ok();
        drop(result);
        let (reads, bytes) = (source.reads.into_inner(), source.bytes.into_inner());
        Self { file, is_understood, peak, allocations, reads, bytes }
    }

    pub(crate) fn check(&self, what: &str) {
        assert!(self.peak < MAX_PROBE_HEAP, "{what}: a probe held {} KiB", self.peak >> 10);
        let stored = self.file.bytes.len() as u64;
        assert!(self.bytes < 2 * stored + SLACK, "{what}: a probe read {} bytes of {stored}", self.bytes);
        assert!(self.allocations < ALLOCATIONS, "{what}: a probe asked for memory {} times", self.allocations);
        assert!(self.reads < READS, "{what}: a probe read {} times", self.reads);
        if self.file.size() <= SERVED {
            exercise(self.file.format.as_ref(), self.file.extension(), &self.file.bytes);
        }
    }
}
