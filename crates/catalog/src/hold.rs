//! Which store files this process has open, by name.
//!
//! Two things that the engine cannot know are kept here, both of the whole process and so of no one connection. Locks on a
//! file end when *any* descriptor of it is closed, so a file that is held is not opened to look at its first bytes: the next
//! program to close it would take itself for the last one, and delete the log under everybody here. And two files of one name
//! share the name of their shared memory, and no lock keeps one part of a process from cutting it short under another: so a
//! file is not opened while one that it took the place of is still written, nor to be written while one is still read.

use crate::connection::sibling;
use crate::schema::{self, Found};
use crate::store::{FileIdentity, lock};
use musefs_contracts::catalog::{CatalogError, CatalogResult};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What connections do with the file that they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Reads,
    Writes,
}

static HELD: Mutex<Vec<Arc<Held>>> = Mutex::new(Vec::new());

#[derive(Debug)]
struct Held {
    /// With all links followed, as the names of the log and the shared memory are made.
    path: PathBuf,
    identity: FileIdentity,
    purpose: Use,
}

/// Says that connections to a file are open or about to be; is kept as long as they are.
#[derive(Clone, Debug)]
pub(crate) struct Hold(Arc<Listed>);

/// What takes the file off the list when the last clone of a hold goes.
#[derive(Debug)]
struct Listed(Arc<Held>);

impl Hold {
    /// Holds the file at `path`, and says whether there is anything in it.
    ///
    /// Where a file that stood there before is in the way, a reader is told [`CatalogError::Busy`], a writer
    /// [`CatalogError::Replaced`].
    pub(crate) fn take(path: &Path, purpose: Use) -> CatalogResult<(Self, Found)> {
        let mut held = lock(&HELD);
        let found = look_unless_held(&held, path)?;
        let identity = FileIdentity::of(path, false)?;
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
        let in_the_way = |other: &Arc<Held>| {
            other.path == path
                && !other.identity.is_file(&identity)
                && (purpose == Use::Writes || other.purpose == Use::Writes)
        };
        if held.iter().any(in_the_way) && sibling(&path, "-shm").exists() {
            return Err(if purpose == Use::Writes { CatalogError::Replaced(path) } else { CatalogError::Busy });
        }
        let hold = Arc::new(Held { path, identity, purpose });
        held.push(Arc::clone(&hold));
        Ok((Self(Arc::new(Listed(hold))), found))
    }

    /// Whether this is the file that is held.
    pub(crate) fn is_of(&self, identity: &FileIdentity) -> bool {
        self.0.0.identity.is_file(identity)
    }

    /// Fails unless the path still leads to the file that is held.
    pub(crate) fn expect_in_place(&self) -> CatalogResult<()> {
        let path = &self.0.0.path;
        match FileIdentity::of(path, false) {
            Ok(there) if self.is_of(&there) => Ok(()),
            Ok(_) | Err(CatalogError::Missing(_)) => Err(CatalogError::Replaced(path.clone())),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        lock(&HELD).retain(|other| !Arc::ptr_eq(other, &self.0));
    }
}

/// What stands at `path`. A file that is held is believed to be what it was.
pub(crate) fn look(path: &Path) -> CatalogResult<Found> {
    look_unless_held(&lock(&HELD), path)
}

fn look_unless_held(held: &[Arc<Held>], path: &Path) -> CatalogResult<Found> {
    let there = FileIdentity::of(path, false);
    if there.is_ok_and(|there| held.iter().any(|held| held.identity.is_file(&there))) {
        return Ok(Found::Database);
    }
    schema::look(path)
}
