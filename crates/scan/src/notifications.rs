//! What the kernel tells of changes in folders, and keeping it told of all of them.
//!
//! A watch belongs to an inode, not to a name. So folders that are made later, that move, or that something else takes the
//! place of, a disk for instance that is mounted again, have to be watched anew; no event tells of the last of these.

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::ops::Bound;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::places::Places;

/// Bytes of events taken from the kernel at once.
const BUFFER: usize = 16 << 10;

/// Opening and reading change nothing, and a mount does both all the time: of that nothing is to be told.
const WANTED: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::DONT_FOLLOW);

/// The watches on all folders at and under some roots.
pub(crate) struct Notifications {
    inotify: Arc<OwnedFd>,
    roots: Vec<PathBuf>,
    by_watch: HashMap<i32, Arc<Path>>,
    by_path: BTreeMap<Arc<Path>, i32>,
    places: Places,
    /// Events were lost, or a disk went: there may be folders that are not watched.
    is_lost: bool,
    limit_is_met: bool,
}

impl Notifications {
    /// Watches the folders at and under `roots` that are there and may be read.
    pub(crate) fn new(roots: &[PathBuf]) -> Result<Self, Errno> {
        let mut new = Self {
            inotify: Arc::new(inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?),
            roots: roots.to_vec(),
            by_watch: HashMap::new(),
            by_path: BTreeMap::new(),
            // Before they are watched: what changes meanwhile is then found later.
            places: Places::of(roots),
            is_lost: false,
            limit_is_met: false,
        };
        for root in roots {
            new.add(root);
        }
        Ok(new)
    }

    /// Whether not all folders are watched, since the kernel allows no more of them.
    pub(crate) fn limit_is_met(&self) -> bool {
        self.limit_is_met
    }

    /// Adds the folders that changed since the last call: folders that are there, in place of others the nearest ones above them
    /// that are. Whether there was any event at all.
    pub(crate) fn read(&mut self, changed: &mut BTreeSet<PathBuf>) -> bool {
        let inotify = Arc::clone(&self.inotify);
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut reader = Reader::new(&*inotify, &mut buffer);
        let mut any = false;
        loop {
            match reader.next() {
                Ok(event) => {
                    any = true;
                    let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                    self.take(event.wd(), event.events(), name, changed);
                }
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        any
    }

    /// Whether events were lost, or a disk went.
    pub(crate) fn lost_events(&self) -> bool {
        self.is_lost
    }

    /// Whether what is watched is not what is at the roots' names any more, so that all has to be watched anew.
    pub(crate) fn are_lost(&self) -> bool {
        self.is_lost || Places::of(&self.roots) != self.places
    }

    fn take(&mut self, watch: i32, events: ReadFlags, name: Option<&OsStr>, changed: &mut BTreeSet<PathBuf>) {
        // A disk that is back already looks in every respect as it did before.
        if events.intersects(ReadFlags::QUEUE_OVERFLOW | ReadFlags::UNMOUNT) {
            self.is_lost = true;
            return;
        }
        let Some(folder) = self.by_watch.get(&watch).cloned() else { return };
        if events.contains(ReadFlags::IGNORED) {
            self.by_watch.remove(&watch);
            if self.by_path.get(&folder) == Some(&watch) {
                self.by_path.remove(&folder);
            }
            return;
        }
        let path = name.map_or_else(|| folder.to_path_buf(), |name| folder.join(name));
        if events.contains(ReadFlags::ISDIR) && name.is_some() {
            if events.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) {
                self.forget(&path);
            }
            if events.intersects(ReadFlags::MOVED_TO | ReadFlags::CREATE) {
                self.add(&path);
            }
        }
        let inside = |path: &&Path| self.roots.iter().any(|root| path.starts_with(root));
        changed.extend(path.ancestors().take_while(inside).find(|path| path.is_dir()).map(Path::to_owned));
    }

    /// Watches a folder and all in it. A folder is watched before it is listed, so that none that comes meanwhile is missed.
    fn add(&mut self, folder: &Path) {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            match inotify::add_watch(&*self.inotify, &folder, WANTED) {
                Ok(watch) => self.enter(watch, &folder),
                Err(Errno::NOSPC) => {
                    self.limit_is_met = true;
                    return;
                }
                // Gone again, no folder, or not to be read: then a scan finds nothing in it either, and says so.
                Err(_) => continue,
            }
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
            folders.extend(entries.flatten().filter(is_folder).map(|entry| entry.path()));
        }
    }

    fn enter(&mut self, watch: i32, folder: &Path) {
        let folder: Arc<Path> = folder.into();
        // A folder that moved keeps its watch.
        if let Some(former) = self.by_watch.insert(watch, Arc::clone(&folder))
            && self.by_path.get(&former) == Some(&watch)
        {
            self.by_path.remove(&former);
        }
        self.by_path.insert(folder, watch);
    }

    /// Ends the watches on what was a folder and all in it.
    fn forget(&mut self, folder: &Path) {
        let from_there = self.by_path.range::<Path, _>((Bound::Included(folder), Bound::Unbounded));
        let within: Vec<_> = from_there
            .take_while(|(path, _)| path.starts_with(folder))
            .map(|(path, watch)| (Arc::clone(path), *watch))
            .collect();
        for (path, watch) in within {
            self.by_path.remove(&path);
            self.by_watch.remove(&watch);
            // One whose folder is gone has ended by itself.
            let _ = inotify::remove_watch(&*self.inotify, watch);
        }
    }
}

#[cfg(test)]
#[path = "notifications_tests.rs"]
mod tests;
