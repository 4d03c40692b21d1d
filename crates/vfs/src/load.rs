//! Reading the whole store into a tree and a table.

use crate::beside::Beside;
use crate::options::VfsParts;
use crate::placing::place;
use crate::row::file_of;
use crate::shelving::Shelving;
use crate::sync::{Receiver, SyncSender, spawn_scoped, sync_channel, thread};
use crate::track_table::{Entry, Recorded, TrackTable};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use musefs_contracts::ids::{FileId, Revision, StoreId};
use musefs_contracts::sidecars::Sidecar;
use musefs_contracts::tree::{Placement, PlacementChange, TreeSnapshot};
use std::panic::resume_unwind;
use std::sync::Arc;

/// A store as it was at one revision.
pub(crate) struct Loaded {
    /// With the files beside the music, if these are shown.
    pub(crate) tree: Arc<dyn TreeSnapshot>,
    pub(crate) tracks: TrackTable,
    pub(crate) store: StoreId,
    pub(crate) revision: Revision,
    /// What is known of the files beside the music, if these are shown.
    pub(crate) sidecars: Option<Sidecars>,
}

/// The files beside the music as they were at one revision.
pub(crate) struct Sidecars {
    pub(crate) beside: Beside,
    pub(crate) revision: Revision,
}

/// What reading all tracks gave.
struct Rows {
    tracks: TrackTable,
    beside: Option<Beside>,
    store: StoreId,
    revision: Revision,
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
    stamp_of: &(dyn Fn(FileId, Recorded) -> Stamp + Sync),
) -> CatalogResult<Loaded> {
    let mut loaded = load_tracks(parts, fields, stamp_of)?;
    if let Some(sidecars) = &mut loaded.sidecars {
        let (all, revision) = read_sidecars(parts, &sidecars.beside, &|_| false)?;
        sidecars.revision = revision;
        sidecars.beside.settle(&all);
        for sidecar in &all {
            let Some(file) = file_of(sidecar.id) else { continue };
            loaded.tracks.insert(file, Entry::new(sidecar, stamp_of(file, sidecar.into())));
        }
        let mut changes = Vec::new();
        let mut shelving = Shelving::new(&*loaded.tree, &*parts.template);
        for folder in sidecars.beside.all() {
            shelving.place(&sidecars.beside, folder, &mut changes);
        }
        loaded.tree = parts.tree.apply(&loaded.tree, &changes).0;
    }
    Ok(loaded)
}

/// All files beside the music that are to be shown, and the revision that they are of.
pub(crate) fn read_sidecars(
    parts: &VfsParts,
    beside: &Beside,
    known: &dyn Fn(FileId) -> bool,
) -> CatalogResult<(Vec<Sidecar>, Revision)> {
    let mut all = Vec::new();
    let revision = parts.catalog.for_each_sidecar(&mut |sidecar| {
        if beside.accepts(&sidecar, known) {
            all.push(sidecar);
        }
    })?;
    Ok((all, revision))
}

fn load_tracks(
    parts: &VfsParts,
    fields: &[String],
    stamp_of: &(dyn Fn(FileId, Recorded) -> Stamp + Sync),
) -> CatalogResult<Loaded> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES);
        let reader = spawn_scoped(scope, "musefs-load", move || read_rows(parts, fields, stamp_of, &sender))
            .map_err(|error| CatalogError::Other(format!("no thread can be had to read it: {error}")))?;
        let tree = parts.tree.build(&mut Placements { receiver, batch: Vec::new().into_iter() });
        let Rows { tracks, beside, store, revision } = reader.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        let sidecars = beside.map(|beside| Sidecars { beside, revision: Revision::default() });
        Ok(Loaded { tree, tracks, store, revision, sidecars })
    })
}

fn read_rows(
    parts: &VfsParts,
    fields: &[String],
    stamp_of: &(dyn Fn(FileId, Recorded) -> Stamp + Sync),
    sender: &SyncSender<Vec<Placement>>,
) -> CatalogResult<Rows> {
    let mut tracks = TrackTable::default();
    let mut beside = parts.sidecars.clone().map(Beside::new);
    let mut batch = Vec::with_capacity(BATCH);
    let (store, revision) = parts.catalog.for_each_track(fields, &mut |track| {
        let row = track.row;
        if !TrackTable::can_hold(row.id) {
            tracing::warn!(track = row.id.0, path = %row.path.display(), "left out: no inode number fits its id");
            return;
        }
        tracks.insert(row.id, Entry::new(row, stamp_of(row.id.into(), row.into())));
        if let Some(beside) = &mut beside {
            beside.gather(row.id, &row.path);
        }
        if let PlacementChange::Place(at) = place(&*parts.template, row.id, &row.path, fields, track.values) {
            batch.push(at);
        }
        if batch.len() == BATCH {
            // The builder only hangs up by panicking, which ends all of this anyway.
            let _ = sender.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    })?;
    let _ = sender.send(batch);
    Ok(Rows { tracks, beside, store, revision })
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
