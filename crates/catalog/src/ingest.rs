//! Bringing a batch of probed files in, inside one transaction.
//!
//! New tracks get their ids here, and their tags are written together in the order of the table's key, so that the writes
//! append. A known track's rows are compared first, and only what differs is written.

use crate::history::Recorder;
use crate::moves::planned_moves;
use crate::{changes, difference, reading, rows, stream};
use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::catalog::TrackRow;
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::TagValue;
use musefs_contracts::writer::{Ingest, IngestMode, IngestSummary, is_pristine, refreshed_tags};
use rusqlite::types::Value;
use rusqlite::{Result, Transaction, params};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Rows of `tags` written by one statement.
const ROWS_A_STATEMENT: usize = 32;
/// New rows of `tags` held back before they are written.
const ROWS_HELD_BACK: usize = 16_384;

/// A text row of a track that is new.
struct NewTag {
    track: i64,
    key: String,
    ordinal: i64,
    value: String,
}

/// A batch on its way in.
pub(crate) struct Batch<'t> {
    transaction: &'t Transaction<'t>,
    recorder: &'t Recorder,
    now: i64,
    first_new_id: i64,
    next_id: i64,
    new_tags: Vec<NewTag>,
    summary: IngestSummary,
}

impl<'t> Batch<'t> {
    /// Starts a batch in `transaction`; what it changes of tags that are in the store is recorded.
    pub(crate) fn begin(transaction: &'t Transaction<'t>, recorder: &'t Recorder) -> Result<Self> {
        // Ids of deleted tracks are not given again, also in a store whose table of tracks does not see to it.
        let last: i64 = transaction.query_row(
            "SELECT max(coalesce((SELECT max(id) FROM tracks), 0),
                        coalesce((SELECT max(track_id) FROM musefs_changes), 0),
                        coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'tracks'), 0))",
            [],
            |row| row.get(0),
        )?;
        let next_id = last.max(0).saturating_add(1);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64);
        let summary = IngestSummary::default();
        Ok(Self { transaction, recorder, now, first_new_id: next_id, next_id, new_tags: Vec::new(), summary })
    }

    /// Brings all of it in and answers what became of it.
    pub(crate) fn ingest_all(mut self, batch: &[Ingest]) -> Result<IngestSummary> {
        let moves = planned_moves(self.transaction, batch)?;
        self.release_paths(&moves)?;
        for (index, track) in &moves {
            self.renew(&batch[*index], *track, true)?;
            self.summary.moved += 1;
        }
        for (index, file) in batch.iter().enumerate() {
            if !moves.contains_key(&index) {
                self.ingest(file)?;
            }
        }
        self.write_new_tags()?;
        Ok(self.summary)
    }

    /// Files that swapped their names would meet the unique constraint half-way, so every moving track lets go of its path
    /// first. The stand-in is no path of a file: it holds a NUL.
    fn release_paths(&self, moves: &BTreeMap<usize, TrackId>) -> Result<()> {
        if moves.len() < 2 {
            return Ok(());
        }
        let mut statement = self.transaction.prepare_cached("UPDATE tracks SET backing_path = ?2 WHERE id = ?1")?;
        for track in moves.values() {
            statement.execute(params![track.0, format!("\0moving {track}").into_bytes()])?;
        }
        Ok(())
    }

    fn ingest(&mut self, file: &Ingest) -> Result<()> {
        if file.path.as_os_str().is_empty() {
            return Ok(());
        }
        if let Some(track) = reading::find_path(self.transaction, &file.path)? {
            if track.0 >= self.first_new_id {
                self.write_new_tags()?;
            }
            self.renew(file, track, false)?;
            self.summary.updated += 1;
        } else {
            self.add(file)?;
            self.summary.added += 1;
        }
        Ok(())
    }

    fn add(&mut self, file: &Ingest) -> Result<()> {
        let track = TrackId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        let columns = FileColumns::of(file);
        self.transaction
            .prepare_cached(
                "INSERT INTO tracks (id, backing_path, format, audio_offset, audio_length, backing_size,
                 backing_mtime_ns, backing_ctime_ns, fingerprint, content_version, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10)",
            )?
            .execute(params![
                track.0,
                columns.path,
                columns.format,
                columns.audio_offset,
                columns.audio_len,
                columns.size,
                file.stamp.mtime_ns,
                file.stamp.ctime_ns,
                columns.fingerprint,
                self.now,
            ])?;
        let mut tags = file.probe.tags.rows();
        let row = TrackRow { id: track, ..rows::blank_track() };
        let pristine = is_pristine(&row, &file.probe.anatomy, &tags, false);
        self.record_anatomy(track, &file.probe.anatomy, pristine.then_some(0))?;
        changes::note(self.transaction, track)?;
        tags.sort_by(|a, b| (&a.key, a.ordinal).cmp(&(&b.key, b.ordinal)));
        self.new_tags.extend(tags.into_iter().filter_map(|tag| match tag.value {
            TagValue::Text(value) => Some(NewTag { track: track.0, key: tag.key, ordinal: tag.ordinal, value }),
            TagValue::Binary { .. } => None,
        }));
        if self.new_tags.len() >= ROWS_HELD_BACK {
            self.write_new_tags()?;
        }
        Ok(())
    }

    /// Brings a known track up to date with its file. Its tags stay as they are if the file only `moved`.
    fn renew(&mut self, file: &Ingest, track: TrackId, moved: bool) -> Result<()> {
        let mut row = rows::blank_track();
        if !stream::find_track(&mut stream::one_track(self.transaction, true)?, track, &mut row)? {
            return Ok(());
        }
        let old = reading::anatomy(self.transaction, track)?;
        let stored = reading::tags(self.transaction, track)?;
        let tags = match file.mode {
            _ if moved => stored.clone(),
            IngestMode::Force => file.probe.tags.rows(),
            _ => refreshed_tags(old.as_ref(), &stored, &file.probe),
        };
        let sweep = file.mode == IngestMode::Force && !moved;
        let retagged = difference::write(self.transaction, self.recorder, track, (&stored, &tags), sweep)?;
        // A rename changes the inode's time alone; the contents are the same.
        let same_bytes = if moved {
            row.stamp.size == file.stamp.size && row.stamp.mtime_ns == file.stamp.mtime_ns
        } else {
            row.stamp.same_contents(&file.stamp)
        };
        let changed = retagged || !same_bytes || old.as_ref() != Some(&file.probe.anatomy);
        let version = row.content_version.saturating_add(i64::from(changed));
        self.update_row(file, &row, version, changed)?;
        let pristine = is_pristine(&row, &file.probe.anatomy, &tags, self.has_art(track)?);
        self.record_anatomy(track, &file.probe.anatomy, pristine.then_some(version))?;
        changes::note(self.transaction, track)
    }

    fn update_row(&self, file: &Ingest, row: &TrackRow, version: i64, changed: bool) -> Result<()> {
        let columns = FileColumns::of(file);
        self.transaction
            .prepare_cached(
                "UPDATE tracks SET backing_path = ?2, format = ?3, audio_offset = ?4, audio_length = ?5,
                 backing_size = ?6, backing_mtime_ns = ?7, backing_ctime_ns = ?8, fingerprint = ?9,
                 content_hash = CASE WHEN ?12 THEN NULL ELSE content_hash END, content_version = ?10, updated_at = ?11
                 WHERE id = ?1",
            )?
            .execute(params![
                row.id.0,
                columns.path,
                columns.format,
                columns.audio_offset,
                columns.audio_len,
                columns.size,
                file.stamp.mtime_ns,
                file.stamp.ctime_ns,
                columns.fingerprint,
                version,
                if changed { self.now } else { row.updated_at },
                changed,
            ])?;
        if changed {
            self.transaction.prepare_cached("DELETE FROM musefs_sizes WHERE track_id = ?1")?.execute([row.id.0])?;
        }
        Ok(())
    }

    fn record_anatomy(&self, track: TrackId, anatomy: &Anatomy, pristine_version: Option<i64>) -> Result<()> {
        self.transaction
            .prepare_cached("INSERT OR REPLACE INTO musefs_anatomy (track_id, anatomy) VALUES (?1, ?2)")?
            .execute(params![track.0, anatomy.encode()])?;
        self.transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO musefs_marks (track_id, prober, pristine_version) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![track.0, anatomy.prober, pristine_version])?;
        Ok(())
    }

    fn has_art(&self, track: TrackId) -> Result<bool> {
        self.transaction.prepare_cached("SELECT 1 FROM track_art WHERE track_id = ?1")?.exists([track.0])
    }

    /// Writes the rows held back. They are in the order of the key.
    fn write_new_tags(&mut self) -> Result<()> {
        let held_back = std::mem::take(&mut self.new_tags);
        for rows in held_back.chunks(ROWS_A_STATEMENT) {
            let sql = format!(
                "INSERT INTO tags (track_id, key, ordinal, value) VALUES {}",
                vec!["(?, ?, ?, ?)"; rows.len()].join(", ")
            );
            let mut statement = self.transaction.prepare_cached(&sql)?;
            let mut parameter = 0;
            for row in rows {
                statement.raw_bind_parameter(parameter + 1, row.track)?;
                statement.raw_bind_parameter(parameter + 2, &row.key)?;
                statement.raw_bind_parameter(parameter + 3, row.ordinal)?;
                statement.raw_bind_parameter(parameter + 4, &row.value)?;
                parameter += 4;
            }
            statement.raw_execute()?;
        }
        Ok(())
    }
}

/// What a file says of itself, fitted into the constraints, so that an odd file never costs its batch.
struct FileColumns<'f> {
    path: Value,
    format: &'f str,
    audio_offset: i64,
    audio_len: i64,
    size: i64,
    fingerprint: Option<&'f str>,
}

impl<'f> FileColumns<'f> {
    fn of(file: &'f Ingest) -> Self {
        let fit = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let (audio, size) = (file.probe.anatomy.audio, fit(file.stamp.size));
        let audio_offset = fit(audio.offset).min(size);
        let is_hash = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self {
            path: rows::path_value(&file.path),
            format: Some(file.probe.anatomy.format.as_str())
                .filter(|name| (1..=64).contains(&name.chars().count()) && !name.contains('\0'))
                .unwrap_or("verbatim"),
            audio_offset,
            audio_len: fit(audio.len).min(size - audio_offset),
            size,
            fingerprint: file.fingerprint.as_deref().filter(is_hash),
        }
    }
}
