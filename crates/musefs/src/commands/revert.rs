//! `musefs revert`: tracks get the tags and art of their files again.

use super::scan::explain;
use crate::cli::RevertArgs;
use crate::edits::tracks;
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{counted, say};
use crate::progress::Reporter;
use crate::signals::Second;
use crate::wiring::{Store, scan_backing, scanner};
use crate::{logging, signals};
use musefs_contracts::history::{CatalogHistory, EditId, HistoryQuery};
use musefs_contracts::ids::TrackId;
use musefs_contracts::meter::NoMeter;
use musefs_scan::Task;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Runs the command.
pub(crate) fn run(args: RevertArgs) -> CommandResult {
    logging::start(args.talk);
    let db = args.store.path()?;
    let mut writer = Store::open_history(&db)?;
    let wanted: HashSet<TrackId> = tracks(writer.as_mut(), &db, &args.tracks)?.into_iter().collect();
    let mut paths: BTreeMap<PathBuf, TrackId> = BTreeMap::new();
    writer.for_each_known(&mut |known| {
        if wanted.contains(&known.track) {
            paths.insert(known.path, known.track);
        }
    })?;
    if paths.is_empty() {
        return Err(Failure::new("the store has no such track any more; musefs undo brings back what was removed"));
    }
    let before = latest(writer.as_mut())?;
    writer.begin_edit("musefs revert");
    let reporter = Arc::new(Reporter::new(args.talk.quiet));
    let cancelled = signals::interrupted(Second::Exits)?;
    let targets: Vec<PathBuf> = paths.keys().cloned().collect();
    let result =
        scanner(None, scan_backing(&NoMeter), cancelled, reporter.clone()).run(writer.as_mut(), &targets, Task::Force);
    reporter.finish();
    let summary = result.map_err(explain)?;
    if summary.cancelled {
        return Ok(Ending::Interrupted);
    }
    // What could not be read keeps the art it has: its file's own is not known to be there.
    for problem in &summary.failed {
        paths.remove(&problem.path);
    }
    let reverted: Vec<TrackId> = paths.into_values().collect();
    writer.unlink_art(&reverted)?;
    if !args.talk.quiet {
        let (tracks, say_so) = (counted(reverted.len(), "track"), if reverted.len() == 1 { "says" } else { "say" });
        say(if latest(writer.as_mut())? == before {
            format!("nothing to change: {tracks} {say_so} what the file says already")
        } else {
            format!("{tracks} changed back to what the file says; take it back with: musefs undo --db {}", db.display())
        });
    }
    Ok(if summary.failed.is_empty() { Ending::Done } else { Ending::SomeUnreadable })
}

/// The latest edit. Where nothing had to be changed there is no new one, and undo would take back something else.
fn latest(writer: &mut dyn CatalogHistory) -> Result<Option<EditId>, Failure> {
    let mut latest = None;
    writer.edits(&HistoryQuery { tracks: None, edits: 1, changes: 0 }, &mut |edit| latest = Some(edit.id))?;
    Ok(latest)
}
