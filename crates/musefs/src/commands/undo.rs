//! `musefs undo`: takes back the latest edit, or a given one.

use crate::cli::UndoArgs;
use crate::edits::{headline, lines};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{complain, say};
use crate::wiring::Store;
use musefs_contracts::history::{Change, EditId, Undone};

/// Changes that are shown.
const SHOWN: usize = 50;

/// Runs the command.
pub(crate) fn run(args: &UndoArgs) -> CommandResult {
    let mut writer = Store::open_history(&args.store.path()?)?;
    match writer.undo(args.edit.map(EditId), args.yes)? {
        Undone::Nothing => {
            if let Some(edit) = args.edit {
                return Err(Failure::new(format!(
                    "the store's history has no edit {edit} that changed anything; musefs history lists them"
                )));
            }
            say("there is nothing to take back");
            Ok(Ending::Done)
        }
        Undone::Done { edit, left } => {
            say(format!("took back {}", headline(&edit)));
            lines(&edit.changes.iter().take(SHOWN).map(reversed).collect::<Vec<_>>()).into_iter().all(say);
            let more = edit.changes.len().saturating_sub(SHOWN);
            if more > 0 {
                say(format!("  and {more} more"));
            }
            for line in lines(&left) {
                complain(format!("could not be taken back, because it is gone for good: {}", line.trim()));
            }
            Ok(Ending::Done)
        }
        Undone::ChangedSince { edit, changes, total } => {
            lines(&changes).into_iter().for_each(complain);
            Err(Failure::new(format!(
                "{total} of the {} places of edit {} changed again since, the first of them above; nothing was done. \
                 musefs history tells how; --yes takes it back all the same",
                edit.total, edit.id.0
            )))
        }
    }
}

fn reversed(change: &Change) -> Change {
    let change = change.clone();
    Change { before: change.after, after: change.before, ..change }
}
