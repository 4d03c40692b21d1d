//! Writing what differs between the rows that a track has and those that it is to have.

use crate::history::Recorder;
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::{TagRow, TagValue};
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params};
use std::collections::BTreeMap;

/// Makes the stored rows those that are wanted; answers whether anything differed. With `sweep`, rows that cannot be read
/// go too. Binary values among the wanted are always rows that are stored already.
pub(crate) fn write(
    connection: &Connection,
    recorder: &Recorder,
    track: TrackId,
    (stored, wanted): (&[TagRow], &[TagRow]),
    sweep: bool,
) -> Result<bool> {
    let by_place = |tags: &'_ [TagRow]| -> BTreeMap<(String, i64), TagValue> {
        tags.iter().map(|tag| ((tag.key.clone(), tag.ordinal), tag.value.clone())).collect()
    };
    let (stored, wanted) = (by_place(stored), by_place(wanted));
    if stored == wanted {
        return Ok(false);
    }
    let places: Vec<(Value, Value)> = if sweep {
        places(connection, track)?
    } else {
        stored.keys().map(|(key, ordinal)| (Value::Text(key.clone()), Value::Integer(*ordinal))).collect()
    };
    let mut delete = connection.prepare_cached("DELETE FROM tags WHERE track_id = ?1 AND key = ?2 AND ordinal = ?3")?;
    for (key, ordinal) in places {
        let stays = match (&key, &ordinal) {
            (Value::Text(key), Value::Integer(ordinal)) => wanted.contains_key(&(key.clone(), *ordinal)),
            _ => false,
        };
        if !stays {
            recorder.tag(connection, (track, &key, &ordinal), None)?;
            delete.execute(params![track.0, key, ordinal])?;
        }
    }
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO tags (track_id, key, ordinal, value) VALUES (?1, ?2, ?3, ?4)")?;
    for ((key, ordinal), value) in wanted.iter().filter(|(place, value)| stored.get(place) != Some(value)) {
        if let TagValue::Text(text) = value {
            recorder.tag(connection, (track, key, ordinal), Some(text))?;
            insert.execute(params![track.0, key, ordinal, text])?;
        }
    }
    Ok(true)
}

/// Where the track has rows of tags, whatever they hold.
fn places(connection: &Connection, track: TrackId) -> Result<Vec<(Value, Value)>> {
    connection
        .prepare_cached("SELECT key, ordinal FROM tags WHERE track_id = ?1")?
        .query_map([track.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
