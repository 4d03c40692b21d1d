//! Which moves of a batch can be carried out.

use crate::reading;
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{Ingest, IngestMode};
use rusqlite::{OptionalExtension, Result, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// The moves of `batch` by index: tracks that exist, each moved once, to paths that are free or become free because their
/// track moves too. A move to a path that another track keeps is not carried out; its file belongs to that track.
pub(crate) fn planned_moves(transaction: &Transaction<'_>, batch: &[Ingest]) -> Result<BTreeMap<usize, TrackId>> {
    let mut moves = BTreeMap::new();
    let mut holders = BTreeMap::new();
    let (mut tracks, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (index, file) in batch.iter().enumerate() {
        let IngestMode::Moved(track) = file.mode else { continue };
        if file.path.as_os_str().is_empty() || !exists(transaction, track)? {
            continue;
        }
        if !paths.contains(&file.path) && tracks.insert(track) {
            paths.insert(&file.path);
            moves.insert(index, track);
            holders.insert(index, reading::find_path(transaction, &file.path)?);
        }
    }
    // A move that is not carried out keeps its own old path occupied, which may block another.
    loop {
        let blocked = moves.keys().copied().find(|index| {
            let holder = holders.get(index).copied().flatten();
            holder.is_some_and(|holder| !moves.values().any(|moving| *moving == holder))
        });
        match blocked {
            Some(index) => moves.remove(&index),
            None => return Ok(moves),
        };
    }
}

fn exists(transaction: &Transaction<'_>, track: TrackId) -> Result<bool> {
    let found: Option<i64> = transaction
        .prepare_cached("SELECT 1 FROM tracks WHERE id = ?1")?
        .query_row([track.0], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}
