//! `musefs scan`: what is new gets into the store.

use crate::cli::{ScanArgs, TalkArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::complain;
use crate::progress::{Reporter, summarise};
use crate::selection::{in_a_view, is_view_of};
use crate::signals::Second;
use crate::wiring::{Store, scan_backing, scanner};
use crate::{logging, sidecars, signals};
use musefs_contracts::meter::NoMeter;
use musefs_contracts::sidecars::SidecarRules;
use musefs_contracts::writer::CatalogWriter;
use musefs_scan::{Problem, ScanError, Task};
use std::path::PathBuf;
use std::sync::Arc;

/// Runs the command.
pub(crate) fn run(args: ScanArgs) -> CommandResult {
    logging::start(args.talk);
    // A store must not come into being for the sake of a folder that is not there.
    refuse_missing(&args.targets)?;
    let store = Store::File(Store::lasting(&args.store.path_to_make()?)?);
    let mut writer = store.open_or_create()?;
    refuse_own_view(&store, &args.targets)?;
    let task = if args.force { Task::Force } else { Task::Add };
    writer.begin_edit(if args.force { "musefs scan --force" } else { "musefs scan" });
    let sidecars = sidecars::recorded(&args.record.sidecar_include)?;
    run_task(writer.as_mut(), &args.targets, task, args.jobs, sidecars, args.talk)
}

/// Fails if none of the targets is there.
pub(crate) fn refuse_missing(targets: &[PathBuf]) -> Result<(), Failure> {
    let mut missing = None;
    for target in targets {
        match std::fs::metadata(target) {
            Ok(_) => return Ok(()),
            Err(error) => missing = missing.or(Some((target, error))),
        }
    }
    missing.map_or(Ok(()), |(target, error)| {
        let remedy = "name a folder or file that is there and that you may read";
        Err(Failure::new(format!("{}: {error}; {remedy}, and mount its disk first if it is on one", target.display())))
    })
}

/// A view of the store itself would come in as another copy of all that it shows.
fn refuse_own_view(store: &Store, targets: &[PathBuf]) -> Result<(), Failure> {
    for target in in_a_view(targets) {
        if is_view_of(store.open()?, target) {
            let shown = target.display();
            let what = "it is a view of this store, not the music itself; name the music's own folder";
            return Err(Failure::new(format!("{shown}: {what}")));
        }
    }
    Ok(())
}

/// Runs a task of the scanner to its summary.
pub(crate) fn run_task(
    writer: &mut dyn CatalogWriter,
    targets: &[PathBuf],
    task: Task,
    jobs: Option<u16>,
    sidecars: Arc<dyn SidecarRules>,
    talk: TalkArgs,
) -> CommandResult {
    let reporter = Arc::new(Reporter::new(talk.quiet));
    let cancelled = signals::interrupted(Second::Exits)?;
    let scanner = scanner(jobs, scan_backing(&NoMeter), cancelled, reporter.clone()).trust_folders().sidecars(sidecars);
    let result = scanner.run(writer, targets, task);
    reporter.finish();
    let summary = result.map_err(explain)?;
    if !talk.quiet {
        summarise(&summary);
        if summary.cancelled {
            complain("musefs: interrupted; run it again for the rest");
        }
    }
    Ok(if summary.cancelled {
        Ending::Interrupted
    } else if summary.failed.is_empty() {
        Ending::Done
    } else {
        Ending::SomeUnreadable
    })
}

/// The failure for a scan that could do nothing.
pub(crate) fn explain(error: ScanError) -> Failure {
    match error {
        ScanError::Target(Problem { path, reason }) => {
            let remedy = if reason.contains("mounted") {
                " Mount it and run this again"
            } else {
                "; name a folder or file that is there and that you may read"
            };
            Failure::new(format!("{}: {reason}{remedy}", path.display()))
        }
        error => error.into(),
    }
}
