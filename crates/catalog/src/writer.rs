//! [`CatalogWriter`]: the one writer of the scanner's tables.
//!
//! Its connection fires no triggers and checks no keys, so every method here keeps what those would keep: content versions,
//! the change log, the history, and the rows that hang on a track.

use crate::connection::{self, Role};
use crate::error::explain;
use crate::history::{self, Recorder};
use crate::hold::{self, Hold, Use};
use crate::ingest::Batch;
use crate::schema::{self, Found};
use crate::{changes, reading, rows, sidecars, walks};
use musefs_contracts::anatomy::{ByteRange, FormatId};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use musefs_contracts::history::{CatalogHistory, Edit, EditId, HistoryQuery, Undone};
use musefs_contracts::ids::{SidecarId, TrackId};
use musefs_contracts::sidecars::{Sidecar, SidecarFile};
use musefs_contracts::writer::{CatalogWriter, ContentHash, Ingest, IngestSummary, KnownFile};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result, Row, Transaction, TransactionBehavior, params};
use std::path::{Path, PathBuf};

/// Who makes edits, unless the writer was told.
const PROGRAM: &str = "musefs";

/// Writes a store, alone among the processes of musefs at any one time.
pub struct SqliteWriter {
    path: PathBuf,
    connection: Connection,
    recorder: Recorder,
    /// Let go of after the connection.
    hold: Hold,
}

impl SqliteWriter {
    /// Opens the store at `path`, making it and the folder it lies in where they are not there.
    ///
    /// Brings our own tables up to date. An existing file that is no store is refused and left as it is.
    pub fn open_or_create(path: &Path) -> CatalogResult<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| match error.kind() {
                std::io::ErrorKind::StorageFull => CatalogError::DiskFull,
                _ => CatalogError::Other(format!("cannot make the folder {}: {error}", folder.display())),
            })?;
        }
        let found = hold::look(path)?;
        if found == Found::Nothing {
            drop(connection::attach(path, Role::Writer { create: true }).map_err(|error| explain(path, &error))?);
        }
        Self::open_found(path, true)
    }

    /// Opens the store at `path`; [`CatalogError::Missing`] if there is none. Brings our own tables up to date.
    pub fn open(path: &Path) -> CatalogResult<Self> {
        match hold::look(path)? {
            Found::Nothing => Err(CatalogError::Missing(path.into())),
            Found::Database => Self::open_found(path, false),
        }
    }

    fn open_found(path: &Path, create: bool) -> CatalogResult<Self> {
        let sql = |error| explain(path, &error);
        let role = Role::Writer { create };
        let (hold, _) = Hold::take(path, Use::Writes)?;
        let mut connection = connection::attach(path, role).map_err(sql)?;
        // As readers do, before the log and the shared memory are looked for by name, and after they were found.
        hold.expect_in_place()?;
        connection::prepare(&connection, role).map_err(sql)?;
        let holds_a_store = schema::check(&connection, path)?;
        hold.expect_in_place()?;
        if !holds_a_store && !create {
            return Err(CatalogError::Missing(path.into()));
        }
        connection::prefer_write_ahead_log(&connection);
        schema::bring_up_to_date(&mut connection).map_err(sql)?;
        let mut writer = Self { path: path.into(), connection, recorder: Recorder::new(PROGRAM), hold };
        // Without room for less history there may still be enough for what the command is about to do.
        if let Err(error) = writer.write(|transaction, _| history::trim(transaction)) {
            tracing::debug!(%error, "the history is not trimmed");
        }
        Ok(writer)
    }

    fn explain(&self, error: &rusqlite::Error) -> CatalogError {
        explain(&self.path, error)
    }

    /// Runs `write` in one transaction, which is rolled back if it fails, also because the path leads to another file by then.
    pub(crate) fn write<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>, &Recorder) -> Result<T>,
    ) -> CatalogResult<T> {
        self.hold.expect_in_place()?;
        let recorded = self.recorder.edit();
        let (recorder, hold) = (&self.recorder, &self.hold);
        let result =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
                let value = write(&transaction, recorder)?;
                let in_place = hold.expect_in_place();
                if in_place.is_ok() {
                    transaction.commit()?;
                }
                Ok(in_place.map(|()| value))
            });
        let result = result.unwrap_or_else(|error| Err(self.explain(&error)));
        if result.is_err() {
            self.recorder.roll_back_to(recorded);
        }
        result
    }
}

impl CatalogWriter for SqliteWriter {
    fn begin_edit(&mut self, program: &str) {
        self.recorder = Recorder::new(program);
    }

    fn for_each_known(&mut self, visit: &mut dyn FnMut(KnownFile)) -> CatalogResult<()> {
        known_files(&self.connection, visit).map_err(|error| self.explain(&error))
    }

    fn ingest(&mut self, batch: &[Ingest]) -> CatalogResult<IngestSummary> {
        self.write(|transaction, recorder| Batch::begin(transaction, recorder)?.ingest_all(batch))
    }

    fn record_content_hashes(&mut self, hashes: &[ContentHash]) -> CatalogResult<()> {
        self.write(|transaction, _| {
            let mut statement = transaction.prepare(
                "UPDATE tracks SET content_hash = ?2
                 WHERE id = ?1 AND backing_size = ?3 AND backing_mtime_ns = ?4 AND backing_ctime_ns = ?5",
            )?;
            for ContentHash { track, stamp, hash } in hashes {
                let size = i64::try_from(stamp.size).unwrap_or(i64::MAX);
                statement.execute(params![track.0, hash, size, stamp.mtime_ns, stamp.ctime_ns])?;
            }
            Ok(())
        })
    }

