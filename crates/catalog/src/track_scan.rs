//! A scan of all of `tracks`, which a function of our own reads by the hundred.

use crate::row_function::{RowFunction, is_in_order};
use crate::rows;
use crate::store::lock;
use crate::stream::{read_track, track_columns};
use musefs_contracts::catalog::TrackRow;
use rusqlite::{Connection, Result};
use std::sync::{Arc, Mutex};

/// Reads a row. True where it was the last one that there is room for.
const READ: &str = "musefs_read";
/// Rows read at once.
const BATCH: usize = 128;

/// Rows that were read. Their buffers are used again.
struct Batch {
    rows: Vec<TrackRow>,
    /// How many of them count.
    count: usize,
}

impl Batch {
    fn new() -> Self {
        Self { rows: (0..BATCH).map(|_| rows::blank_track()).collect(), count: 0 }
    }

    /// Reads a row; true if it was the last one that there is room for.
    fn read(&mut self, columns: &impl rows::Columns) -> Result<bool> {
        if let Some(row) = self.rows.get_mut(self.count) {
            self.count += usize::from(read_track(columns, row)?);
        }
        Ok(self.count >= self.rows.len())
    }

    /// Passes on what was read, and forgets it.
    fn drain(&mut self, visit: &mut dyn FnMut(&TrackRow) -> Result<()>) -> Result<()> {
        let count = std::mem::take(&mut self.count);
        self.rows.iter().take(count).try_for_each(visit)
    }
}

/// Visits the row of every track that can be shown, in order of id.
pub(crate) fn every_row(
    connection: &Connection,
    has_marks: bool,
    visit: &mut dyn FnMut(&TrackRow) -> Result<()>,
) -> Result<()> {
    let batch = Arc::new(Mutex::new(Batch::new()));
    let reading = Arc::clone(&batch);
    let read = move |row: &rusqlite::functions::Context<'_>| lock(&reading).read(row);
    let _function = RowFunction::add(connection, READ, rows::TRACK_COLUMN_COUNT + 1, read)?;
    let (columns, tables) = track_columns(has_marks);
    let sql = format!("SELECT 1 FROM {tables} WHERE {READ}({columns}) ORDER BY t.id");
    if !is_in_order(connection, &sql)? {
        return row_by_row(connection, has_marks, visit);
    }
    let mut statement = connection.prepare(&sql)?;
    let mut full = statement.query([])?;
    while full.next()?.is_some() {
        lock(&batch).drain(visit)?;
    }
    lock(&batch).drain(visit)
}

/// The same of a table that lies in another order.
fn row_by_row(connection: &Connection, has_marks: bool, visit: &mut dyn FnMut(&TrackRow) -> Result<()>) -> Result<()> {
    let (columns, tables) = track_columns(has_marks);
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM {tables} ORDER BY t.id"))?;
    let mut found = statement.query([])?;
    let mut row = rows::blank_track();
    while let Some(columns) = found.next()? {
        if read_track(columns, &mut row)? {
            visit(&row)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of some tracks, every third without a path, written from the last to the first.
    fn tracks(id: &str, count: i64) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let columns = "backing_path TEXT, format TEXT, audio_offset, audio_length, backing_size, backing_mtime_ns, \
                       backing_ctime_ns, content_version, updated_at";
        connection.execute_batch(&format!("CREATE TABLE tracks (id {id}, {columns})")).unwrap();
        for id in (1..=count).rev() {
            let path = (id % 3 != 0).then(|| format!("/m/{id}.flac"));
            let sql = "INSERT INTO tracks VALUES (?1, ?2, 'flac', 1, 2, 3, 4, 5, 6, 7)";
            connection.execute(sql, (id, path)).unwrap();
        }
        connection
    }

    fn read(connection: &Connection) -> Vec<(i64, String)> {
        let mut seen = Vec::new();
        let mut note = |row: &TrackRow| {
            seen.push((row.id.0, row.path.to_string_lossy().into_owned()));
            Ok(())
        };
        every_row(connection, false, &mut note).unwrap();
        seen
    }

    #[test]
    fn every_row_comes_once_and_in_order_however_the_table_lies() {
        for id in ["INTEGER PRIMARY KEY", "INTEGER"] {
            for count in [0, 1, 3 * BATCH as i64 / 2, 7 * BATCH as i64] {
                let expected: Vec<_> =
                    (1..=count).filter(|id| id % 3 != 0).map(|id| (id, format!("/m/{id}.flac"))).collect();
                assert_eq!(read(&tracks(id, count)), expected, "{id}, {count}");
            }
        }
    }

    #[test]
    fn a_visitor_that_fails_ends_it_and_leaves_nothing_behind() {
        let connection = tracks("INTEGER PRIMARY KEY", 4 * BATCH as i64);
        let mut visited = 0;
        let failed = every_row(&connection, false, &mut |_| {
            visited += 1;
            Err(rusqlite::Error::InvalidQuery)
        });
        assert!(failed.is_err() && visited == 1);
        assert!(connection.prepare("SELECT musefs_read(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)").is_err());
        assert!(!read(&connection).is_empty());
    }
}
