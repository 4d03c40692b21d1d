//! Scanning again: quick where no folder changed, and never at the price of a file that is not found.

mod common;

use common::{World, fixture};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A folder must have been still for three seconds before it is believed.
const STILL: Duration = Duration::from_millis(3_200);

fn flac(title: &str, seed: u16) -> Vec<u8> {
    fixture::flac(&[("ARTIST", "Nina"), ("TITLE", title)], seed)
}

/// A library in two folders that was scanned when its folders had been still for a while.
fn settled() -> World {
    let world = World::new();
    world.put("a/one.flac", flac("One", 1));
    world.put("b/two.flac", flac("Two", 2));
    std::thread::sleep(STILL);
    world.scan();
    assert_eq!(walks(&world), 1);
    world
}

/// Walks that the store remembers.
fn walks(world: &World) -> i64 {
    world.sql().query_row("SELECT count(*) FROM musefs_walks", [], |row| row.get(0)).unwrap()
}

fn tracks(world: &World) -> i64 {
    world.sql().query_row("SELECT count(*) FROM tracks", [], |row| row.get(0)).unwrap()
}

/// How many tracks have this title.
fn titled(world: &World, title: &str) -> i64 {
    let find = "SELECT count(*) FROM tags WHERE key = 'title' AND value = ?1";
    world.sql().query_row(find, [title], |row| row.get(0)).unwrap()
}

#[test]
fn no_file_is_looked_at_where_no_folder_changed() {
    let world = settled();
    // In place, so that no folder changes: whoever looked at the file would find it changed.
    fs::write(world.music.join("a/one.flac"), flac("Changed", 1)).unwrap();
    // An edit of the store is none of the library's.
    world.set_tag("two.flac", "title", "Edited");
    let output = world.run(&["scan", world.music.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &common::stderr(&output);
    assert!(output.status.success() && text.contains('2'), "{text}");
    assert_eq!(titled(&world, "Changed"), 0);
    // Revalidation is for that, and so is another scan once anything made it walk.
    assert!(world.run(&["revalidate", world.music.to_str().unwrap()]).status.success());
    assert_eq!((titled(&world, "Changed"), titled(&world, "Edited")), (1, 1));
}

fn finds_it(change: impl Fn(&Path), expected: i64) {
    let world = settled();
    change(&world.music);
    world.scan();
    assert_eq!(tracks(&world), expected);
}

#[test]
fn new_files_are_found_wherever_they_come() {
    finds_it(|music| fs::write(music.join("a/three.flac"), flac("Three", 3)).unwrap(), 3);
    finds_it(|music| fs::write(music.join("three.flac"), flac("Three", 3)).unwrap(), 3);
    finds_it(
        |music| {
            fs::create_dir_all(music.join("b/deep/er")).unwrap();
            fs::write(music.join("b/deep/er/three.flac"), flac("Three", 3)).unwrap();
        },
        3,
    );
}

#[test]
fn a_track_that_left_the_store_comes_back() {
    let world = settled();
    world.sql().execute("DELETE FROM tracks WHERE id = 1", []).unwrap();
    assert_eq!(tracks(&world), 1);
    world.scan();
    assert_eq!(tracks(&world), 2);
}

#[test]
fn force_reads_every_file_again_whatever_is_remembered() {
    let world = settled();
    // In place, so that no folder changes.
    fs::write(world.music.join("a/one.flac"), flac("Changed", 1)).unwrap();
    assert!(world.run(&["scan", "--force", world.music.to_str().unwrap()]).status.success());
    assert_eq!(titled(&world, "Changed"), 1);
}

#[test]
fn a_walk_of_folders_that_changed_a_moment_ago_is_not_remembered() {
    let world = World::new();
    world.put("a/one.flac", flac("One", 1));
    world.scan();
    assert_eq!(walks(&world), 0);
    fs::write(world.music.join("a/one.flac"), flac("Changed", 1)).unwrap();
    world.scan();
    assert_eq!(titled(&world, "Changed"), 1);
}
