//! Other programs at the store: what they may write, what is refused, and that each change is found.

mod external;
mod shared;

use external::{SqliteSubject, insert_art};
use musefs_contracts::catalog::{CatalogError, Changes};
use musefs_contracts::ids::TrackId;
use rusqlite::backup::Progress;
use rusqlite::{Connection, ErrorCode};
use shared::{Subject, add, changed_since, rows_of};

/// A store with two tracks, their ids, and another program's connection.
fn two_tracks() -> (SqliteSubject, TrackId, TrackId, Connection) {
    let subject = SqliteSubject::new();
    let first = add(&subject, "/a", &[("title", "A"), ("genre", "x")]);
    let second = add(&subject, "/b", &[("title", "B")]);
    let connection = subject.external();
    (subject, first, second, connection)
}

/// Runs `sql` as another program and checks which tracks the change feed then tells.
#[track_caller]
fn check_told(sql: &str, told: &[i64]) {
    let (subject, ..) = two_tracks();
    check_told_in(&subject, sql, told);
}

#[track_caller]
fn check_told_in(subject: &SqliteSubject, sql: &str, told: &[i64]) {
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    subject.external().execute_batch(sql).unwrap();
    assert_eq!(changed_since(&*catalog, mark), told, "{sql}");
}

fn version(subject: &SqliteSubject, track: TrackId) -> i64 {
    subject.catalog().track(track).unwrap().row.content_version
}

#[test]
fn every_way_of_writing_tags_is_found() {
    check_told("INSERT INTO tags (track_id, key, value) VALUES (1, 'mood', 'calm')", &[1]);
    check_told("INSERT OR REPLACE INTO tags (track_id, key, value) VALUES (1, 'title', 'new')", &[1]);
    check_told("REPLACE INTO tags (track_id, key, value) VALUES (2, 'title', 'B')", &[2]);
    check_told("INSERT OR IGNORE INTO tags (track_id, key, value) VALUES (1, 'mood', 'calm')", &[1]);
    check_told("INSERT OR IGNORE INTO tags (track_id, key, value) VALUES (1, 'title', 'calm')", &[]);
    check_told(
        "INSERT INTO tags (track_id, key, value) VALUES (1, 'title', 'u')
         ON CONFLICT (track_id, key, ordinal) DO UPDATE SET value = excluded.value",
        &[1],
    );
    check_told("UPDATE tags SET value = 'z' WHERE key = 'title'", &[1, 2]);
    check_told("UPDATE tags SET track_id = 2 WHERE track_id = 1 AND key = 'genre'", &[1, 2]);
    check_told("UPDATE OR REPLACE tags SET track_id = 2 WHERE track_id = 1 AND key = 'title'", &[1, 2]);
    check_told("DELETE FROM tags WHERE track_id = 1 AND lower(key) = 'genre'", &[1]);
    check_told("DELETE FROM tags WHERE track_id = 1 AND key = 'none'", &[]);
    check_told("BEGIN; DELETE FROM tags; ROLLBACK", &[]);
}

#[test]
fn every_way_of_linking_art_is_found() {
    let (subject, ..) = two_tracks();
    let art = insert_art(&subject.external(), b"picture");
    let told = |sql: &str, told: &[i64]| check_told_in(&subject, &sql.replace("ART", &art.to_string()), told);
    told("INSERT INTO track_art (track_id, art_id, ordinal) VALUES (1, ART, 0)", &[1]);
    told("INSERT OR REPLACE INTO track_art (track_id, art_id, ordinal) VALUES (1, ART, 0)", &[1]);
    told("UPDATE track_art SET description = 'x' WHERE track_id = 1", &[1]);
    told("UPDATE track_art SET track_id = 2", &[1, 2]);
    told("DELETE FROM track_art WHERE track_id = 2", &[2]);
}

#[test]
fn versions_and_times_rise_whoever_writes() {
    let (subject, first, second, connection) = two_tracks();
    connection.execute_batch("UPDATE tracks SET updated_at = 0").unwrap();
    let before = (version(&subject, first), version(&subject, second));
    connection.execute_batch("UPDATE tags SET track_id = 2 WHERE track_id = 1 AND key = 'genre'").unwrap();
    assert!(version(&subject, first) > before.0 && version(&subject, second) > before.1);
    let record = subject.catalog().track(second).unwrap();
    assert!(record.row.updated_at > 1_500_000_000);
    assert!(!record.row.is_certainly_pristine());
}

