//! Tags from the command line, as a user changes them: seen in a mount at once, and taken back.

mod common;

use common::{Mount, World, assert_refused, eventually, musefs, mutagen, stderr};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Output, Stdio};

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn scanned() -> World {
    let world = World::with_two_tracks();
    // By itself, so that it is track 1.
    stdout(&world.run(&["scan", world.music.join("one.flac").to_str().unwrap()]));
    world.scan();
    world
}

/// Every tag of the store, as `file key ordinal value`.
fn tags(world: &World) -> Vec<String> {
    let store = world.sql();
    let mut statement = store
        .prepare(
            "SELECT replace(backing_path, rtrim(backing_path, replace(backing_path, '/', '')), '') || ' ' || key || ' '
                 || ordinal || ' ' || value || coalesce(hex(value_blob), '')
             FROM tags JOIN tracks ON tracks.id = track_id ORDER BY 1",
        )
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn has(world: &World, row: &str) -> bool {
    tags(world).iter().any(|tag| tag == row)
}

#[test]
fn set_add_and_remove_change_the_store_and_are_taken_back() {
    let world = scanned();
    let fresh = tags(&world);
    let said = stdout(&world.run(&["tag", "set", "album:~BLUE", "genre=Hard Bop", "genre=Cool", "mood=calm"]));
    assert!(said.contains("2 tracks, 4 keys changed") && said.contains("musefs undo --db"), "{said}");
    for row in ["one.flac genre 0 Hard Bop", "one.flac genre 1 Cool", "two.mp3 genre 1 Cool", "two.mp3 mood 0 calm"] {
        assert!(has(&world, row), "{row} is not in {:?}", tags(&world));
    }
    stdout(&world.run(&["undo"]));
    assert_eq!(tags(&world), fresh);

    assert!(stdout(&world.run(&["tag", "add", "one", "GENRE=Bop", "genre=Jazz"])).contains("1 track, 1 key changed"));
    assert!(has(&world, "one.flac genre 0 Jazz") && has(&world, "one.flac genre 1 Bop"));
    let removed = world.run(&["tag", "remove", "one", "genre=Jazz", "--dry-run"]);
    assert!(stdout(&removed).contains("- genre = Jazz"));
    let mut command = musefs();
    command.args(["tag", "remove", "title:=One", "--db"]).arg(&world.db).args(["--", "genre=Jazz", "custom", "absent"]);
    assert!(stdout(&command.output().unwrap()).contains("1 track, 2 keys changed"));
    assert!(
        has(&world, "one.flac genre 0 Bop")
            && !tags(&world).iter().any(|row| row.contains("kept") && row.starts_with("one"))
    );
    let listed = stdout(&world.run(&["history"]));
    assert!(listed.contains("musefs tag remove") && listed.contains("musefs tag add"), "{listed}");
}

#[test]
fn an_empty_value_takes_a_key_away_and_binary_ones_stay_until_asked() {
    let world = scanned();
    let store = world.sql();
    store
        .execute("INSERT INTO tags (track_id, key, value, ordinal, value_blob) VALUES (1, 'genre', '', 7, X'00ff')", [])
        .unwrap();
    stdout(&world.run(&["tag", "set", "id:1", "genre="]));
    assert_eq!(tags(&world).iter().filter(|row| row.contains(" genre ")).count(), 1);
    let shown = stdout(&world.run(&["tag", "get", "id:1"]));
    assert!(shown.contains("genre = (2 bytes)"), "{shown}");
    let mut command = musefs();
    command.args(["tag", "remove", "id:1", "--binary", "--db"]).arg(&world.db).args(["--", "genre"]);
    stdout(&command.output().unwrap());
    assert!(!tags(&world).iter().any(|row| row.contains(" genre ")));
    stdout(&world.run(&["undo"]));
    assert!(has(&world, "one.flac genre 7 00FF"));
}

#[test]
fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let world = scanned();
    let fresh = tags(&world);
    let said = stdout(&world.run(&["tag", "set", "id:1", "title=Eins", "artist=Nina", "--dry-run"]));
    for line in ["  - title = One", "  + title = Eins", "1 track, 1 key would change"] {
        assert!(said.lines().any(|known| known == line), "{line:?} is not in {said}");
    }
    assert!(said.contains("one.flac") && !said.contains("artist") && !said.contains('\x1b'), "{said}");
    assert_eq!(tags(&world), fresh);
    assert!(stdout(&world.run(&["history"])).contains("nothing was changed"));
}

