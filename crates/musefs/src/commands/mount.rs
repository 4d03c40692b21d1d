//! `musefs mount`: the store as a tree of files.

use crate::cli::MountArgs;
use crate::errors::{CommandResult, Failure};
use crate::serve::{Prepared, template};
use crate::signals::{Second, interrupted};
use crate::watching::watch;
use crate::wiring::Store;
use crate::{daemon, dry_run, logging, sidecars};
use musefs_fuse_adapter::check_mountpoint;
use std::path::PathBuf;

/// Runs the command.
pub(crate) fn run(mut args: MountArgs) -> CommandResult {
    if args.detached {
        daemon::leave_terminal();
        logging::start_detached(args.talk);
        make_absolute(&mut args)?;
    } else {
        logging::start(args.talk);
    }
    let shown = sidecars::shown(&args.sidecars, false)?;
    let recorded = sidecars::recorded(&args.sidecars.sidecar_include)?;
    let template = template(&args.view, args.store.usual_template())?;
    let store = Store::named(&args.store.path()?);
    let catalog = store.open()?;
    if args.dry_run {
        return dry_run::print(catalog, template, &args.view, &args.serve, shown);
    }
    let Some(mountpoint) = args.mountpoint else {
        return Err(Failure::new("the mountpoint is missing; name an empty folder"));
    };
    // Seen before the library is read, which may take a while.
    check_mountpoint(&mountpoint)?;
    let interrupted = interrupted(Second::Waits)?;
    let serving = Prepared::new(catalog, template, &args.view, &args.serve, shown)?
        .with_source(args.source)
        .mount(&mountpoint, &args.serve)?;
    let watcher = if args.watch {
        let roots = store.open_writer()?.roots()?;
        Some(watch(&store, roots, serving.scan_backing.clone(), interrupted.clone(), recorded)?)
    } else {
        None
    };
    serving.announce(args.talk.quiet || args.detached);
    if args.detached {
        daemon::ready()?;
    }
    let ending = serving.until(&interrupted);
    drop(watcher);
    ending
}

/// The process in the background lets go of its folder, so that no path may go on from there.
fn make_absolute(args: &mut MountArgs) -> Result<(), Failure> {
    let absolute = |path: &mut PathBuf| {
        *path = std::path::absolute(&*path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Ok::<_, Failure>(())
    };
    if let Some(db) = args.store.db.as_mut().filter(|db| !Store::is_in_memory(db)) {
        absolute(db)?;
    }
    args.mountpoint.as_mut().map_or(Ok(()), absolute)?;
    args.serve.splice_dir.as_mut().map_or(Ok(()), absolute)
}
