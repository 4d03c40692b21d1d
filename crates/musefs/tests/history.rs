//! History, undo, revert and pruning, as a user runs them.

mod common;

use common::{World, assert_refused, fixture, stderr};
use std::fs;
use std::process::Output;

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Every tag, link and path of the store.
fn state(world: &World) -> Vec<String> {
    let store = world.sql();
    let mut statement = store
        .prepare(
            "SELECT track_id || ' ' || key || ' ' || ordinal || ' ' || value FROM tags
             UNION SELECT track_id || ' art ' || ordinal || ' ' || hex(data) FROM track_art JOIN art ON art.id = art_id
             UNION SELECT id || ' at ' || backing_path FROM tracks ORDER BY 1",
        )
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn link_art(world: &World, track: i64) {
    let store = world.sql();
    store
        .execute(
            "INSERT INTO art (sha256, mime, byte_len, data) VALUES (?1, 'image/png', 4, X'01020304')",
            ["a".repeat(64)],
        )
        .unwrap();
    let art = store.last_insert_rowid();
    store.execute("INSERT INTO track_art (track_id, art_id, ordinal) VALUES (?1, ?2, 0)", [track, art]).unwrap();
}

#[test]
fn an_edit_is_listed_and_taken_back() {
    let world = World::with_two_tracks();
    world.scan();
    assert!(stdout(&world.run(&["history"])).contains("nothing was changed"), "a first scan is no edit");
    assert!(stdout(&world.run(&["undo"])).contains("nothing to take back"));
    let before = state(&world);
    world.set_tag("one.flac", "title", "Renamed");
    let listed = stdout(&world.run(&["history"]));
    for part in ["external", "one.flac", "title: \"One\" → \"Renamed\""] {
        assert!(listed.contains(part), "{listed}");
    }
    let undone = stdout(&world.run(&["undo"]));
    assert!(undone.contains("title: \"Renamed\" → \"One\""), "{undone}");
    assert_eq!(state(&world), before);
    let listed = stdout(&world.run(&["history", "--limit", "1", "--json"]));
    let edit: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    assert_eq!((&edit["program"], &edit["changes"][0]["after"]), (&"musefs undo".into(), &"One".into()));
    assert!(stdout(&world.run(&["undo"])).contains("nothing to take back"), "an undo is taken back only by name");
    stdout(&world.run(&["undo", "--edit", &edit["edit"].to_string()]));
    assert_ne!(state(&world), before);
}

#[test]
fn history_is_told_of_a_track_by_number_file_and_folder() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Eins");
    world.set_tag("two.mp3", "title", "Zwei");
    let told = |name: &str| {
        let listed = stdout(&world.run(&["history", name]));
        (listed.contains("Eins"), listed.contains("Zwei"))
    };
    let two: i64 = world
        .sql()
        .query_row("SELECT id FROM tracks WHERE backing_path LIKE '%two.mp3'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(told(world.music.join("one.flac").to_str().unwrap()), (true, false));
    assert_eq!(told(world.music.join("sub").to_str().unwrap()), (false, true));
    assert_eq!(told(&two.to_string()), (false, true));
    assert_eq!(told(world.music.to_str().unwrap()), (true, true));
    assert_refused(&world.run(&["history", "/no/such"]), 1, &["knows no such track", "number"]);
}

#[test]
fn an_undo_of_what_changed_since_is_refused_until_the_user_says_so() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "First");
    let listed = stdout(&world.run(&["history", "--json"]));
    let edit: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let id = edit["edit"].to_string();
    std::thread::sleep(std::time::Duration::from_millis(5));
    world.set_tag("one.flac", "title", "Second");
    let after = state(&world);
    let refused = world.run(&["undo", "--edit", &id]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("changed again since"), "{}", stderr(&refused));
    assert_eq!(state(&world), after);
    stdout(&world.run(&["undo", "--edit", &id, "--yes"]));
    assert!(state(&world).iter().any(|row| row.contains("title 0 One")), "{:?}", state(&world));
    assert_refused(&world.run(&["undo", "--edit", "12345"]), 1, &["no edit 12345"]);
}

#[test]
fn tracks_are_named_by_what_a_mount_shows() {
    let world = World::with_two_tracks();
    world.scan();
    let fresh = state(&world);
    let mount = world.mount(&["--template", "$album/$title"]);
    world.set_tag("one.flac", "mood", "calm");
    let shown = mount.path("Blue/One.flac");
    let listed = stdout(&world.run(&["history", shown.to_str().unwrap()]));
    assert!(listed.contains("mood") && listed.contains("one.flac"), "{listed}");
    let other = mount.path("Blue/Two.mp3");
    assert!(stdout(&world.run(&["history", other.to_str().unwrap()])).contains("nothing was changed"));
    stdout(&world.run(&["revert", mount.path("Blue").to_str().unwrap()]));
    assert_eq!(state(&world), fresh);
}

