//! The history of edits: what is recorded of whoever writes, and that it can be taken back.

mod external;
mod shared;

use external::{SqliteSubject, insert_art};
use musefs_catalog::SqliteWriter;
use musefs_contracts::editing::{CatalogEditor, KeyEdit, NewPicture, Placement, TrackEdit};
use musefs_contracts::history::{CatalogHistory, Change, Content, Edit, EditId, HistoryQuery, Place, Undone};
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{CatalogWriter, IngestMode};
use rusqlite::Connection;
use shared::{Subject, add, changed, changed_since, file, rows_of};
use std::time::Duration;

/// A store with two tracks and another program's connection.
fn two_tracks() -> (SqliteSubject, TrackId, TrackId, Connection) {
    let subject = SqliteSubject::new();
    let first = add(&subject, "/a", &[("title", "A"), ("genre", "x")]);
    let second = add(&subject, "/b", &[("title", "B")]);
    let connection = subject.external();
    (subject, first, second, connection)
}

fn writer(subject: &SqliteSubject) -> SqliteWriter {
    SqliteWriter::open(&subject.path).unwrap()
}

/// Every edit, the latest first.
fn edits(subject: &SqliteSubject) -> Vec<Edit> {
    let mut edits = Vec::new();
    let query = HistoryQuery { tracks: None, edits: 100, changes: 100 };
    writer(subject).edits(&query, &mut |edit| edits.push(edit)).unwrap();
    edits
}

/// `track key[ordinal]: before -> after`.
fn told(change: &Change) -> String {
    let content = |content: &Option<Content>| match content {
        None => "-".to_owned(),
        Some(Content::Text(text)) => text.clone(),
        Some(Content::Binary(len)) => format!("{len} bytes"),
        Some(Content::Art { picture_type, description, .. }) => format!("picture {picture_type} {description}"),
        Some(Content::Track) => "track".to_owned(),
    };
    let place = match &change.place {
        Place::Tag { key, ordinal: 0 } => key.clone(),
        Place::Tag { key, ordinal } => format!("{key}[{ordinal}]"),
        Place::Art { ordinal } => format!("art[{ordinal}]"),
        Place::Track => change.path.as_ref().unwrap().display().to_string(),
    };
    format!("{} {place}: {} -> {}", change.track.0, content(&change.before), content(&change.after))
}

fn changes(edit: &Edit) -> Vec<String> {
    edit.changes.iter().map(told).collect()
}

