//! Reading what changes in the library while it is mounted.

use crate::errors::Failure;
use crate::progress::Reporter;
use crate::wiring::{Store, scanner};
use musefs_contracts::backing::Backing;
use musefs_contracts::sidecars::SidecarRules;
use musefs_scan::{ScanError, Task, WatchOptions, Watcher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Watches `roots` and scans what changes in them into the store, until the watcher is dropped.
pub(crate) fn watch(
    store: &Store,
    roots: Vec<PathBuf>,
    backing: Arc<dyn Backing>,
    cancelled: Arc<AtomicBool>,
    sidecars: Arc<dyn SidecarRules>,
) -> Result<Watcher, Failure> {
    if roots.is_empty() {
        tracing::warn!("nothing to watch: no folder was ever scanned into this store");
    }
    let store = store.clone();
    let on_change = move |changed: &[PathBuf]| {
        let rescan = || rescan(&store, changed, &backing, &cancelled, &sidecars);
        if let Err(error) = with_the_store_there(&cancelled, rescan) {
            tracing::warn!("cannot take in what changed in the library: {}", error.line());
        }
    };
    Watcher::spawn(roots, WatchOptions::default(), on_change)
        .map_err(|error| Failure::new(format!("cannot watch the library: {error}")))
}

/// How long the readers of a store that was replaced are waited for; they find out within moments.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(60);

/// Does `work`, and again with the store that is there then if it was exchanged meanwhile.
pub(crate) fn with_the_store_there<T>(
    cancelled: &AtomicBool,
    mut work: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let until = Instant::now() + FOLLOWS_WITHIN;
    loop {
        match work() {
            Err(failure)
                if failure.is_of_a_replaced_store() && Instant::now() < until && !cancelled.load(Ordering::Relaxed) =>
            {
                tracing::debug!("{}", failure.line());
                std::thread::sleep(Duration::from_millis(50));
            }
            ended => return ended,
        }
    }
}

fn rescan(
    store: &Store,
    changed: &[PathBuf],
    backing: &Arc<dyn Backing>,
    cancelled: &Arc<AtomicBool>,
    sidecars: &Arc<dyn SidecarRules>,
) -> Result<(), Failure> {
    if cancelled.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut writer = store.open_writer()?;
    writer.begin_edit("musefs, watching");
    let reporter = Arc::new(Reporter::new(true));
    let scanner = scanner(None, backing.clone(), cancelled.clone(), reporter).sidecars(sidecars.clone());
    match scanner.run(writer.as_mut(), changed, Task::Add) {
        Ok(summary) => tracing::info!(?changed, ?summary, "took in what changed"),
        // A folder that was emptied or removed: what is known of its files stays until the user prunes it.
        Err(ScanError::Target(problem)) => tracing::info!("{}: {}", problem.path.display(), problem.reason),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
