//! `musefs revalidate`: known files are read again where they changed, and forgotten where they are gone for good.

use super::scan::run_task;
use crate::cli::RevalidateArgs;
use crate::errors::CommandResult;
use crate::wiring::Store;
use crate::{logging, sidecars};
use musefs_scan::Task;

/// Runs the command.
pub(crate) fn run(args: RevalidateArgs) -> CommandResult {
    logging::start(args.talk);
    let mut writer = Store::File(Store::lasting(&args.store.path()?)?).open_writer()?;
    writer.begin_edit(if args.prune { "musefs revalidate --prune" } else { "musefs revalidate" });
    let task = Task::Revalidate { prune: args.prune, yes: args.yes };
    run_task(writer.as_mut(), &args.targets, task, args.jobs, sidecars::recorded(&[])?, args.talk)
}
