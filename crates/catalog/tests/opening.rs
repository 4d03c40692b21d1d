//! What stands at the path of a store: nothing, something else, somebody else's store, a newer one, one that goes away.

mod external;
mod shared;

use external::{SqliteSubject, connect};
use musefs_catalog::{SqliteCatalog, SqliteWriter};
use musefs_contracts::catalog::{Catalog, CatalogError, Changes};
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{CatalogWriter, IngestMode};
use shared::{Subject, add, changed, changed_since, file, rows_of, streamed};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

fn message(error: &CatalogError) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "one line: {text}");
    text
}

/// The contract's tables and nothing more, without a single constraint, as a careless program would make them.
fn bare_store(path: &Path) -> rusqlite::Connection {
    let connection = connect(path);
    connection
        .execute_batch(
            "CREATE TABLE tracks (id INTEGER PRIMARY KEY, backing_path UNIQUE, format, audio_offset, audio_length,
                 backing_size, backing_mtime_ns, backing_ctime_ns, content_version DEFAULT 0, updated_at, fingerprint,
                 content_hash);
             CREATE TABLE tags (track_id, key, value, ordinal DEFAULT 0, value_blob, PRIMARY KEY (track_id, key, ordinal));
             CREATE TABLE art (id INTEGER PRIMARY KEY, sha256 UNIQUE, mime, width, height, byte_len, data);
             CREATE TABLE track_art (track_id, art_id, picture_type DEFAULT 3, description DEFAULT '', ordinal,
                 PRIMARY KEY (track_id, ordinal));
             INSERT INTO tracks VALUES (1, '/a', 'flac', 10, 90, 100, 1, 2, 0, 3, NULL, NULL);
             INSERT INTO tags (track_id, key, value) VALUES (1, 'Title', 'T');
             PRAGMA user_version = 2;",
        )
        .unwrap();
    connection
}

#[test]
fn nothing_and_an_empty_file_say_how_to_make_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    for _ in 0..2 {
        let error = SqliteCatalog::open(&path).err().unwrap();
        assert!(matches!(error, CatalogError::Missing(_)));
        assert!(message(&error).contains("musefs scan"), "{error}");
        assert!(matches!(SqliteWriter::open(&path), Err(CatalogError::Missing(_))));
        fs::write(&path, "").unwrap();
    }
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA journal_mode = WAL; VACUUM").unwrap();
    assert!(matches!(SqliteCatalog::open(&path), Err(CatalogError::Missing(_))), "a database without a table");
    SqliteWriter::open_or_create(&path).unwrap();
    assert!(streamed(&*SqliteCatalog::open(&path).unwrap(), &[]).is_empty());
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (text, short) = (folder.path().join("notes.txt"), folder.path().join("short"));
    fs::write(&text, "these are my notes, all of them, longer than a header").unwrap();
    fs::write(&short, "abc").unwrap();
    let other = folder.path().join("other.db");
    connect(&other).execute_batch("CREATE TABLE bookmarks (url); PRAGMA user_version = 2").unwrap();
    for path in [&text, &short, &other, &folder.path().to_owned()] {
        let before = fs::read(path).ok();
        for error in [
            SqliteCatalog::open(path).err().unwrap(),
            SqliteWriter::open(path).err().unwrap(),
            SqliteWriter::open_or_create(path).err().unwrap(),
        ] {
            assert!(matches!(error, CatalogError::NotAStore { .. }), "{}: {error}", path.display());
            assert!(message(&error).contains("--db"));
        }
        assert_eq!(fs::read(path).ok(), before);
    }
}

#[test]
fn a_newer_store_is_refused() {
    let subject = SqliteSubject::new();
    subject.external().pragma_update(None, "user_version", 3).unwrap();
    for error in [
        SqliteCatalog::open(&subject.path).err().unwrap(),
        SqliteWriter::open(&subject.path).err().unwrap(),
        SqliteWriter::open_or_create(&subject.path).err().unwrap(),
    ] {
        assert!(matches!(error, CatalogError::TooNew { found: 3, supported: 2, .. }), "{error}");
    }
    subject
        .external()
        .execute_batch("PRAGMA user_version = 2; UPDATE musefs_meta SET value = 99 WHERE key = 'side_version'")
        .unwrap();
    assert!(message(&SqliteCatalog::open(&subject.path).err().unwrap()).contains("newer"));
}

