//! A track that stands in several places: one file with several names.

mod common;

use common::views::Views;
use common::{World, owned, taken_apart};
use musefs_contracts::filesystem::{FileSystem, FsError};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_vfs::{Found, Refreshed, Standing};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn library() -> (World, TrackId) {
    let world = World { views: Some(Arc::new(Views)), ..World::default() };
    let track = world.add("a.flac", &[("artist", "A"), ("title", "T"), ("genre", "Jazz"), ("genre", "Soul")], b"audio");
    world.add("b.flac", &[("artist", "A"), ("title", "U"), ("genre", "Soul")], b"other");
    (world, track)
}

const NAMES: [&str; 3] = ["by-artist/A/T.flac", "by-genre/Jazz/T.flac", "by-genre/Soul/T.flac"];

#[test]
fn all_names_of_a_track_are_one_file() {
    let (world, track) = library();
    let mount = world.mount();
    let all = NAMES.map(|name| mount.at(name).unwrap());
    assert_eq!((all[0].ino, all[0].links), (Ino::of_track(track, 0), 3));
    assert!(all.iter().all(|other| *other == all[0]), "{all:?}");
    assert_eq!(mount.at("by-artist/A/U.flac").unwrap().links, 2);
    assert_eq!(mount.ls(""), ["by-artist", "by-genre"]);
    assert_eq!(mount.ls("by-genre/Soul"), ["T.flac", "U.flac"]);
    for with_attributes in [false, true] {
        let handle = mount.open_directory(mount.at("by-genre/Soul").unwrap().ino).unwrap();
        let listed = mount.list(handle, with_attributes);
        mount.release_directory(handle);
        let (_, listed) = listed.into_iter().find(|(name, _)| name == "T.flac").unwrap();
        assert_eq!(listed.ino, all[0].ino);
        assert!(!with_attributes || listed == all[0], "{listed:?}");
    }
    // The root, two views, an artist, two genres; and two tracks, however many names they have.
    assert_eq!(world.numbers.get(&musefs_contracts::metric::TREE_NODES), 8);
}

#[test]
fn the_kernel_is_told_each_name_that_came_or_went() {
    let (world, track) = library();
    let mount = world.mount();
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Soul"), ("genre", "Pop")]);
    assert_eq!(mount.refresh(), Refreshed::Changed(1));
    let expected = ["contents 1.0", "contents dir", "name dir Jazz", "name dir Pop", "name dir T.flac"];
    assert_eq!(world.recorder.take(), expected, "and nothing of the names that stay");
    assert_eq!(mount.at(NAMES[1]).err(), Some(FsError::NotFound));
    assert_eq!(mount.at("by-genre/Pop/T.flac").unwrap(), mount.at(NAMES[0]).unwrap());

    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Soul")]);
    mount.refresh();
    assert_eq!(mount.at(NAMES[0]).unwrap().links, 2);
    assert_eq!(mount.at(NAMES[2]).unwrap().links, 2);

    world.edit(track, &[("artist", "A")]);
    mount.refresh();
    assert_eq!(mount.attributes(Ino::of_track(track, 0)).err(), Some(FsError::NotFound), "no template shows it");
    assert_eq!(mount.ls("by-genre/Soul"), ["U.flac"]);
    let later = world.mount();
    assert_eq!(later.ls("by-genre"), mount.ls("by-genre"));
}

#[test]
fn a_track_that_is_renumbered_is_told_under_all_its_names() {
    let (mut world, track) = library();
    world.options.renumber_cached = true;
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Jazz"), ("genre", "Soul"), ("mood", "one")]);
    let mount = world.mount();
    let opened = mount.open_at(NAMES[0]).unwrap();
    world.edit(track, &[("artist", "A"), ("title", "T"), ("genre", "Jazz"), ("genre", "Soul"), ("mood", "two")]);
    mount.refresh();
    let told = world.recorder.take();
    assert_eq!(told.iter().filter(|told| *told == "name dir T.flac").count(), 3, "{told:?}");
    for name in NAMES {
        assert_eq!(mount.at(name).unwrap().ino, Ino::of_track(track, 1));
        let (elements, _) = taken_apart(&mount.cat(name).unwrap());
        assert!(elements.contains(&owned(&[("mood", "two")])[0]), "{elements:?}");
    }
    mount.release(opened.handle);
    mount.refresh();
    world.recorder.take();
    mount.refresh();
    for name in NAMES {
        assert_eq!(mount.at(name).unwrap().ino, Ino::of_track(track, 0), "the first number is free again");
    }
}

#[test]
fn a_track_tells_where_it_stands_and_what_it_lacks() {
    let (world, track) = library();
    let untitled = world.add("c.flac", &[("artist", "A"), ("genre", "Soul")], b"third");
    let mount = world.mount();
    assert_eq!(mount.standing(track).unwrap(), Standing::At(NAMES.map(PathBuf::from).into()));
    assert_eq!(mount.standing(untitled).unwrap(), Standing::LeftOut(vec!["title".to_owned()]));
    assert_eq!(mount.standing(TrackId(1_000)).unwrap(), Standing::Unknown);
    assert_eq!(mount.standing(TrackId(1 << 60)).unwrap(), Standing::NoNumber);
    assert_eq!(mount.at_path(Path::new("/by-genre/Soul/T.flac")), Some(Found::Track(track)));
    assert_eq!(mount.at_path(Path::new("by-genre")), Some(Found::Folder(2)), "each track once");
    for nothing in ["by-genre/Pop", "by-genre/Soul/T.flac/x", "by-genre/../by-artist"] {
        assert_eq!(mount.at_path(Path::new(nothing)), None, "{nothing}");
    }
}