#[test]
fn the_policy_of_an_outer_statement_does_not_reach_the_change_log() {
    let (subject, ..) = two_tracks();
    for number in 0..3 {
        let sql = format!("INSERT OR IGNORE INTO tags (track_id, key, value) VALUES (1, 'k{number}', 'v')");
        check_told_in(&subject, &sql, &[1]);
    }
}

#[test]
fn recursive_triggers_change_nothing_that_is_told() {
    let sql =
        "PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO tags (track_id, key, value) VALUES (1, 'title', 'n')";
    check_told(sql, &[1]);
}

#[test]
fn a_deleted_track_takes_everything_with_it() {
    for foreign_keys in [true, false] {
        let (subject, first, _, connection) = two_tracks();
        let art = insert_art(&connection, b"picture");
        connection.execute("INSERT INTO track_art (track_id, art_id, ordinal) VALUES (1, ?1, 0)", [art]).unwrap();
        let catalog = subject.catalog();
        catalog.remember_served_sizes(&[], &[(first, 1, 2)]).unwrap();
        let mark = catalog.revision().unwrap();
        connection.pragma_update(None, "foreign_keys", foreign_keys).unwrap();
        connection.execute("DELETE FROM tracks WHERE id = 1", []).unwrap();
        assert_eq!(changed_since(&*catalog, mark), [1]);
        for table in ["tags", "track_art", "musefs_anatomy", "musefs_marks", "musefs_sizes"] {
            let sql = format!("SELECT count(*) FROM {table} WHERE track_id = 1");
            let left: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(left, 0, "{table}, foreign keys {foreign_keys}");
        }
        assert!(matches!(catalog.track(first), Err(CatalogError::NotFound)));
    }
}

#[test]
fn rows_of_tracks_that_are_replaced_or_renumbered_are_told() {
    const COLUMNS: &str =
        "backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns, backing_ctime_ns";
    check_told(&format!("INSERT OR REPLACE INTO tracks ({COLUMNS}) VALUES ('/a', 'mp3', 0, 1, 1, 0, 0)"), &[1, 3]);
    check_told("UPDATE OR REPLACE tracks SET backing_path = '/a' WHERE id = 2", &[1, 2]);
    check_told("UPDATE tracks SET backing_path = '/z' WHERE id = 2", &[2]);
    check_told("PRAGMA foreign_keys = OFF; UPDATE tracks SET id = 9 WHERE id = 2", &[2, 9]);
}

#[test]
fn what_we_recorded_of_a_file_goes_when_another_program_says_it_is_a_different_one() {
    let (subject, first, second, connection) = two_tracks();
    connection.execute("UPDATE tracks SET backing_mtime_ns = 77 WHERE id = 1", []).unwrap();
    connection.execute("UPDATE tracks SET backing_path = '/moved', backing_mtime_ns = 5 WHERE id = 2", []).unwrap();
    let (changed, moved) = (subject.catalog().track(first).unwrap(), subject.catalog().track(second).unwrap());
    assert_eq!((changed.anatomy, changed.row.pristine_version), (None, None));
    assert!(moved.anatomy.is_some() && moved.row.is_certainly_pristine());
}

#[test]
fn the_change_log_is_bounded_by_the_number_of_tracks() {
    let (subject, _, _, connection) = two_tracks();
    for number in 0..50 {
        connection.execute("UPDATE tags SET value = ?1", [number.to_string()]).unwrap();
    }
    let rows: i64 = connection.query_row("SELECT count(*) FROM musefs_changes", [], |row| row.get(0)).unwrap();
    assert!(rows <= 3, "{rows} rows for two tracks and the floor");
    drop(subject);
}

