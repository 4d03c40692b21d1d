//! Covers that are made of the tracks of a directory.

mod common;

use common::{Mount, World, path, toy};
use musefs_contracts::filesystem::{FileSystem, FsError};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::metric;
use musefs_contracts::sidecars::SidecarRules;
use musefs_vfs::{Mode, VfsOptions};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn world() -> World {
    World { options: VfsOptions { covers: true, ..VfsOptions::default() }, ..World::default() }
}

fn add(world: &World, title: &str, pictures: &[(&str, &str)]) -> TrackId {
    let elements: Vec<(&str, &str)> = [("artist", "A"), ("title", title)].iter().chain(pictures).copied().collect();
    world.add(&format!("{title}.flac"), &elements, b"audio")
}

fn set_art(world: &World, track: TrackId, kind: u8, bytes: &[u8]) {
    world.store.memory().set_art(track, bytes, "image/png", kind, "").unwrap();
}

/// What a listing with attributes says of a name.
fn listed(mount: &Mount, directory: &str, name: &str) -> Option<musefs_contracts::filesystem::Attributes> {
    let handle = mount.open_directory(mount.at(directory).unwrap().ino).unwrap();
    let found = mount.list(handle, true).into_iter().find(|(known, _)| known == name).map(|(_, attributes)| attributes);
    mount.release_directory(handle);
    found
}

const PNG: &str = "\u{89}PNG";

#[test]
fn the_front_picture_of_the_first_track_that_has_one_is_the_cover() {
    let world = world();
    add(&world, "1", &[]);
    add(&world, "2", &[("Back", "the back")]);
    add(&world, "3", &[("Back", "another back"), ("Front", "the front")]);
    add(&world, "4", &[("Front", "another front")]);
    let mount = world.mount();
    assert_eq!(mount.ls("A"), ["cover.jpg", "1.flac", "2.flac", "3.flac", "4.flac"]);
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"the front");
    let attributes = mount.at("A/cover.jpg").unwrap();
    assert_eq!((attributes.size, attributes.links), (9, 1));
    assert_eq!(attributes.mtime_ns, mount.at("A/3.flac").unwrap().mtime_ns);
    assert_eq!(mount.attributes(attributes.ino).unwrap(), attributes);
    assert_eq!(listed(&mount, "A", "cover.jpg"), Some(attributes));
    assert_eq!(mount.at("A/cover.png").err(), Some(FsError::NotFound));
    assert_eq!(mount.lookup(attributes.ino, OsStr::new("x")).err(), Some(FsError::NotADirectory));
    assert_eq!(mount.ls(""), ["A"], "a directory without tracks of its own has none");
    assert_eq!(mount.at("cover.jpg").err(), Some(FsError::NotFound));
}

#[test]
fn a_listing_goes_on_behind_the_cover() {
    let world = world();
    add(&world, "1", &[("Front", "f")]);
    let mount = world.mount();
    let handle = mount.open_directory(mount.at("A").unwrap().ino).unwrap();
    let mut entries = Vec::new();
    mount
        .read_directory(handle, 0, false, &mut |entry| {
            entries.push((String::from_utf8_lossy(entry.name).into_owned(), entry.cursor));
            true
        })
        .unwrap();
    for (at, (_, cursor)) in entries.iter().enumerate() {
        let mut rest = Vec::new();
        mount
            .read_directory(handle, *cursor, true, &mut |entry| {
                rest.push((String::from_utf8_lossy(entry.name).into_owned(), entry.cursor));
                true
            })
            .unwrap();
        assert_eq!(rest, entries[at + 1..]);
    }
    assert_eq!(entries.len(), 4);
}

#[test]
fn without_a_front_picture_any_will_do() {
    let world = world();
    add(&world, "1", &[]);
    add(&world, "2", &[("Back", "the back")]);
    add(&world, "3", &[("Back", "another back")]);
    assert_eq!(world.mount().cat("A/cover.jpg").unwrap(), b"the back");
}

