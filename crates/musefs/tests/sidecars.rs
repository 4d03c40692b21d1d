//! Files that stand beside the music, on real mounts.

#![allow(missing_docs)]

mod common;

use common::{Mount, World, eventually, fixture, musefs};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const TEMPLATE: [&str; 2] = ["--template", "$artist/$title"];

/// An album with everything beside it that people have there.
fn album() -> World {
    let world = World::new();
    put_track(&world, "al/01 - one.flac", "One", 1);
    put_track(&world, "al/02 - two.flac", "Two", 2);
    for (name, text) in [
        ("al/01 - one.lrc", "[00:01.00] la"),
        ("al/02 - two.de.LRC", "[00:01.00] tra"),
        ("al/al.cue", "FILE"),
        ("al/rip.log", "no errors"),
        ("al/Booklet.pdf", "%PDF"),
        ("al/cover.jpg", "a picture"),
        ("al/Scans/01.png", "a scan"),
        ("al/notes.txt", "of nobody's interest"),
    ] {
        world.put(name, text);
    }
    world
}

fn put_track(world: &World, name: &str, title: &str, seed: u16) {
    world.put(name, fixture::flac(&[("artist", "Nina"), ("title", title)], seed));
}

const SHOWN: [&str; 9] = [
    "Nina/Booklet.pdf",
    "Nina/One.flac",
    "Nina/One.lrc",
    "Nina/Scans/01.png",
    "Nina/Two.de.LRC",
    "Nina/Two.flac",
    "Nina/al.cue",
    "Nina/cover.jpg",
    "Nina/rip.log",
];