#[test]
fn a_store_that_another_program_made_opens_and_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let other = bare_store(&path);
    let catalog = SqliteCatalog::open(&path).unwrap();
    assert_eq!(streamed(&*catalog, &["title"]), [("/a".to_owned(), vec![vec!["T".to_owned()]], false)]);
    let record = catalog.track(TrackId(1)).unwrap();
    assert_eq!((record.anatomy, record.row.stamp.size), (None, 100));
    let mark = catalog.revision().unwrap();
    other.execute("UPDATE tags SET value = 'new'", []).unwrap();
    assert_eq!(changed_since(&*catalog, mark), [1], "our triggers watch it now");
    assert!(catalog.track(TrackId(1)).unwrap().row.content_version > 0);
}

#[test]
fn a_scan_brings_anatomies_into_another_programs_store_and_keeps_its_tags() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    bare_store(&path);
    let mut writer = SqliteWriter::open_or_create(&path).unwrap();
    writer.ingest(&[changed("/a", &[("title", "file's")], IngestMode::Refresh), file("/b", &[])]).unwrap();
    let catalog = SqliteCatalog::open(&path).unwrap();
    let record = catalog.track(TrackId(1)).unwrap();
    assert_eq!(rows_of(&record), ["Title=T"]);
    assert!(record.anatomy.is_some() && !record.row.is_certainly_pristine());
    writer.remove(&[TrackId(2)]).unwrap();
    writer.ingest(&[file("/c", &[])]).unwrap();
    assert_eq!(catalog.find_path("/c".as_ref()).unwrap(), Some(TrackId(3)), "ids are not given again");
}

#[test]
fn a_store_without_a_change_log_is_followed_until_it_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let mut other = bare_store(&path);
    // While another program holds the lock, our tables cannot be added.
    let lock = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let catalog = SqliteCatalog::open(&path).unwrap();
    lock.commit().unwrap();
    let mark = catalog.for_each_track(&[], &mut |_| {}).unwrap();
    assert_eq!(catalog.revision().unwrap(), mark);
    assert_eq!(changed_since(&*catalog, mark), Vec::<i64>::new());
    other.execute("UPDATE tags SET value = 'new'", []).unwrap();
    let moved = catalog.revision().unwrap();
    assert!(moved.0 == mark.0 && moved.1 > mark.1);
    assert_eq!(catalog.changes_since(mark.0, mark.1).unwrap(), Changes::TooFarBack);
    assert_eq!(streamed(&*catalog, &["title"])[0].1, [["new"]]);
    SqliteWriter::open(&path).unwrap();
    let adopted = catalog.revision().unwrap();
    assert_ne!(adopted.0, moved.0, "the log starts anew");
    other.execute("UPDATE tags SET value = 'newer'", []).unwrap();
    assert_eq!(changed_since(&*catalog, adopted), [1]);
}

#[test]
fn lost_triggers_are_put_back_and_old_revisions_forgotten() {
    let subject = SqliteSubject::new();
    let track = add(&subject, "/a", &[("title", "A")]);
    let mark = subject.catalog().revision().unwrap();
    subject.external().execute_batch("DROP TRIGGER musefs_tags_update; UPDATE tags SET value = 'unseen'").unwrap();
    let catalog = SqliteCatalog::open(&subject.path).unwrap();
    assert_eq!(catalog.changes_since(mark.0, mark.1).unwrap(), Changes::TooFarBack);
    assert!(!catalog.track(track).unwrap().row.is_certainly_pristine(), "the mark cannot be trusted");
    let mark = catalog.revision().unwrap();
    subject.external().execute("UPDATE tags SET value = 'seen'", []).unwrap();
    assert_eq!(changed_since(&*catalog, mark), [track.0]);
}

