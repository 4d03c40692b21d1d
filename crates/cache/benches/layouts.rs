//! Finding a layout and a served size among as many as a large library has.

#![allow(missing_docs, reason = "criterion's macros define what they need")]

use criterion::{Criterion, criterion_group, criterion_main};
use musefs_cache::{BudgetedLayoutCache, CompactSizeCache};
use musefs_contracts::cache::{ContentKey, LayoutCache, SizeCache};
use musefs_contracts::ids::TrackId;
use musefs_contracts::layout::Layout;
use musefs_contracts::meter::NoMeter;
use std::hint::black_box;
use std::sync::Arc;

const TRACKS: i64 = 100_000;
const KEY: ContentKey = ContentKey { content_version: 1, stamp_digest: 7 };

fn layouts(c: &mut Criterion) {
    let cache = BudgetedLayoutCache::new(64 << 20, &NoMeter);
    let layout = Arc::new(Layout::verbatim(1));
    for track in 1..=10_000 {
        cache.insert(TrackId(track), KEY, Arc::clone(&layout));
    }
    c.bench_function("layout found", |b| b.iter(|| cache.get(black_box(TrackId(5_000)), KEY)));
    let small = BudgetedLayoutCache::new(64 << 10, &NoMeter);
    let mut track = 0;
    c.bench_function("layout put in place of another", |b| {
        b.iter(|| {
            track += 1;
            small.insert(TrackId(track), KEY, Arc::clone(&layout));
        });
    });
}

fn sizes(c: &mut Criterion) {
    let cache = CompactSizeCache::new(&NoMeter);
    for track in 1..=TRACKS {
        cache.insert(TrackId(track), 1, track as u64);
    }
    c.bench_function("size found", |b| b.iter(|| cache.get(black_box(TrackId(50_000)), 1)));
}

criterion_group!(benches, layouts, sizes);
criterion_main!(benches);