/// Tags of every track, links to art included.
fn state(subject: &SqliteSubject) -> Vec<String> {
    let connection = subject.external();
    let mut statement = connection
        .prepare(
            "SELECT track_id || ' ' || key || ' ' || ordinal || ' ' || value || coalesce(hex(value_blob), '') FROM tags
             UNION SELECT track_id || ' art ' || ordinal || ' ' || description || ' ' || hex(data)
                 FROM track_art JOIN art ON art.id = art_id
             UNION SELECT id || ' at ' || backing_path FROM tracks ORDER BY 1",
        )
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn undo(subject: &SqliteSubject) -> Edit {
    match writer(subject).undo(None, false).unwrap() {
        Undone::Done { edit, left } => {
            assert_eq!(left, []);
            edit
        }
        other => panic!("not undone: {other:?}"),
    }
}

/// Runs `sql` as another program: it must be one edit with these changes, which an undo takes back and another undo of
/// that one brings again.
#[track_caller]
fn check(sql: &str, expected: &[&str]) {
    for recursive in [false, true] {
        let (subject, ..) = two_tracks();
        let connection = subject.external();
        insert_art(&connection, b"one");
        insert_art(&connection, b"two");
        connection.execute("INSERT INTO track_art (track_id, art_id, ordinal) VALUES (2, 1, 0)", []).unwrap();
        let (before, noise) = (state(&subject), edits(&subject).len());
        let connection = subject.external();
        connection.pragma_update(None, "recursive_triggers", recursive).unwrap();
        connection.execute_batch(sql).unwrap();
        let after = state(&subject);
        let known = edits(&subject);
        assert_eq!(known.len(), noise + 1, "{sql}: {known:?}");
        let mut told = changes(&known[0]);
        told.sort();
        assert_eq!(
            (told, known[0].program.clone()),
            (expected.iter().map(|line| (*line).to_owned()).collect(), None),
            "{sql}"
        );
        assert_eq!(undo(&subject).id, known[0].id);
        assert_eq!(state(&subject), before, "{sql}");
        let again = edits(&subject);
        assert_eq!((again[0].undoes, again[1].undone_by), (Some(known[0].id), Some(again[0].id)));
        assert!(matches!(writer(&subject).undo(Some(again[0].id), false).unwrap(), Undone::Done { .. }));
        assert_eq!(state(&subject), after, "{sql}");
    }
}

#[test]
fn every_way_of_writing_tags_is_recorded_and_undone() {
    check("INSERT INTO tags (track_id, key, value) VALUES (1, 'mood', 'calm')", &["1 mood: - -> calm"]);
    check("INSERT OR REPLACE INTO tags (track_id, key, value) VALUES (1, 'title', 'new')", &["1 title: A -> new"]);
    check("UPDATE tags SET value = 'z' WHERE key = 'title'", &["1 title: A -> z", "2 title: B -> z"]);
    check("DELETE FROM tags WHERE track_id = 1", &["1 genre: x -> -", "1 title: A -> -"]);
    check(
        "INSERT INTO tags (track_id, key, value) VALUES (1, 'title', 'u')
         ON CONFLICT (track_id, key, ordinal) DO UPDATE SET value = excluded.value",
        &["1 title: A -> u"],
    );
    check(
        "BEGIN; DELETE FROM tags WHERE track_id = 1 AND key = 'genre';
         INSERT INTO tags (track_id, key, value, ordinal) VALUES (1, 'genre', 'y', 0), (1, 'genre', 'z', 1); COMMIT",
        &["1 genre: x -> y", "1 genre[1]: - -> z"],
    );
    check(
        "UPDATE OR REPLACE tags SET track_id = 2 WHERE track_id = 1 AND key = 'title'",
        &["1 title: A -> -", "2 title: B -> A"],
    );
    check("REPLACE INTO tags (track_id, key, value_blob) VALUES (1, 'genre', X'0102')", &["1 genre: x -> 2 bytes"]);
}

#[test]
fn every_way_of_linking_art_is_recorded_and_undone() {
    check("INSERT INTO track_art (track_id, art_id, description) VALUES (1, 2, 'd')", &["1 art[0]: - -> picture 3 d"]);
    check(
        "INSERT OR REPLACE INTO track_art (track_id, art_id, picture_type) VALUES (2, 2, 4)",
        &["2 art[0]: picture 3  -> picture 4 "],
    );
    check("UPDATE track_art SET description = 'x'", &["2 art[0]: picture 3  -> picture 3 x"]);
    check("UPDATE track_art SET track_id = 1", &["1 art[0]: - -> picture 3 ", "2 art[0]: picture 3  -> -"]);
    check("DELETE FROM track_art", &["2 art[0]: picture 3  -> -"]);
}

#[test]
fn a_deleted_track_comes_back_with_its_tags_and_art() {
    check("DELETE FROM tracks WHERE id = 2", &["2 /b: track -> -"]);
    check("PRAGMA foreign_keys = ON; DELETE FROM tracks", &["1 /a: track -> -", "2 /b: track -> -"]);
    check(
        "PRAGMA foreign_keys = ON; BEGIN; UPDATE tags SET value = 'last' WHERE track_id = 2; DELETE FROM tracks; COMMIT",
        &["1 /a: track -> -", "2 /b: track -> -", "2 title: B -> last"],
    );
}

#[test]
fn what_changes_nothing_is_no_edit() {
    let (subject, _, _, connection) = two_tracks();
    connection
        .execute_batch(
            "UPDATE tags SET value = value;
             INSERT OR IGNORE INTO tags (track_id, key, value) VALUES (1, 'title', 'ignored');
             BEGIN; DELETE FROM tags WHERE track_id = 1; ROLLBACK;
             BEGIN; DELETE FROM tags WHERE key = 'genre';
             INSERT INTO tags (track_id, key, value) VALUES (1, 'genre', 'x'); COMMIT;",
        )
        .unwrap();
    assert_eq!(edits(&subject), []);
    assert_eq!(writer(&subject).undo(None, false).unwrap(), Undone::Nothing);
    connection.execute_batch("UPDATE tags SET value = 'real' WHERE key = 'title' AND track_id = 1").unwrap();
    assert_eq!(changes(&edits(&subject)[0]), ["1 title: A -> real"]);
}

#[test]
fn one_transaction_of_many_statements_is_one_edit() {
    let (subject, first, _, mut connection) = two_tracks();
    let transaction = connection.transaction().unwrap();
    for number in 0..500 {
        transaction
            .execute("INSERT INTO tags (track_id, key, value) VALUES (?1, 'k' || ?2, 'v')", (first.0, number))
            .unwrap();
    }
    transaction.commit().unwrap();
    assert_eq!(edits(&subject).len(), 1);
    assert_eq!(undo(&subject).total, 500);
}

#[test]
fn edits_apart_are_edits_of_their_own() {
    let (subject, _, _, connection) = two_tracks();
    let titles =
        ["one", "two"].map(|title| format!("UPDATE tags SET value = '{title}' WHERE track_id = 1 AND key = 'title'"));
    // The same place again, by the same program.
    for title in &titles {
        connection.execute(title, []).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    // Another place, by programs that each open the store anew.
    for key in ["mood", "label"] {
        subject.external().execute("INSERT INTO tags (track_id, key, value) VALUES (1, ?1, 'v')", [key]).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    // Another place after a while.
    std::thread::sleep(Duration::from_millis(300));
    connection.execute("INSERT INTO tags (track_id, key, value) VALUES (1, 'isrc', 'v')", []).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    connection.execute("INSERT INTO tags (track_id, key, value) VALUES (1, 'bpm', '9')", []).unwrap();
    let told: Vec<Vec<String>> = edits(&subject).iter().map(changes).collect();
    let expected = [
        "1 bpm: - -> 9",
        "1 isrc: - -> v",
        "1 label: - -> v",
        "1 mood: - -> v",
        "1 title: one -> two",
        "1 title: A -> one",
    ];
    assert_eq!(told, expected.map(|change| vec![change.to_owned()]));
}

#[test]
fn undo_goes_back_edit_by_edit() {
    let (subject, ..) = two_tracks();
    let mut states = vec![state(&subject)];
    for value in ["one", "two", "three"] {
        subject.external().execute("UPDATE tags SET value = ?1 WHERE key = 'title'", [value]).unwrap();
        std::thread::sleep(Duration::from_millis(5));
        states.push(state(&subject));
    }
    for _ in 0..3 {
        states.pop();
        undo(&subject);
        assert_eq!(Some(&state(&subject)), states.last());
    }
    assert_eq!(writer(&subject).undo(None, false).unwrap(), Undone::Nothing);
    assert_eq!(writer(&subject).undo(Some(EditId(99_999)), false).unwrap(), Undone::Nothing);
}

#[test]
fn an_edit_whose_places_changed_since_is_taken_back_only_by_force() {
    let (subject, _, _, connection) = two_tracks();
    connection.execute("UPDATE tags SET value = 'one' WHERE key = 'title'", []).unwrap();
    std::thread::sleep(Duration::from_millis(5));
    subject.external().execute("UPDATE tags SET value = 'two' WHERE key = 'title' AND track_id = 2", []).unwrap();
    let (first, before) = (edits(&subject)[1].id, state(&subject));
    match writer(&subject).undo(Some(first), false).unwrap() {
        Undone::ChangedSince { changes, total: 1, .. } => assert_eq!(told(&changes[0]), "2 title: B -> one"),
        other => panic!("{other:?}"),
    }
    assert_eq!(state(&subject), before, "nothing was done");
    assert!(matches!(writer(&subject).undo(Some(first), true).unwrap(), Undone::Done { .. }));
    assert_eq!(state(&subject), two_tracks_state());
}

fn two_tracks_state() -> Vec<String> {
    state(&two_tracks().0)
}

#[test]
fn an_undo_is_told_to_mounts_and_makes_a_track_pristine_again() {
    let (subject, first, second, connection) = two_tracks();
    connection.execute("UPDATE tags SET value = 'edited' WHERE track_id = 1", []).unwrap();
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    assert!(!catalog.track(first).unwrap().row.is_certainly_pristine());
    let version = catalog.track(first).unwrap().row.content_version;
    undo(&subject);
    assert_eq!(changed_since(&*catalog, mark), [first.0]);
    let record = catalog.track(first).unwrap();
    assert!(record.row.content_version > version && record.row.is_certainly_pristine());
    assert!(catalog.track(second).unwrap().row.is_certainly_pristine());
}

#[test]
fn our_commands_are_recorded_by_name_and_new_tracks_are_no_edit() {
    let (subject, first, ..) = two_tracks();
    assert_eq!(edits(&subject), []);
    subject.set_tags(first, &[("title", "curated"), ("genre", "x")]);
    subject.set_binary(first, "private", b"bytes");
    let before = state(&subject);
    let mut writer = writer(&subject);
    writer.begin_edit("musefs scan --force");
    writer.ingest(&[changed("/a", &[("title", "A"), ("mood", "m")], IngestMode::Force)]).unwrap();
    writer.ingest(&[file("/c", &[("title", "C")])]).unwrap();
    drop(writer);
    let latest = edits(&subject).remove(0);
    assert_eq!(latest.program.as_deref(), Some("musefs scan --force"));
    let mut told = changes(&latest);
    told.sort();
    assert_eq!(told, ["1 genre: x -> -", "1 mood: - -> m", "1 private: 5 bytes -> -", "1 title: curated -> A"]);
    undo(&subject);
    let after: Vec<String> = state(&subject).into_iter().filter(|row| !row.starts_with('3')).collect();
    assert_eq!(after, before);
}

#[test]
fn several_batches_of_a_command_are_one_edit() {
    let (subject, ..) = two_tracks();
    let before = state(&subject);
    let mut writer = writer(&subject);
    writer.begin_edit("musefs scan --force");
    writer.ingest(&[changed("/a", &[("title", "1")], IngestMode::Force)]).unwrap();
    // Another program comes between.
    subject.external().execute("INSERT INTO tags (track_id, key, value) VALUES (2, 'mood', 'm')", []).unwrap();
    writer.ingest(&[changed("/b", &[("title", "2")], IngestMode::Force)]).unwrap();
    drop(writer);
    let known = edits(&subject);
    assert_eq!(known.len(), 2);
    let forced = known.iter().find(|edit| edit.program.is_some()).unwrap();
    assert_eq!(forced.total, 4, "{:?}", changes(forced));
    undo(&subject);
    undo(&subject);
    assert_eq!(state(&subject), before);
}

#[test]
fn a_pruned_track_comes_back_with_art_that_was_collected_meanwhile() {
    let (subject, first, second, connection) = two_tracks();
    subject.set_art(first, b"picture", "front");
    subject.set_tags(first, &[("title", "curated")]);
    insert_art(&connection, b"never linked");
    let (before, anatomy) = (state(&subject), subject.catalog().track(first).unwrap().anatomy);
    let mut writer = writer(&subject);
    writer.begin_edit("musefs revalidate --prune");
    writer.remove(&[first, second]).unwrap();
    assert_eq!(writer.collect_unlinked_art().unwrap(), 2);
    writer.finish().unwrap();
    drop(writer);
    let left: i64 = connection.query_row("SELECT count(*) FROM art", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
    let mark = subject.catalog().revision().unwrap();
    undo(&subject);
    assert_eq!(state(&subject), before);
    assert_eq!(changed_since(&*subject.catalog(), mark), [first.0, second.0]);
    let record = subject.catalog().track(first).unwrap();
    assert_eq!((rows_of(&record), record.anatomy), (vec!["title=curated".to_owned()], anatomy));
    assert_eq!(record.art.len(), 1);
    let mut picture = [0; 7];
    subject.catalog().read_art(record.art[0].art, 0, &mut picture).unwrap();
    assert_eq!(&picture, b"picture");
}

#[test]
fn a_pruned_track_whose_file_was_scanned_again_replaces_the_new_one_by_force() {
    let (subject, first, ..) = two_tracks();
    subject.set_tags(first, &[("title", "curated")]);
    let before = state(&subject);
    writer(&subject).remove(&[first]).unwrap();
    let prune = edits(&subject)[0].id;
    add(&subject, "/a", &[("title", "A")]);
    assert!(matches!(writer(&subject).undo(Some(prune), false).unwrap(), Undone::ChangedSince { total: 1, .. }));
    assert!(matches!(writer(&subject).undo(Some(prune), true).unwrap(), Undone::Done { .. }));
    assert_eq!(state(&subject), before);
}

#[test]
fn a_track_that_another_program_replaced_comes_back_by_force() {
    for foreign_keys in [true, false] {
        let (subject, first, _, connection) = two_tracks();
        subject.set_tags(first, &[("title", "curated")]);
        let (before, anatomy) = (state(&subject), subject.catalog().track(first).unwrap().anatomy);
        connection.pragma_update(None, "foreign_keys", foreign_keys).unwrap();
        let columns =
            "backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns, backing_ctime_ns";
        let replace = format!("REPLACE INTO tracks ({columns}) SELECT {columns} FROM tracks WHERE id = 1");
        connection.execute(&replace, []).unwrap();
        let edit = edits(&subject)[0].id;
        assert!(matches!(writer(&subject).undo(Some(edit), true).unwrap(), Undone::Done { .. }));
        assert_eq!(state(&subject), before);
        assert_eq!(subject.catalog().track(first).unwrap().anatomy, anatomy);
    }
}

#[test]
fn dropped_links_are_recorded_and_undone() {
    let (subject, first, second, _) = two_tracks();
    subject.set_art(first, b"picture", "front");
    let before = state(&subject);
    let mut writer = writer(&subject);
    writer.begin_edit("musefs revert");
    assert_eq!(writer.unlink_art(&[first, second]).unwrap(), 1);
    drop(writer);
    assert!(subject.catalog().track(first).unwrap().row.is_certainly_pristine());
    assert_eq!(undo(&subject).program.as_deref(), Some("musefs revert"));
    assert_eq!(state(&subject), before);
}

#[test]
fn history_is_told_of_the_tracks_asked_for() {
    let (subject, first, second, connection) = two_tracks();
    connection.execute("UPDATE tags SET value = 'new'", []).unwrap();
    connection.execute("DELETE FROM tags WHERE track_id = ?1", [second.0]).unwrap();
    writer(&subject).remove(&[first]).unwrap();
    let told = |tracks: &[TrackId], edits: usize| {
        let query = HistoryQuery { tracks: Some(tracks.to_vec()), edits, changes: 1 };
        let mut told = Vec::new();
        writer(&subject).edits(&query, &mut |edit| told.push((changes(&edit).join(", "), edit.total))).unwrap();
        told
    };
    let removed = ("1 /a: track -> -".to_owned(), 1);
    assert_eq!(told(&[first], 9), [removed.clone(), ("1 genre: x -> new".to_owned(), 2)]);
    assert_eq!(told(&[first], 1), [removed]);
    // Where one edit of another program ends is a guess by time, so their number is not fixed.
    assert!(!told(&[second], 9).is_empty());
    assert_eq!(writer(&subject).find_past_path("/a".as_ref()).unwrap(), Some(first));
    assert_eq!(writer(&subject).find_past_path("/b".as_ref()).unwrap(), Some(second));
    assert_eq!(writer(&subject).find_past_path("/none".as_ref()).unwrap(), None);
}

#[test]
fn removals_by_one_command_are_one_edit() {
    let (subject, first, second, connection) = two_tracks();
    let before = state(&subject);
    let mut writer = writer(&subject);
    writer.remove(&[first]).unwrap();
    connection.execute("UPDATE tags SET value = 'between' WHERE track_id = 2", []).unwrap();
    writer.remove(&[second]).unwrap();
    drop(writer);
    assert_eq!(changes(&edits(&subject)[0]), ["1 /a: track -> -", "2 /b: track -> -"]);
    undo(&subject);
    undo(&subject);
    assert_eq!(state(&subject), before);
}

#[test]
fn an_edit_of_ours_is_recorded_by_name_and_undone() {
    let (subject, first, second, _) = two_tracks();
    subject.set_binary(first, "blob", b"abc");
    subject.set_art(second, b"old", "old");
    let before = state(&subject);
    let mut writer = writer(&subject);
    writer.begin_edit("musefs tag");
    let art = writer.store_picture(NewPicture { mime: "image/png", pixels: None, data: b"new" }).unwrap();
    let values = || vec!["y".to_owned(), "z".to_owned()];
    let edited = writer.edit(&[first, second], &mut |_| TrackEdit {
        keys: vec![
            KeyEdit::new("genre", values()).unwrap(),
            KeyEdit::new("blob", vec![]).unwrap().without_binary(),
            KeyEdit::new("title", vec![]).unwrap(),
        ],
        art: Some(vec![Placement { art, picture_type: 4, description: "back".to_owned() }]),
    });
    assert_eq!(edited.unwrap(), 2);
    let known = edits(&subject);
    assert_eq!(known[0].program.as_deref(), Some("musefs tag"));
    let mut told = changes(&known[0]);
    told.sort();
    let expected = [
        "1 art[0]: - -> picture 4 back",
        "1 blob: 3 bytes -> -",
        "1 genre: x -> y",
        "1 genre[1]: - -> z",
        "1 title: A -> -",
        "2 art[0]: picture 3 old -> picture 4 back",
        "2 genre: - -> y",
        "2 genre[1]: - -> z",
        "2 title: B -> -",
    ];
    assert_eq!(told, expected);
    assert_eq!(undo(&subject).id, known[0].id);
    assert_eq!(state(&subject), before);
}

#[test]
fn a_track_edited_back_to_what_its_file_says_is_pristine() {
    let (subject, first, ..) = two_tracks();
    let pristine = || subject.catalog().track(first).unwrap().row.is_certainly_pristine();
    for (genre, expected) in [("y", false), ("x", true)] {
        let values = || vec![genre.to_owned()];
        let plan = || TrackEdit { keys: vec![KeyEdit::new("genre", values()).unwrap()], art: None };
        writer(&subject).edit(&[first], &mut |_| plan()).unwrap();
        assert_eq!(pristine(), expected, "{genre}");
    }
}