#[test]
fn a_picture_that_does_not_say_what_it_is_is_looked_at() {
    let world = world();
    add(&world, "1", &[("Unsaid", "no image at all")]);
    let mount = world.mount();
    assert_eq!(mount.ls("A"), ["1.flac"]);
    world.add("2.flac", &[("artist", "B"), ("title", "2"), ("Unsaid", "GIF89a...")], b"");
    mount.refresh();
    assert_eq!(mount.ls("B"), ["cover.gif", "2.flac"]);
    assert_eq!(mount.cat("B/cover.gif").unwrap(), b"GIF89a...");
}

#[test]
fn nothing_is_made_unasked() {
    let world = World::default();
    add(&world, "1", &[("Front", "the front")]);
    let mount = world.mount();
    assert_eq!(mount.ls("A"), ["1.flac"]);
    let ino = mount.at("A").unwrap().ino;
    let made = Ino::of_made(ino, musefs_contracts::ids::Made::Cover);
    assert_eq!(mount.at("A/cover.jpg").err(), Some(FsError::NotFound));
    assert_eq!(mount.attributes(made).err(), Some(FsError::NotFound));
    assert_eq!(mount.open(made).err(), Some(FsError::NotFound));
}

#[test]
fn pictures_of_the_store_come_before_those_of_the_file() {
    let world = world();
    let track = add(&world, "1", &[("Front", "the front")]);
    let mount = world.mount();
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"the front");
    let before = mount.at("A/cover.jpg").unwrap();
    set_art(&world, track, 3, PNG.as_bytes());
    world.recorder.take();
    mount.refresh();
    let told = world.recorder.take();
    for expected in ["name dir cover.jpg", "name dir cover.png", "contents dir"] {
        assert!(told.iter().any(|told| told == expected), "{expected} is not in {told:?}");
    }
    assert!(world.recorder.sizes.lock().unwrap().contains_key(&before.ino), "the cover's own pages");
    assert_eq!(mount.ls("A"), ["cover.png", "1.flac"]);
    assert_eq!(mount.cat("A/cover.png").unwrap(), PNG.as_bytes());
    let after = mount.at("A/cover.png").unwrap();
    assert_eq!(after.ino, before.ino);
    assert!(after.mtime_ns > before.mtime_ns);
    world.store.memory().clear_art(track).unwrap();
    mount.refresh();
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"the front");
    assert_eq!(mount.at("A/cover.png").err(), Some(FsError::NotFound));
}

#[test]
fn where_files_are_served_as_they_are_so_are_covers() {
    let mut world = world();
    world.options.mode = Mode::StructureOnly;
    let track = add(&world, "1", &[("Front", "the front")]);
    set_art(&world, track, 3, PNG.as_bytes());
    assert_eq!(world.mount().cat("A/cover.jpg").unwrap(), b"the front");
}

#[test]
fn an_open_cover_is_never_mixed_with_another() {
    let world = world();
    let track = add(&world, "1", &[]);
    set_art(&world, track, 3, b"the first picture");
    let mount = world.mount();
    let opened = mount.open_at("A/cover.png").unwrap();
    assert!(!opened.direct && opened.passthrough.is_none());
    assert_eq!(mount.drain(opened.handle, 5).unwrap(), b"the first picture");
    set_art(&world, track, 3, b"a longer second picture");
    mount.refresh();
    assert_eq!(mount.drain(opened.handle, 5).err(), Some(FsError::Stale));
    assert_eq!(mount.cat("A/cover.png").unwrap(), b"a longer second picture");
    let handles = world.numbers.get(&metric::HANDLES_OPEN);
    mount.release(opened.handle);
    assert_eq!((handles, world.numbers.get(&metric::HANDLES_OPEN)), (1, 0));
}

#[test]
fn a_file_that_changed_under_the_mount_gives_its_new_picture() {
    let world = world();
    add(&world, "1", &[("Front", "the front")]);
    let mount = world.mount();
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"the front");
    let elements = [("artist", "A"), ("title", "1"), ("comment", "longer"), ("Front", "another front")];
    world.shelf.put(&path("1.flac"), toy::file(&elements, b"audio"));
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"another front");
    assert_eq!(mount.at("A/cover.jpg").unwrap().size, 13);
    // Overwritten while it is open: what is read must not be other bytes of that place.
    let opened = mount.open_at("A/cover.jpg").unwrap();
    world.shelf.overwrite(&path("1.flac"), toy::file(&elements[..2], b"something else altogether, as long as before"));
    assert_eq!(mount.drain(opened.handle, 64).err(), Some(FsError::Io));
    mount.refresh();
    assert_eq!(mount.ls("A"), ["1.flac"]);
}