fn up(world: &World, words: &[&str]) -> Mount {
    let mut command = musefs();
    command.arg("up").arg(&world.music).arg(&world.mnt).arg("--db").arg(&world.db).args(TEMPLATE).args(words);
    Mount::start(command, &world.mnt)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_mount_shows_them_where_that_is_asked_for() {
    let world = album();
    world.scan();
    let mount = world.mount(&TEMPLATE);
    assert_eq!(mount.files(), ["Nina/One.flac", "Nina/Two.flac"]);
    mount.stop();
    let mount = world.mount(&[TEMPLATE[0], TEMPLATE[1], "--sidecars"]);
    assert_eq!(mount.files(), SHOWN);
    for (shown, original) in [("One.lrc", "01 - one.lrc"), ("cover.jpg", "cover.jpg"), ("Scans/01.png", "Scans/01.png")]
    {
        let (shown, original) = (mount.path("Nina").join(shown), world.music.join("al").join(original));
        assert_eq!(fs::read(&shown).unwrap(), fs::read(&original).unwrap());
        let (shown, original) = (fs::metadata(shown).unwrap(), fs::metadata(original).unwrap());
        assert_eq!(
            (shown.len(), shown.mtime(), shown.mtime_nsec()),
            (original.len(), original.mtime(), original.mtime_nsec())
        );
        assert_eq!(shown.mode() & 0o777, 0o444);
    }
    assert!(fs::write(mount.path("Nina/cover.jpg"), "x").is_err());
    mount.stop();
    let patterns =
        ["--sidecars", "--sidecar-include", "*.txt", "--sidecar-exclude", "scans/*", "--sidecar-exclude", "*.log"];
    let mount = world.mount(&[&TEMPLATE[..], &patterns].concat());
    let files = mount.files();
    assert!(files.contains(&"Nina/notes.txt".to_owned()), "{files:?}");
    assert!(!files.iter().any(|file| file.contains("Scans") || file.ends_with("log")), "{files:?}");
}

#[test]
fn an_edit_moves_the_lyrics_with_their_track_and_the_cover_where_its_tracks_go() {
    let world = album();
    world.scan();
    let mount = world.mount(&[TEMPLATE[0], TEMPLATE[1], "--sidecars"]);
    let ino = fs::metadata(mount.path("Nina/One.lrc")).unwrap().ino();
    let mtime = |name: &str| fs::metadata(mount.path(name)).unwrap().modified().unwrap();
    let before = mtime("Nina");
    world.set_tag("01 - one.flac", "title", "Uno");
    eventually("the lyrics under the new name", || mount.path("Nina/Uno.lrc").exists());
    assert_eq!(fs::metadata(mount.path("Nina/Uno.lrc")).unwrap().ino(), ino);
    assert!(mount.path("Nina/Uno.flac").exists());
    // The kernel is told a moment after the view changed.
    eventually("the end of the old name", || !mount.path("Nina/One.lrc").exists());
    eventually("a later time of the folder", || mtime("Nina") > before);
    world.set_tag("01 - one.flac", "artist", "Ray");
    eventually("the cover in both folders", || mount.path("Ray/cover.jpg").exists());
    let covers = || ["Nina/cover.jpg", "Ray/cover.jpg"].map(|name| fs::metadata(mount.path(name)).unwrap());
    assert_eq!(covers()[0].ino(), covers()[1].ino());
    eventually("a cover of two names", || covers().iter().all(|cover| cover.nlink() == 2));
    assert_eq!(fs::read_to_string(mount.path("Ray/Scans/01.png")).unwrap(), "a scan");
    eventually("the lyrics elsewhere", || !mount.path("Nina/Uno.lrc").exists() && mount.path("Ray/Uno.lrc").exists());
    world.set_tag("02 - two.flac", "artist", "Ray");
    eventually("nothing where no track is", || fs::read_dir(&mount.mnt).unwrap().count() == 1);
}

#[test]
fn lyrics_follow_a_name_that_another_track_gave_up() {
    let world = World::new();
    put_track(&world, "x/1.flac", "Same", 1);
    world.scan();
    put_track(&world, "y/2.flac", "Same", 2);
    world.put("y/2.lrc", "second");
    world.scan();
    let mount = world.mount(&[TEMPLATE[0], TEMPLATE[1], "--sidecars"]);
    assert_eq!(mount.files(), ["Nina/Same (2).flac", "Nina/Same (2).lrc", "Nina/Same.flac"]);
    world.set_tag("1.flac", "title", "Other");
    eventually("the lyrics under the free name", || {
        mount.try_files().is_ok_and(|files| files == ["Nina/Other.flac", "Nina/Same.flac", "Nina/Same.lrc"])
    });
}

#[test]
fn up_shows_them_and_follows_what_becomes_of_them() {
    let world = album();
    let mount = up(&world, &[]);
    eventually("the first scan", || mount.try_files().is_ok_and(|files| files == SHOWN));
    // Until the watch is up, which nothing but its work tells, what is done to the folders may be missed.
    let mut n = 0u32;
    eventually("the watch", || {
        n += 1;
        if n % 100 == 1 {
            world.put("al/back.jpg", format!("the back {n}"));
        }
        mount.path("Nina/back.jpg").exists()
    });
    world.put("al/cover.jpg", "another picture");
    eventually("a changed file", || {
        fs::read(mount.path("Nina/cover.jpg")).is_ok_and(|bytes| bytes == b"another picture")
    });
    fs::rename(world.music.join("al/rip.log"), world.music.join("al/eac.log")).unwrap();
    eventually("a renamed file", || mount.path("Nina/eac.log").exists() && !mount.path("Nina/rip.log").exists());
    fs::remove_file(world.music.join("al/al.cue")).unwrap();
    eventually("a removed file", || !mount.path("Nina/al.cue").exists());
    fs::rename(world.music.join("al/01 - one.lrc"), world.music.join("al/02 - two.lrc")).unwrap();
    eventually("lyrics of another track", || {
        mount.path("Nina/Two.lrc").exists() && !mount.path("Nina/One.lrc").exists()
    });
    put_track(&world, "new/CD1/1.flac", "New", 3);
    world.put("new/cover.png", "of both discs");
    world.put("new/CD1/1.lrc", "new");
    eventually("a new album", || mount.path("Nina/cover.png").exists() && mount.path("Nina/New.lrc").exists());
    fs::rename(world.music.join("al"), world.music.join("moved")).unwrap();
    eventually("a moved folder", || {
        fs::read(mount.path("Nina/cover.jpg")).is_ok_and(|bytes| bytes == b"another picture")
            && fs::read(mount.path("Nina/Two.flac")).is_ok()
    });
    eventually("no second cover", || !mount.path("Nina/cover (2).jpg").exists());
}

#[test]
fn up_shows_none_where_that_is_asked_for() {
    let world = album();
    let mount = up(&world, &["--sidecars=false"]);
    eventually("the first scan", || mount.path("Nina/One.flac").exists() && mount.path("Nina/Two.flac").exists());
    eventually("their record", || {
        let count = world.sql().query_row("SELECT count(*) FROM musefs_sidecars", [], |row| row.get::<_, i64>(0));
        count.is_ok_and(|count| count > 0)
    });
    world.set_tag("01 - one.flac", "title", "Uno");
    eventually("an edit after that", || {
        mount.try_files().is_ok_and(|files| files == ["Nina/Two.flac", "Nina/Uno.flac"])
    });
}

#[test]
fn a_watching_mount_records_what_it_is_to_show() {
    let world = album();
    world.put("al/one.ass", "subtitles");
    world.scan();
    let words = ["--sidecars", "--watch", "--sidecar-include", "*.ass"];
    let mount = world.mount(&[&TEMPLATE[..], &words].concat());
    assert!(!mount.path("Nina/one.ass").exists(), "no scan was told of it");
    let mut n = 0u32;
    eventually("a file that was not recorded before", || {
        n += 1;
        if n % 100 == 1 {
            world.put("al/two.ass", format!("more {n}"));
        }
        mount.path("Nina/two.ass").exists()
    });
}

#[test]
fn views_and_modes_have_them_all_the_same() {
    let world = album();
    world.scan();
    let words = ["--sidecars", "--view", "all=$title", "--template", "by/$artist/$title", "--mode", "structure-only"];
    let mount = world.mount(&words);
    let cover = fs::metadata(mount.path("all/cover.jpg")).unwrap();
    assert_eq!((cover.ino(), cover.nlink()), (fs::metadata(mount.path("by/Nina/cover.jpg")).unwrap().ino(), 2));
    assert_eq!(fs::read_to_string(mount.path("all/One.lrc")).unwrap(), "[00:01.00] la");
    assert!(mount.path("all/Scans/01.png").exists());
}

#[test]
fn discs_share_what_is_in_the_folder_above() {
    let world = World::new();
    put_track(&world, "al/CD1/1.flac", "One", 1);
    world.put("al/CD2/1.flac", fixture::flac(&[("artist", "Ray"), ("title", "Two")], 2));
    world.put("al/cover.jpg", "of the album");
    world.put("al/CD2/cover.jpg", "of a disc");
    world.put("al/Artwork/back.jpg", "the back");
    world.put("Nina.nfo", "of nothing");
    world.scan();
    let mount = world.mount(&[TEMPLATE[0], TEMPLATE[1], "--sidecars"]);
    let expected = [
        "Nina/Artwork/back.jpg",
        "Nina/One.flac",
        "Nina/cover.jpg",
        "Ray/Artwork/back.jpg",
        "Ray/Two.flac",
        "Ray/cover (2).jpg",
        "Ray/cover.jpg",
    ];
    assert_eq!(mount.files(), expected);
}

#[test]
fn why_tells_where_they_are() {
    let world = album();
    world.scan();
    let check = |words: &[&str], is_shown: bool, parts: &[&str]| {
        let output = world.run(&[&["why"], words, &TEMPLATE].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.success(), is_shown, "{text}{}", String::from_utf8_lossy(&output.stderr));
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    };
    let lyrics = world.music.join("al/01 - one.lrc");
    check(&[text(&lyrics)], true, &["beside the music", "shown as Nina/One.lrc"]);
    check(&[text(&lyrics)], true, &["a mount shows it with --sidecars"]);
    check(&["Nina/One.lrc"], true, &[text(&lyrics), "shown as Nina/One.lrc"]);
    check(&[text(&lyrics), "--sidecars=false"], false, &["not shown", "--sidecars"]);
    check(&[text(&lyrics), "--sidecar-exclude", "*.lrc"], false, &["not shown", "--sidecar-include"]);
    check(&[text(&world.music.join("al/notes.txt"))], false, &["not shown", "--sidecar-include"]);
    let alone = world.put("elsewhere/cover.jpg", "of nothing");
    check(&[text(&alone)], false, &["no scan recorded it"]);
    world.scan();
    check(&[text(&alone)], false, &["not shown", "no track"]);
    let mount = world.mount(&[TEMPLATE[0], TEMPLATE[1], "--sidecars"]);
    check(&[text(&mount.path("Nina/cover.jpg"))], true, &["al/cover.jpg", "shown as Nina/cover.jpg"]);
}

#[test]
fn an_export_takes_them_along_where_that_is_asked_for() {
    let world = album();
    world.scan();
    let out = world.root.join("out");
    let export = |words: &[&str]| {
        let output = world.run(&[&["export", text(&out)], &TEMPLATE[..], words].concat());
        assert!(output.status.success(), "{}", common::stderr(&output));
    };
    export(&[]);
    assert!(out.join("Nina/One.flac").exists() && !out.join("Nina/cover.jpg").exists());
    world.set_tag("02 - two.flac", "artist", "Ray");
    world.put("other/1.flac", fixture::flac(&[("artist", "Joe"), ("title", "Other")], 9));
    world.put("other/cover.jpg", "another picture");
    world.scan();
    let output = world.run(&[&["export", "artist:Nina", text(&out), "--sidecars"], &TEMPLATE[..]].concat());
    assert!(output.status.success(), "{}", common::stderr(&output));
    assert!(!out.join("Joe").exists());
    assert_eq!(fs::read_to_string(out.join("Nina/cover.jpg")).unwrap(), "a picture");
    assert_eq!(fs::read_to_string(out.join("Nina/Scans/01.png")).unwrap(), "a scan");
}
