//! `musefs why`: each reason for being where one is, or nowhere.

#![allow(missing_docs)]

mod common;

use common::{World, fixture};
use std::fs;
use std::path::Path;

/// Runs it on these paths; the lines it prints and whether all are shown.
fn why(world: &World, words: &[&str]) -> (String, bool) {
    let output = world.run(&[&["why"], words].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let code = output.status.code().unwrap();
    assert!(code < 2 && output.stderr.is_empty(), "{code}: {}", String::from_utf8_lossy(&output.stderr));
    (text, code == 0)
}

#[track_caller]
fn check(world: &World, words: &[&str], is_shown: bool, parts: &[&str]) {
    let (text, shown) = why(world, words);
    assert_eq!(shown, is_shown, "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const TEMPLATE: [&str; 2] = ["--template", "$artist/$title"];

#[test]
fn an_original_tells_its_places_and_a_place_its_original() {
    let world = World::with_two_tracks();
    world.scan();
    let file = world.music.join("one.flac");
    check(&world, &[text(&file), TEMPLATE[0], TEMPLATE[1]], true, &["track ", "shown as Nina/One.flac"]);
    for path in ["Nina/One.flac", "/Nina/One.flac"] {
        check(&world, &[path, TEMPLATE[0], TEMPLATE[1]], true, &[text(&file), "shown as Nina/One.flac"]);
    }
    check(&world, &["Nina", TEMPLATE[0], TEMPLATE[1]], true, &["a folder of the view, with 2 tracks"]);
    check(&world, &[text(&world.music), TEMPLATE[0], TEMPLATE[1]], true, &["2 tracks", "2 of them shown"]);
    let nowhere = ["Nina/Three.flac", TEMPLATE[0], TEMPLATE[1]];
    check(&world, &nowhere, false, &["not shown", "the view goes as far as Nina"]);

    let mount = world.mount(&TEMPLATE);
    let words = [text(&mount.path("Nina/Two.mp3")).to_owned(), text(&mount.path("Nina")).to_owned()];
    let words = [words[0].as_str(), words[1].as_str(), TEMPLATE[0], TEMPLATE[1]];
    check(&world, &words, true, &["sub/two.mp3", "shown as Nina/Two.mp3", "a folder of the view"]);
    let absent = mount.path("Nina/Other.mp3");
    check(&world, &[text(&absent), TEMPLATE[0], TEMPLATE[1]], false, &["the view goes as far as Nina"]);
}

#[test]
fn every_reason_for_being_nowhere_is_told() {
    let world = World::with_two_tracks();
    world.scan();
    let late = world.put("late.flac", fixture::flac(&[("TITLE", "Late")], 5));
    check(&world, &[text(&late)], false, &["never scanned", "run: musefs scan"]);
    assert!(!why(&world, &[text(&late)]).0.contains("none of the scanned folders"));
    let outside = world.root.join("outside.flac");
    fs::write(&outside, fixture::flac(&[("TITLE", "Out")], 6)).unwrap();
    check(&world, &[text(&outside)], false, &["in none of the scanned folders"]);
    let notes = world.put("notes.txt", "no music");
    check(&world, &[text(&notes)], false, &["no audio file"]);
    let absent = world.music.join("absent.flac");
    check(&world, &[text(&absent)], false, &["neither a file nor a path of the view"]);

    world.scan();
    let skipping = [text(&late), "--template", "$artist/$title", "--skip-on-missing"];
    check(&world, &skipping, false, &["no value for $artist,", "left out"]);
    check(&world, &[text(&late), "--template", "$artist/$title"], true, &["Unknown/Late.flac"]);
}

#[test]
fn what_is_wrong_with_an_original_is_told_beside_its_place() {
    let world = World::with_two_tracks();
    let broken = world.put("broken.flac", b"fLaC and then nothing of the kind");
    world.scan();
    check(&world, &[text(&broken)], true, &["served as it is"]);
    let (one, two) = (world.music.join("one.flac"), world.music.join("sub/two.mp3"));
    fs::remove_file(&one).unwrap();
    fs::write(&two, fixture::mp3(&[("TIT2", "Another")], 9)).unwrap();
    check(&world, &[text(&one)], true, &["shown as", "the original is gone"]);
    check(&world, &[text(&two)], true, &["shown as", "changed since it was scanned; run: musefs revalidate"]);
}
