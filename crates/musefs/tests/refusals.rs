//! Exit codes, and the one line that each kind of bad input gets.

mod common;

use common::{World, assert_refused, fixture, is_root, musefs, stderr};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a shell script in a mount namespace of its own, where it may mount what it likes.
fn in_namespace(script: &str, arguments: &[&Path]) -> Output {
    let mut command = Command::new("unshare");
    command.args(if is_root() { ["-m"].as_slice() } else { ["-r", "-m"].as_slice() });
    let output = command.args(["sh", "-e", "-c", script, "sh", env!("CARGO_BIN_EXE_musefs")]).args(arguments).output();
    output.unwrap_or_else(|error| panic!("unshare: {error}; run: cargo xtask setup"))
}

#[test]
fn a_scan_with_nothing_wrong_ends_with_0() {
    let world = World::with_two_tracks();
    let output = world.run(&["scan", world.music.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 audio files: 2 new\n");
    assert_eq!(stderr(&output), "");
    let again = world.run(&["scan", "--quiet", world.music.to_str().unwrap()]);
    assert!(again.status.success() && again.stdout.is_empty() && again.stderr.is_empty());
}

#[test]
fn what_is_not_understood_is_named_and_is_no_failure() {
    let world = World::with_two_tracks();
    let odd = world.put("odd.flac", "no FLAC");
    let output = world.run(&["scan", world.music.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains(&format!("serving as it is {}: ", odd.display())), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 served as it is"));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_rest_gets_in() {
    let world = World::with_two_tracks();
    let locked = world.put("locked.flac", fixture::flac(&[], 3));
    fs::set_permissions(&locked, PermissionsExt::from_mode(0o000)).unwrap();
    fs::set_permissions(&world.root, PermissionsExt::from_mode(0o777)).unwrap();
    let program = world.copy_program();
    let mut command = Command::new(if is_root() { "setpriv" } else { "env" });
    if is_root() {
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    }
    let output = command.arg(&program).arg("scan").arg(&world.music).arg("--db").arg(&world.db).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("skipping {}: ", locked.display())), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("2 new"));
}

#[test]
fn a_library_that_is_not_there_or_not_readable_is_refused_and_makes_no_store() {
    let world = World::new();
    let missing = world.root.join("missing");
    let output = world.run(&["scan", missing.to_str().unwrap()]);
    assert_refused(&output, 1, &[missing.to_str().unwrap(), "No such file", "name a folder"]);
    assert!(!world.db.exists());
}

#[test]
fn an_emptied_library_is_taken_for_an_unmounted_disk() {
    let world = World::with_two_tracks();
    world.scan();
    fs::remove_dir_all(&world.music).unwrap();
    fs::create_dir(&world.music).unwrap();
    for words in [["scan"].as_slice(), &["revalidate", "--prune"]] {
        let words: Vec<&str> = words.iter().copied().chain(world.music.to_str()).collect();
        assert_refused(&world.run(&words), 1, &["empty", "2 files", "mount"]);
    }
    let kept: i64 = world.sql().query_row("SELECT count(*) FROM tracks", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2);
}

#[test]
fn revalidate_and_prune_keep_curated_tags_and_drop_what_is_gone() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Curated");
    world.put("one.flac", fixture::flac(&[("title", "From the file"), ("artist", "Else")], 1));
    fs::remove_file(world.music.join("sub/two.mp3")).unwrap();
    let music = world.music.to_str().unwrap();
    let output = world.run(&["revalidate", music]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 audio files: 1 read again, 1 known but not there\n");
    assert!(world.run(&["revalidate", music, "--prune"]).status.success());
    let rows: Vec<(String, String)> = {
        let store = world.sql();
        let mut query =
            store.prepare("SELECT key, value FROM tags WHERE key IN ('title', 'artist') ORDER BY key").unwrap();
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    let expected = [("artist", "Else"), ("title", "Curated")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(rows, expected);
}

#[test]
fn a_store_that_is_missing_newer_or_none_at_all_is_refused() {
    let world = World::with_two_tracks();
    let (mnt, music) = (world.mnt.to_str().unwrap(), world.music.to_str().unwrap());
    let commands = [["mount", mnt], ["revalidate", music]];
    for words in commands {
        assert_refused(&world.run(&words), 1, &["no store", "musefs scan"]);
    }
    fs::write(&world.db, "this is a text that someone named by mistake, long enough to be read as a header").unwrap();
    for words in commands.into_iter().chain([["scan", music]]) {
        assert_refused(&world.run(&words), 1, &["not a musefs store", "--db"]);
    }
    fs::remove_file(&world.db).unwrap();
    fs::create_dir(&world.db).unwrap();
    for words in commands.into_iter().chain([["scan", music]]) {
        assert_refused(&world.run(&words), 1, &["folder", "--db"]);
    }
    fs::remove_dir(&world.db).unwrap();
    world.scan();
    world.sql().execute_batch("PRAGMA user_version = 99").unwrap();
    for words in commands.into_iter().chain([["scan", music]]) {
        assert_refused(&world.run(&words), 1, &["99", "upgrade"]);
    }
}

#[test]
fn a_store_that_cannot_be_made_is_refused() {
    let world = World::with_two_tracks();
    let db = world.music.join("one.flac/x.db");
    let output = musefs().arg("scan").arg(&world.music).arg("--db").arg(&db).output().unwrap();
    assert_refused(&output, 1, &["one.flac"]);
}

#[test]
fn a_full_disk_ends_a_scan_with_what_to_do() {
    let world = World::new();
    for n in 0..600 {
        world.put(&format!("{n}.flac"), fixture::flac(&[("title", &format!("{n} ").repeat(200))], n));
    }
    let small = world.root.join("small");
    fs::create_dir(&small).unwrap();
    let script = r#"mount -t tmpfs -o size=400k none "$3"; exec "$1" scan "$2" --db "$3/x.db""#;
    let output = in_namespace(script, &[&world.music, &small]);
    assert_refused(&output, 1, &["full", "free some space"]);
}

#[test]
fn a_mountpoint_that_is_missing_or_a_file_is_refused() {
    let world = World::with_two_tracks();
    world.scan();
    let missing = world.root.join("nowhere");
    assert_refused(&world.run(&["mount", missing.to_str().unwrap()]), 1, &["nowhere", "mkdir"]);
    let file = world.music.join("one.flac");
    assert_refused(&world.run(&["mount", file.to_str().unwrap()]), 1, &["one.flac"]);
}

#[test]
fn a_machine_without_fuse_is_told_what_is_missing() {
    let world = World::with_two_tracks();
    world.scan();
    let script = r#"mount -t tmpfs none /dev; exec "$1" mount "$2" --db "$3""#;
    let output = in_namespace(script, &[&world.mnt, &world.db]);
    assert_refused(&output, 1, &["/dev/fuse"]);
}

#[test]
fn a_mountpoint_with_something_in_it_is_refused_since_it_would_be_hidden() {
    let world = World::with_two_tracks();
    world.scan();
    let (music, mnt) = (world.music.to_str().unwrap(), world.mnt.to_str().unwrap());
    assert_refused(&world.run(&["mount", music]), 1, &["is not empty", music, "empty folder"]);
    // The two in the wrong order.
    assert_refused(&world.run(&["up", mnt, music]), 1, &["is not empty", music]);
}

#[test]
fn a_mount_is_not_scanned_as_if_it_were_music() {
    let world = World::with_two_tracks();
    world.scan();
    let inside = world.music.join("view");
    std::fs::create_dir(&inside).unwrap();
    let mut command = musefs();
    command.arg("mount").arg(&inside).arg("--db").arg(&world.db);
    let mount = common::Mount::start(command, &inside);
    let shown = mount.path("Nina");
    for words in [["scan", shown.to_str().unwrap()].as_slice(), &["scan", "--force", inside.to_str().unwrap()]] {
        assert_refused(&world.run(words), 1, &["a view of this store", "name the music's own folder"]);
    }
    // A store made of a view of another one is nobody's mistake.
    let other = world.root.join("other.db");
    let output = musefs().args(["scan", shown.to_str().unwrap(), "--db"]).arg(&other).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("2 audio files: 2 new"), "{output:?}");
    let output = world.run(&["scan", "--force", world.music.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("2 audio files"), "{output:?}");
}

#[test]
fn a_mistake_in_a_template_is_pointed_at() {
    let world = World::with_two_tracks();
    world.scan();
    let output = world.run(&["mount", "--dry-run", "--template", "$artist/[$album"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("$artist/[$album") && stderr(&output).contains('^'), "{}", stderr(&output));
    let output = world.run(&["mount", "--dry-run", "--template", "$titel"]);
    assert!(stderr(&output).contains("no track has a value for $titel"), "{}", stderr(&output));
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_1() {
    // 2 would tell the tools that call us that the scan went well but for some files.
    for words in [["scan"].as_slice(), &["frobnicate"], &["mount", "--attr-ttl-ms", "soon"]] {
        let output = musefs().args(words).output().unwrap();
        assert_refused(&output, 1, &["musefs", " --help tells"]);
    }
    let help = musefs().arg("--help").output().unwrap();
    assert!(help.status.success() && help.stderr.is_empty());
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let world = World::new();
    for n in 0..300 {
        world.put(&format!("{n}.flac"), fixture::flac(&[("title", &format!("{n} {}", "x".repeat(200)))], n));
    }
    world.scan();
    let script = r#""$1" mount --dry-run --db "$2" 2>"$3" | head -n 1"#;
    let errors = world.root.join("errors");
    let output = Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_musefs")])
        .arg(&world.db)
        .arg(&errors)
        .output();
    assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout).lines().count(), 1);
    assert_eq!(fs::read_to_string(errors).unwrap(), "");
}
