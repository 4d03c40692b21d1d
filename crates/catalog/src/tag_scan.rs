//! A scan of all of `tags` that hands each value over from within the engine, whose own search of a list of keys costs much, too.

use crate::row_function::{RowFunction, is_in_order};
use crate::rows;
use crate::store::lock;
use crate::stream;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use std::sync::{Arc, Mutex};

/// Whether rows of a key are asked for.
const WANTED: &str = "musefs_wanted";
/// Takes a row. True where the scan is to end.
const TAKE: &str = "musefs_take";

const SCAN: &str = "SELECT 1 FROM tags WHERE musefs_wanted(key) AND value_blob IS NULL \
                    AND musefs_take(track_id, key, ordinal, value) ORDER BY track_id, key, ordinal";

/// A value of a field.
pub(crate) struct Value<'v> {
    pub(crate) track: i64,
    /// The place of the field among those asked for.
    pub(crate) field: usize,
    pub(crate) ordinal: i64,
    pub(crate) text: &'v str,
}

/// Takes a value into `T`; `false` if no more are wanted.
pub(crate) type Take<T> = fn(&mut T, Value<'_>) -> bool;

/// Passes all values of `fields` to `take`, in order of track, key and ordinal, and answers the `state` that they were taken into.
/// `None` where the table is of a shape in which the engine does not meet the rows in this order: the state is lost then, and
/// nothing was taken.
pub(crate) fn every_value<T: Send + 'static>(
    connection: &Connection,
    fields: &[String],
    state: T,
    take: Take<T>,
) -> Result<Option<T>> {
    // The state is taken out again whatever happens, for it may be what another thread waits for.
    let state = Arc::new(Mutex::new(Some(state)));
    let scanned = scan(connection, fields, &state, take);
    let state = lock(&state).take();
    Ok(if scanned? { state } else { None })
}

/// Runs the scan, if it meets the rows in order.
fn scan<T: Send + 'static>(
    connection: &Connection,
    fields: &[String],
    state: &Arc<Mutex<Option<T>>>,
    take: Take<T>,
) -> Result<bool> {
    let of_keys = fields.to_vec();
    let _wanted = RowFunction::add(connection, WANTED, 1, move |row| {
        Ok(key_of(row, 0).is_some_and(|key| stream::any_field(key, &of_keys, |_| true)))
    })?;
    let (fields, state) = (fields.to_vec(), Arc::clone(state));
    let _take = RowFunction::add(connection, TAKE, 4, move |row| {
        let mut state = lock(&state);
        Ok(!state.as_mut().is_some_and(|state| pass_on(row, &fields, |value| take(state, value))))
    })?;
    if !is_in_order(connection, SCAN)? {
        return Ok(false);
    }
    // A row comes of it only where no more are wanted.
    connection.prepare(SCAN)?.query([])?.next()?;
    Ok(true)
}

fn key_of<'r>(row: &'r Context<'_>, argument: usize) -> Option<&'r [u8]> {
    match row.get_raw(argument) {
        ValueRef::Text(key) => Some(key),
        _ => None,
    }
}

/// Passes on what a row is a value of; `false` if no more are wanted. Rows out of contract are none.
fn pass_on(row: &Context<'_>, fields: &[String], mut take: impl FnMut(Value<'_>) -> bool) -> bool {
    let (ValueRef::Integer(track), Some(key)) = (row.get_raw(0), key_of(row, 1)) else { return true };
    let (ValueRef::Integer(ordinal), Some(text)) = (row.get_raw(2), rows::text_of(row.get_raw(3))) else { return true };
    if !stream::is_in_contract(ordinal, &text) {
        return true;
    }
    !stream::any_field(key, fields, |field| !take(Value { track, field, ordinal, text: &text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &str = "track_id INTEGER, key TEXT, value, ordinal INTEGER, value_blob BLOB";

    fn tags(columns: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&format!("CREATE TABLE tags ({columns}")).unwrap();
        let rows = "(2, 'title', 'B', 0, NULL), (1, ' Title ', 'A', 1, NULL), (1, 'title', 'a', 0, NULL), \
                    (1, 'titles', 'no', 0, NULL), (1, 'artist', '', 0, x'00'), (2, 'ARTIST', 7, 0, NULL), \
                    (2, 'genre', 'no', 0, NULL), (3, 'title', 'no', -1, NULL)";
        connection.execute_batch(&format!("INSERT INTO tags VALUES {rows}")).unwrap();
        connection
    }

    fn ordered() -> Connection {
        tags(&format!("{COLUMNS}, PRIMARY KEY (track_id, key, ordinal)) WITHOUT ROWID"))
    }

    fn read(connection: &Connection, take: Take<Vec<String>>) -> Result<Option<Vec<String>>> {
        every_value(connection, &["artist".to_owned(), "title".to_owned()], Vec::new(), take)
    }

    fn note(seen: &mut Vec<String>, value: Value<'_>) -> bool {
        seen.push(format!("{} {} {} {}", value.track, value.field, value.ordinal, value.text));
        true
    }

    #[track_caller]
    fn check_that_nothing_is_left(connection: &Connection) {
        for call in ["musefs_wanted('title')", "musefs_take(1, 'title', 0, '')"] {
            assert!(connection.prepare(&format!("SELECT {call}")).is_err(), "{call}");
        }
    }

    #[test]
    fn values_come_in_order_whatever_the_case_and_blanks_of_their_keys() {
        let connection = ordered();
        let seen = read(&connection, note).unwrap().unwrap();
        assert_eq!(seen, ["1 1 1 A", "1 1 0 a", "2 0 0 7", "2 1 0 B"]);
        check_that_nothing_is_left(&connection);
    }

    #[test]
    fn a_table_that_lies_in_another_order_is_left_alone() {
        let connection = tags(&format!("{COLUMNS})"));
        assert_eq!(read(&connection, note).unwrap(), None);
        check_that_nothing_is_left(&connection);
    }

    #[test]
    fn a_scan_ends_where_no_more_is_wanted() {
        let seen = read(&ordered(), |seen, value| {
            note(seen, value);
            seen.len() < 2
        });
        assert_eq!(seen.unwrap().unwrap().len(), 2);
    }

    #[test]
    fn one_that_panics_is_an_error_and_leaves_nothing_behind() {
        let connection = ordered();
        assert!(read(&connection, |_, _| panic!("whoever takes it")).is_err());
        check_that_nothing_is_left(&connection);
        assert!(read(&connection, note).unwrap().is_some());
    }
}
