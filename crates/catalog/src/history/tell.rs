//! Telling what edits did.

use super::log::{Group, Net, groups, is_nothing};
use super::{ART, TAG};
use crate::rows;
use musefs_contracts::history::{Change, Content, Edit, EditId, HistoryQuery, Place};
use musefs_contracts::ids::{ArtId, TrackId};
use rusqlite::{Connection, OptionalExtension, Result, Row};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Visits the edits that were asked for, the latest first.
pub(crate) fn edits(connection: &Connection, query: &HistoryQuery, visit: &mut dyn FnMut(Edit)) -> Result<()> {
    let tracks: Option<HashSet<i64>> = query.tracks.as_ref().map(|tracks| tracks.iter().map(|track| track.0).collect());
    let mut left = query.edits;
    for mut group in groups(connection)?.into_iter().rev() {
        if left == 0 {
            break;
        }
        if let Some(tracks) = &tracks {
            group.places.retain(|net| tracks.contains(&net.track));
        }
        if let Some(edit) = edit(connection, &group, query.changes)? {
            visit(edit);
            left -= 1;
        }
    }
    Ok(())
}

/// The edit as it is told, with at most so many changes; `None` if it did nothing in the end.
pub(crate) fn edit(connection: &Connection, group: &Group, shown: usize) -> Result<Option<Edit>> {
    let (mut changes, mut total) = (Vec::new(), 0);
    for net in &group.places {
        if is_nothing(connection, net)? {
            continue;
        }
        total += 1;
        if changes.len() < shown {
            changes.push(change(connection, net)?);
        }
    }
    Ok((total > 0).then(|| Edit {
        id: EditId(group.id),
        at_ms: group.at,
        program: group.program.as_deref().map(str::to_owned),
        undoes: group.undoes.map(EditId),
        undone_by: group.undone_by.map(EditId),
        changes,
        total,
    }))
}

/// What an edit did to a place.
pub(crate) fn change(connection: &Connection, net: &Net) -> Result<Change> {
    let place = match net.kind {
        TAG => Place::Tag { key: net.key.to_string(), ordinal: net.ordinal },
        ART => Place::Art { ordinal: net.ordinal },
        _ => Place::Track,
    };
    let content = |seq: Option<i64>, side: &str| match seq {
        Some(seq) if net.kind == TAG || net.kind == ART => content(connection, seq, side),
        Some(_) => Ok(Some(Content::Track)),
        None => Ok(None),
    };
    Ok(Change {
        track: TrackId(net.track),
        path: path_of(connection, net.track)?,
        place,
        before: content(net.before, "old")?,
        after: content(net.after, "new")?,
    })
}

fn content(connection: &Connection, seq: i64, side: &str) -> Result<Option<Content>> {
    let sql = format!(
        "SELECT {side}_value, CASE typeof({side}_blob) WHEN 'blob' THEN length({side}_blob) END, {side}_art, {side}_type
         FROM musefs_history WHERE seq = ?1"
    );
    connection.prepare_cached(&sql)?.query_row([seq], read_content).optional()
}

fn read_content(row: &Row<'_>) -> Result<Content> {
    let text = rows::text(row, 0)?.unwrap_or_default().into_owned();
    if let Some(art) = rows::integer(row, 2)? {
        let picture_type = rows::integer(row, 3)?.and_then(|kind| u8::try_from(kind).ok()).unwrap_or(0);
        return Ok(Content::Art { art: ArtId(art), picture_type, description: text });
    }
    Ok(match rows::unsigned(row, 1)? {
        Some(len) => Content::Binary(len),
        None => Content::Text(text),
    })
}

fn path_of(connection: &Connection, track: i64) -> Result<Option<PathBuf>> {
    for sql in [
        "SELECT backing_path FROM tracks WHERE id = ?1",
        "SELECT backing_path FROM musefs_removed WHERE track_id = ?1 ORDER BY seq DESC LIMIT 1",
    ] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query([track])?;
        if let Some(path) = found.next()?.map(|row| rows::path_bytes(row, 0)).transpose()?.flatten() {
            return Ok(Some(rows::path_buf(path)));
        }
    }
    Ok(None)
}

/// The track that a removed row's path belonged to last.
pub(crate) fn past_path(connection: &Connection, path: &Path) -> Result<Option<TrackId>> {
    let track: Option<i64> = connection
        .prepare_cached(
            "SELECT track_id FROM musefs_removed WHERE backing_path IN (?1, CAST(?1 AS TEXT), CAST(?1 AS BLOB))
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([rows::path_value(path)], |row| row.get(0))
        .optional()?;
    Ok(track.and_then(rows::track_id))
}
