//! What read-ahead costs a reader whose storage is fast, and what a read from a window costs.

#![allow(missing_docs, reason = "criterion's macros define what they need")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use musefs_contracts::backing::{MemorySource, Source, Stamp};
use musefs_contracts::meter::NoMeter;
use musefs_contracts::readahead::ReadAhead;
use musefs_readahead::AdaptiveReadAhead;
use std::io;
use std::sync::Arc;
use std::time::Duration;

const SIZE: usize = 8 << 20;
const STEP: usize = 128 << 10;

/// Memory that each read of it waits for.
struct Far(MemorySource);

impl Source for Far {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::thread::sleep(Duration::from_millis(1));
        self.0.read_at(offset, buf)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        self.0.stamp()
    }
}

fn read_through(source: &dyn Source, buffer: &mut [u8]) {
    let mut at = 0;
    while source.read_at(at, buffer).is_ok_and(|n| n > 0) {
        at += buffer.len() as u64;
    }
}

fn reads(c: &mut Criterion) {
    let mut group = c.benchmark_group("8 MiB in steps of 128 KiB");
    group.throughput(Throughput::Bytes(SIZE as u64)).sample_size(10);
    let ahead = AdaptiveReadAhead::new(64 << 20, &NoMeter);
    let memory = || MemorySource(vec![1; SIZE]);
    let mut buffer = vec![0; STEP];
    let bare = memory();
    group.bench_function("memory, bare", |b| b.iter(|| read_through(&bare, &mut buffer)));
    let near: Arc<dyn Source> = Arc::new(memory());
    group.bench_function("memory", |b| b.iter(|| read_through(&*ahead.decorate(Arc::clone(&near)), &mut buffer)));
    let far: Arc<dyn Source> = Arc::new(Far(memory()));
    group.bench_function("1 ms a read", |b| b.iter(|| read_through(&*ahead.decorate(Arc::clone(&far)), &mut buffer)));
}

criterion_group!(benches, reads);
criterion_main!(benches);
