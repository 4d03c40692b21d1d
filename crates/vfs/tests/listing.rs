//! Directories, and the mount's own document.

mod common;

use common::{CountingDocument, World};
use musefs_contracts::filesystem::{FileKind, FileSystem, FsError};
use musefs_contracts::ids::Ino;
use musefs_contracts::metric;
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn library(tracks: usize) -> World {
    let world = World::default();
    for n in 0..tracks {
        let title = format!("T{n:03}");
        world.add(&format!("{n}.flac"), &[("artist", "A"), ("title", &title)], b"audio");
    }
    world
}

#[test]
fn a_listing_begins_with_dot_and_dot_dot_and_resumes_anywhere() {
    let world = library(10);
    let mount = world.mount();
    let handle = mount.open_directory(mount.at("A").unwrap().ino).unwrap();
    let listed = mount.list(handle, false);
    let names: Vec<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..3], [".", "..", "T000.flac"]);
    assert_eq!(names.len(), 12);
    assert_eq!(listed[0].1.ino, mount.at("A").unwrap().ino);
    assert_eq!(listed[1].1.ino, Ino::ROOT);
    let mut cursors = Vec::new();
    mount
        .read_directory(handle, 0, false, &mut |entry| {
            cursors.push(entry.cursor);
            true
        })
        .unwrap();
    for (at, cursor) in cursors.iter().enumerate() {
        let mut rest = Vec::new();
        mount
            .read_directory(handle, *cursor, false, &mut |entry| {
                rest.push(String::from_utf8_lossy(entry.name).into_owned());
                true
            })
            .unwrap();
        assert_eq!(rest, names[at + 1..]);
    }
    mount.release_directory(handle);
    assert_eq!(mount.read_directory(handle, 0, false, &mut |_| true).err(), Some(FsError::BadHandle));
}

#[test]
fn a_listing_is_one_snapshot_across_a_refresh() {
    let world = library(10);
    let mount = world.mount();
    let handle = mount.open_directory(mount.at("A").unwrap().ino).unwrap();
    let mut first = Vec::new();
    mount
        .read_directory(handle, 0, true, &mut |entry| {
            first.push((entry.name.to_vec(), entry.cursor));
            first.len() < 5
        })
        .unwrap();
    let track = mount.at("A/T007.flac").unwrap().ino.track().unwrap();
    world.edit(track, &[("artist", "A"), ("title", "T000 moved to the front")]);
    world.add("new.flac", &[("artist", "A"), ("title", "new")], b"audio");
    mount.refresh();
    let mut rest = Vec::new();
    mount
        .read_directory(handle, first[4].1, true, &mut |entry| {
            rest.push((String::from_utf8_lossy(entry.name).into_owned(), entry.attributes.links));
            true
        })
        .unwrap();
    let expected: Vec<_> = (3..10).map(|n| (format!("T{n:03}.flac"), u32::from(n != 7))).collect();
    assert_eq!(rest, expected, "complete, and the name that leads nowhere by now is not to be remembered");
    mount.release_directory(handle);
    assert_eq!(mount.ls("A").len(), 11);
}

#[test]
fn attributes_come_with_the_listing_and_sizes_are_asked_for_at_once() {
    let world = library(40);
    let mut expected = 0;
    for id in 1..=40 {
        let title = format!("T{:03}", id - 1);
        world.edit(musefs_contracts::ids::TrackId(id), &[("artist", "A"), ("title", &title), ("mood", "x")]);
        expected += 1;
    }
    let mount = world.mount();
    let handle = mount.open_directory(mount.at("A").unwrap().ino).unwrap();
    let listed = mount.list(handle, true);
    assert_eq!(world.store.records.load(Ordering::Relaxed), expected);
    for (name, attributes) in &listed[2..] {
        assert_eq!(*attributes, mount.at(&format!("A/{name}")).unwrap());
    }
    assert_eq!(world.store.records.load(Ordering::Relaxed), expected, "and known from then on");
    mount.release_directory(handle);
}

