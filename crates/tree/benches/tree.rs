//! Building, patching and looking up, in a library of 100,000 tracks with ten tracks an album and four albums an artist.

#![allow(missing_docs, reason = "criterion's macros define what they need")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::tree::{NodeKind, Placement, PlacementChange, Tree, TreeSnapshot};
use musefs_tree::{ArenaTree, Options};
use std::hint::black_box;
use std::sync::Arc;

const TRACKS: i64 = 100_000;

fn placed(track: i64, path: String) -> Placement {
    Placement { file: TrackId(track).into(), paths: vec![path], extension: b".flac".to_vec() }
}

fn placement(track: i64, title: &str) -> Placement {
    let (album, artist) = (track / 10, track / 40);
    let path = format!("The Artist {artist}/Album number {album}/{:02}. {title} {track}", track % 10 + 1);
    placed(track + 1, path)
}

fn library() -> Vec<Placement> {
    (0..TRACKS).map(|track| placement(track, "Some title")).collect()
}

fn tree(case_insensitive: bool) -> ArenaTree {
    ArenaTree::new(Options { case_insensitive })
}

fn built(placements: impl IntoIterator<Item = Placement>) -> Arc<dyn TreeSnapshot> {
    tree(false).build(&mut placements.into_iter())
}

fn build(c: &mut Criterion) {
    let library = library();
    for (name, fold) in [("build 100k", false), ("build 100k without case", true)] {
        let tree = tree(fold);
        c.bench_function(name, |b| {
            b.iter_batched(
                || library.clone(),
                |placements| tree.build(&mut placements.into_iter()),
                BatchSize::LargeInput,
            );
        });
    }
    let flat = |track| placed(track, "Unknown".to_owned());
    c.bench_function("build 100k of one name", |b| b.iter(|| built((1..=TRACKS).map(flat))));
}

fn apply(c: &mut Criterion) {
    let snapshot = built(library());
    for count in [1, 1_000, 10_000] {
        let step = TRACKS / count;
        let change = |track| PlacementChange::Place(placement(track * step, "Another title"));
        let changes: Vec<PlacementChange> = (0..count).map(change).collect();
        c.bench_function(&format!("apply {count}"), |b| b.iter(|| tree(false).apply(&snapshot, &changes)));
    }
    let same = [PlacementChange::Place(placement(7, "Some title"))];
    c.bench_function("apply 1 that changes nothing", |b| b.iter(|| tree(false).apply(&snapshot, &same)));
    let flat = |track: i64| placed(track, format!("Artist {} - Title {track}", track % 1_000));
    let snapshot = built((1..=TRACKS).map(flat));
    let changes = [PlacementChange::Place(placement(7, "Some title"))];
    c.bench_function("apply 1 to a directory of 100k", |b| b.iter(|| tree(false).apply(&snapshot, &changes)));
}

fn lookup(c: &mut Criterion) {
    let snapshot = built(library());
    let mut artists = Vec::new();
    snapshot.children(Ino::ROOT, 0, &mut |child| {
        artists.push(child.name.to_vec());
        true
    });
    let mut next = 0;
    c.bench_function("look up 1 of 2,500 artists", |b| {
        b.iter(|| {
            next = (next + 997) % artists.len();
            snapshot.lookup(Ino::ROOT, black_box(&artists[next]))
        });
    });
    c.bench_function("walk 100k", |b| b.iter(|| walk(snapshot.as_ref())));
}

fn walk(snapshot: &dyn TreeSnapshot) -> usize {
    let mut waiting = vec![Ino::ROOT];
    let mut bytes = 0;
    while let Some(directory) = waiting.pop() {
        snapshot.children(directory, 0, &mut |child| {
            bytes += child.name.len();
            if child.kind == NodeKind::Directory {
                waiting.push(child.ino);
            }
            true
        });
    }
    bytes
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = build, apply, lookup
}
criterion_main!(benches);