#[test]
fn malformed_rows_are_refused() {
    let (_subject, _, _, connection) = two_tracks();
    let art = insert_art(&connection, b"picture");
    let tag = |columns: &str, values: &str| format!("INSERT INTO tags (track_id, {columns}) VALUES (1, {values})");
    let track = |values: &str| {
        format!(
            "INSERT INTO tracks (backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns,
             backing_ctime_ns) VALUES ({values})"
        )
    };
    let picture = |values: &str| format!("INSERT INTO art (sha256, mime, width, byte_len, data) VALUES ({values})");
    let link = |values: &str| {
        format!("INSERT INTO track_art (track_id, art_id, picture_type, description, ordinal) VALUES ({values})")
    };
    let hash = "f".repeat(64);
    let refused = [
        tag("key, value", "'', 'x'"),
        tag("key, value", &format!("'{}', 'x'", "k".repeat(257))),
        tag("key, value", "'a' || char(10) || 'b', 'x'"),
        tag("key, value", "'a' || char(127), 'x'"),
        tag("key, value", "'a' || char(0) || 'b', 'x'"),
        tag("key, value", "X'61', 'x'"),
        tag("key, value", "'k', NULL"),
        tag("key, value", "'k', X'61'"),
        tag("key, value", &format!("'k', '{}x'", "ä".repeat(131_072))),
        tag("key, value, ordinal", "'k', 'x', -1"),
        tag("key, value, ordinal", "'k', 'x', 'first'"),
        tag("key, value, value_blob", "'k', 'x', X'00'"),
        tag("key, value, value_blob", "'k', '', 'text'"),
        tag("key, value, value_blob", "'k', '', zeroblob(16711681)"),
        "INSERT INTO tags (track_id, key, value) VALUES (999, 'k', 'x')".into(),
        track("'', 'flac', 0, 0, 0, 0, 0"),
        track("'/a', 'flac', 0, 0, 0, 0, 0"),
        track("'/n', 'flac', -1, 0, 0, 0, 0"),
        track("'/n', 'flac', 0, -1, 0, 0, 0"),
        track("'/n', 'flac', 0, 0, -1, 0, 0"),
        track("'/n', 'flac', 5, 6, 10, 0, 0"),
        track("'/n', 'flac', 1, 9223372036854775807, 10, 0, 0"),
        track("'/n', 'flac', 'x', 0, 0, 0, 0"),
        track("'/n', '', 0, 0, 0, 0, 0"),
        "UPDATE tracks SET fingerprint = 'short'".into(),
        format!("UPDATE tracks SET content_hash = '{}'", "g".repeat(64)),
        "UPDATE tracks SET id = 0 WHERE id = 2".into(),
        picture(&format!("'{hash}', 'image/png', NULL, 2, X'00'")),
        picture(&format!("'{hash}', 'image/png', NULL, 1, 'x'")),
        picture("'short', 'image/png', NULL, 1, X'00'"),
        picture(&format!("'{hash}', '{}', NULL, 1, X'00'", "m".repeat(256))),
        picture(&format!("'{hash}', 'image/png', 'wide', 1, X'00'")),
        picture(&format!("'{hash}', 'image/png', NULL, 16711681, zeroblob(16711681)")),
        link(&format!("1, {art}, 21, '', 0")),
        link(&format!("1, {art}, -1, '', 0")),
        link(&format!("1, {art}, 3, '{}', 0", "d".repeat(1_025))),
        link(&format!("1, {art}, 3, '', -1")),
        link("1, 999, 3, '', 0"),
        "UPDATE art SET data = X'00', byte_len = 1".into(),
        "UPDATE art SET mime = 'image/gif'".into(),
        format!("INSERT OR REPLACE INTO art (id, sha256, mime, byte_len, data) VALUES ({art}, '{hash}', '', 1, X'00')"),
    ];
    for sql in refused {
        let error = connection.execute(&sql, []).expect_err(&sql);
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation), "{sql}: {error}");
    }
}