#[test]
fn a_change_shows_in_the_mount_at_once_and_a_path_in_it_names_its_track() {
    let world = scanned();
    let mount = world.mount(&["--template", "$album/$title"]);
    let shown = mount.path("Blue/One.flac");
    stdout(&world.run(&["tag", "set", shown.to_str().unwrap(), "title=Eins", "mood=calm"]));
    eventually("the new name", || mount.path("Blue/Eins.flac").exists() && !shown.exists());
    let read = mutagen(&mount.path("Blue/Eins.flac"));
    assert!(read.to_string().contains("calm"), "{read}");
    stdout(&world.run(&["tag", "set", mount.path("Blue").to_str().unwrap(), "album=Red"]));
    mount.becomes(&["Red/Eins.flac", "Red/Two.mp3"]);
    stdout(&world.run(&["undo"]));
    stdout(&world.run(&["undo"]));
    mount.becomes(&["Blue/One.flac", "Blue/Two.mp3"]);
    refuses_a_mount_of_another_store(&mount);
}

/// Track numbers of one store mean nothing in another.
fn refuses_a_mount_of_another_store(mount: &Mount) {
    let other = World::new();
    other.put("x.flac", common::fixture::flac(&[("TITLE", "X")], 5));
    let times = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
    fs::File::open(other.music.join("x.flac")).unwrap().set_times(times).unwrap();
    other.scan();
    other.sql().execute("UPDATE tracks SET updated_at = 1", []).unwrap();
    let shown = mount.path("Blue/One.flac");
    let refused = other.run(&["tag", "set", shown.to_str().unwrap(), "title=Wrong"]);
    assert_refused(&refused, 1, &["does not show this store", "--db"]);
}

#[test]
fn queries_choose_by_path_key_number_and_word() {
    let world = scanned();
    let found = |words: &[&str]| {
        let output = world.run(&[&["ls"], words, &["--files"]].concat());
        let text = stdout(&output);
        let name = |line: &str| line.rsplit('/').next().unwrap().to_owned();
        text.lines().map(name).collect::<Vec<_>>()
    };
    assert_eq!(found(&[]), ["one.flac", "two.mp3"]);
    assert_eq!(found(&[world.music.to_str().unwrap()]), ["one.flac", "two.mp3"]);
    assert_eq!(found(&[world.music.join("sub").to_str().unwrap()]), ["two.mp3"]);
    assert_eq!(found(&["nina", "^title:one"]), ["two.mp3"]);
    assert_eq!(found(&["genre:=Jazz", ",", "format:=mp3"]), ["one.flac", "two.mp3"]);
    assert_eq!(found(&["id:2"]), ["two.mp3"]);
    assert_eq!(found(&["nothing of that kind"]), Vec::<String>::new());
    let mut command = musefs();
    command.current_dir(&world.music).args(["ls", "one.flac", "--files", "--null", "--db"]).arg(&world.db);
    let listed = stdout(&command.output().unwrap());
    assert_eq!(listed, format!("{}\0", world.music.join("one.flac").display()));
}

#[test]
fn ls_prints_where_a_mount_shows_what_matches() {
    let world = scanned();
    let listed = stdout(&world.run(&["ls", "title:two", "--template", "$album/$title"]));
    assert_eq!(listed, "Blue/Two.mp3\n");
}

#[test]
fn query_prints_a_json_document_a_track() {
    let world = scanned();
    stdout(&world.run(&["tag", "set", "id:1", "genre=a", "genre=b"]));
    let text = stdout(&world.run(&["query"]));
    let tracks: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(tracks[0]["tags"]["genre"], serde_json::json!(["a", "b"]));
    assert_eq!((&tracks[0]["edited"], &tracks[1]["edited"]), (&true.into(), &false.into()));
    assert_eq!((&tracks[0]["format"], &tracks[0]["pictures"][0]["from"]), (&"flac".into(), &"file".into()));
    assert_eq!(tracks[1]["path"], world.music.join("sub/two.mp3").to_str().unwrap());
}

