//! What a template needs of every track, in one pass over `tracks` and one over `tags`, both in order of the track's id.
//!
//! Two ordered scans merged here cost a fraction of probing `tags` for each track and field. The scan of `tags`, the longer
//! one, may run on a connection and a thread of its own: see [`crate::tag_feed`].

use crate::rows::{self, Columns};
use crate::track_scan;
use musefs_contracts::catalog::{TrackFields, TrackRow};
use musefs_contracts::ids::TrackId;
use musefs_contracts::limits::{MAX_VALUE_BYTES, MAX_VALUES};
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, Result, Row, Rows, Statement};

/// The values of the fields asked for, of one track at a time. Buffers are used again from track to track.
pub(crate) struct FieldValues {
    values: Vec<Vec<String>>,
    ordinals: Vec<Vec<i64>>,
    spare: Vec<String>,
}

impl FieldValues {
    fn new(fields: &[String]) -> Self {
        Self { values: vec![Vec::new(); fields.len()], ordinals: vec![Vec::new(); fields.len()], spare: Vec::new() }
    }

    fn clear(&mut self) {
        for values in &mut self.values {
            self.spare.append(values);
        }
        self.spare.truncate(MAX_VALUES);
        self.ordinals.iter_mut().for_each(Vec::clear);
    }

    /// Adds a value of one field.
    pub(crate) fn add(&mut self, field: usize, ordinal: i64, value: &str) {
        if self.values[field].len() >= MAX_VALUES {
            return;
        }
        let mut text = self.spare.pop().unwrap_or_default();
        text.clear();
        text.push_str(value);
        // Rows come by key as it is spelt, so one field's values may come in two runs when spellings differ.
        let (ordinals, values) = (&mut self.ordinals[field], &mut self.values[field]);
        let place = ordinals.partition_point(|known| *known <= ordinal);
        ordinals.insert(place, ordinal);
        values.insert(place, text);
    }
}

/// Whether `test` holds of the place of any field that a row of `key` is a value of. Case does not count, nor do blanks around
/// the key.
pub(crate) fn any_field(key: &[u8], fields: &[String], mut test: impl FnMut(usize) -> bool) -> bool {
    let text;
    let key = if key.first() == Some(&b' ') || key.last() == Some(&b' ') {
        text = String::from_utf8_lossy(key);
        text.trim().as_bytes()
    } else {
        key
    };
    // Nearly every key is spelt as it is asked for.
    let is_same = |field: &[u8]| key.len() == field.len() && (key == field || key.eq_ignore_ascii_case(field));
    fields.iter().enumerate().any(|(place, field)| is_same(field.as_bytes()) && test(place))
}

/// Whether the store is to hold such a value of a field. Rows out of contract are none.
pub(crate) fn is_in_contract(ordinal: i64, value: &str) -> bool {
    ordinal >= 0 && value.len() <= MAX_VALUE_BYTES
}

/// Reads `key, ordinal, value` from column `first` on and passes on the fields it is a value of. Rows out of contract and keys
/// not asked for are none.
pub(crate) fn read_value(
    row: &Row<'_>,
    first: usize,
    fields: &[String],
    mut found: impl FnMut(usize, i64, &str),
) -> Result<()> {
    let ValueRef::Text(key) = row.get_ref(first)? else { return Ok(()) };
    if !any_field(key, fields, |_| true) {
        return Ok(());
    }
    let (Some(ordinal), Some(value)) = (rows::integer(row, first + 1)?, rows::text(row, first + 2)?) else {
        return Ok(());
    };
    if is_in_contract(ordinal, &value) {
        any_field(key, fields, |field| {
            found(field, ordinal, &value);
            false
        });
    }
    Ok(())
}

/// Condition for the rows of `tags` that may hold one of `count` fields, bound from parameter `first` on. Blanks around a
/// key are no part of it; `blanks` says whether there may be any, for the caller to compare exactly.
fn wanted_keys(count: usize, first: usize, blanks: bool) -> String {
    let marks: Vec<String> = (first..first + count).map(|number| format!("?{number}")).collect();
    let marks = marks.join(", ");
    if blanks {
        format!("value_blob IS NULL AND (key COLLATE NOCASE IN ({marks}) OR length(trim(key)) <> length(key))")
    } else {
        format!("value_blob IS NULL AND key COLLATE NOCASE IN ({marks})")
    }
}

/// Whether any key of the store has blanks around it; one look at a partial index of our own.
pub(crate) fn has_blanks(connection: &Connection) -> Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tags WHERE length(trim(key)) <> length(key))")?
        .query_row([], |row| row.get(0))
}

/// The columns of a track and its mark, each after the other, and the tables that they are of.
pub(crate) fn track_columns(has_marks: bool) -> (String, &'static str) {
    let columns = rows::TRACK_COLUMNS;
    if has_marks {
        let tables = "tracks AS t LEFT JOIN musefs_marks AS m ON m.track_id = t.id";
        (format!("{columns}, m.pristine_version"), tables)
    } else {
        (format!("{columns}, NULL"), "tracks AS t")
    }
}

