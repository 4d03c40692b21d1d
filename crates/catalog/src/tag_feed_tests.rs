use super::*;
use crate::SqliteWriter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

const FIELDS: [&str; 2] = ["artist", "title"];

/// Each track's id with the values of each field.
type Seen = Vec<(i64, Vec<Vec<String>>)>;

struct Fixture {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Fixture {
    /// A store of so many tracks. Every third has no title, every fifth is gone with its tags left behind.
    fn new(tracks: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        drop(SqliteWriter::open_or_create(&path).unwrap());
        let fixture = Self { _folder: folder, path };
        let writer = fixture.writer();
        writer.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
        writer.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
        for id in 1..=tracks {
            let path = format!("/m/{id}.flac");
            let sql = "INSERT INTO tracks (id, backing_path, format, audio_offset, audio_length, backing_size, \
                       backing_mtime_ns, backing_ctime_ns) VALUES (?1, ?2, 'flac', 0, 0, 9, 0, 0)";
            if id % 5 != 0 {
                writer.execute(sql, (id, path)).unwrap();
            }
            for (ordinal, key) in [(0, "Artist"), (1, "artist"), (0, "title"), (0, "genre")] {
                if key != "title" || id % 3 != 0 {
                    let sql = "INSERT INTO tags (track_id, key, value, ordinal) VALUES (?1, ?2, ?3, ?4)";
                    writer.execute(sql, (id, key, format!("{key} {ordinal} of {id}"), ordinal)).unwrap();
                }
            }
        }
        writer.execute_batch("COMMIT").unwrap();
        fixture
    }

    fn writer(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    fn execute(&self, sql: &str) {
        self.writer().execute_batch(sql).unwrap();
    }

    fn store_and_keep(self) -> (Store, Self) {
        (Store::open(&self.path).unwrap().0, self)
    }
}

fn fields() -> Vec<String> {
    FIELDS.map(str::to_owned).to_vec()
}

fn gather(read: impl FnOnce(&mut dyn FnMut(TrackFields<'_>))) -> Seen {
    let mut seen = Vec::new();
    read(&mut |track| seen.push((track.row.id.0, track.values.to_vec())));
    seen
}

#[test]
fn two_connections_see_what_one_sees() {
    let (store, _fixture) = Fixture::new(2 * BATCH as i64).store_and_keep();
    let one = gather(|visit| store.read(|c| stream::every_track(c, true, &fields(), visit)).unwrap());
    let two = gather(|visit| {
        let read = |c: &Connection| every_track(&store, c, changes::revision(c)?, &fields(), visit);
        store.read(read).unwrap().unwrap();
    });
    assert_eq!(one.len(), 2 * BATCH - 2 * BATCH / 5);
    assert_eq!(one[0].1, [vec!["Artist 0 of 1", "artist 1 of 1"], vec!["title 0 of 1"]]);
    assert_eq!(two, one);
    let (sender, receiver) = sync_channel(BATCHES);
    store.read(|c| send(c, changes::revision(c)?, &fields(), &sender)).unwrap();
    assert!(Feed::begin(receiver).is_some(), "the second one has been read");
}

#[test]
fn a_feed_of_another_state_ends_before_it_begins_and_the_tracks_are_read_without_it() {
    let (store, fixture) = Fixture::new(4).store_and_keep();
    let seen = gather(|visit| {
        let read = |c: &Connection| {
            let revision = changes::revision(c)?;
            fixture.execute("UPDATE tags SET value = 'newer' WHERE key = 'title'");
            every_track(&store, c, revision, &fields(), visit)
        };
        store.read(read).unwrap().unwrap();
    });
    assert_eq!(seen[0].1[1], ["title 0 of 1"], "of the state that the first connection sees");
    let (sender, receiver) = sync_channel(BATCHES);
    store.read(|c| send(c, Revision(0), &fields(), &sender)).unwrap();
    drop(sender);
    assert!(Feed::begin(receiver).is_none());
}

#[test]
fn a_visitor_that_panics_leaves_nothing_behind() {
    let (store, _fixture) = Fixture::new(4 * BATCH as i64).store_and_keep();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.read(|c| every_track(&store, c, changes::revision(c)?, &fields(), &mut |_| panic!("the visitor")))
    }));
    assert!(panicked.is_err());
    let seen = gather(|visit| store.read(|c| stream::every_track(c, true, &fields(), visit)).unwrap());
    assert!(!seen.is_empty());
}