#[test]
fn revert_goes_back_to_the_file_and_can_be_undone() {
    let world = World::with_two_tracks();
    world.scan();
    let fresh = state(&world);
    world.set_tag("one.flac", "title", "Curated");
    world.set_tag("one.flac", "mood", "calm");
    let track: i64 = world
        .sql()
        .query_row("SELECT id FROM tracks WHERE backing_path LIKE '%one.flac'", [], |row| row.get(0))
        .unwrap();
    link_art(&world, track);
    let curated = state(&world);
    let said = stdout(&world.run(&["revert", world.music.join("one.flac").to_str().unwrap()]));
    assert!(said.contains('1'), "{said}");
    assert_eq!(state(&world), fresh);
    assert!(stdout(&world.run(&["history"])).contains("musefs revert"));
    stdout(&world.run(&["undo"]));
    assert_eq!(state(&world), curated);
    // Where there was nothing to change, undo would take back something else, so nobody is sent there.
    stdout(&world.run(&["revert", "1"]));
    let said = stdout(&world.run(&["revert", "1"]));
    assert!(said.contains("nothing to change: 1 track says") && !said.contains("undo"), "{said}");
    assert_refused(&world.run(&["revert", "999"]), 1, &["no such track"]);
}

#[test]
fn what_prune_removed_comes_back_with_tags_and_art() {
    let world = World::with_two_tracks();
    world.scan();
    let music = world.music.to_str().unwrap();
    world.set_tag("one.flac", "title", "Curated");
    link_art(&world, 1);
    link_or_fail(&world);
    let curated = state(&world);
    for name in ["one.flac", "sub/two.mp3"] {
        let bytes = fs::read(world.music.join(name)).unwrap();
        fs::remove_file(world.music.join(name)).unwrap();
        world.put("other.flac", fixture::flac_of(&[("TITLE", "Other")], None, 9, 8));
        stdout(&world.run(&["revalidate", music, "--prune"]));
        assert!(!state(&world).iter().any(|row| row.ends_with(name)), "{name} is gone");
        let undone = stdout(&world.run(&["undo"]));
        assert!(undone.contains(name) && undone.contains("musefs revalidate --prune"), "{undone}");
        assert_eq!(state(&world), curated, "{name}");
        world.put(name, bytes);
    }
    // The file is back, so nothing is gone, and the mount of it is that of the curated track.
    stdout(&world.run(&["revalidate", music, "--prune"]));
    assert_eq!(state(&world), curated);
}

/// The art is linked to a track that the test prunes.
fn link_or_fail(world: &World) {
    let links: i64 = world.sql().query_row("SELECT count(*) FROM track_art", [], |row| row.get(0)).unwrap();
    assert_eq!(links, 1);
}

#[test]
fn a_mass_disappearance_is_refused_and_comes_back_after_yes() {
    let world = World::new();
    for number in 0..130 {
        let title = format!("Title {number}");
        world.put(&format!("disk/{number}.flac"), fixture::flac_of(&[("TITLE", &title)], None, number + 1, 4));
    }
    world.put("stays.flac", fixture::flac_of(&[("TITLE", "Stays")], None, 500, 4));
    world.scan();
    world.sql().execute("UPDATE tags SET value = value || ' curated'", []).unwrap();
    let curated = state(&world);
    let music = world.music.to_str().unwrap();
    fs::rename(world.music.join("disk"), world.root.join("unmounted")).unwrap();
    let refused = world.run(&["revalidate", music, "--prune"]);
    assert_refused(&refused, 1, &["130 of the 131", "--yes", "Nothing was removed"]);
    assert_eq!(state(&world), curated);
    // An empty folder in its place is an unmounted disk as well.
    fs::create_dir(world.music.join("disk")).unwrap();
    let disk = world.music.join("disk");
    assert_refused(&world.run(&["revalidate", disk.to_str().unwrap(), "--prune"]), 1, &["empty", "mount"]);
    assert_eq!(state(&world), curated);
    stdout(&world.run(&["revalidate", music, "--prune", "--yes"]));
    assert_eq!(state(&world).len(), 2, "one track with one tag is left");
    stdout(&world.run(&["undo"]));
    assert_eq!(state(&world), curated);
    fs::remove_dir(&disk).unwrap();
    fs::rename(world.root.join("unmounted"), &disk).unwrap();
    world.scan();
    assert_eq!(state(&world), curated, "the disk is back, and every tag with it");
}

#[test]
fn an_edit_and_its_undo_show_in_a_mount() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&[]);
    world.set_tag("one.flac", "title", "Renamed");
    mount.becomes(&["Nina/Blue/Renamed.flac", "Nina/Blue/Two.mp3"]);
    stdout(&world.run(&["undo"]));
    mount.becomes(&["Nina/Blue/One.flac", "Nina/Blue/Two.mp3"]);
    let original = fs::read(world.music.join("one.flac")).unwrap();
    assert_eq!(fs::read(mount.path("Nina/Blue/One.flac")).unwrap(), original);
    assert!(mount.stop().0.success());
}