/// Reads the columns of [`track_columns`].
pub(crate) fn read_track(row: &impl Columns, into: &mut TrackRow) -> Result<bool> {
    let shown = rows::read_track(row, into)?;
    into.pristine_version = rows::integer(row, rows::TRACK_COLUMN_COUNT)?;
    Ok(shown)
}

/// The tags' side of the merge.
pub(crate) trait TagSide {
    /// Moves on to rows of `track`, which is behind the one asked for before, and adds every one to `values`.
    fn collect(&mut self, track: TrackId, values: &mut FieldValues) -> Result<()>;
}

/// The scan of `tags` for some fields: rows of `track_id, key, ordinal, value` in that order.
pub(crate) fn tag_scan<'c>(connection: &'c Connection, fields: &[String], blanks: bool) -> Result<Statement<'c>> {
    let mut statement = connection.prepare(&format!(
        "SELECT track_id, key, ordinal, value FROM tags WHERE {} ORDER BY track_id, key, ordinal",
        wanted_keys(fields.len(), 1, blanks)
    ))?;
    for (place, field) in fields.iter().enumerate() {
        statement.raw_bind_parameter(place + 1, field)?;
    }
    Ok(statement)
}

/// Tags read by the thread that reads the tracks: the row it stands at, whose track is not yet passed.
struct TagCursor<'s, 'f> {
    rows: Rows<'s>,
    track: Option<i64>,
    fields: &'f [String],
}

impl TagSide for TagCursor<'_, '_> {
    fn collect(&mut self, track: TrackId, values: &mut FieldValues) -> Result<()> {
        use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
        loop {
            match (self.track, self.rows.get()) {
                (Some(at), _) if at > track.0 => return Ok(()),
                (Some(at), Some(row)) if at == track.0 => {
                    read_value(row, 1, self.fields, |field, ordinal, value| values.add(field, ordinal, value))?;
                }
                (_, None) => return Ok(()),
                _ => {}
            }
            self.advance()?;
        }
    }
}

impl TagCursor<'_, '_> {
    fn advance(&mut self) -> Result<()> {
        self.track = match self.rows.next()? {
            Some(row) => Some(rows::integer(row, 0)?.unwrap_or(i64::MIN)),
            None => None,
        };
        Ok(())
    }
}

/// Visits every track.
pub(crate) fn every_track(
    connection: &Connection,
    has_marks: bool,
    fields: &[String],
    visit: &mut dyn FnMut(TrackFields<'_>),
) -> Result<()> {
    let blanks = !has_marks || has_blanks(connection)?;
    let mut tags = tag_scan(connection, fields, blanks)?;
    let mut tags = TagCursor { rows: tags.raw_query(), track: None, fields };
    tags.advance()?;
    merge(connection, has_marks, fields, &mut tags, visit)
}

/// Visits every track with the values that the other side of the merge has of it.
pub(crate) fn merge(
    connection: &Connection,
    has_marks: bool,
    fields: &[String],
    tags: &mut dyn TagSide,
    visit: &mut dyn FnMut(TrackFields<'_>),
) -> Result<()> {
    let mut values = FieldValues::new(fields);
    track_scan::every_row(connection, has_marks, &mut |row| {
        values.clear();
        tags.collect(row.id, &mut values)?;
        visit(TrackFields { row, values: &values.values });
        Ok(())
    })
}

/// Visits those of `tracks` that exist.
pub(crate) fn some_tracks(
    connection: &Connection,
    has_marks: bool,
    tracks: &[TrackId],
    fields: &[String],
    visit: &mut dyn FnMut(TrackFields<'_>),
) -> Result<()> {
    let mut track_statement = one_track(connection, has_marks)?;
    let tag_sql = format!(
        "SELECT key, ordinal, value FROM tags WHERE track_id = ?1 AND {} ORDER BY key, ordinal",
        wanted_keys(fields.len(), 2, true)
    );
    let mut tag_statement = connection.prepare_cached(&tag_sql)?;
    for (place, field) in fields.iter().enumerate() {
        tag_statement.raw_bind_parameter(place + 2, field)?;
    }
    let mut values = FieldValues::new(fields);
    let mut row = rows::blank_track();
    for track in tracks {
        if !find_track(&mut track_statement, *track, &mut row)? {
            continue;
        }
        values.clear();
        tag_statement.raw_bind_parameter(1, track.0)?;
        let mut tags = tag_statement.raw_query();
        while let Some(found) = tags.next()? {
            read_value(found, 0, fields, |field, ordinal, value| values.add(field, ordinal, value))?;
        }
        drop(tags);
        visit(TrackFields { row: &row, values: &values.values });
    }
    Ok(())
}

/// The statement for [`find_track`].
pub(crate) fn one_track(connection: &Connection, has_marks: bool) -> Result<CachedStatement<'_>> {
    let (columns, tables) = track_columns(has_marks);
    connection.prepare_cached(&format!("SELECT {columns} FROM {tables} WHERE t.id = ?1"))
}

/// Reads one track's row; `false` if there is none that can be shown.
pub(crate) fn find_track(statement: &mut CachedStatement<'_>, track: TrackId, into: &mut TrackRow) -> Result<bool> {
    let mut found = statement.query([track.0])?;
    match found.next()? {
        Some(row) => read_track(row, into),
        None => Ok(false),
    }
}
