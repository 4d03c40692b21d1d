//! Reading the whole store into a tree and a table.

use crate::options::VfsParts;
use crate::placing::place;
use crate::track_table::{Entry, TrackTable};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::{CatalogError, CatalogResult, TrackRow};
use musefs_contracts::ids::{Revision, StoreId};
use musefs_contracts::tree::{Placement, PlacementChange, TreeSnapshot};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// A store as it was at one revision.
pub(crate) struct Loaded {
    pub(crate) tree: Arc<dyn TreeSnapshot>,
    pub(crate) tracks: TrackTable,
    pub(crate) store: StoreId,
    pub(crate) revision: Revision,
}

/// Placements that travel at once between the thread that reads the store and the one that builds the tree.
const BATCH: usize = 512;
/// Batches under way at most.
const BATCHES: usize = 8;

/// Reads every track. `stamp_of` tells the stamp to go by for a row.
///
/// The store pushes rows and the tree pulls placements, so each has a thread: placements are never held all at once, and
/// rendering runs beside building.
pub(crate) fn load(
    parts: &VfsParts,
    fields: &[String],
    stamp_of: &(dyn Fn(&TrackRow) -> Stamp + Sync),
) -> CatalogResult<Loaded> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES);
        let reader = thread::Builder::new()
            .name("musefs-load".into())
            .spawn_scoped(scope, move || read_rows(parts, fields, stamp_of, &sender))
            .map_err(|error| CatalogError::Other(format!("no thread can be had to read it: {error}")))?;
        let tree = parts.tree.build(&mut Placements { receiver, batch: Vec::new().into_iter() });
        let (tracks, (store, revision)) = reader.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(Loaded { tree, tracks, store, revision })
    })
}

fn read_rows(
    parts: &VfsParts,
    fields: &[String],
    stamp_of: &(dyn Fn(&TrackRow) -> Stamp + Sync),
    sender: &SyncSender<Vec<Placement>>,
) -> CatalogResult<(TrackTable, (StoreId, Revision))> {
    let mut tracks = TrackTable::default();
    let mut batch = Vec::with_capacity(BATCH);
    let at = parts.catalog.for_each_track(fields, &mut |track| {
        let row = track.row;
        if !TrackTable::can_hold(row.id) {
            tracing::warn!(track = row.id.0, path = %row.path.display(), "left out: no inode number fits its id");
            return;
        }
        tracks.insert(row.id, Entry::new(row, stamp_of(row)));
        if let PlacementChange::Place(at) = place(&*parts.template, row.id, &row.path, fields, track.values) {
            batch.push(at);
        }
        if batch.len() == BATCH {
            // The builder only hangs up by panicking, which ends all of this anyway.
            let _ = sender.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    })?;
    let _ = sender.send(batch);
    Ok((tracks, at))
}

/// The placements that the reading thread sends, until it hangs up.
struct Placements {
    receiver: Receiver<Vec<Placement>>,
    batch: std::vec::IntoIter<Placement>,
}

impl Iterator for Placements {
    type Item = Placement;

    fn next(&mut self) -> Option<Placement> {
        loop {
            if let Some(placement) = self.batch.next() {
                return Some(placement);
            }
            self.batch = self.receiver.recv().ok()?.into_iter();
        }
    }
}
