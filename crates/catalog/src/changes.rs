//! The change log: where it stands, what it says, and how it stays small.

use musefs_contracts::catalog::Changes;
use musefs_contracts::ids::{Revision, TrackId};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::rows;

/// Deleted tracks that the log remembers before it forgets the oldest. A mount that was away for longer reads it all.
pub(crate) const TOMBSTONES_KEPT: usize = 10_000;

/// Bits of a revision that are the log's sequence number. Those above are the version of the store's schema, as far as it fits:
/// a backup that is put back into the file by the engine's own means raises that, while the numbers of its log may go
/// beyond ours and mean other changes.
const SEQUENCE_BITS: u32 = 40;
const SCHEMA_VERSIONS: i64 = 1 << 22;

fn sequence(revision: Revision) -> i64 {
    revision.0 & ((1 << SEQUENCE_BITS) - 1)
}

/// Where the log stands.
pub(crate) fn revision(connection: &Connection) -> Result<Revision> {
    let schema: i64 = connection.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0))?;
    let sequence: i64 = connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM musefs_changes")?
        .query_row([], |row| row.get(0))?;
    Ok(Revision(schema.rem_euclid(SCHEMA_VERSIONS) << SEQUENCE_BITS | sequence))
}

/// The tracks changed after `since`.
pub(crate) fn since(connection: &Connection, since: Revision) -> Result<Changes> {
    let revision = revision(connection)?;
    let floor: i64 = connection
        .prepare_cached("SELECT value FROM musefs_meta WHERE key = 'changes_floor'")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(i64::MAX);
    let same_schema = since.0 >> SEQUENCE_BITS == revision.0 >> SEQUENCE_BITS;
    if !same_schema || sequence(since) < floor || since > revision {
        return Ok(Changes::TooFarBack);
    }
    let mut statement = connection.prepare_cached("SELECT track_id FROM musefs_changes WHERE seq > ?1")?;
    let mut rows = statement.query([sequence(since)])?;
    let mut tracks = Vec::new();
    while let Some(row) = rows.next()? {
        tracks.extend(rows::integer(row, 0)?.and_then(rows::track_id));
    }
    Ok(Changes::Tracks { tracks, revision })
}

/// Notes that `track` changed.
pub(crate) fn note(connection: &Connection, track: TrackId) -> Result<()> {
    connection.prepare_cached("DELETE FROM musefs_changes WHERE track_id = ?1")?.execute([track.0])?;
    connection.prepare_cached("INSERT INTO musefs_changes (track_id) VALUES (?1)")?.execute([track.0])?;
    Ok(())
}

/// Forgets all but the newest `keep` deleted tracks, and the revisions before them. The newest entry always stays, since
/// it is what the revision is read from.
pub(crate) fn trim(connection: &Connection, keep: usize) -> Result<()> {
    let newest_to_go: Option<i64> = connection
        .query_row(
            "SELECT seq FROM musefs_changes AS c WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE id = c.track_id)
             AND seq < (SELECT max(seq) FROM musefs_changes) ORDER BY seq DESC LIMIT 1 OFFSET ?1",
            [keep as i64],
            |row| row.get(0),
        )
        .optional()?;
    let Some(floor) = newest_to_go else { return Ok(()) };
    connection.execute(
        "DELETE FROM musefs_changes WHERE seq <= ?1 AND NOT EXISTS (SELECT 1 FROM tracks WHERE id = track_id)",
        [floor],
    )?;
    connection.execute("UPDATE musefs_meta SET value = max(value, ?1) WHERE key = 'changes_floor'", [floor])?;
    Ok(())
}
