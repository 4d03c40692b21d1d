//! Files beside the music that are no tracks: which of them are new, changed or gone.

use crate::target::{Roots, Target};
use musefs_contracts::backing::{Backing, Stamp};
use musefs_contracts::catalog::CatalogResult;
use musefs_contracts::ids::SidecarId;
use musefs_contracts::sidecars::{Sidecar, SidecarFile, SidecarRules};
use musefs_contracts::writer::CatalogWriter;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Sidecars written in one transaction.
const BATCH: usize = 4096;

/// One that the store knows.
struct KnownSidecar {
    id: SidecarId,
    stamp: Stamp,
    seen: AtomicBool,
}

/// The sidecars the store knows, and those that a walk met. Shared by the threads that walk.
pub(crate) struct Beside {
    rules: Arc<dyn SidecarRules>,
    known: HashMap<PathBuf, KnownSidecar>,
    met: Mutex<Vec<SidecarFile>>,
}

impl Beside {
    /// Reads what the store knows.
    pub(crate) fn load(writer: &mut dyn CatalogWriter, rules: Arc<dyn SidecarRules>) -> CatalogResult<Self> {
        let mut known = HashMap::new();
        writer.for_each_sidecar(&mut |Sidecar { id, path, stamp }| {
            known.insert(path, KnownSidecar { id, stamp, seen: AtomicBool::new(false) });
        })?;
        Ok(Self { rules, known, met: Mutex::default() })
    }

    /// Whether a file that is no audio file by its name is one of them.
    pub(crate) fn accepts(&self, path: &std::path::Path) -> bool {
        self.rules.accepts(path)
    }

    /// Notes that a walk met this file.
    pub(crate) fn meet(&self, path: PathBuf, stamp: Stamp) {
        if let Some(known) = self.known.get(&path) {
            known.seen.store(true, Ordering::Relaxed);
            if known.stamp.same_contents(&stamp) {
                return;
            }
        }
        self.met.lock().unwrap_or_else(PoisonError::into_inner).push(SidecarFile { path, stamp });
    }

    /// Looks at every one that the store knows under the targets, as a walk would meet it.
    pub(crate) fn revisit(&self, backing: &dyn Backing, targets: &[Target]) {
        for path in self.known.keys().filter(|path| is_under(path, targets)) {
            match backing.stat(path) {
                Ok(stamp) => self.meet(path.clone(), stamp),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // What cannot be looked at just now is left as it is.
                Err(_) => self.mark_seen(path),
            }
        }
    }

    fn mark_seen(&self, path: &PathBuf) {
        if let Some(known) = self.known.get(path) {
            known.seen.store(true, Ordering::Relaxed);
        }
    }

    /// Brings the store up to date with what was met. One that was not met under the targets is dropped if it is certainly
    /// gone, its disk being there: nobody's work is lost with it.
    pub(crate) fn write(
        self,
        writer: &mut dyn CatalogWriter,
        targets: &[Target],
        backing: &dyn Backing,
        roots: &mut Roots,
    ) -> CatalogResult<()> {
        let mut met = self.met.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Threads meet files in any order; the numbers that new ones get should not depend on it.
        met.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let is_gone = |path: &PathBuf| backing.stat(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let missing = self.known.iter().filter(|(path, known)| {
            !known.seen.load(Ordering::Relaxed) && is_under(path, targets) && roots.present(path) && is_gone(path)
        });
        let gone: Vec<SidecarId> = missing.map(|(_, known)| known.id).collect();
        for batch in met.chunks(BATCH) {
            writer.update_sidecars(batch, &[])?;
        }
        if gone.is_empty() { Ok(()) } else { writer.update_sidecars(&[], &gone) }
    }
}

fn is_under(path: &std::path::Path, targets: &[Target]) -> bool {
    targets.iter().any(|target| path.starts_with(target.path()))
}
