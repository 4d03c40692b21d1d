//! `musefs ls`: where tracks are, in the view or in the library.

use crate::cli::{LsArgs, ServeArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::say_bytes;
use crate::selection::query;
use crate::serve::{Prepared, template};
use crate::tree_walk::{Step, walk};
use crate::wiring::Store;
use musefs_contracts::ids::TrackId;
use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;

/// Runs the command.
pub(crate) fn run(args: &LsArgs) -> CommandResult {
    let template = template(&args.view, args.store.usual_template())?;
    let catalog = Store::File(Store::lasting(&args.store.path()?)?).open()?;
    let query = query(catalog.as_ref(), &args.query)?;
    let end = if args.null { 0 } else { b'\n' };
    if args.files {
        let mut listened_to = true;
        catalog.for_each_track(query.fields(), &mut |track| {
            if listened_to && query.matches(&track) {
                listened_to = say_bytes(track.row.path.as_os_str().as_bytes(), end);
            }
        })?;
        return Ok(Ending::Done);
    }
    let tracks: HashSet<TrackId> = query.select(catalog.as_ref())?.into_iter().collect();
    let serve = ServeArgs::unserved().map_err(Failure::new)?;
    let prepared = Prepared::new(catalog, template, &args.view, &serve, None)?;
    let visit = &mut |step: Step<'_>| match step.ino.track() {
        Some(track) if tracks.contains(&track) => say_bytes(step.path.as_os_str().as_bytes(), end),
        _ => true,
    };
    walk(prepared.vfs.as_ref(), visit).map_err(Failure::new)?;
    Ok(Ending::Done)
}