#[test]
fn a_store_without_anatomies_has_covers_too() {
    let world = world();
    add(&world, "1", &[("Front", "the front")]);
    world.store.is_foreign.store(true, Ordering::Relaxed);
    assert_eq!(world.mount().cat("A/cover.jpg").unwrap(), b"the front");
}

struct All;

impl SidecarRules for All {
    fn accepts(&self, _: &Path) -> bool {
        true
    }
    fn describe(&self) -> String {
        "all".into()
    }
}

#[test]
fn a_picture_that_stands_there_comes_before_a_made_one() {
    for name in ["Folder.JPG", "front.png", "cover.jpg"] {
        let mut world = world();
        world.sidecars = Some(Arc::new(All));
        world.add("al/1.flac", &[("artist", "A"), ("title", "1"), ("Front", "the front")], b"");
        let mount = world.mount();
        assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"the front");
        world.add_beside(&format!("al/{name}"), b"a scan");
        mount.refresh();
        assert_eq!(mount.ls("A"), ["1.flac", name]);
        assert_eq!(mount.cat(&format!("A/{name}")).unwrap(), b"a scan");
        world.remove_beside(&format!("al/{name}"));
        mount.refresh();
        assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"the front");
    }
}

#[test]
fn listing_opens_no_file_and_asks_little_of_the_store() {
    let world = world();
    for n in 0..300 {
        add(&world, &format!("{n:03}"), &[]);
    }
    world.add("b.flac", &[("artist", "B"), ("title", "b"), ("Front", "the front")], b"");
    let mount = world.mount();
    let opens = world.shelf.opens.load(Ordering::Relaxed);
    let records = world.store.records.load(Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(mount.ls("A").len(), 300);
        assert_eq!(mount.ls("B"), ["cover.jpg", "b.flac"]);
    }
    assert_eq!(world.shelf.opens.load(Ordering::Relaxed), opens);
    let records = world.store.records.load(Ordering::Relaxed) - records;
    assert!((2..=17).contains(&records), "{records} records were read for two directories");
}

#[test]
fn an_edit_that_no_cover_depends_on_leaves_them_alone() {
    let world = world();
    add(&world, "1", &[("Front", "the front")]);
    let second = add(&world, "2", &[("Front", "another")]);
    let mount = world.mount();
    mount.ls("A");
    world.edit(second, &[("artist", "A"), ("title", "2"), ("genre", "x")]);
    world.recorder.take();
    mount.refresh();
    assert_eq!(world.recorder.take(), [format!("contents {second}.0")]);
}

#[test]
fn covers_come_and_go_with_tracks() {
    let world = world();
    let first = add(&world, "1", &[("Front", "one")]);
    add(&world, "2", &[("Front", "two")]);
    let mount = world.mount();
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"one");
    world.edit(first, &[("artist", "B"), ("title", "1")]);
    mount.refresh();
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"two");
    assert_eq!(mount.cat("B/cover.jpg").unwrap(), b"one");
    let cover = mount.at("B/cover.jpg").unwrap().ino;
    world.edit(first, &[("artist", "C"), ("title", "1")]);
    mount.refresh();
    assert_eq!(mount.attributes(cover).err(), Some(FsError::NotFound));
    assert_eq!(mount.open(cover).err(), Some(FsError::NotFound));
}

#[test]
fn a_failing_store_fails_the_look_up_and_not_the_listing() {
    let world = world();
    add(&world, "1", &[("Front", "one")]);
    let mount = world.mount();
    world.store.fails.store(true, Ordering::Relaxed);
    assert_eq!(mount.ls("A"), ["1.flac"]);
    assert_eq!(mount.at("A/cover.jpg").err(), Some(FsError::Io));
    world.store.fails.store(false, Ordering::Relaxed);
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"one");
}
