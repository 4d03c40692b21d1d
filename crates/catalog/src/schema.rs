//! The tables: making them, recognising them, and bringing our own up to date.

use crate::error::explain;
use crate::{sidecars, walks};
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// `PRAGMA user_version` of the contract's tables.
pub(crate) const CONTRACT_VERSION: i64 = 2;
/// Version of our own tables and triggers, in `musefs_meta`.
const SIDE_VERSION: i64 = 2;

const CONTRACT_SQL: &str = include_str!("contract.sql");
const SIDE_SQL: &str = include_str!("side.sql");
const TRIGGERS_SQL: &str = include_str!("triggers.sql");
const HISTORY_TRIGGERS_SQL: &str = include_str!("history_triggers.sql");

/// A statement for each table of the contract that names every column of it.
const CONTRACT_COLUMNS: [(&str, &str); 4] = [
    (
        "tracks",
        "SELECT id, backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns, backing_ctime_ns, \
         content_version, updated_at, fingerprint, content_hash FROM tracks LIMIT 0",
    ),
    ("tags", "SELECT track_id, key, value, ordinal, value_blob FROM tags LIMIT 0"),
    ("art", "SELECT id, sha256, mime, width, height, byte_len, data FROM art LIMIT 0"),
    ("track_art", "SELECT track_id, art_id, picture_type, description, ordinal FROM track_art LIMIT 0"),
];

/// What stands at a path, before a database engine looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No file, or one without a byte in it.
    Nothing,
    /// Something that begins like a database.
    Database,
}

/// Looks at the file itself, so that a text file or a folder gets a better answer than the engine's.
pub(crate) fn look(path: &Path) -> CatalogResult<Found> {
    let not_a_store = |reason: &str| CatalogError::NotAStore { path: path.into(), reason: reason.into() };
    let unreadable = |error| CatalogError::Other(format!("cannot read {}: {error}", path.display()));
    let meta = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        found => found.map_err(unreadable)?,
    };
    if meta.is_dir() {
        return Err(not_a_store("it is a folder"));
    }
    if !meta.is_file() {
        return Err(not_a_store("it is no regular file"));
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(16).read_to_end(&mut head)).map_err(unreadable)?;
    match head.as_slice() {
        [] => Ok(Found::Nothing),
        b"SQLite format 3\0" => Ok(Found::Database),
        _ => Err(not_a_store("it is no SQLite database")),
    }
}

/// Whether a database holds a store this program can serve. `false`: it is empty.
pub(crate) fn check(connection: &Connection, path: &Path) -> CatalogResult<bool> {
    let sql = |error| explain(path, &error);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(sql)?;
    if found > CONTRACT_VERSION {
        return Err(CatalogError::TooNew { path: path.into(), found, supported: CONTRACT_VERSION });
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(sql)?;
    if tables == 0 {
        return Ok(false);
    }
    for (table, columns) in CONTRACT_COLUMNS {
        if let Err(error) = connection.prepare(columns) {
            // Only an answer about the schema tells what the file is; anything else is a fault of the moment.
            return Err(match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::Unknown) | None => CatalogError::NotAStore {
                    path: path.into(),
                    reason: format!("a database without the columns of the table {table}"),
                },
                Some(_) => explain(path, &error),
            });
        }
    }
    let side = side_version(connection).map_err(sql)?;
    if side.is_some_and(|side| side > SIDE_VERSION) {
        return Err(CatalogError::Other(format!(
            "{} was last written by a newer musefs; upgrade this one",
            path.display()
        )));
    }
    Ok(true)
}

/// Whether our tables and every trigger are there in the present version.
pub(crate) fn has_side_tables(connection: &Connection) -> Result<bool> {
    if side_version(connection)? != Some(SIDE_VERSION) {
        return Ok(false);
    }
    let triggers: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'musefs_*'",
        [],
        |row| row.get(0),
    )?;
    let made = [TRIGGERS_SQL, HISTORY_TRIGGERS_SQL].map(|sql| sql.matches("CREATE TRIGGER ").count());
    Ok(triggers as usize == made.iter().sum::<usize>())
}

fn side_version(connection: &Connection) -> Result<Option<i64>> {
    let there: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'musefs_meta'",
        [],
        |row| row.get(0),
    )?;
    if there == 0 {
        return Ok(None);
    }
    let mut statement = connection.prepare("SELECT value FROM musefs_meta WHERE key = 'side_version'")?;
    let mut rows = statement.query([])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

/// Makes whatever is missing, in one transaction. Finds out under the lock, since several programs may start at once.
pub(crate) fn bring_up_to_date(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tracks: i64 = transaction.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'tracks'",
        [],
        |row| row.get(0),
    )?;
    if tracks == 0 {
        transaction.execute_batch(CONTRACT_SQL)?;
    }
    transaction.pragma_update(None, "user_version", CONTRACT_VERSION)?;
    if !has_side_tables(&transaction)? {
        install_side_tables(&transaction)?;
    }
    transaction.commit()
}

fn install_side_tables(transaction: &Transaction<'_>) -> Result<()> {
    let stale: Vec<String> = transaction
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'musefs_*'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for name in stale {
        transaction.execute_batch(&format!("DROP TRIGGER \"{}\"", name.replace('"', "\"\"")))?;
    }
    transaction.execute_batch(SIDE_SQL)?;
    // A table that is made later moves every revision; see `changes`.
    transaction.execute_batch(sidecars::TABLE)?;
    transaction.execute_batch(walks::TABLE)?;
    transaction.execute_batch(TRIGGERS_SQL)?;
    transaction.execute_batch(HISTORY_TRIGGERS_SQL)?;
    // What changed while no trigger watched is unknown: every revision handed out before is too far back.
    transaction.execute_batch(
        "DELETE FROM musefs_changes WHERE track_id = 0;
         INSERT INTO musefs_changes (track_id) VALUES (0);
         UPDATE musefs_meta SET value = (SELECT max(seq) FROM musefs_changes) WHERE key = 'changes_floor';
         UPDATE musefs_marks SET pristine_version = NULL;",
    )?;
    transaction
        .execute("INSERT OR REPLACE INTO musefs_meta (key, value) VALUES ('side_version', ?1)", [SIDE_VERSION])?;
    Ok(())
}
