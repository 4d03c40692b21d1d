//! What walks of the library left behind, so that the next one of the same folders can tell whether there is anything to do.
//!
//! A store that is older than the table gets it when the first walk is remembered; one that lacks it works, slower.

use rusqlite::{Connection, OptionalExtension, Result};

pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS musefs_walks (
    seq INTEGER PRIMARY KEY, targets BLOB NOT NULL UNIQUE, tracks INTEGER, highest INTEGER, record BLOB NOT NULL
)";
/// Sets of targets that are remembered, the latest.
const KEPT: i64 = 8;

/// Number of tracks, and the highest id ever given to one: both are the same only if none came or went.
fn tracks(connection: &Connection) -> Result<(i64, i64)> {
    let count = connection.query_row("SELECT count(*) FROM tracks", [], |row| row.get(0))?;
    let highest = connection
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'tracks'", [], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    Ok((count, highest))
}

/// The record for these targets, if no track came or went since.
pub(crate) fn recall(connection: &Connection, targets: &[u8]) -> Result<Option<Vec<u8>>> {
    if !connection.table_exists(None, "musefs_walks")? {
        return Ok(None);
    }
    let transaction = connection.unchecked_transaction()?;
    let (count, highest) = tracks(&transaction)?;
    let find = "SELECT record FROM musefs_walks WHERE targets = ?1 AND tracks = ?2 AND highest = ?3";
    transaction.query_row(find, (targets, count, highest), |row| row.get(0)).optional()
}

/// Remembers a record for these targets, if there are `tracks` tracks: had another program removed one during the walk, the next
/// walk would not bring it back.
pub(crate) fn remember(connection: &Connection, targets: &[u8], record: &[u8], expected: u64) -> Result<()> {
    let (count, highest) = tracks(connection)?;
    if count as u64 != expected {
        return Ok(());
    }
    connection.execute_batch(TABLE)?;
    connection.execute(
        "INSERT OR REPLACE INTO musefs_walks (targets, tracks, highest, record) VALUES (?1, ?2, ?3, ?4)",
        (targets, count, highest, record),
    )?;
    connection.execute(
        "DELETE FROM musefs_walks WHERE seq NOT IN (SELECT seq FROM musefs_walks ORDER BY seq DESC LIMIT ?1)",
        [KEPT],
    )?;
    Ok(())
}
