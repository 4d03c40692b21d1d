//! Reading single tracks, pictures and values.

use crate::{rows, stream};
use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::limits::{MAX_ART_DESCRIPTION_CHARS, MAX_BLOB_BYTES, MAX_VALUE_BYTES, MAX_VALUES};
use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Result, Row};
use std::path::Path;

/// Everything about one track.
pub(crate) fn record(connection: &Connection, has_marks: bool, track: TrackId) -> Result<Option<TrackRecord>> {
    let mut row = rows::blank_track();
    if !stream::find_track(&mut stream::one_track(connection, has_marks)?, track, &mut row)? {
        return Ok(None);
    }
    let anatomy = if has_marks { anatomy(connection, track)? } else { None };
    Ok(Some(TrackRecord { row, tags: tags(connection, track)?, art: art(connection, track)?, anatomy }))
}

/// The recorded anatomy, if it is one this program understands.
pub(crate) fn anatomy(connection: &Connection, track: TrackId) -> Result<Option<Anatomy>> {
    let mut statement = connection.prepare_cached("SELECT anatomy FROM musefs_anatomy WHERE track_id = ?1")?;
    let mut found = statement.query([track.0])?;
    Ok(match found.next()?.map(|row| row.get_ref(0)).transpose()? {
        Some(ValueRef::Blob(bytes)) => Anatomy::decode(bytes).ok(),
        _ => None,
    })
}

/// The tags of a track by key and ordinal. Rows out of contract are left out.
pub(crate) fn tags(connection: &Connection, track: TrackId) -> Result<Vec<TagRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT key, ordinal, value, CASE typeof(value_blob) WHEN 'blob' THEN length(value_blob) END
         FROM tags WHERE track_id = ?1 ORDER BY key, ordinal",
    )?;
    let mut found = statement.query([track.0])?;
    let mut tags = Vec::new();
    while let Some(row) = found.next()? {
        if tags.len() == MAX_VALUES {
            break;
        }
        tags.extend(tag(row)?);
    }
    Ok(tags)
}

fn tag(row: &Row<'_>) -> Result<Option<TagRow>> {
    let (Some(key), Some(ordinal)) = (rows::text(row, 0)?, rows::integer(row, 1)?) else { return Ok(None) };
    if ordinal < 0 {
        return Ok(None);
    }
    let value = match rows::unsigned(row, 3)? {
        Some(len) if len <= MAX_BLOB_BYTES as u64 => TagValue::Binary { len },
        Some(_) => return Ok(None),
        None => match rows::text(row, 2)? {
            Some(text) if text.len() <= MAX_VALUE_BYTES => TagValue::Text(text.into_owned()),
            _ => return Ok(None),
        },
    };
    Ok(Some(TagRow { key: key.into_owned(), value, ordinal }))
}

/// The pictures linked to a track. The length is that of the image itself, whatever the row says of it.
fn art(connection: &Connection, track: TrackId) -> Result<Vec<ArtLink>> {
    let mut statement = connection.prepare_cached(
        "SELECT a.id, a.mime, a.width, a.height, CASE typeof(a.data) WHEN 'blob' THEN length(a.data) END,
                l.picture_type, l.description
         FROM track_art AS l JOIN art AS a ON a.id = l.art_id WHERE l.track_id = ?1 ORDER BY l.ordinal",
    )?;
    let mut found = statement.query([track.0])?;
    let mut art = Vec::new();
    while let Some(row) = found.next()? {
        let (Some(id), Some(byte_len)) = (rows::integer(row, 0)?, rows::unsigned(row, 4)?) else { continue };
        if art.len() == MAX_VALUES {
            break;
        }
        let pixels =
            |column| Ok::<_, rusqlite::Error>(rows::unsigned(row, column)?.and_then(|n| u32::try_from(n).ok()));
        let picture_type = rows::unsigned(row, 5)?.filter(|kind| *kind <= 20).unwrap_or(0) as u8;
        let description = rows::text(row, 6)?.unwrap_or_default();
        art.push(ArtLink {
            art: ArtId(id),
            mime: rows::text(row, 1)?.unwrap_or_default().into_owned(),
            width: pixels(2)?,
            height: pixels(3)?,
            byte_len,
            picture_type,
            description: description.chars().take(MAX_ART_DESCRIPTION_CHARS).collect(),
        });
    }
    Ok(art)
}

/// The track of a backing file. A path that is not UTF-8 is looked for as a blob and as the text other programs make of it.
pub(crate) fn find_path(connection: &Connection, path: &Path) -> Result<Option<TrackId>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM tracks WHERE backing_path IN (?1, CAST(?1 AS TEXT), CAST(?1 AS BLOB)) LIMIT 1",
    )?;
    let found: Option<i64> = statement.query_row([rows::path_value(path)], |row| row.get(0)).optional()?;
    Ok(found.and_then(rows::track_id))
}

/// What a ranged read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ranged {
    /// The buffer is filled.
    Filled,
    /// The value ends before the range does.
    TooShort,
    /// There is no such value.
    Absent,
}

/// Fills `buf` from a picture, touching only the pages of the range.
pub(crate) fn read_art(connection: &Connection, art: ArtId, offset: u64, buf: &mut [u8]) -> Result<Ranged> {
    let blob = match connection.blob_open("main", "art", "data", art.0, true) {
        Ok(blob) => blob,
        // "no such rowid", or a value that is no blob.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => return Ok(Ranged::Absent),
        Err(error) => return Err(error),
    };
    let len = blob.len();
    match usize::try_from(offset) {
        Ok(start) if start <= len && buf.len() <= len - start => {
            if !buf.is_empty() {
                blob.read_at_exact(buf, start)?;
            }
            Ok(Ranged::Filled)
        }
        _ => Ok(Ranged::TooShort),
    }
}

/// Fills `buf` from a binary value. `tags` has no row ids, so the engine reads the value up to the end of the range.
pub(crate) fn read_value(
    connection: &Connection,
    (track, key, ordinal): (TrackId, &str, i64),
    offset: u64,
    buf: &mut [u8],
) -> Result<Ranged> {
    let mut statement = connection.prepare_cached(
        "SELECT substr(value_blob, ?4, ?5) FROM tags
         WHERE track_id = ?1 AND key = ?2 AND ordinal = ?3 AND typeof(value_blob) = 'blob'",
    )?;
    let Ok(start) = i64::try_from(offset) else { return Ok(Ranged::TooShort) };
    let mut found = statement.query((track.0, key, ordinal, start.saturating_add(1), buf.len() as i64))?;
    let Some(row) = found.next()? else { return Ok(Ranged::Absent) };
    match row.get_ref(0)? {
        ValueRef::Blob(bytes) if bytes.len() == buf.len() => {
            buf.copy_from_slice(bytes);
            Ok(Ranged::Filled)
        }
        _ => Ok(Ranged::TooShort),
    }
}
