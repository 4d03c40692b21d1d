//! Playlists of directories, of views and of the root.

mod common;

use common::{Mount, World};
use musefs_contracts::filesystem::{FileSystem, FsError};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::metric;
use musefs_template::{Options, Template, Views};
use musefs_vfs::VfsOptions;
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn world() -> World {
    World { options: VfsOptions { playlists: true, ..VfsOptions::default() }, ..World::default() }
}

fn add(world: &World, artist: &str, title: &str) -> TrackId {
    world.add(&format!("{artist}-{title}.flac"), &[("artist", artist), ("title", title)], b"audio")
}

/// A playlist's text, which is as long as its attributes say.
fn list(mount: &Mount, path: &str) -> String {
    let size = mount.at(path).unwrap().size;
    let bytes = mount.cat(path).unwrap();
    assert_eq!(bytes.len() as u64, size, "{path}");
    String::from_utf8(bytes).unwrap()
}

#[test]
fn each_directory_of_tracks_has_its_list_and_the_root_one_of_all() {
    let world = world();
    add(&world, "A", "One");
    add(&world, "A", "Two");
    add(&world, "#B", "Three");
    let mount = world.mount();
    assert_eq!(mount.ls(""), ["All.m3u8", "#B", "A"]);
    assert_eq!(mount.ls("A"), ["A.m3u8", "One.flac", "Two.flac"]);
    assert_eq!(list(&mount, "A/A.m3u8"), "#EXTM3U\n#EXTINF:-1,A - One\nOne.flac\n#EXTINF:-1,A - Two\nTwo.flac\n");
    let all = "#EXTM3U\n#EXTINF:-1,#B - Three\n./#B/Three.flac\n#EXTINF:-1,A - One\nA/One.flac\n#EXTINF:-1,A - Two\nA/Two.flac\n";
    assert_eq!(list(&mount, "All.m3u8"), all);
    let attributes = mount.at("A/A.m3u8").unwrap();
    assert_eq!(mount.attributes(attributes.ino).unwrap(), attributes);
    let opened = mount.open_at("A/A.m3u8").unwrap();
    assert!(!opened.direct);
    mount.release(opened.handle);
    assert_eq!(world.numbers.get(&metric::HANDLES_OPEN), 0);
    assert_eq!(mount.at("A/B.m3u8").err(), Some(FsError::NotFound));
}

#[test]
fn none_is_written_unasked_or_for_nothing() {
    let world = World::default();
    add(&world, "A", "One");
    let mount = world.mount();
    assert_eq!((mount.ls(""), mount.ls("A")), (vec!["A".to_owned()], vec!["One.flac".to_owned()]));
    assert_eq!(mount.at("All.m3u8").err(), Some(FsError::NotFound));
    let empty = common::World { options: VfsOptions { playlists: true, ..VfsOptions::default() }, ..World::default() };
    let mount = empty.mount();
    assert!(mount.ls("").is_empty());
    assert_eq!(mount.at("All.m3u8").err(), Some(FsError::NotFound));
}

#[test]
fn a_list_follows_tags_and_places_and_an_open_one_is_never_mixed_with_another() {
    let mut world = world();
    world.template = "A/$title".into();
    let one = add(&world, "A", "One");
    add(&world, "A", "Two");
    let mount = world.mount();
    let before = list(&mount, "A/A.m3u8");
    assert_eq!(list(&mount, "All.m3u8"), before.replace("\nOne", "\nA/One").replace("\nTwo", "\nA/Two"));
    let opened = mount.open_at("A/A.m3u8").unwrap();
    let (at, all) = (mount.at("A/A.m3u8").unwrap(), mount.at("All.m3u8").unwrap());
    world.edit(one, &[("artist", "A"), ("artist", "Guest"), ("title", "Uno\nDue")]);
    world.recorder.take();
    mount.refresh();
    let told = world.recorder.take();
    assert!(
        told.contains(&"name dir A.m3u8".to_owned()) && told.contains(&"name root All.m3u8".to_owned()),
        "{told:?}"
    );
    let numbers = world.recorder.sizes.lock().unwrap().clone();
    assert!(numbers.contains_key(&at.ino) && numbers.contains_key(&all.ino));
    assert_eq!(mount.drain(opened.handle, 7).err(), Some(FsError::Stale));
    mount.release(opened.handle);
    let after = list(&mount, "A/A.m3u8");
    assert!(after.starts_with("#EXTM3U\n#EXTINF:-1,A - Two\nTwo.flac\n#EXTINF:-1,A, Guest - Uno Due\nUno"), "{after}");
    assert!(mount.at("A/A.m3u8").unwrap().mtime_ns > at.mtime_ns);
    assert!(mount.at("All.m3u8").unwrap().mtime_ns > all.mtime_ns);
    let lines = list(&mount, "All.m3u8");
    for line in lines.lines().filter(|line| !line.starts_with('#')) {
        assert!(mount.at(line).is_ok(), "{line}");
    }
}

#[test]
fn each_view_has_a_list_and_the_root_that_of_its_own_template() {
    let views = [("by-title".to_owned(), "$title/$artist".to_owned())];
    let template = |text: &str| Template::parse(text, Options::default()).unwrap();
    for with_root in [true, false] {
        let mut world = world();
        let root = with_root.then(|| template("$artist/$title"));
        world.views = Some(Arc::new(Views::new(root, &views, &Options::default()).unwrap()));
        add(&world, "A", "One");
        let mount = world.mount();
        assert_eq!(list(&mount, "by-title/by-title.m3u8"), "#EXTM3U\n#EXTINF:-1,A - One\nOne/A.flac\n");
        assert_eq!(list(&mount, "by-title/One/One.m3u8"), "#EXTM3U\n#EXTINF:-1,A - One\nA.flac\n");
        if with_root {
            assert_eq!(list(&mount, "All.m3u8"), "#EXTM3U\n#EXTINF:-1,A - One\nA/One.flac\n");
        } else {
            assert_eq!(mount.ls(""), ["by-title"]);
        }
    }
}

#[test]
fn long_names_make_room_for_the_extension() {
    let world = world();
    let artist = "ä".repeat(126);
    add(&world, &artist, "One");
    let mount = world.mount();
    let names = mount.ls(&artist);
    assert_eq!(names[0], format!("{}.m3u8", "ä".repeat(125)));
    assert!(list(&mount, &format!("{artist}/{}", names[0])).ends_with("One.flac\n"));
}

#[test]
fn a_listing_asks_nothing_of_the_store_and_a_long_list_asks_in_batches() {
    let world = world();
    for n in 0..1_500 {
        add(&world, "A", &format!("{n:04}"));
    }
    let mount = world.mount();
    let asked = || world.store.rows_asked.load(Ordering::Relaxed);
    let before = asked();
    assert_eq!(mount.ls("A").len(), 1_501);
    assert_eq!(asked(), before);
    let text = list(&mount, "A/A.m3u8");
    assert_eq!(text.lines().count(), 3_001);
    let lines: Vec<&str> = text.lines().skip(2).step_by(2).collect();
    assert!(lines.is_sorted() && lines[1_499] == "1499.flac");
    assert_eq!(mount.attributes(Ino::ROOT).unwrap().links, 3);
}
