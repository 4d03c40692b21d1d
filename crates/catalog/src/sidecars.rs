//! Sidecars: files beside the music that are no tracks.
//!
//! A store that is older than their table gets it when the first of them is met. Changes of them are told by the
//! change log under the number 0, which no track has.

use crate::{changes, rows};
use musefs_contracts::backing::Stamp;
use musefs_contracts::ids::{Revision, SidecarId, TrackId};
use musefs_contracts::sidecars::{Sidecar, SidecarFile};
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// What stands for all sidecars in the change log.
const SIDECARS: TrackId = TrackId(0);
/// One above the largest id whose inode number keeps its meaning.
const ID_LIMIT: i64 = 1 << 53;

/// AUTOINCREMENT, because a file's inode number follows from its id and must never come to mean another file.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS musefs_sidecars (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path UNIQUE NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL
)";
const COLUMNS: &str = "SELECT id, path, size, mtime_ns, ctime_ns FROM musefs_sidecars";

fn has_table(connection: &Connection) -> Result<bool> {
    let found: i64 = connection
        .prepare_cached("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'musefs_sidecars'")?
        .query_row([], |row| row.get(0))?;
    Ok(found > 0)
}

/// The revision at which they changed last.
pub(crate) fn changed(connection: &Connection) -> Result<Revision> {
    let seq = connection
        .prepare_cached("SELECT seq FROM musefs_changes WHERE track_id = ?1")?
        .query_row([SIDECARS.0], |row| row.get(0))
        .optional()?;
    Ok(Revision(seq.unwrap_or(0)))
}

/// Visits all of them in order of id.
pub(crate) fn every(connection: &Connection, visit: &mut dyn FnMut(Sidecar)) -> Result<()> {
    if !has_table(connection)? {
        return Ok(());
    }
    let mut statement = connection.prepare(&format!("{COLUMNS} ORDER BY id"))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        if let Some(sidecar) = read(row)? {
            visit(sidecar);
        }
    }
    Ok(())
}

/// One of them.
pub(crate) fn find(connection: &Connection, sidecar: SidecarId) -> Result<Option<Sidecar>> {
    if !has_table(connection)? {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    let mut found = statement.query([sidecar.0])?;
    found.next()?.map_or(Ok(None), read)
}

fn read(row: &Row<'_>) -> Result<Option<Sidecar>> {
    let id = rows::integer(row, 0)?.filter(|id| (1..ID_LIMIT).contains(id));
    let (Some(id), Some(path)) = (id, rows::path_bytes(row, 1)?) else { return Ok(None) };
    let stamp = Stamp {
        size: rows::unsigned(row, 2)?.unwrap_or(0),
        mtime_ns: rows::integer(row, 3)?.unwrap_or(0),
        ctime_ns: rows::integer(row, 4)?.unwrap_or(0),
        file: 0,
    };
    Ok(Some(Sidecar { id: SidecarId(id), path: rows::path_buf(path), stamp }))
}

/// Brings some in and takes others out.
pub(crate) fn update(connection: &Connection, met: &[SidecarFile], gone: &[SidecarId]) -> Result<()> {
    if met.is_empty() && gone.is_empty() {
        return Ok(());
    }
    connection.execute_batch(TABLE)?;
    {
        let mut renew = connection
            .prepare_cached("UPDATE musefs_sidecars SET size = ?2, mtime_ns = ?3, ctime_ns = ?4 WHERE path = ?1")?;
        let mut add = connection
            .prepare_cached("INSERT INTO musefs_sidecars (path, size, mtime_ns, ctime_ns) VALUES (?1, ?2, ?3, ?4)")?;
        let mut remove = connection.prepare_cached("DELETE FROM musefs_sidecars WHERE id = ?1")?;
        for SidecarFile { path, stamp } in met.iter().filter(|file| !file.path.as_os_str().is_empty()) {
            let values = (rows::path_value(path), stamp.size as i64, stamp.mtime_ns, stamp.ctime_ns);
            if renew.execute(values.clone())? == 0 {
                add.execute(values)?;
            }
        }
        for sidecar in gone {
            remove.execute([sidecar.0])?;
        }
    }
    changes::note(connection, SIDECARS)
}
