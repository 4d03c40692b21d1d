//! Bringing a batch of probed files in.

use crate::state::{State, Stored, Track, now};
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::TrackRow;
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::{TagRow, TagValue};
use musefs_contracts::writer::{Ingest, IngestMode, IngestSummary, is_pristine, refreshed_tags};
use std::collections::{BTreeMap, BTreeSet};

/// Brings all of `batch` in: first the moves that can be carried out, then the rest in order.
pub(crate) fn ingest(state: &mut State, batch: &[Ingest]) -> IngestSummary {
    let mut summary = IngestSummary::default();
    let moves = planned_moves(state, batch);
    for track in moves.values() {
        if let Some(known) = state.tracks.get(&track.0) {
            state.paths.remove(&known.row.path);
        }
    }
    for (index, track) in &moves {
        renew(state, &batch[*index], *track, true);
        summary.moved += 1;
    }
    for (index, file) in batch.iter().enumerate() {
        if moves.contains_key(&index) || file.path.as_os_str().is_empty() {
            continue;
        }
        if let Some(track) = state.paths.get(&file.path).copied() {
            renew(state, file, track, false);
            summary.updated += 1;
        } else {
            add(state, file);
            summary.added += 1;
        }
    }
    summary
}

/// The moves by index: tracks that exist, each moved once, to paths that are free or become free because their track moves
/// too. A move to a path that another track keeps is not carried out; its file belongs to that track.
fn planned_moves(state: &State, batch: &[Ingest]) -> BTreeMap<usize, TrackId> {
    let mut moves = BTreeMap::new();
    let (mut tracks, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (index, file) in batch.iter().enumerate() {
        let IngestMode::Moved(track) = file.mode else { continue };
        let usable = !file.path.as_os_str().is_empty() && state.tracks.contains_key(&track.0);
        if usable && !paths.contains(&file.path) && tracks.insert(track) {
            paths.insert(&file.path);
            moves.insert(index, track);
        }
    }
    loop {
        let blocked = moves.keys().copied().find(|index| {
            let holder = state.paths.get(&batch[*index].path);
            holder.is_some_and(|holder| !moves.values().any(|moving| moving == holder))
        });
        match blocked {
            Some(index) => moves.remove(&index),
            None => return moves,
        };
    }
}

fn add(state: &mut State, file: &Ingest) {
    state.last_track += 1;
    let track = TrackId(state.last_track);
    let tags = file.probe.tags.rows();
    let mut row = row_of(file, track);
    row.updated_at = now();
    row.pristine_version = is_pristine(&row, &file.probe.anatomy, &tags, false).then_some(0);
    state.paths.insert(file.path.clone(), track);
    let new = Track {
        row,
        tags: stored_rows(&tags, &BTreeMap::new()),
        art: Vec::new(),
        anatomy: file.probe.anatomy.clone(),
        fingerprint: fingerprint_of(file),
        content_hash: None,
        changed: 0,
    };
    state.tracks.insert(track.0, new);
    state.note(track);
}

/// Brings a known track up to date with its file. Its tags stay as they are if the file only `moved`.
fn renew(state: &mut State, file: &Ingest, track: TrackId, moved: bool) {
    let Some(known) = state.tracks.get_mut(&track.0) else { return };
    let before = known.tag_rows();
    let rows = match file.mode {
        _ if moved => before,
        IngestMode::Force => file.probe.tags.rows(),
        _ => refreshed_tags(Some(&known.anatomy), &before, &file.probe),
    };
    let tags = stored_rows(&rows, &known.tags);
    let same_bytes = if moved {
        known.row.stamp.size == file.stamp.size && known.row.stamp.mtime_ns == file.stamp.mtime_ns
    } else {
        known.row.stamp.same_contents(&file.stamp)
    };
    let changed = tags != known.tags || !same_bytes || known.anatomy != file.probe.anatomy;
    let mut row = row_of(file, track);
    (row.content_version, row.updated_at) = (known.row.content_version, known.row.updated_at);
    if changed {
        row.content_version += 1;
        row.updated_at = now();
    }
    let pristine = is_pristine(&row, &file.probe.anatomy, &rows, !known.art.is_empty());
    row.pristine_version = pristine.then_some(row.content_version);
    known.row = row;
    known.tags = tags;
    known.anatomy = file.probe.anatomy.clone();
    known.fingerprint = fingerprint_of(file);
    if changed {
        known.content_hash = None;
    }
    state.paths.insert(file.path.clone(), track);
    if changed {
        state.sizes.retain(|(_, id), _| *id != track.0);
    }
    state.note(track);
}

fn row_of(file: &Ingest, track: TrackId) -> TrackRow {
    let audio = file.probe.anatomy.audio;
    let offset = audio.offset.min(file.stamp.size);
    TrackRow {
        id: track,
        path: file.path.clone(),
        format: file.probe.anatomy.format.clone(),
        audio: ByteRange::new(offset, audio.len.min(file.stamp.size - offset)),
        stamp: Stamp { file: 0, ..file.stamp },
        content_version: 0,
        updated_at: 0,
        pristine_version: None,
    }
}

fn fingerprint_of(file: &Ingest) -> Option<String> {
    let is_hash = |text: &&String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    file.fingerprint.as_ref().filter(is_hash).cloned()
}

/// The rows with their bytes. Binary values are always rows that are stored already.
fn stored_rows(rows: &[TagRow], stored: &BTreeMap<(String, i64), Stored>) -> BTreeMap<(String, i64), Stored> {
    rows.iter()
        .filter_map(|row| {
            let place = (row.key.clone(), row.ordinal);
            let value = match &row.value {
                TagValue::Text(text) => Stored::Text(text.clone()),
                TagValue::Binary { .. } => stored.get(&place)?.clone(),
            };
            Some((place, value))
        })
        .collect()
}
