//! Forgetting the oldest edits.

use super::log::groups;
use super::{art, now_ms};
use rusqlite::{Connection, OptionalExtension, Result, params};

/// What the history may hold. The latest edit is kept whatever it holds.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    age_ms: i64,
    entries: i64,
    bytes: i64,
}

/// A quarter of a year, and no more than some 300 MiB.
const BOUNDS: Bounds = Bounds { age_ms: 90 * 24 * 3600 * 1000, entries: 200_000, bytes: 256 << 20 };

/// What an entry takes: a row, and the values it holds.
const ENTRY_BYTES: &str = "64 + coalesce(octet_length(old_value), 0) + coalesce(octet_length(old_blob), 0)
     + coalesce(octet_length(new_value), 0) + coalesce(octet_length(new_blob), 0)
     + CASE kind WHEN 2 THEN coalesce((SELECT sum(32 + coalesce(octet_length(value), 0)
         + coalesce(octet_length(value_blob), 0)) FROM musefs_removed_tags AS t WHERE t.seq = h.seq), 0) ELSE 0 END";

/// Forgets the edits beyond the bounds. Looks at no more than what is new since the last time where nothing is to go.
pub(crate) fn trim(connection: &Connection) -> Result<()> {
    trim_to(connection, BOUNDS)
}

fn trim_to(connection: &Connection, bounds: Bounds) -> Result<()> {
    let ends: (Option<i64>, Option<i64>) = connection.query_row(
        "SELECT (SELECT min(seq) FROM musefs_history), (SELECT max(seq) FROM musefs_history)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (Some(first), Some(last)) = ends else { return Ok(()) };
    let bytes = measure(connection, last)?;
    let mut cut = last - bounds.entries;
    let oldest: i64 =
        connection.query_row("SELECT at FROM musefs_history WHERE seq = ?1", [first], |row| row.get(0))?;
    let too_old = now_ms() - bounds.age_ms;
    if oldest < too_old {
        let aged: Option<i64> =
            connection.query_row("SELECT max(seq) FROM musefs_history WHERE at < ?1", [too_old], |row| row.get(0))?;
        cut = cut.max(aged.unwrap_or(0));
    }
    if bytes > bounds.bytes {
        cut = cut.max(last_beyond(connection, bounds.bytes)?);
    }
    if cut < first {
        return Ok(());
    }
    // Whole edits go: half an edit could not be taken back.
    let groups = groups(connection)?;
    let Some((latest, older)) = groups.split_last() else { return forget(connection, cut) };
    let cut = older.iter().filter(|group| group.id <= cut).map(|group| group.last).max().unwrap_or(0);
    forget(connection, cut.min(latest.id - 1))
}

fn forget(connection: &Connection, cut: i64) -> Result<()> {
    for table in ["musefs_history", "musefs_removed", "musefs_removed_tags", "musefs_removed_art"] {
        connection.execute(&format!("DELETE FROM {table} WHERE seq <= ?1"), [cut])?;
    }
    art::forget(connection)?;
    remember(connection, "history_measured", 0)?;
    remember(connection, "history_bytes", 0)
}

/// The bytes that the history takes, counting only entries that were not counted before.
fn measure(connection: &Connection, last: i64) -> Result<i64> {
    let number = |key: &str| -> Result<i64> {
        let found: Option<i64> =
            connection.query_row("SELECT value FROM musefs_meta WHERE key = ?1", [key], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or(0))
    };
    let (measured, known) = (number("history_measured")?, number("history_bytes")?);
    if measured == last {
        return Ok(known);
    }
    let new: i64 = connection.query_row(
        &format!("SELECT coalesce(sum({ENTRY_BYTES}), 0) FROM musefs_history AS h WHERE seq > ?1"),
        [measured],
        |row| row.get(0),
    )?;
    let bytes = known.saturating_add(new);
    remember(connection, "history_measured", last)?;
    remember(connection, "history_bytes", bytes)?;
    Ok(bytes)
}

/// The latest entry that does not fit into `bytes` any more, counted from the end.
fn last_beyond(connection: &Connection, bytes: i64) -> Result<i64> {
    let mut statement =
        connection.prepare(&format!("SELECT seq, {ENTRY_BYTES} FROM musefs_history AS h ORDER BY seq DESC"))?;
    let mut found = statement.query([])?;
    let mut sum = 0_i64;
    while let Some(row) = found.next()? {
        sum = sum.saturating_add(row.get::<_, i64>(1)?);
        if sum > bytes {
            return row.get(0);
        }
    }
    Ok(0)
}

fn remember(connection: &Connection, key: &str, value: i64) -> Result<()> {
    connection.execute("INSERT OR REPLACE INTO musefs_meta (key, value) VALUES (?1, ?2)", params![key, value]).map(drop)
}

#[cfg(test)]
#[path = "trim_tests.rs"]
mod tests;
