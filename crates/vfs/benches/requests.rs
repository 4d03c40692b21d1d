//! Requests to a file system of 2,000 tracks, without a kernel in front of it.

#![allow(missing_docs, reason = "criterion's macros define what they need")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::World;
use criterion::{Criterion, criterion_group, criterion_main};
use musefs_contracts::filesystem::FileSystem;
use musefs_contracts::ids::Ino;
use std::ffi::OsStr;
use std::hint::black_box;

const TRACKS: usize = 2_000;

fn requests(c: &mut Criterion) {
    let world = World::default();
    for track in 0..TRACKS {
        let elements = [("artist", "Artist"), ("title", &*format!("Title {track}"))];
        world.add(&format!("{track}.flac"), &elements, b"audio and audio and audio");
    }
    let mount = world.mount();
    let folder = mount.at("Artist").expect("the folder").ino;
    let name = "Title 1234.flac";
    c.bench_function("look-up", |b| b.iter(|| mount.lookup(black_box(folder), OsStr::new(name))));
    let file = mount.lookup(folder, OsStr::new(name)).expect("the file").ino;
    c.bench_function("attributes", |b| b.iter(|| mount.attributes(black_box(file))));
    c.bench_function("listing of 2,000 with attributes", |b| b.iter(|| list(&**mount, folder)));
    c.bench_function("open and release", |b| {
        b.iter(|| mount.open(file).map(|opened| mount.release(opened.handle)));
    });
    let handle = mount.open(file).expect("it can be opened").handle;
    let mut buffer = Vec::new();
    c.bench_function("read", |b| b.iter(|| mount.read_nowait(handle, black_box(3), 20, &mut buffer)));
    mount.release(handle);
}

fn list(fs: &dyn FileSystem, folder: Ino) -> usize {
    let handle = fs.open_directory(folder).expect("a folder");
    let mut seen = 0;
    let listed = fs.read_directory(handle, 0, true, &mut |_| {
        seen += 1;
        true
    });
    fs.release_directory(handle);
    listed.map_or(0, |()| seen)
}

criterion_group!(benches, requests);
criterion_main!(benches);
