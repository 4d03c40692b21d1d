//! `musefs revert`: tracks get the tags and art of their files again.

use super::scan::explain;
use crate::cli::RevertArgs;
use crate::edits::tracks;
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::say;
use crate::progress::Reporter;
use crate::signals::Second;
use crate::wiring::{Store, scan_backing, scanner};
use crate::{logging, signals};
use musefs_contracts::ids::TrackId;
use musefs_contracts::meter::NoMeter;
use musefs_scan::Task;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Runs the command.
pub(crate) fn run(args: RevertArgs) -> CommandResult {
    logging::start(args.talk);
    let mut writer = Store::open_history(&args.store.path()?)?;
    let wanted: HashSet<TrackId> = tracks(writer.as_mut(), &args.tracks)?.into_iter().collect();
    let mut paths: BTreeMap<PathBuf, TrackId> = BTreeMap::new();
    writer.for_each_known(&mut |known| {
        if wanted.contains(&known.track) {
            paths.insert(known.path, known.track);
        }
    })?;
    if paths.is_empty() {
        return Err(Failure::new("the store has no such track any more; musefs undo brings back what was removed"));
    }
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
        say(format!("{} tracks say what their files say; musefs undo takes that back", reverted.len()));
    }
    Ok(if summary.failed.is_empty() { Ending::Done } else { Ending::SomeUnreadable })
}
