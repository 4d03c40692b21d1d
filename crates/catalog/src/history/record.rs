//! Recording what our own writers change, and removing tracks so that they can come back.

use super::{ART, HAD, HAS, TAG, TRACK, now_ms};
use crate::changes;
use crate::edit::fitted;
use musefs_contracts::editing::Placement;
use musefs_contracts::ids::TrackId;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, ToSql, params};
use std::cell::Cell;

/// Tables that hold rows of a track, beside `tracks` itself.
const TABLES_OF_A_TRACK: [&str; 5] = ["tags", "track_art", "musefs_anatomy", "musefs_marks", "musefs_sizes"];

/// Statements that keep a track, whole, under the `seq` of the entry of its removal. The trigger of other programs does
/// the same.
const KEEP: [&str; 3] = [
    "INSERT INTO musefs_removed (seq, track_id, backing_path, format, audio_offset, audio_length, backing_size,
         backing_mtime_ns, backing_ctime_ns, content_version, updated_at, fingerprint, content_hash, prober, anatomy)
     SELECT ?1, t.id, t.backing_path, t.format, t.audio_offset, t.audio_length, t.backing_size, t.backing_mtime_ns,
         t.backing_ctime_ns, t.content_version, t.updated_at, t.fingerprint, t.content_hash, m.prober, a.anatomy
     FROM tracks AS t LEFT JOIN musefs_marks AS m ON m.track_id = t.id
         LEFT JOIN musefs_anatomy AS a ON a.track_id = t.id
     WHERE t.id = ?2",
    "INSERT OR IGNORE INTO musefs_removed_tags (seq, key, ordinal, value, value_blob)
     SELECT ?1, key, ordinal, value, value_blob FROM tags WHERE track_id = ?2",
    "INSERT OR IGNORE INTO musefs_removed_art (seq, ordinal, art_id, picture_type, description)
     SELECT ?1, ordinal, art_id, picture_type, description FROM track_art WHERE track_id = ?2",
];

/// What the next entries belong to: an edit of one of our commands.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    program: String,
    undoes: Option<i64>,
    /// The `seq` of the edit's first entry, once there is one.
    edit: Cell<Option<i64>>,
}

impl Recorder {
    /// Begins an edit of `program`.
    pub(crate) fn new(program: &str) -> Self {
        Self { program: program.to_owned(), undoes: None, edit: Cell::new(None) }
    }

    /// Begins an edit that takes back `edit`.
    pub(crate) fn undoing(program: &str, edit: i64) -> Self {
        Self { undoes: Some(edit), ..Self::new(program) }
    }

    /// The edit recorded so far.
    pub(crate) fn edit(&self) -> Option<i64> {
        self.edit.get()
    }

    /// Takes up the edit as it was before a transaction that was rolled back.
    pub(crate) fn roll_back_to(&self, edit: Option<i64>) {
        self.edit.set(edit);
    }

