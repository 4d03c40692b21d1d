//! Lidarr's scripts, as they are published, against a double of Lidarr and a store that is being served.

#![allow(unreachable_pub, missing_docs)]

mod common;
#[path = "lidarr/double.rs"]
mod double;

use common::{World, eventually, mutagen, python};
use double::{ALBUM_MBID, KEY, Library, Lidarr};
use musefs_testkit::model::audio::parts;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One of the scripts with what Lidarr tells it of an event; Lidarr's own names arrive in lower case.
fn script(name: &str, world: &World, lidarr: &Lidarr, words: &[&str], event: &[(&str, &str)]) -> Output {
    let program = Path::new(&python()).with_file_name(name);
    let mut command = Command::new(&program);
    command.args(words).envs(event.iter().copied());
    command.env("MUSEFS_LIDARR_URL", &lidarr.url).env("MUSEFS_LIDARR_API_KEY", KEY);
    command.env("MUSEFS_DB", &world.db).env("MUSEFS_BIN", env!("CARGO_BIN_EXE_musefs"));
    command.output().unwrap_or_else(|error| panic!("{}: {error}; run: cargo xtask setup", program.display()))
}

fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Has the import script put `source` into Lidarr's library; where.
fn import(world: &World, lidarr: &Lidarr, source: &str, name: &str) -> PathBuf {
    let (from, to) = (world.music.join(source), world.root.join("lidarr/Nina").join(name));
    let event = [("lidarr_sourcepath", from.to_str().unwrap()), ("lidarr_destinationpath", to.to_str().unwrap())];
    succeeds(&script("musefs-lidarr-import", world, lidarr, &[], &event));
    to
}

fn png(byte: u8) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &[byte; 3000]].concat()
}

/// A world whose two files were imported and synced, and the double that knows them.
fn synced() -> (World, Lidarr) {
    let world = World::with_two_tracks();
    let lidarr = Lidarr::start(Library {
        artist: "Nina",
        album: "Pastel Blues",
        genres: vec!["Jazz", "Soul"],
        cover: png(1),
        files: Vec::new(),
        write_audio_tags: "no",
    });
    let one = import(&world, &lidarr, "one.flac", "01.flac");
    let two = import(&world, &lidarr, "sub/two.mp3", "02.mp3");
    let added = format!("{}|{}", one.display(), two.display());
    lidarr.library.lock().unwrap().files = vec![(one, "Sinnerman"), (two, "Strange Fruit – Größe")];
    let event = [
        ("lidarr_eventtype", "AlbumDownload"),
        ("lidarr_addedtrackpaths", added.as_str()),
        ("lidarr_artist_id", "1"),
        ("lidarr_album_id", "20"),
    ];
    let said = succeeds(&script("musefs-lidarr-sync", &world, &lidarr, &[], &event));
    let tracks: i64 = world.sql().query_row("SELECT count(*) FROM tracks", [], |row| row.get(0)).unwrap();
    assert_eq!(tracks, 2, "{said}");
    (world, lidarr)
}

const TEMPLATE: [&str; 2] = ["--template", "$albumartist/$album/$tracknumber $title"];

#[test]
fn what_lidarr_knows_of_an_album_is_served_and_followed() {
    let (world, lidarr) = synced();
    let originals = ["one.flac", "sub/two.mp3"].map(|name| fs::read(world.music.join(name)).unwrap());
    let mount = world.mount(&TEMPLATE);
    let names = ["Nina/Pastel Blues/1 Sinnerman.flac", "Nina/Pastel Blues/2 Strange Fruit – Größe.mp3"];
    assert_eq!(mount.files(), names);
    let is_served = |album: &str, genres: &[&str], cover: &[u8]| {
        for (name, original) in mount.files().iter().zip(&originals) {
            let seen = mutagen(&mount.path(name));
            assert_eq!(seen["tags"]["album"], json!([album]), "{name}");
            assert_eq!(seen["tags"]["genre"], json!(genres), "{name}");
            let served = parts(&fs::read(mount.path(name)).unwrap()).unwrap();
            assert_eq!(served.pictures, [cover], "{name}");
            assert!(served.audio == parts(original).unwrap().audio, "the audio of {name} is another");
        }
    };
    is_served("Pastel Blues", &["Jazz", "Soul"], &png(1));

    {
        let mut library = lidarr.library.lock().unwrap();
        (library.album, library.genres, library.cover) = ("Wild Is the Wind", vec!["Blues"], png(2));
    }
    succeeds(&script("musefs-lidarr-sync", &world, &lidarr, &["--all"], &[]));
    mount.becomes(&names.map(|name| name.replace("Pastel Blues", "Wild Is the Wind")).each_ref().map(String::as_str));
    is_served("Wild Is the Wind", &["Blues"], &png(2));
    eventually("the end of the album's former name", || !mount.path("Nina/Pastel Blues").exists());
    for (name, original) in ["one.flac", "sub/two.mp3"].iter().zip(&originals) {
        assert!(fs::read(world.music.join(name)).unwrap() == *original, "{name} was written to");
    }
    let requests = lidarr.requests.lock().unwrap().clone();
    assert!(requests.iter().all(|request| request.starts_with("200 ")), "{requests:#?}");
}

#[test]
fn an_album_deleted_in_lidarr_leaves_the_mount_and_not_the_disk() {
    let (world, lidarr) = synced();
    world.put("other.flac", common::fixture::flac(&[("title", "Other")], 9));
    world.scan();
    let mount = world.mount(&["--template", "$title"]);
    assert_eq!(mount.files().len(), 3);
    let event = [("lidarr_eventtype", "AlbumDeleted"), ("lidarr_album_mbid", ALBUM_MBID)];
    let said = succeeds(&script("musefs-lidarr-sync", &world, &lidarr, &[], &event));
    assert!(said.contains("pruned 2 rows"), "{said}");
    mount.becomes(&["Other.flac"]);
    assert!(world.music.join("one.flac").exists() && world.music.join("sub/two.mp3").exists());
}

#[test]
fn a_lidarr_that_would_write_into_the_files_is_found_out() {
    let (world, lidarr) = synced();
    succeeds(&script("musefs-lidarr-sync", &world, &lidarr, &["--doctor"], &[]));
    lidarr.library.lock().unwrap().write_audio_tags = "allFiles";
    let output = script("musefs-lidarr-sync", &world, &lidarr, &["--all"], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
