//! Programs killed at any moment: the store stays valid, curated rows stay, and the next run goes on.
//!
//! `MUSEFS_TEST_SOAK` set makes it 200 moments rather than 30.

mod common;

use common::{World, fixture, musefs, stderr};
use rusqlite::Connection;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tracks in the library.
const TRACKS: u64 = 120;
/// Names the store to the process that plays another program.
const WRITES_TO: &str = "MUSEFS_TEST_CRASH_WRITES_TO";

fn moments() -> u64 {
    if std::env::var_os("MUSEFS_TEST_SOAK").is_some() { 200 } else { 30 }
}

/// Moments at random; the seed is told where a test fails.
struct Moments {
    seed: u64,
    state: u64,
}

impl Moments {
    fn new() -> Self {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
        Self { seed, state: seed }
    }

    fn next(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % below
    }

    /// Lets `child` run for a moment and kills it; answers whether it was still running.
    fn kill(&mut self, mut child: Child, longest_us: u64) -> bool {
        std::thread::sleep(Duration::from_micros(self.next(longest_us)));
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        running
    }
}

fn library() -> World {
    let world = World::new();
    for number in 0..TRACKS {
        put(&world, number, 0);
    }
    world.scan();
    let store = world.sql();
    store
        .execute_batch(
            "INSERT INTO tags (track_id, key, value) SELECT id, 'curated', 'by hand ' || id FROM tracks;
             INSERT OR REPLACE INTO tags (track_id, key, value) SELECT id, 'album', 'curated' FROM tracks;",
        )
        .unwrap();
    world
}

fn put(world: &World, number: u64, round: u64) {
    let title = format!("Title {round}{}", "!".repeat(round as usize % 7));
    let comments = [("TITLE", title.as_str()), ("ALBUM", "the file's"), ("GENRE", "start")];
    world.put(&format!("{}/{number}.flac", number % 5), fixture::flac_of(&comments, None, number as u16 + 1, 4));
}

/// The store is whole, and nothing that was curated is lost.
fn assert_sound(db: &Path, context: &str) {
    let store = Connection::open(db).unwrap();
    store.busy_timeout(Duration::from_secs(5)).unwrap();
    let check: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok", "{context}");
    let broken = store.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
    assert!(!broken, "{context}: rows without their track");
    let curated: i64 = store
        .query_row(
            "SELECT count(*) FROM tracks WHERE EXISTS (SELECT 1 FROM tags WHERE track_id = tracks.id AND key = 'curated'
                 AND value = 'by hand ' || tracks.id)
             AND EXISTS (SELECT 1 FROM tags WHERE track_id = tracks.id AND key = 'album' AND value = 'curated')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(curated, TRACKS as i64, "{context}: curated rows are lost");
}

#[test]
fn a_scan_killed_at_any_moment_loses_nothing_and_the_next_goes_on() {
    let world = library();
    let mut chance = Moments::new();
    let mut killed = 0;
    for round in 1..=moments() {
        let context = format!("round {round}, seed {}", chance.seed);
        for number in 0..TRACKS {
            if (number + round) % 3 == 0 {
                put(&world, number, round);
            }
        }
        let extra = format!("extra/{round}.flac");
        world.put(&extra, fixture::flac_of(&[("TITLE", "Extra")], None, 1_000 + round as u16, 4));
        let music = world.music.to_str().unwrap();
        let words: &[&str] = if round % 2 == 0 { &["scan", music] } else { &["revalidate", music] };
        let child = musefs()
            .args(words)
            .arg("--db")
            .arg(&world.db)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        killed += u64::from(chance.kill(child, 60_000));
        assert_sound(&world.db, &context);
        let output = world.run(&["scan", music]);
        assert_eq!(output.status.code(), Some(0), "{context}: {}", stderr(&output));
        assert_sound(&world.db, &context);
        let store = world.sql();
        let found = |sql: &str| store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(found("SELECT count(*) FROM tracks"), (TRACKS + round) as i64, "{context}: all that is there is in");
    }
    assert!(killed > 0, "not one scan was caught while it ran");
}

#[test]
fn another_program_killed_in_its_edits_leaves_whole_transactions_that_can_be_undone() {
    let world = library();
    let mut chance = Moments::new();
    let mut undone = 0;
    for round in 1..=moments() {
        let context = format!("round {round}, seed {}", chance.seed);
        let writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "plays_another_program", "--nocapture"])
            .env(WRITES_TO, &world.db)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let run = writer.id();
        assert!(chance.kill(writer, 120_000), "{context}: it ended by itself");
        assert_sound(&world.db, &context);
        assert_uniform(&world, &context);
        // What was recorded of the edits is as whole as they are.
        if committed(&world, run) {
            undone += 1;
            let output = world.run(&["undo"]);
            assert_eq!(output.status.code(), Some(0), "{context}: {}", stderr(&output));
            assert_uniform(&world, &context);
            assert_sound(&world.db, &context);
        }
        let output = world.run(&["scan", world.music.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{context}: {}", stderr(&output));
    }
    assert!(undone > 0, "each time it was killed before it had committed anything");
}

/// Whether a run of the other program committed anything.
fn committed(world: &World, run: u32) -> bool {
    let store = world.sql();
    let mut statement = store.prepare("SELECT 1 FROM tags WHERE key = 'genre' AND value LIKE ?1 || ' %'").unwrap();
    statement.exists([run]).unwrap()
}

/// Every track has the same genre, since each transaction writes them all.
fn assert_uniform(world: &World, context: &str) {
    let store = world.sql();
    let genres: i64 =
        store.query_row("SELECT count(DISTINCT value) FROM tags WHERE key = 'genre'", [], |row| row.get(0)).unwrap();
    let rows: i64 = store.query_row("SELECT count(*) FROM tags WHERE key = 'genre'", [], |row| row.get(0)).unwrap();
    assert_eq!((genres, rows), (1, TRACKS as i64), "{context}: half a transaction");
}

/// Not a test by itself: the other one runs it as the program that is killed.
#[test]
fn plays_another_program() {
    let Some(db) = std::env::var_os(WRITES_TO) else { return };
    let mut store = Connection::open(db).unwrap();
    store.busy_timeout(Duration::from_secs(5)).unwrap();
    store.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    let run = std::process::id();
    for generation in 0.. {
        let transaction = store.transaction().unwrap();
        let tracks: Vec<i64> = transaction
            .prepare("SELECT id FROM tracks ORDER BY id")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for track in tracks {
            transaction.execute("DELETE FROM tags WHERE track_id = ?1 AND lower(key) = 'genre'", [track]).unwrap();
            transaction
                .execute(
                    "INSERT INTO tags (track_id, key, value) VALUES (?1, 'genre', ?2)",
                    (track, format!("{run} {generation}")),
                )
                .unwrap();
        }
        transaction.commit().unwrap();
    }
}