    /// Records that the row of `tags` at this place is about to become `new`, or to go.
    pub(crate) fn tag(
        &self,
        connection: &Connection,
        (track, key, ordinal): (TrackId, &dyn ToSql, &dyn ToSql),
        new: Option<&str>,
    ) -> Result<()> {
        let has = if new.is_some() { HAS } else { 0 };
        let mut statement = connection.prepare_cached(
            "INSERT INTO musefs_history (at, track_id, kind, flags, key, ordinal, old_value, old_blob, new_value,
                 edit, program, undoes)
             SELECT ?1, ?2, ?3, CASE WHEN t.track_id IS NULL THEN 0 ELSE ?4 END + ?5, ?6, ?7, t.value, t.value_blob, ?8,
                 ?9, ?10, ?11
             FROM (SELECT 1) LEFT JOIN tags AS t ON t.track_id = ?2 AND t.key = ?6 AND t.ordinal = ?7",
        )?;
        let edit = self.edit.get();
        statement.execute(params![
            now_ms(),
            track.0,
            TAG,
            HAD,
            has,
            key,
            ordinal,
            new,
            edit,
            self.program,
            self.undoes
        ])?;
        self.recorded(connection)
    }

    /// Records that what stands at the place of the entry `place` is about to become what was there before the entry
    /// `from`; without one, that it goes.
    pub(crate) fn back(&self, connection: &Connection, kind: i64, place: i64, from: Option<i64>) -> Result<()> {
        let (now, has, edit) = (now_ms(), if from.is_some() { HAS } else { 0 }, self.edit.get());
        let sql = if kind == TAG {
            "INSERT INTO musefs_history (at, track_id, kind, flags, key, ordinal, old_value, old_blob, new_value,
                 new_blob, edit, program, undoes)
             SELECT ?1, p.track_id, p.kind, CASE WHEN t.track_id IS NULL THEN 0 ELSE ?2 END + ?3, p.key, p.ordinal,
                 t.value, t.value_blob, b.old_value, b.old_blob, ?4, ?5, ?6
             FROM musefs_history AS p LEFT JOIN musefs_history AS b ON b.seq = ?8
                 LEFT JOIN tags AS t ON t.track_id = p.track_id AND t.key = p.key AND t.ordinal = p.ordinal
             WHERE p.seq = ?7"
        } else {
            "INSERT INTO musefs_history (at, track_id, kind, flags, key, ordinal, old_value, old_art, old_type,
                 new_value, new_art, new_type, edit, program, undoes)
             SELECT ?1, p.track_id, p.kind, CASE WHEN t.track_id IS NULL THEN 0 ELSE ?2 END + ?3, p.key, p.ordinal,
                 t.description, t.art_id, t.picture_type, b.old_value, b.old_art, b.old_type, ?4, ?5, ?6
             FROM musefs_history AS p LEFT JOIN musefs_history AS b ON b.seq = ?8
                 LEFT JOIN track_art AS t ON t.track_id = p.track_id AND t.ordinal = p.ordinal
             WHERE p.seq = ?7"
        };
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![now, HAD, has, edit, self.program, self.undoes, place, from])?;
        self.recorded(connection)
    }

    /// Drops the links of a track to pictures; answers whether it had any.
    pub(crate) fn unlink(&self, connection: &Connection, track: TrackId) -> Result<bool> {
        let ordinals: Vec<Value> = connection
            .prepare_cached("SELECT ordinal FROM track_art WHERE track_id = ?1 ORDER BY ordinal")?
            .query_map([track.0], |row| row.get(0))?
            .collect::<Result<_>>()?;
        for ordinal in &ordinals {
            connection
                .prepare_cached(
                    "INSERT INTO musefs_history (at, track_id, kind, flags, key, ordinal, old_value, old_art, old_type,
                         edit, program, undoes)
                     SELECT ?1, track_id, ?3, ?4, '', ordinal, description, art_id, picture_type, ?6, ?7, ?8
                     FROM track_art WHERE track_id = ?2 AND ordinal = ?5",
                )?
                .execute(params![now_ms(), track.0, ART, HAD, ordinal, self.edit.get(), self.program, self.undoes])?;
            self.recorded(connection)?;
        }
        connection.prepare_cached("DELETE FROM track_art WHERE track_id = ?1")?.execute([track.0])?;
        Ok(!ordinals.is_empty())
    }

    /// Links a picture to a track at a place where there is none.
    pub(crate) fn link(
        &self,
        connection: &Connection,
        track: TrackId,
        ordinal: i64,
        placement: &Placement,
    ) -> Result<()> {
        let Placement { art, picture_type, description } = placement;
        let description = fitted(description);
        connection
            .prepare_cached(
                "INSERT INTO musefs_history (at, track_id, kind, flags, key, ordinal, new_value, new_art, new_type,
                     edit, program, undoes)
                 VALUES (?1, ?2, ?3, ?4, '', ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                now_ms(),
                track.0,
                ART,
                HAS,
                ordinal,
                description,
                art.0,
                picture_type,
                self.edit.get(),
                self.program,
                self.undoes
            ])?;
        self.recorded(connection)?;
        connection
            .prepare_cached(
                "INSERT INTO track_art (track_id, art_id, picture_type, description, ordinal)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![track.0, art.0, picture_type, description, ordinal])?;
        Ok(())
    }

    /// Records that a track came back.
    pub(crate) fn restored(&self, connection: &Connection, track: TrackId) -> Result<()> {
        self.whole_track(connection, track, HAS).map(drop)
    }

    /// Removes a track with all that hangs on it, and keeps it in the history. Answers whether it was there.
    pub(crate) fn remove(&self, connection: &Connection, track: TrackId) -> Result<bool> {
        if !connection.prepare_cached("SELECT 1 FROM tracks WHERE id = ?1")?.exists([track.0])? {
            return Ok(false);
        }
        let seq = self.whole_track(connection, track, HAD)?;
        for keep in KEEP {
            connection.prepare_cached(keep)?.execute([seq, track.0])?;
        }
        for table in TABLES_OF_A_TRACK {
            connection.prepare_cached(&format!("DELETE FROM {table} WHERE track_id = ?1"))?.execute([track.0])?;
        }
        connection.prepare_cached("DELETE FROM tracks WHERE id = ?1")?.execute([track.0])?;
        changes::note(connection, track)?;
        Ok(true)
    }

    fn whole_track(&self, connection: &Connection, track: TrackId, flags: i64) -> Result<i64> {
        connection
            .prepare_cached(
                "INSERT INTO musefs_history (at, track_id, kind, flags, key, ordinal, edit, program, undoes)
                 VALUES (?1, ?2, ?3, ?4, '', 0, ?5, ?6, ?7)",
            )?
            .execute(params![now_ms(), track.0, TRACK, flags, self.edit.get(), self.program, self.undoes])?;
        let seq = connection.last_insert_rowid();
        self.recorded(connection)?;
        Ok(seq)
    }

    /// The first entry of an edit names it.
    fn recorded(&self, connection: &Connection) -> Result<()> {
        if self.edit.get().is_none() {
            let seq = connection.last_insert_rowid();
            connection.execute("UPDATE musefs_history SET edit = seq WHERE seq = ?1", [seq])?;
            self.edit.set(Some(seq));
        }
        Ok(())
    }
}
