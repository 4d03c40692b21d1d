//! Sizes that are known before anybody asks.

mod common;

use common::{World, path};
use musefs_contracts::ids::TrackId;
use musefs_vfs::{Mode, Refresher, VfsOptions};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const AUDIO: &[u8] = b"audio";

/// Edited tracks, so many in each of these folders.
fn edited(world: &World, folders: &[&str], count: usize) -> Vec<TrackId> {
    let tracks = folders.iter().flat_map(|folder| (0..count).map(move |at| (folder, format!("{folder}{at:03}"))));
    let add = |(folder, title): (&&str, String)| {
        let track = world.add(&format!("{title}.flac"), &[("artist", folder), ("title", &title)], AUDIO);
        world.edit(track, &[("artist", folder), ("title", &title), ("comment", "longer than before")]);
        track
    };
    tracks.map(add).collect()
}

fn asked(world: &World) -> u64 {
    world.store.records.load(Ordering::Relaxed)
}

#[test]
fn the_first_listing_asks_for_nothing_that_was_worked_out_ahead() {
    let world = World::default();
    edited(&world, &["A", "B"], 50);
    world.add("plain.flac", &[("artist", "A"), ("title", "plain")], AUDIO);
    let mount = world.mount();
    let opened = world.shelf.opens.load(Ordering::Relaxed);
    while mount.work_ahead() {}
    assert_eq!(asked(&world), 100, "each edited track once");
    let sizes: Vec<_> = mount.files().iter().map(|name| (name.clone(), mount.at(name).unwrap().size)).collect();
    assert_eq!((sizes.len(), asked(&world)), (101, 100));
    assert_eq!(world.shelf.opens.load(Ordering::Relaxed), opened, "and no file was touched");
    for (name, size) in sizes {
        assert_eq!(mount.cat(&name).unwrap().len() as u64, size, "{name}");
    }
    assert!(!mount.work_ahead());
}

#[test]
fn what_a_walk_comes_by_first_is_worked_out_first() {
    let world = World::default();
    // In the order of the store the other folder would be first.
    edited(&world, &["B", "A"], 20);
    let mount = world.mount();
    assert!(mount.work_ahead());
    let before = asked(&world);
    for name in mount.ls("A") {
        mount.at(&format!("A/{name}")).unwrap();
    }
    assert_eq!(asked(&world), before);
    assert!(before < 40, "not all at once");
}

#[test]
fn after_an_edit_the_edited_tracks_alone_are_worked_out() {
    let world = World::default();
    let tracks = edited(&world, &["A"], 40);
    let mount = world.mount();
    while mount.work_ahead() {}
    let before = asked(&world);
    world.edit(tracks[7], &[("artist", "A"), ("title", "A007"), ("comment", "another one, longer still")]);
    mount.refresh();
    while mount.work_ahead() {}
    assert_eq!(asked(&world) - before, 1);
    let size = mount.at("A/A007.flac").unwrap().size;
    assert_eq!(asked(&world) - before, 1);
    assert_eq!(mount.cat("A/A007.flac").unwrap().len() as u64, size);
}

#[test]
fn a_file_that_has_to_be_looked_at_is_left_to_who_asks_for_it() {
    let world = World::default();
    edited(&world, &["A"], 3);
    // Another program's rows: nothing is known of the files but their tags.
    world.store.is_foreign.store(true, Ordering::Relaxed);
    *world.shelf.failure.lock().unwrap() = Some(io::ErrorKind::NotFound);
    let mount = world.mount();
    let opened = world.shelf.opens.load(Ordering::Relaxed);
    while mount.work_ahead() {}
    assert_eq!(world.shelf.opens.load(Ordering::Relaxed), opened);
    *world.shelf.failure.lock().unwrap() = None;
    let size = mount.at("A/A000.flac").unwrap().size;
    assert_eq!(mount.cat("A/A000.flac").unwrap().len() as u64, size);
    assert!(size > world.shelf.bytes(&path("A000.flac")).len() as u64);
}

#[test]
fn files_that_are_served_as_they_are_need_no_work() {
    let options = VfsOptions { mode: Mode::StructureOnly, ..VfsOptions::default() };
    let world = World { options, ..World::default() };
    edited(&world, &["A"], 3);
    let mount = world.mount();
    assert!(!mount.work_ahead());
    assert_eq!(asked(&world), 0);
}

#[test]
fn whoever_follows_the_store_works_ahead() {
    let world = World::default();
    edited(&world, &["A", "B", "C"], 300);
    let mount = world.mount();
    // Asked for again by itself after each stretch, however long it may wait where nothing is left to do.
    let refresher = Refresher::spawn(Arc::clone(&mount), Duration::from_secs(3600));
    while asked(&world) < 900 {
        std::thread::yield_now();
    }
    drop(refresher);
    assert_eq!(asked(&world), 900);
}
