//! `musefs up`: scan what is new, mount at once, keep the view fresh.

use super::scan::explain;
use crate::cli::UpArgs;
use crate::errors::{CommandResult, Failure};
use crate::output::complain;
use crate::progress::{Reporter, summarise};
use crate::serve::{Prepared, template};
use crate::signals::{Second, interrupted};
use crate::watching::{watch, with_the_store_there};
use crate::wiring::{Store, scanner};
use crate::{logging, sidecars};
use musefs_contracts::backing::Backing;
use musefs_contracts::sidecars::SidecarRules;
use musefs_fuse_adapter::check_mountpoint;
use musefs_scan::{Task, Watcher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Runs the command.
pub(crate) fn run(mut args: UpArgs) -> CommandResult {
    logging::start(args.talk);
    let Some((mountpoint, music)) = args.paths.split_last() else {
        return Err(Failure::new("name the music folders, and last an empty folder to mount on"));
    };
    let shown = sidecars::shown(&args.sidecars, true)?;
    let recorded = sidecars::recorded(&args.sidecars.sidecar_include)?;
    let template = template(&args.view, musefs_template::DEFAULT_UP)?;
    let music = resolve(music)?;
    check_mountpoint(mountpoint)?;
    refuse_overlap(&music, mountpoint)?;
    let store = Store::named(&args.store.path_to_make()?);
    let interrupted = interrupted(Second::Waits)?;
    // Made, or brought up to date, before it is read.
    drop(store.open_or_create()?);
    args.serve.made.covers.get_or_insert(true);
    let prepared = Prepared::new(store.open()?, template, &args.view, &args.serve, shown)?;
    let serving = prepared.mount(mountpoint, &args.serve)?;
    serving.announce(args.talk.quiet);
    let backing = serving.scan_backing.clone();
    let intake = Intake {
        store,
        music,
        jobs: args.jobs,
        quiet: args.talk.quiet,
        backing,
        cancelled: interrupted.clone(),
        sidecars: recorded,
    };
    let intake = intake.start()?;
    let ending = serving.until(&interrupted);
    // Whoever unmounted it wants the scan to end, too.
    interrupted.store(true, Ordering::Relaxed);
    match intake.join() {
        Ok(watching) => watching.and(ending),
        Err(_) => Err(Failure::new("the scan failed unexpectedly; please report it")),
    }
}

/// What is taken into the store while the mount is up.
struct Intake {
    store: Store,
    music: Vec<PathBuf>,
    jobs: Option<u16>,
    quiet: bool,
    backing: Arc<dyn Backing>,
    cancelled: Arc<AtomicBool>,
    sidecars: Arc<dyn SidecarRules>,
}

impl Intake {
    /// Scans, then watches, on a thread of its own, until it is cancelled. A failed scan is told at once and is the
    /// thread's result; what the store has is served all the same.
    fn start(self) -> Result<JoinHandle<Result<(), Failure>>, Failure> {
        std::thread::Builder::new()
            .name("musefs-intake".to_owned())
            .spawn(move || self.run())
            .map_err(|error| Failure::new(format!("cannot start scanning: {error}")))
    }

    fn run(&self) -> Result<(), Failure> {
        // Watching begins first, so that nothing that changes during the scan is missed; the store takes one at a time.
        let (store, music, sidecars) = (&self.store, self.music.clone(), self.sidecars.clone());
        let watcher = watch(store, music, self.backing.clone(), self.cancelled.clone(), sidecars);
        let mut place = self.store.place();
        let scanned = self.scan();
        let _watcher: Watcher = watcher?;
        while !self.cancelled.load(Ordering::Relaxed) {
            std::thread::park_timeout(Duration::from_millis(100));
            let there = self.store.place();
            // What was taken into the former is not in a store that takes its place.
            if there.is_some() && there != place {
                place = there;
                tracing::info!("another store is there; scanning into that one");
                let _ = self.scan();
            }
        }
        scanned
    }

    /// Scans into the store that is there. A failure is told at once.
    fn scan(&self) -> Result<(), Failure> {
        let scanned = with_the_store_there(&self.cancelled, || self.scan_once());
        if let Err(failure) = &scanned {
            complain(failure.line());
        }
        scanned
    }

    fn scan_once(&self) -> Result<(), Failure> {
        let mut writer = self.store.open_writer()?;
        writer.begin_edit("musefs up");
        let reporter = Arc::new(Reporter::new(self.quiet));
        let scanner = scanner(self.jobs, self.backing.clone(), self.cancelled.clone(), reporter.clone());
        let scanner = scanner.sidecars(self.sidecars.clone());
        let summary = scanner.run(writer.as_mut(), &self.music, Task::Add);
        reporter.finish();
        let summary = summary.map_err(explain)?;
        if !self.quiet && !summary.cancelled {
            summarise(&summary);
        }
        Ok(())
    }
}

fn resolve(music: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let resolve = |folder: &PathBuf| {
        folder.canonicalize().map_err(|error| {
            let remedy = "name a music folder that is there and that you may read";
            Failure::new(format!("{}: {error}; {remedy}", folder.display()))
        })
    };
    music.iter().map(resolve).collect()
}

/// A mount inside the library would be scanned into itself.
fn refuse_overlap(music: &[PathBuf], mountpoint: &Path) -> Result<(), Failure> {
    let place = mountpoint.canonicalize().unwrap_or_else(|_| mountpoint.to_owned());
    match music.iter().find(|folder| place.starts_with(folder) || folder.starts_with(&place)) {
        Some(folder) => Err(Failure::new(format!(
            "the mountpoint {} and the music in {} lie in each other; mount on a folder elsewhere",
            place.display(),
            folder.display()
        ))),
        None => Ok(()),
    }
}
