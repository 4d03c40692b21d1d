//! The history of edits: recording our own, telling all of them, taking one back, and forgetting the oldest.
//!
//! What other programs change is recorded by triggers (`history_triggers.sql`). Our writers fire none, so they record here
//! what they do to rows that were there.

mod art;
mod log;
mod record;
mod restore;
mod tell;
mod trim;
mod undo;

pub(crate) use art::collect;
pub(crate) use record::Recorder;
pub(crate) use restore::touch;
pub(crate) use tell::{edits, past_path};
pub(crate) use trim::trim;
pub(crate) use undo::undo;

/// `kind` of a row of tags.
pub(crate) const TAG: i64 = 0;
/// `kind` of a link to a picture.
pub(crate) const ART: i64 = 1;
/// `kind` of a whole track.
pub(crate) const TRACK: i64 = 2;

/// Flag: there was a row before.
pub(crate) const HAD: i64 = 1;
/// Flag: there is a row after.
pub(crate) const HAS: i64 = 2;
/// Flag: the row before stands in the way of one that is being written, and goes if that succeeds.
pub(crate) const DISPLACED: i64 = 4;

/// Milliseconds of unix time.
pub(crate) fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