#[test]
fn rows_out_of_contract_harm_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let other = bare_store(&path);
    other
        .execute_batch(
            "INSERT INTO tracks VALUES (0, '/zero', 'flac', 0, 0, 0, 0, 0, 0, 0, NULL, NULL);
             INSERT INTO tracks VALUES (-7, '/negative', 'flac', 0, 0, 0, 0, 0, 0, 0, NULL, NULL);
             INSERT INTO tracks VALUES (1 << 60, '/huge', 'flac', 0, 0, 0, 0, 0, 0, 0, NULL, NULL);
             INSERT INTO tracks VALUES (2, NULL, 'flac', 0, 0, 0, 0, 0, 0, 0, NULL, NULL);
             INSERT INTO tracks VALUES (3, '/types', X'00FF', 'x', 1.5, NULL, 'y', X'01', 'many', NULL, 5, X'00');
             INSERT INTO tracks VALUES (4, '/range', 'flac', 50, 100, 100, 1, 2, -5, 0, NULL, NULL);
             INSERT INTO tracks VALUES (5, CAST(X'2FFF' AS TEXT), 'mp3', -1, -1, -1, 1, 2, 0, 0, NULL, NULL);
             INSERT INTO tracks VALUES (6, '/last', 'flac', 0, 1, 1, 1, 2, 0, 0, NULL, NULL);
             INSERT INTO tags VALUES (4, CAST(X'FF' AS TEXT), 'odd key', 0, NULL);
             INSERT INTO tags VALUES (4, 'title', CAST(X'61FF' AS TEXT), 0, NULL);
             INSERT INTO tags VALUES (4, 'title', 5, 1, NULL);
             INSERT INTO tags VALUES (4, 'title', 'negative', -1, NULL);
             INSERT INTO tags VALUES (4, 'title', 'word', 'first', NULL);
             INSERT INTO tags VALUES (4, 'title', NULL, 2, NULL);
             INSERT INTO tags VALUES (4, 'title', 'blob of text', 3, 'text');
             INSERT INTO tags VALUES (4, X'7469746C65', 'blob key', 4, NULL);
             INSERT INTO tags VALUES ('text', 'title', 'x', 0, NULL);
             INSERT INTO tags VALUES (NULL, 'title', 'x', 0, NULL);
             INSERT INTO tags VALUES (4, NULL, 'x', 0, NULL);
             INSERT INTO tags VALUES (4, 'big', zeroblob(400000), 0, NULL);
             INSERT INTO tags VALUES (4, 'title', printf('%300000s', 'x'), 9, NULL);
             INSERT INTO tags VALUES (6, 'title', 'fine', 0, NULL);
             INSERT INTO art VALUES (1, NULL, NULL, -1, 'x', 99999, X'0102');
             INSERT INTO art VALUES (2, 'x', 'image/png', 1, 1, 5, NULL);
             INSERT INTO art VALUES (3, 'y', 'image/png', 1, 1, 5, 'text');
             INSERT INTO track_art VALUES (4, 1, 99, NULL, 0), (4, 2, 3, '', 1), (4, 77, 3, '', 2), (4, 3, 3, '', 3);
             INSERT INTO track_art VALUES (4, 1, 3, printf('%5000s', 'x'), 4);",
        )
        .unwrap();
    let catalog = SqliteCatalog::open(&path).unwrap();
    let seen = streamed(&*catalog, &["title"]);
    let paths: Vec<&str> = seen.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(paths, ["/a", "/types", "/range", "/\u{fffd}", "/last"]);
    assert_eq!(seen[2].1, [["a\u{fffd}", "5"]]);
    assert_eq!(seen[4].1, [["fine"]]);
    let mut records = Vec::new();
    catalog.records(&(-8..9).map(TrackId).collect::<Vec<_>>(), &mut |record| records.push(record)).unwrap();
    assert_eq!(records.len(), 5);
    let odd = &records[2];
    assert_eq!(odd.row.audio, musefs_contracts::anatomy::ByteRange::default());
    assert_eq!(odd.art.iter().map(|link| (link.byte_len, link.picture_type)).collect::<Vec<_>>(), [(2, 0), (2, 3)]);
    assert!(odd.art[1].description.len() <= 1_024);
    assert_eq!(records[1].row.stamp.size, 0);
    let mut buf = [0; 2];
    assert!(catalog.read_art(musefs_contracts::ids::ArtId(2), 0, &mut buf).is_err());
    assert!(catalog.read_tag_value(TrackId(4), "title", 3, 0, &mut buf).is_err());
    let mut writer = SqliteWriter::open(&path).unwrap();
    let mut known = 0;
    writer.for_each_known(&mut |_| known += 1).unwrap();
    assert_eq!(known, 5);
}

#[test]
fn a_deleted_store_is_an_error_until_another_is_there() {
    let subject = SqliteSubject::new();
    let track = add(&subject, "/a", &[("title", "A")]);
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    catalog.track(track).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", subject.path.display()));
    }
    assert!(matches!(catalog.revision(), Err(CatalogError::Missing(_))));
    assert!(catalog.for_each_track(&[], &mut |_| {}).is_err());
    assert_eq!(rows_of(&catalog.track(track).unwrap()), ["title=A"], "what is at hand goes on being served");
    SqliteWriter::open_or_create(&subject.path).unwrap().ingest(&[file("/new", &[("title", "N")])]).unwrap();
    let (store, _) = catalog.revision().unwrap();
    assert_ne!(store, mark.0);
    assert_eq!(catalog.changes_since(mark.0, mark.1).unwrap(), Changes::TooFarBack);
    assert_eq!(streamed(&*catalog, &["title"]), [("/new".to_owned(), vec![vec!["N".to_owned()]], true)]);
}