    fn remove(&mut self, tracks: &[TrackId]) -> CatalogResult<u64> {
        self.write(|transaction, recorder| {
            let mut removed = 0;
            for track in tracks {
                removed += u64::from(recorder.remove(transaction, *track)?);
            }
            Ok(removed)
        })
    }

    fn collect_unlinked_art(&mut self) -> CatalogResult<u64> {
        self.write(|transaction, _| history::collect(transaction))
    }

    fn remember_root(&mut self, root: &Path) -> CatalogResult<()> {
        let root = rows::path_value(root);
        self.write(|transaction, _| {
            transaction.execute("INSERT OR IGNORE INTO musefs_roots (path) VALUES (?1)", [root])?;
            Ok(())
        })
    }

    fn roots(&mut self) -> CatalogResult<Vec<PathBuf>> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare("SELECT path FROM musefs_roots ORDER BY path")?;
            let mut found = statement.query([])?;
            let mut roots = Vec::new();
            while let Some(row) = found.next()? {
                roots.extend(rows::path_bytes(row, 0)?.map(rows::path_buf));
            }
            Ok(roots)
        };
        read(&self.connection).map_err(|error| self.explain(&error))
    }

    fn recall_walk(&mut self, targets: &[u8]) -> CatalogResult<Option<Vec<u8>>> {
        walks::recall(&self.connection, targets).map_err(|error| self.explain(&error))
    }

    fn remember_walk(&mut self, targets: &[u8], record: &[u8], tracks: u64) -> CatalogResult<()> {
        self.write(|transaction, _| walks::remember(transaction, targets, record, tracks))
    }

    fn for_each_sidecar(&mut self, visit: &mut dyn FnMut(Sidecar)) -> CatalogResult<()> {
        sidecars::every(&self.connection, visit).map_err(|error| self.explain(&error))
    }

    fn update_sidecars(&mut self, met: &[SidecarFile], gone: &[SidecarId]) -> CatalogResult<()> {
        self.write(|transaction, _| sidecars::update(transaction, met, gone))
    }

    fn finish(&mut self) -> CatalogResult<()> {
        self.write(|transaction, _| {
            changes::trim(transaction, changes::TOMBSTONES_KEPT)?;
            history::trim(transaction)
        })?;
        // Gives the log's disk space back. Readers of an older state keep it from that, which is no failure.
        if let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::debug!(%error, "the write-ahead log stays as it is");
        }
        Ok(())
    }
}

impl CatalogHistory for SqliteWriter {
    fn edits(&mut self, query: &HistoryQuery, visit: &mut dyn FnMut(Edit)) -> CatalogResult<()> {
        let mut read = |connection: &Connection| {
            let transaction = connection.unchecked_transaction()?;
            history::edits(&transaction, query, visit)
        };
        read(&self.connection).map_err(|error| self.explain(&error))
    }

    fn undo(&mut self, edit: Option<EditId>, force: bool) -> CatalogResult<Undone> {
        let undo = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let undone = history::undo(&transaction, edit, force)?;
            if matches!(undone, Undone::Done { .. }) {
                transaction.commit()?;
            }
            Ok(undone)
        };
        self.hold.expect_in_place()?;
        undo(&mut self.connection).map_err(|error| self.explain(&error))
    }

    fn unlink_art(&mut self, tracks: &[TrackId]) -> CatalogResult<u64> {
        self.write(|transaction, recorder| {
            let mut unlinked = 0;
            for track in tracks {
                if recorder.unlink(transaction, *track)? {
                    history::touch(transaction, *track)?;
                    unlinked += 1;
                }
            }
            Ok(unlinked)
        })
    }

    fn find_past_path(&mut self, path: &Path) -> CatalogResult<Option<TrackId>> {
        let find = |connection: &Connection| match reading::find_path(connection, path)? {
            Some(track) => Ok(Some(track)),
            None => history::past_path(connection, path),
        };
        find(&self.connection).map_err(|error| self.explain(&error))
    }
}

fn known_files(connection: &Connection, visit: &mut dyn FnMut(KnownFile)) -> Result<()> {
    let mut statement = connection.prepare(
        "SELECT t.id, t.backing_path, t.format, t.backing_size, t.backing_mtime_ns, t.backing_ctime_ns, t.fingerprint,
                m.prober, t.audio_offset, t.audio_length, t.content_hash
         FROM tracks AS t LEFT JOIN musefs_marks AS m ON m.track_id = t.id ORDER BY t.id",
    )?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        if let Some(known) = known_file(row)? {
            visit(known);
        }
    }
    Ok(())
}

fn known_file(row: &Row<'_>) -> Result<Option<KnownFile>> {
    let (Some(track), Some(path)) = (rows::integer(row, 0)?.and_then(rows::track_id), rows::path_bytes(row, 1)?) else {
        return Ok(None);
    };
    let mut format = FormatId::new("verbatim");
    rows::read_format_at(row, 2, &mut format)?;
    Ok(Some(KnownFile {
        track,
        path: rows::path_buf(path),
        stamp: Stamp {
            size: rows::unsigned(row, 3)?.unwrap_or(0),
            mtime_ns: rows::integer(row, 4)?.unwrap_or(0),
            ctime_ns: rows::integer(row, 5)?.unwrap_or(0),
            file: 0,
        },
        prober: rows::unsigned(row, 7)?.and_then(|prober| u32::try_from(prober).ok()),
        format,
        audio: ByteRange::new(rows::unsigned(row, 8)?.unwrap_or(0), rows::unsigned(row, 9)?.unwrap_or(0)),
        fingerprint: text(row, 6)?,
        content_hash: text(row, 10)?,
    }))
}

fn text(row: &Row<'_>, column: usize) -> Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        _ => None,
    })
}
