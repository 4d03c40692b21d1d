//! `musefs history`: who changed what in the store.

use crate::cli::HistoryArgs;
use crate::edits::{document, headline, lines, tracks};
use crate::errors::{CommandResult, Ending};
use crate::output::say;
use crate::wiring::Store;
use musefs_contracts::history::HistoryQuery;

/// Changes of one edit that are shown to people.
const SHOWN: usize = 50;

/// Runs the command.
pub(crate) fn run(args: &HistoryArgs) -> CommandResult {
    let db = args.store.path()?;
    let mut writer = Store::open_history(&db)?;
    let tracks = if args.tracks.is_empty() { None } else { Some(tracks(writer.as_mut(), &db, &args.tracks)?) };
    let changes = if args.json { usize::MAX } else { SHOWN };
    let mut listened_to = true;
    let mut told = false;
    writer.edits(&HistoryQuery { tracks, edits: args.limit, changes }, &mut |edit| {
        told = true;
        if args.json {
            listened_to = listened_to && say(document(&edit));
            return;
        }
        let more = edit.total - edit.changes.len() as u64;
        let more = (more > 0).then(|| format!("  and {more} more; --json lists all"));
        let lines = std::iter::once(headline(&edit)).chain(lines(&edit.changes)).chain(more);
        listened_to = listened_to && lines.into_iter().all(say);
    })?;
    if !told && !args.json {
        say("nothing was changed, or so long ago that it is forgotten");
    }
    Ok(Ending::Done)
}
