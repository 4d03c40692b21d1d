//! Taking an edit back.
//!
//! Tracks that it removed come back first, since their other changes need them; then tags and links; tracks that it brought
//! back go last, with all that hangs on them.

use super::log::{Group, Net, groups, is_nothing};
use super::restore::{Obstacle, obstacle, restore, touch};
use super::{ART, Recorder, TAG, TRACK, art, tell};
use musefs_contracts::history::{Change, EditId, Undone};
use musefs_contracts::ids::TrackId;
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::BTreeSet;

/// Changes that are told where an edit cannot be taken back.
const TOLD: usize = 20;
/// Who takes edits back.
const PROGRAM: &str = "musefs undo";

/// Takes an edit back within the caller's transaction, which is to be rolled back unless the answer is
/// [`Undone::Done`].
pub(crate) fn undo(connection: &Connection, wanted: Option<EditId>, force: bool) -> Result<Undone> {
    let mut groups = groups(connection)?;
    let group = match wanted {
        Some(EditId(id)) => groups.iter().position(|group| group.id == id),
        None => latest(connection, &groups)?,
    };
    let Some(group) = group.map(|index| groups.swap_remove(index)) else { return Ok(Undone::Nothing) };
    let Some(edit) = tell::edit(connection, &group, usize::MAX)? else { return Ok(Undone::Nothing) };
    let mut undoing = Undoing {
        connection,
        recorder: Recorder::undoing(PROGRAM, group.id),
        force,
        touched: BTreeSet::new(),
        blocked: Vec::new(),
        left: Vec::new(),
    };
    undoing.take_back(&group)?;
    if !undoing.blocked.is_empty() && !force {
        let total = undoing.blocked.len() as u64;
        let told: Result<Vec<Change>> =
            undoing.blocked.iter().take(TOLD).map(|net| tell::change(connection, net)).collect();
        return Ok(Undone::ChangedSince { edit, changes: told?, total });
    }
    let left: Result<Vec<Change>> = undoing.left.iter().map(|net| tell::change(connection, net)).collect();
    Ok(Undone::Done { edit, left: left? })
}

/// The latest edit that is no undo, was not undone, and did something.
fn latest(connection: &Connection, groups: &[Group]) -> Result<Option<usize>> {
    for (index, group) in groups.iter().enumerate().rev() {
        if group.undoes.is_some() || group.undone_by.is_some() {
            continue;
        }
        for net in &group.places {
            if !is_nothing(connection, net)? {
                return Ok(Some(index));
            }
        }
    }
    Ok(None)
}

struct Undoing<'c> {
    connection: &'c Connection,
    recorder: Recorder,
    force: bool,
    touched: BTreeSet<TrackId>,
    /// Places that changed since.
    blocked: Vec<Net>,
    /// Places of which nothing is left to take back to.
    left: Vec<Net>,
}