#[test]
fn a_deleted_store_serves_any_number_of_readers_at_once() {
    let subject = SqliteSubject::new();
    let track = add(&subject, "/a", &[("title", "A")]);
    let catalog = SqliteCatalog::open(&subject.path).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", subject.path.display()));
    }
    assert!(matches!(catalog.revision(), Err(CatalogError::Missing(_))));
    // No other connection can be opened: whoever comes while the only one is in use has to wait for it.
    let readers = 12;
    let waiting = AtomicUsize::new(0);
    let read = || {
        let mut seen = 0;
        waiting.fetch_add(1, Relaxed);
        catalog
            .for_tracks(&[track], &["title".into()], &mut |fields| {
                seen += fields.values.len();
                while waiting.load(Relaxed) < readers {
                    std::thread::sleep(Duration::from_millis(1));
                }
            })
            .unwrap();
        assert_eq!(seen, 1);
        assert_eq!(rows_of(&catalog.track(track).unwrap()), ["title=A"]);
    };
    std::thread::scope(|scope| (0..readers).for_each(|_| drop(scope.spawn(read))));
}

/// The shared memory beside the name stays, which is the former store's and the next one's too. The log goes: with something
/// in it, it would be taken for the next one's.
#[test]
fn a_store_exchanged_while_it_is_read_is_followed_at_any_moment() {
    let subject = SqliteSubject::new();
    let track = add(&subject, "/a", &[("title", "0")]);
    subject.writer().finish().unwrap();
    let catalog = subject.catalog();
    let done = AtomicBool::new(false);
    let read = || {
        while !done.load(Relaxed) {
            match catalog.track(track) {
                Ok(record) => assert_eq!(rows_of(&record).len(), 1),
                Err(CatalogError::Busy | CatalogError::Other(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let remember = || {
        while !done.load(Relaxed) {
            let _ = catalog.remember_served_sizes(&[], &[(track, 0, 100)]);
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(read)));
        scope.spawn(remember);
        for round in 1..12 {
            let title = round.to_string();
            let next = SqliteSubject::new();
            add(&next, "/a", &[("title", &title)]);
            for store in [&next, &subject] {
                store.external().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            }
            let _ = fs::remove_file(format!("{}-wal", subject.path.display()));
            fs::rename(&next.path, &subject.path).unwrap();
            let until = Instant::now() + Duration::from_secs(20);
            while catalog.revision().is_err() || streamed_title(&*catalog) != Some(title.clone()) {
                assert!(Instant::now() < until, "round {round} is not seen");
            }
        }
        done.store(true, Relaxed);
    });
}

/// Puts `next` in the place of a store that is open. The shared memory beside the name stays, as above.
fn exchange(subject: &SqliteSubject, next: &SqliteSubject) {
    for store in [next, subject] {
        store.external().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let _ = fs::remove_file(format!("{}-wal", subject.path.display()));
    fs::rename(&next.path, &subject.path).unwrap();
}

#[test]
fn a_writer_waits_until_readers_let_go_of_the_store_before() {
    let subject = SqliteSubject::new();
    let track = add(&subject, "/a", &[("title", "former")]);
    let catalog = subject.catalog();
    assert_eq!(rows_of(&catalog.track(track).unwrap()), ["title=former"]);
    let next = SqliteSubject::new();
    add(&next, "/b", &[("title", "next")]);
    exchange(&subject, &next);
    for open in [SqliteWriter::open, SqliteWriter::open_or_create] {
        assert!(matches!(open(&subject.path), Err(CatalogError::Replaced(_))), "the former is still read");
        assert_eq!(rows_of(&catalog.track(track).unwrap()), ["title=former"]);
    }
    catalog.revision().unwrap();
    let mut writer = SqliteWriter::open(&subject.path).unwrap();
    writer.ingest(&[file("/c", &[("title", "added")])]).unwrap();
    let titles: Vec<_> = streamed(&*catalog, &["title"]).into_iter().map(|(path, values, _)| (path, values)).collect();
    let expected = [("/b", "next"), ("/c", "added")].map(|(path, title)| (path.into(), vec![vec![title.into()]]));
    assert_eq!(titles, expected);
}

#[test]
fn a_writer_of_a_store_that_was_exchanged_writes_no_more_and_readers_wait_for_its_end() {
    let subject = SqliteSubject::new();
    let track = add(&subject, "/a", &[("title", "former")]);
    let catalog = subject.catalog();
    let mut writer = SqliteWriter::open(&subject.path).unwrap();
    let next = SqliteSubject::new();
    add(&next, "/b", &[("title", "next")]);
    exchange(&subject, &next);
    assert!(matches!(catalog.revision(), Err(CatalogError::Busy)), "opening it would harm the writer");
    assert_eq!(rows_of(&catalog.track(track).unwrap()), ["title=former"], "until then the former is read");
    let refused = writer.ingest(&[file("/lost", &[("title", "lost")])]);
    assert!(matches!(refused, Err(CatalogError::Replaced(_))), "{refused:?}");
    assert!(matches!(writer.finish(), Err(CatalogError::Replaced(_))));
    drop(writer);
    catalog.revision().unwrap();
    assert_eq!(streamed(&*catalog, &["title"])[0].0, "/b");
    assert_eq!(streamed(&*catalog, &["title"]).len(), 1);
}

fn streamed_title(catalog: &dyn Catalog) -> Option<String> {
    let mut title = None;
    let seen = catalog.for_each_track(&["title".into()], &mut |fields| title = fields.values[0].first().cloned());
    seen.ok().and(title)
}

#[test]
fn a_store_replaced_by_its_own_backup_is_another_store() {
    let subject = SqliteSubject::new();
    let track = add(&subject, "/a", &[("title", "A")]);
    subject.writer().finish().unwrap();
    let backup = subject.folder.path().join("backup.db");
    subject.external().execute("VACUUM INTO ?1", [backup.to_str().unwrap()]).unwrap();
    subject.set_tags(track, &[("title", "later")]);
    let catalog = subject.catalog();
    let mark = catalog.revision().unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", subject.path.display()));
    }
    fs::rename(&backup, &subject.path).unwrap();
    assert_ne!(catalog.revision().unwrap().0, mark.0);
    assert_eq!(streamed(&*catalog, &["title"])[0].1, [["A"]]);
}

#[test]
fn a_damaged_store_is_an_error_until_a_good_one_is_back() {
    let subject = SqliteSubject::new();
    add(&subject, "/a", &[("title", "A")]);
    subject.writer().finish().unwrap();
    let catalog = subject.catalog();
    let good = fs::read(&subject.path).unwrap();
    let aside = subject.folder.path().join("aside");
    for garbage in [vec![0x55; good.len()], good[..5_000].to_vec()] {
        fs::write(&aside, &garbage).unwrap();
        fs::rename(&aside, &subject.path).unwrap();
        let error = catalog.revision().err();
        let read = catalog.for_each_track(&["title".to_owned()], &mut |_| {}).err();
        let error = error.or(read).expect("the damage shows");
        message(&error);
        fs::write(&aside, &good).unwrap();
        fs::rename(&aside, &subject.path).unwrap();
        catalog.revision().unwrap();
        assert_eq!(streamed(&*catalog, &["title"])[0].1, [["A"]]);
    }
}

/// The name under which the read-only test runs itself again without privileges, which root would not notice missing.
const UNPRIVILEGED: &str = "MUSEFS_TEST_READ_ONLY_STORE";

#[test]
fn a_store_in_a_folder_that_cannot_be_written_is_served() {
    if let Ok(path) = std::env::var(UNPRIVILEGED) {
        return read_only_store_is_served(Path::new(&path));
    }
    let subject = SqliteSubject::new();
    add(&subject, "/a", &[("title", "A")]);
    let path = subject.path.clone();
    let SqliteSubject { folder, .. } = subject;
    connect(&path).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let permit = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    permit(folder.path(), 0o755);
    permit(path.parent().unwrap(), 0o555);
    permit(&path, 0o444);
    let mut command = std::process::Command::new(&program);
    command.args(["--exact", "a_store_in_a_folder_that_cannot_be_written_is_served"]).env(UNPRIVILEGED, &path);
    command.current_dir("/");
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    permit(path.parent().unwrap(), 0o755);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

fn read_only_store_is_served(path: &Path) {
    assert!(fs::write(path.with_extension("probe"), "").is_err(), "the folder can be written after all");
    let catalog = SqliteCatalog::open(path).unwrap();
    assert_eq!(streamed(&*catalog, &["title"]), [("/a".to_owned(), vec![vec!["A".to_owned()]], true)]);
    let mark = catalog.revision().unwrap();
    catalog.remember_served_sizes(&[], &[(TrackId(1), 1, 1)]).unwrap();
    assert_eq!(catalog.revision().unwrap(), mark);
    let error = SqliteWriter::open(path).err().unwrap();
    assert!(message(&error).contains("permissions"), "{error}");
}