#[test]
fn get_shows_the_keys_asked_for() {
    let world = scanned();
    let mut command = musefs();
    command.args(["tag", "get", "id:1", "--db"]).arg(&world.db).args(["--", "TITLE", "genre"]);
    let shown = stdout(&command.output().unwrap());
    let lines: Vec<&str> = shown.lines().skip(1).collect();
    assert_eq!(lines, ["  genre = Jazz", "  title = One"]);
    assert_eq!(stdout(&world.run(&["tag", "get", "no such thing"])), "");
}

#[test]
fn what_was_exported_comes_back_unchanged_and_edited_cells_arrive() {
    for format in ["csv", "jsonl"] {
        let world = scanned();
        stdout(&world.run(&[
            "tag",
            "set",
            "id:1",
            "genre=a; b",
            "genre=\\c",
            "lyrics=one\ntwo, \"three\"",
            "Mood= x ",
        ]));
        world.sql().execute("INSERT INTO tags (track_id, key, value) VALUES (2, 'Empty', '')", []).unwrap();
        let file = world.root.join(format!("tags.{format}"));
        let name = file.to_str().unwrap();
        stdout(&world.run(&["tag", "export", "-o", name]));
        assert_refused(&world.run(&["tag", "export", "-o", name]), 1, &["is there already", "--force"]);
        let before = tags(&world);
        assert!(stdout(&world.run(&["tag", "import", name])).contains("nothing to change"), "{format}");
        assert_eq!(tags(&world), before);

        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("Two", "Zwei").replace("one\\ntwo", "changed").replace("one\ntwo", "changed"))
            .unwrap();
        let shown = stdout(&world.run(&["tag", "import", name, "--dry-run"]));
        assert!(shown.contains("+ title = Zwei") && shown.contains("2 tracks, 2 keys would change"), "{shown}");
        assert_eq!(tags(&world), before);
        stdout(&world.run(&["tag", "import", name]));
        assert!(has(&world, "two.mp3 title 0 Zwei") && has(&world, "one.flac lyrics 0 changed, \"three\""));
        assert!(stdout(&world.run(&["undo"])).contains("musefs tag import"));
        assert_eq!(tags(&world), before, "one transaction, one edit");
    }
}

#[test]
fn an_import_names_rows_it_passes_over_and_changes_nothing_where_a_line_is_wrong() {
    let world = scanned();
    let file = world.root.join("rows.csv");
    fs::write(&file, "path,title\n/no/such.flac,X\n").unwrap();
    let name = file.to_str().unwrap();
    let refused = world.run(&["tag", "import", name]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("line 2: /no/such.flac: the store has no such track"), "{}", stderr(&refused));
    fs::write(&file, "id,title\n1,Eins\n77,X\n").unwrap();
    let some = world.run(&["tag", "import", name]);
    assert_eq!(some.status.code(), Some(2), "{}", stderr(&some));
    assert!(has(&world, "one.flac title 0 Eins"));
    fs::write(&file, "id,title\n1,Uno\n1,Un\n").unwrap();
    assert_refused(&world.run(&["tag", "import", name]), 1, &["line 3", "twice", "rows.csv"]);
    assert!(has(&world, "one.flac title 0 Eins"));
    let mut command = musefs();
    command.args(["tag", "import", "-", "--db"]).arg(&world.db).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"id\": 1, \"tags\": {\"title\": \"Piped\"}}\n").unwrap();
    stdout(&child.wait_with_output().unwrap());
    assert!(has(&world, "one.flac title 0 Piped"));
}