#[test]
fn rows_at_the_limits_are_taken() {
    let (_subject, _, _, connection) = two_tracks();
    let accepted = [
        format!("INSERT INTO tags (track_id, key, value) VALUES (1, '{}', 'x')", "ä".repeat(256)),
        format!("INSERT INTO tags (track_id, key, value) VALUES (1, 'long', '{}')", "ä".repeat(131_072)),
        "INSERT INTO tags (track_id, key, value) VALUES (1, 'odd key = [*]', 'a' || char(0, 10) || 'b')".into(),
        "INSERT INTO tags (track_id, key, value) VALUES (1, 'number', 1999)".into(),
        "INSERT INTO tags (track_id, key, value, value_blob) VALUES (1, 'blob', '', zeroblob(16711680))".into(),
        "INSERT INTO tags (track_id, key, value, value_blob) VALUES (1, 'no bytes', '', X'')".into(),
        format!("UPDATE tracks SET fingerprint = '{}'", "0aF".repeat(22)[..64].to_owned()),
        "UPDATE tracks SET audio_offset = 1000, audio_length = 0".into(),
        "UPDATE tracks SET backing_path = X'2FFF' WHERE id = 2".into(),
        format!("INSERT INTO art (sha256, mime, byte_len, data) VALUES ('{}', '', 0, X'')", "e".repeat(64)),
        "UPDATE art SET sha256 = sha256".into(),
    ];
    for sql in accepted {
        connection.execute(&sql, []).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

#[test]
fn linked_art_cannot_be_deleted_and_ids_of_art_do_not_come_back() {
    let (_subject, _, _, connection) = two_tracks();
    let art = insert_art(&connection, b"one");
    connection.execute("INSERT INTO track_art (track_id, art_id, ordinal) VALUES (1, ?1, 0)", [art]).unwrap();
    assert!(connection.execute("DELETE FROM art", []).is_err());
    connection.execute_batch("DELETE FROM track_art; DELETE FROM art").unwrap();
    assert!(insert_art(&connection, b"two") > art);
}

#[test]
fn a_reader_is_not_kept_waiting_by_a_writer() {
    let (subject, first, _, mut connection) = two_tracks();
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    transaction.execute("UPDATE tags SET value = 'uncommitted'", []).unwrap();
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    assert_eq!(rows_of(&catalog.track(first).unwrap()), ["genre=x", "title=A"]);
    transaction.commit().unwrap();
    assert_eq!(rows_of(&catalog.track(first).unwrap()), ["genre=uncommitted", "title=uncommitted"]);
    assert_eq!(changed_since(&*catalog, mark), [1, 2]);
}

#[test]
fn one_stream_sees_one_state() {
    let (subject, ..) = two_tracks();
    let catalog = subject.catalog();
    let mut titles = Vec::new();
    let connection = subject.external();
    let seen = catalog
        .for_each_track(&["title".to_owned()], &mut |track| {
            connection.execute("UPDATE tags SET value = 'late' WHERE key = 'title'", []).unwrap();
            titles.push(track.values[0][0].clone());
        })
        .unwrap();
    assert_eq!(titles, ["A", "B"]);
    assert_eq!(changed_since(&*catalog, seen), [1, 2], "what came meanwhile is told from the revision answered");
}

#[test]
fn a_copy_that_went_its_own_way_and_is_put_back_is_read_whole() {
    let subject = SqliteSubject::new();
    let (first, second) = (add(&subject, "/a", &[("title", "A")]), add(&subject, "/b", &[("title", "B")]));
    let copy = subject.folder.path().join("copy.db");
    subject.external().backup("main", &copy, None).unwrap();
    subject.set_tags(first, &[("title", "in the store")]);
    let catalog = subject.catalog();
    let (store, revision) = catalog.revision().unwrap();
    // As many changes and more, but of another track.
    let other = Connection::open(&copy).unwrap();
    for title in ["one", "two", "three", "four"] {
        other.execute("UPDATE tags SET value = ?1 WHERE track_id = ?2", (title, second.0)).unwrap();
    }
    subject.external().restore("main", &copy, None::<fn(Progress)>).unwrap();
    let (same_store, now) = catalog.revision().unwrap();
    assert!(store == same_store && now > revision);
    assert_eq!(catalog.changes_since(store, revision).unwrap(), Changes::TooFarBack);
    assert_eq!(rows_of(&catalog.track(first).unwrap()), ["title=A"]);
    subject.set_tags(first, &[("title", "behind it")]);
    assert_eq!(changed_since(&*catalog, (store, now)), [first.0]);
}
