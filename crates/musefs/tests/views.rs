//! Several views: a track with several names is one file.

#![allow(missing_docs)]

mod common;

use common::{Mount, World, eventually, fixture};
use std::fs;
use std::os::unix::fs::MetadataExt;

const BY_ARTIST: &str = "by-artist=$albumartist/$album/$title";
const BY_GENRE: &str = "by-genre=%each{genre}/$title";
const VIEWS: [&str; 4] = ["--view", BY_ARTIST, "--view", BY_GENRE];

/// One edited track of two genres, so that the daemon serves it, and one of one genre.
fn world() -> World {
    let world = World::new();
    let two = [("ARTIST", "Nina"), ("ALBUM", "Blue"), ("TITLE", "One"), ("GENRE", "Jazz"), ("GENRE", "Soul")];
    world.put("one.flac", fixture::flac(&two, 1));
    world.put("two.mp3", fixture::mp3(&[("TPE1", "Nina"), ("TALB", "Blue"), ("TIT2", "Two"), ("TCON", "Soul")], 2));
    world.scan();
    world.set_tag("one.flac", "comment", "edited");
    world
}

/// Changes the genres of a track.
fn set_genres(world: &World, file: &str, genres: &[&str]) {
    let mut store = world.sql();
    let transaction = store.transaction().unwrap();
    let track: i64 = transaction
        .query_row("SELECT id FROM tracks WHERE backing_path LIKE '%/' || ?1", [file], |row| row.get(0))
        .unwrap();
    transaction.execute("DELETE FROM tags WHERE track_id = ?1 AND key = 'genre'", [track]).unwrap();
    for (ordinal, genre) in genres.iter().enumerate() {
        let row = (track, genre, ordinal as i64);
        transaction
            .execute("INSERT INTO tags (track_id, key, value, ordinal) VALUES (?1, 'genre', ?2, ?3)", row)
            .unwrap();
    }
    transaction.commit().unwrap();
}

const ONE: [&str; 3] = ["by-artist/Nina/Blue/One.flac", "by-genre/Jazz/One.flac", "by-genre/Soul/One.flac"];

/// Number and links of each of these names.
fn inodes(mount: &Mount, names: &[&str]) -> Vec<(u64, u64)> {
    let inode = |name: &&str| fs::metadata(mount.path(name)).map(|found| (found.ino(), found.nlink()));
    names.iter().map(|name| inode(name).unwrap_or_default()).collect()
}

#[test]
fn a_track_is_one_inode_whose_pages_are_cached_once() {
    let world = world();
    let mount = world.mount(&[&VIEWS[..], &["--expose-metrics", "--reflink=false"]].concat());
    let found = inodes(&mount, &ONE);
    assert_eq!(found[0].1, 3);
    assert!(found.iter().all(|inode| *inode == found[0]), "{found:?}");
    assert_eq!(inodes(&mount, &["by-artist/Nina/Blue/Two.mp3"])[0].1, 2);

    let reads = || mount.metric("musefs_requests_read_total").unwrap() as u64;
    let before = reads();
    let bytes = fs::read(mount.path(ONE[0])).unwrap();
    let first = reads();
    // Reading the metrics takes requests itself.
    let baseline = reads() - first;
    assert!(first - before > baseline);
    for other in &ONE[1..] {
        let before = reads();
        assert!(fs::read(mount.path(other)).unwrap() == bytes);
        assert_eq!(reads() - before, baseline, "{other}: its pages are there already");
    }
}

#[test]
fn names_and_links_follow_the_store_in_every_view() {
    let world = world();
    let mount = world.mount(&VIEWS);
    let before = inodes(&mount, &ONE);
    // Its absence is cached, as are the attributes of the others.
    assert!(!mount.path("by-genre/Pop").exists());
    set_genres(&world, "one.flac", &["Pop", "Soul", "Rock"]);
    let now = [ONE[0], "by-genre/Pop/One.flac", "by-genre/Rock/One.flac", ONE[2]];
    eventually("the new genres", || inodes(&mount, &now).iter().all(|inode| *inode == (before[0].0, 4)));
    let files = [
        "by-artist/Nina/Blue/One.flac",
        "by-artist/Nina/Blue/Two.mp3",
        "by-genre/Pop/One.flac",
        "by-genre/Rock/One.flac",
    ];
    mount.becomes(&[&files[..], &["by-genre/Soul/One.flac", "by-genre/Soul/Two.mp3"]].concat());
    set_genres(&world, "one.flac", &[]);
    eventually("no genre", || inodes(&mount, &[ONE[0], "by-genre/Unknown/One.flac"]) == [(before[0].0, 2); 2]);
    world.sql().execute("DELETE FROM tracks WHERE backing_path LIKE '%one.flac'", []).unwrap();
    mount.becomes(&["by-artist/Nina/Blue/Two.mp3", "by-genre/Soul/Two.mp3"]);
}

#[test]
fn a_number_is_the_same_in_every_mount_and_with_any_views() {
    let world = world();
    let all = |words: &[&str]| {
        let mount = world.mount(words);
        let names = [&ONE[..], &["by-artist", "by-genre", "by-genre/Soul"]].concat();
        let found = inodes(&mount, &names);
        assert!(mount.stop().0.success());
        found
    };
    let first = all(&VIEWS);
    assert_eq!(all(&VIEWS), first);
    let one = all(&["--view", BY_GENRE]);
    assert_eq!(one[1], (first[1].0, 2));
    assert_eq!(one[4..], first[4..]);
}

#[test]
fn genres_that_differ_in_case_are_one_folder_without_case() {
    let world = world();
    set_genres(&world, "one.flac", &["soul", "Soul", "JAZZ"]);
    let mount = world.mount(&[&VIEWS[..], &["--case-insensitive"]].concat());
    let files = mount.files();
    assert_eq!(files.len(), 5, "{files:?}");
    let names = ["by-genre/SOUL/one.FLAC", "BY-GENRE/jazz/One.flac", ONE[0]];
    let found = inodes(&mount, &names);
    assert!(found.iter().all(|inode| *inode == (found[0].0, 3)), "{found:?}");
}