impl Undoing<'_> {
    fn take_back(&mut self, group: &Group) -> Result<()> {
        let tracks = || group.places.iter().filter(|net| net.kind == TRACK);
        for net in tracks() {
            if let (Some(seq), None) = (net.before, net.after) {
                self.bring_back(net, seq)?;
            }
        }
        let going: BTreeSet<i64> =
            tracks().filter(|net| net.before.is_none() && net.after.is_some()).map(|net| net.track).collect();
        for net in group.places.iter().filter(|net| net.kind != TRACK && !going.contains(&net.track)) {
            if !is_nothing(self.connection, net)? {
                self.put_back(net)?;
            }
        }
        for track in going {
            self.touched.remove(&TrackId(track));
            self.recorder.remove(self.connection, TrackId(track))?;
        }
        self.touched.iter().try_for_each(|track| touch(self.connection, *track))
    }

    fn bring_back(&mut self, net: &Net, seq: i64) -> Result<()> {
        match obstacle(self.connection, seq)? {
            None => {}
            Some(Obstacle::PathTaken(holder)) if self.force => {
                self.touched.remove(&holder);
                self.recorder.remove(self.connection, holder)?;
            }
            Some(Obstacle::Forgotten) => {
                self.left.push(net.clone());
                return Ok(());
            }
            // Somebody brought it back already.
            Some(Obstacle::IsThere) if self.force => return Ok(()),
            Some(Obstacle::PathTaken(_) | Obstacle::IsThere) => {
                self.blocked.push(net.clone());
                return Ok(());
            }
        }
        restore(self.connection, seq)?;
        self.recorder.restored(self.connection, TrackId(net.track))?;
        self.touched.insert(TrackId(net.track));
        Ok(())
    }

    /// Puts a tag or a link back to what it was.
    fn put_back(&mut self, net: &Net) -> Result<()> {
        let there = self.connection.prepare_cached("SELECT 1 FROM tracks WHERE id = ?1")?.exists([net.track])?;
        if !there {
            let list = if self.force { &mut self.left } else { &mut self.blocked };
            list.push(net.clone());
            return Ok(());
        }
        if !self.force && !self.is_as_it_was_left(net)? {
            self.blocked.push(net.clone());
            return Ok(());
        }
        let picture = if net.kind == ART { self.picture(net)? } else { None };
        if net.kind == ART && net.before.is_some() && picture.is_none() {
            self.left.push(net.clone());
            return Ok(());
        }
        self.recorder.back(self.connection, net.kind, net.seq, net.before)?;
        self.write(net, picture)?;
        self.touched.insert(TrackId(net.track));
        Ok(())
    }

    /// Whether the place holds what the edit left there.
    fn is_as_it_was_left(&self, net: &Net) -> Result<bool> {
        let sql = match (net.kind, net.after) {
            (TAG, Some(_)) => {
                "SELECT 1 FROM musefs_history AS h JOIN tags AS t
                     ON t.track_id = h.track_id AND t.key = h.key AND t.ordinal = h.ordinal
                 WHERE h.seq = ?1 AND t.value IS h.new_value AND t.value_blob IS h.new_blob"
            }
            (TAG, None) => {
                "SELECT 1 FROM musefs_history AS h JOIN tags AS t
                     ON t.track_id = h.track_id AND t.key = h.key AND t.ordinal = h.ordinal
                 WHERE h.seq = ?1"
            }
            (_, Some(_)) => {
                "SELECT 1 FROM musefs_history AS h JOIN track_art AS t
                     ON t.track_id = h.track_id AND t.ordinal = h.ordinal
                 WHERE h.seq = ?1 AND t.description IS h.new_value AND t.art_id IS h.new_art
                     AND t.picture_type IS h.new_type"
            }
            (_, None) => {
                "SELECT 1 FROM musefs_history AS h JOIN track_art AS t
                     ON t.track_id = h.track_id AND t.ordinal = h.ordinal
                 WHERE h.seq = ?1"
            }
        };
        let found = self.connection.prepare_cached(sql)?.exists([net.after.unwrap_or(net.seq)])?;
        Ok(found == net.after.is_some())
    }

    /// The picture that the link pointed to before, brought back if need be.
    fn picture(&self, net: &Net) -> Result<Option<i64>> {
        let art: Option<Option<i64>> = self
            .connection
            .prepare_cached("SELECT old_art FROM musefs_history WHERE seq = ?1")?
            .query_row([net.before], |row| row.get(0))
            .optional()?;
        art.flatten().map_or(Ok(None), |art| art::bring_back(self.connection, art))
    }

    fn write(&self, net: &Net, picture: Option<i64>) -> Result<()> {
        let (delete, insert) = if net.kind == TAG {
            (
                "DELETE FROM tags WHERE track_id = (SELECT track_id FROM musefs_history WHERE seq = ?1)
                     AND key = (SELECT key FROM musefs_history WHERE seq = ?1)
                     AND ordinal = (SELECT ordinal FROM musefs_history WHERE seq = ?1)",
                "INSERT INTO tags (track_id, key, ordinal, value, value_blob)
                 SELECT track_id, key, ordinal, old_value, old_blob FROM musefs_history WHERE seq = ?1 AND ?2 IS NULL",
            )
        } else {
            (
                "DELETE FROM track_art WHERE track_id = (SELECT track_id FROM musefs_history WHERE seq = ?1)
                     AND ordinal = (SELECT ordinal FROM musefs_history WHERE seq = ?1)",
                "INSERT INTO track_art (track_id, ordinal, art_id, picture_type, description)
                 SELECT track_id, ordinal, ?2, old_type, old_value FROM musefs_history WHERE seq = ?1",
            )
        };
        self.connection.prepare_cached(delete)?.execute([net.seq])?;
        if let Some(before) = net.before {
            self.connection.prepare_cached(insert)?.execute(params![before, picture])?;
        }
        Ok(())
    }
}
