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
        if let Err(error) = rescan(&store, changed, &backing, &cancelled, &sidecars) {
            tracing::warn!("cannot take in what changed in the library: {}", error.line());
        }
    };
    Watcher::spawn(roots, WatchOptions::default(), on_change)
        .map_err(|error| Failure::new(format!("cannot watch the library: {error}")))
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