#[test]
fn what_other_programs_write_is_understood_or_refused_whole() {
    let world = scanned();
    let fresh = tags(&world);
    let import = |name: &str, bytes: &[u8]| {
        let file = world.put(&format!("../{name}"), bytes);
        world.run(&["tag", "import", file.to_str().unwrap()])
    };
    let unquoted = import("comma.csv", b"id,title\n1,One, and more\n");
    assert_refused(&unquoted, 1, &["comma.csv", "line 2", "and more", "double quotes", "nothing was changed"]);
    assert_refused(&import("latin.csv", b"id,title\n1,Gr\xf6\n"), 1, &["latin.csv", "line 2", "UTF-8"]);
    assert_refused(&import("array.jsonl", b"[\n"), 1, &["array.jsonl", "line 1", "one JSON object"]);
    assert_refused(&import("bare.jsonl", b"{\"id\":1,\"title\":\"x\"}\n"), 1, &["has no \"tags\""]);
    let folder = world.run(&["tag", "import", world.music.to_str().unwrap()]);
    assert_refused(&folder, 1, &["is a folder"]);
    assert_eq!(tags(&world), fresh);
    // A spreadsheet's mark, line ends, empty columns and rows.
    stdout(&import("sheet.csv", b"\xef\xbb\xbfid,title,,\r\n1,Eins,,\r\n,,,\r\n"));
    stdout(&import("marked.jsonl", b"\xef\xbb\xbf{\"id\": 2, \"tags\": {\"title\": \"Zwei\"}}\r\n"));
    assert!(has(&world, "one.flac title 0 Eins") && has(&world, "two.mp3 title 0 Zwei"));
    let passed_over = import("rows.csv", b"id,title\n77,X\n1,Eins\n");
    assert_eq!(passed_over.status.code(), Some(2));
    assert!(stderr(&passed_over).contains("rows.csv: line 2: track 77"), "{}", stderr(&passed_over));
    let mut command = musefs();
    command.current_dir(&world.root).args(["tag", "export", "id:1", "-o", "-", "--db"]).arg(&world.db);
    assert!(stdout(&command.output().unwrap()).contains("Eins"));
    assert!(!world.root.join("-").exists());
}

#[test]
fn a_variable_that_is_not_set_does_not_choose_everything() {
    let world = scanned();
    for words in [["tag", "set", "", "genre=x"], ["art", "remove", "id:1", ""], ["tag", "add", " ", "genre=x"]] {
        assert_refused(&world.run(&words), 1, &["a word is empty"]);
    }
    assert_refused(&world.run(&["ls", ""]), 1, &["a word is empty"]);
    let mut command = musefs();
    command.args(["tag", "set", "id:1"]).arg(std::ffi::OsStr::from_bytes(b"genre=\xff")).arg("--db").arg(&world.db);
    assert_refused(&command.output().unwrap(), 1, &["genre=", "UTF-8"]);
}

#[test]
fn what_cannot_be_printed_is_no_success() {
    let world = scanned();
    for words in [["ls", "--files"].as_slice(), &["ls", "--null"], &["query"], &["tag", "get"], &["tag", "export"]] {
        let mut command = musefs();
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command.args(words).arg("--db").arg(&world.db).stdout(full).output().unwrap();
        assert_refused(&output, 1, &["standard output", "No space left", "not complete"]);
    }
}

#[test]
fn what_cannot_be_done_is_said_in_a_line_with_its_remedy() {
    let world = scanned();
    let refused = |words: &[&str], parts: &[&str]| assert_refused(&world.run(words), 1, parts);
    refused(&["tag", "set", "no such track", "a=b"], &["no track matches", "musefs ls"]);
    refused(&["tag", "set", "a=b"], &["say which tracks", "id:1.."]);
    refused(&["tag", "set", "id:1"], &["say what to change", "KEY=VALUE"]);
    refused(&["tag", "remove", "id:1"], &["-- KEY"]);
    refused(&["tag", "set", "id:1", "=b"], &["cannot be a key"]);
    refused(&["tag", "set", "id:1", &format!("{}=b", "k".repeat(257))], &["cannot be a key", "256"]);
    refused(&["tag", "set", "album::(", "a=b"], &["album::("]);
    refused(&["tag", "set", "/no/such", "a=b"], &["no track matches /no/such"]);
    refused(&["ls", "id:x"], &["id:7"]);
    let long = format!("comment={}", "x".repeat(100_000));
    let store = world.sql();
    assert_eq!(world.run(&["tag", "set", "id:1", &long]).status.code(), Some(0));
    let length: i64 =
        store.query_row("SELECT length(value) FROM tags WHERE key = 'comment'", [], |row| row.get(0)).unwrap();
    assert_eq!(length, 100_000);
}