#[test]
fn thousands_of_directories_are_listed_whole_at_once() {
    let mut world = library(5);
    world.options.dir_handles_max = 16;
    let mount = world.mount();
    let ino = mount.at("A").unwrap().ino;
    let handles: Vec<u64> = (0..2_000).map(|_| mount.open_directory(ino).unwrap()).collect();
    assert_eq!(world.numbers.get(&metric::DIR_HANDLES), 2_000);
    assert_eq!(world.numbers.get(&metric::DIR_HANDLES_MAX), 16);
    world.store.memory().set_tags(musefs_contracts::ids::TrackId(1), &[("artist", "B")]).unwrap();
    mount.refresh();
    for handle in handles {
        assert_eq!(mount.list(handle, false).len(), 7);
        mount.release_directory(handle);
    }
    assert_eq!(world.numbers.get(&metric::DIR_HANDLES), 0);
}

#[test]
fn a_store_that_fails_costs_attributes_and_no_entries() {
    let world = library(5);
    world.edit(musefs_contracts::ids::TrackId(2), &[("artist", "A"), ("title", "T001"), ("mood", "x")]);
    let mount = world.mount();
    let handle = mount.open_directory(mount.at("A").unwrap().ino).unwrap();
    world.store.fails.store(true, Ordering::Relaxed);
    let links: Vec<u32> = mount.list(handle, true)[2..].iter().map(|(_, at)| at.links).collect();
    assert_eq!(links, [1, 0, 1, 1, 1]);
    assert_eq!(mount.at("A/T001.flac").err(), Some(FsError::Io));
    assert_eq!(mount.at("A/T002.flac").map(|at| at.links), Ok(1), "pristine tracks need no store to be looked at");
}

#[test]
fn the_document_is_rendered_afresh_for_each_open() {
    let mut world = library(1);
    assert!(world.mount().at(".musefs-metrics").is_err());
    world.document = Some(Arc::new(CountingDocument::default()));
    world.add("x.flac", &[("artist", ".musefs-metrics"), ("title", "T")], b"audio");
    let mount = world.mount();
    assert_eq!(mount.ls(".musefs-metrics"), ["metrics"]);
    assert_eq!(mount.ls("").iter().filter(|name| *name == ".musefs-metrics").count(), 1);
    let file = mount.at(".musefs-metrics/metrics").unwrap();
    assert_eq!((file.ino, file.kind, file.size), (Ino::METRICS_FILE, FileKind::File, 0));
    assert_eq!(mount.at(".musefs-metrics/..").unwrap().ino, Ino::ROOT);
    let first = mount.open_at(".musefs-metrics/metrics").unwrap();
    assert!(!first.direct && first.passthrough.is_none());
    assert!(mount.is_fleeting(Ino::METRICS_FILE) && !mount.is_fleeting(Ino::ROOT));
    let size = || mount.attributes(Ino::METRICS_FILE).unwrap().size;
    let mut others = Vec::new();
    for number in 2..=10 {
        let other = mount.open_at(".musefs-metrics/metrics").unwrap();
        assert!(other.direct, "the kernel's pages are those of the first while that is open");
        assert_eq!(mount.drain(other.handle, 4).unwrap(), format!("rendered {number}\n").into_bytes());
        others.push(other.handle);
    }
    assert_eq!(mount.drain(first.handle, 4).unwrap(), b"rendered 1\n", "a handle keeps its own");
    assert_eq!((size(), world.numbers.get(&metric::HANDLES_OPEN)), (11, 10));
    mount.release(first.handle);
    let next = mount.open_at(".musefs-metrics/metrics").unwrap();
    assert!(!next.direct, "whatever others are open");
    assert_eq!(mount.drain(next.handle, 100).unwrap(), b"rendered 11\n");
    assert_eq!(size(), 12);
    others.push(next.handle);
    for handle in others {
        mount.release(handle);
    }
    assert_eq!(world.numbers.get(&metric::HANDLES_OPEN), 0);
}
