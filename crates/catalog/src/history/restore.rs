//! Bringing a removed track back, and telling mounts of what an undo changed.

use super::art::bring_back;
use crate::{changes, reading, rows, stream};
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::is_pristine;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// What keeps a removed track from coming back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// It is there.
    IsThere,
    /// Another track has its path.
    PathTaken(TrackId),
    /// The history has forgotten it.
    Forgotten,
}

/// What keeps the track of the removal `seq` from coming back, if anything does.
pub(crate) fn obstacle(connection: &Connection, seq: i64) -> Result<Option<Obstacle>> {
    let removed: Option<(i64, Value)> = connection
        .prepare_cached("SELECT track_id, backing_path FROM musefs_removed WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((track, path)) = removed else { return Ok(Some(Obstacle::Forgotten)) };
    if connection.prepare_cached("SELECT 1 FROM tracks WHERE id = ?1")?.exists([track])? {
        return Ok(Some(Obstacle::IsThere));
    }
    let holder: Option<i64> = connection
        .prepare_cached("SELECT id FROM tracks WHERE backing_path = ?1")?
        .query_row([path], |row| row.get(0))
        .optional()?;
    Ok(holder.map(|holder| Obstacle::PathTaken(TrackId(holder))))
}

/// Brings back the track of the removal `seq`, which no obstacle keeps from it, but for links to pictures that are gone.
pub(crate) fn restore(connection: &Connection, seq: i64) -> Result<()> {
    // What is found out of a track outlasts it where another program replaced it with REPLACE, which fires no trigger.
    let leftovers = [
        "DELETE FROM musefs_anatomy WHERE track_id = (SELECT track_id FROM musefs_removed WHERE seq = ?1)",
        "DELETE FROM musefs_marks WHERE track_id = (SELECT track_id FROM musefs_removed WHERE seq = ?1)",
    ];
    let rows = [
        "INSERT INTO tracks (id, backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns,
             backing_ctime_ns, content_version, updated_at, fingerprint, content_hash)
         SELECT track_id, backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns,
             backing_ctime_ns, content_version, updated_at, fingerprint, content_hash
         FROM musefs_removed WHERE seq = ?1",
        "INSERT INTO musefs_anatomy (track_id, anatomy)
         SELECT track_id, anatomy FROM musefs_removed WHERE seq = ?1 AND anatomy IS NOT NULL",
        "INSERT INTO musefs_marks (track_id, prober)
         SELECT track_id, prober FROM musefs_removed WHERE seq = ?1 AND prober IS NOT NULL",
        "INSERT OR IGNORE INTO tags (track_id, key, value, ordinal, value_blob)
         SELECT r.track_id, t.key, t.value, t.ordinal, t.value_blob
         FROM musefs_removed AS r JOIN musefs_removed_tags AS t ON t.seq = r.seq WHERE r.seq = ?1",
    ];
    for sql in leftovers.iter().chain(&rows) {
        connection.prepare_cached(sql)?.execute([seq])?;
    }
    let links: Vec<(i64, i64)> = connection
        .prepare_cached(
            "SELECT ordinal, art_id FROM musefs_removed_art
             WHERE seq = ?1 AND typeof(ordinal) = 'integer' AND typeof(art_id) = 'integer' ORDER BY ordinal",
        )?
        .query_map([seq], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    for (ordinal, art) in links {
        if let Some(art) = bring_back(connection, art)? {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO track_art (track_id, art_id, picture_type, description, ordinal)
                     SELECT r.track_id, ?3, l.picture_type, l.description, l.ordinal
                     FROM musefs_removed AS r JOIN musefs_removed_art AS l ON l.seq = r.seq
                     WHERE r.seq = ?1 AND l.ordinal = ?2",
                )?
                .execute(params![seq, ordinal, art])?;
        }
    }
    Ok(())
}

/// Raises a track's version, tells the change feed, and sees whether the track says the same as its file now.
pub(crate) fn touch(connection: &Connection, track: TrackId) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE tracks SET content_version = coalesce(content_version, 0) + 1,
                 updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = ?1",
        )?
        .execute([track.0])?;
    connection.prepare_cached("DELETE FROM musefs_sizes WHERE track_id = ?1")?.execute([track.0])?;
    let mut row = rows::blank_track();
    if stream::find_track(&mut stream::one_track(connection, true)?, track, &mut row)? {
        let has_art = connection.prepare_cached("SELECT 1 FROM track_art WHERE track_id = ?1")?.exists([track.0])?;
        let tags = reading::tags(connection, track)?;
        let pristine = reading::anatomy(connection, track)?
            .is_some_and(|anatomy| is_pristine(&row, &anatomy, &tags, has_art))
            .then_some(row.content_version);
        connection
            .prepare_cached("UPDATE musefs_marks SET pristine_version = ?2 WHERE track_id = ?1")?
            .execute(params![track.0, pristine])?;
    }
    changes::note(connection, track)
}
