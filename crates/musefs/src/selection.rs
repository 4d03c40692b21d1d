//! The tracks that a query chooses, and where its paths lead.

use crate::errors::Failure;
use crate::wiring::Store;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::ids::{Ino, TrackId};
use musefs_query::{Place, Places, Query, is_path};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a mount may take to show what the store says.
const MOUNT_BEHIND: Duration = Duration::from_secs(1);

/// The query of these words.
pub(crate) fn query(catalog: &dyn Catalog, words: &[OsString]) -> Result<Query, Failure> {
    Query::parse(words, &Library { catalog }).map_err(Failure::new)
}

/// The tracks that these words choose; fails if there is none. For what changes something, no words must not mean all.
pub(crate) fn tracks_to_change(catalog: &dyn Catalog, words: &[OsString]) -> Result<Vec<TrackId>, Failure> {
    let query = query(catalog, words)?;
    if query.is_everything() {
        return Err(Failure::new("say which tracks, such as album:greatest; id:1.. means all of them"));
    }
    let tracks = query.select(catalog)?;
    if tracks.is_empty() {
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        return Err(Failure::new(format!("no track matches {}; musefs ls QUERY shows what does", words.join(" "))));
    }
    Ok(tracks)
}

/// Paths lead to files of the library, also through a mount.
struct Library<'c> {
    catalog: &'c dyn Catalog,
}

impl Places for Library<'_> {
    fn find(&self, term: &OsStr) -> Result<Option<Place>, String> {
        let path = Path::new(term);
        let (certain, nested) = (is_path(term), term.as_bytes().contains(&b'/'));
        let Ok(metadata) = std::fs::metadata(path) else {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            return Ok((certain || nested && self.knows(&absolute)?).then_some(Place::Under(absolute)));
        };
        // A word that happens to be the name of a folder here is a word.
        if !nested && !certain && !metadata.is_file() {
            return Ok(None);
        }
        if mounted_devices().contains(&metadata.dev()) {
            let mut tracks = HashSet::new();
            self.shown(path, &metadata, &mut tracks)?;
            return Ok(Some(Place::Tracks(tracks)));
        }
        let place = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        Ok((certain || nested || self.knows(&place)?).then_some(Place::Under(place)))
    }
}

impl Library<'_> {
    fn knows(&self, path: &Path) -> Result<bool, String> {
        self.catalog.find_path(path).map(|track| track.is_some()).map_err(|error| error.to_string())
    }

    /// The tracks that a mount shows at a path and below it.
    fn shown(&self, path: &Path, metadata: &Metadata, tracks: &mut HashSet<TrackId>) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        if metadata.is_dir() {
            for entry in std::fs::read_dir(path).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                self.shown(&entry.path(), &entry.metadata().map_err(failed)?, tracks)?;
            }
        } else if let Some(track) = Ino(metadata.ino()).track() {
            if !self.is_of_this_store(track, path) {
                return Err(format!(
                    "{}: the mount does not show this store, or its file changed meanwhile; name the file as it lies in \
                     the library, or the mount's store with --db",
                    path.display()
                ));
            }
            tracks.insert(track);
        }
        Ok(())
    }

    /// Inode numbers of two stores look the same, but hardly ever stand for files of the same time: that of the file
    /// itself, or that of its latest edit. A mount may be a moment behind the store.
    fn is_of_this_store(&self, track: TrackId, path: &Path) -> bool {
        let since = Instant::now();
        loop {
            let times = self.catalog.track(track).map(|record| {
                let row = record.row;
                let edited = row.stamp.mtime_ns.max(row.updated_at.saturating_mul(1_000_000_000));
                [row.stamp.mtime_ns, edited.saturating_add(row.content_version.rem_euclid(1_000_000_000))]
            });
            let shown = std::fs::metadata(path)
                .map(|metadata| metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec()));
            match (times, shown) {
                (Ok(times), Ok(shown)) if times.contains(&shown) => return true,
                (Ok(_), Ok(_)) if since.elapsed() < MOUNT_BEHIND => std::thread::sleep(Duration::from_millis(20)),
                _ => return false,
            }
        }
    }
}

/// The tracks that a mount of this store shows at a path and below it; `None` for a path in no mount.
pub(crate) fn shown_at(db: &Path, path: &Path) -> Result<Option<HashSet<TrackId>>, Failure> {
    if in_a_view(std::slice::from_ref(&path.to_owned())).next().is_none() {
        return Ok(None);
    }
    let catalog = Store::File(db.to_owned()).open()?;
    let mut tracks = HashSet::new();
    let metadata = std::fs::metadata(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    Library { catalog: catalog.as_ref() }.shown(path, &metadata, &mut tracks).map_err(Failure::new)?;
    Ok(Some(tracks))
}

/// Those of the paths that lie in one of our mounts.
pub(crate) fn in_a_view(paths: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    let devices = mounted_devices();
    let is_inside = move |path: &&PathBuf| {
        !devices.is_empty() && std::fs::metadata(path).is_ok_and(|metadata| devices.contains(&metadata.dev()))
    };
    paths.iter().filter(is_inside)
}

/// Whether the mount that the path lies in shows this store, told by the first track that it shows there.
pub(crate) fn is_view_of(catalog: Arc<dyn Catalog>, path: &Path) -> bool {
    let library = Library { catalog: catalog.as_ref() };
    first_track(path).is_some_and(|(track, path)| library.is_of_this_store(track, &path))
}

fn first_track(path: &Path) -> Option<(TrackId, PathBuf)> {
    let metadata = std::fs::metadata(path).ok()?;
    if metadata.is_dir() {
        std::fs::read_dir(path).ok()?.flatten().find_map(|entry| first_track(&entry.path()))
    } else {
        Ino(metadata.ino()).track().map(|track| (track, path.to_owned()))
    }
}

/// The devices of our mounts.
pub(crate) fn mounted_devices() -> HashSet<u64> {
    mounts().into_iter().map(|(device, _)| device).collect()
}

/// Our mounts: device and place.
pub(crate) fn mounts() -> Vec<(u64, PathBuf)> {
    let text = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let line = |line: &[u8]| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let kind = fields.iter().position(|field| *field == b"-").and_then(|dash| fields.get(dash + 1))?;
        if *kind != b"fuse.musefs" {
            return None;
        }
        let (major, minor) = std::str::from_utf8(fields.get(2)?).ok()?.split_once(':')?;
        let device = rustix::fs::makedev(major.parse().ok()?, minor.parse().ok()?);
        Some((device, PathBuf::from(OsStr::from_bytes(fields.get(4)?))))
    };
    text.split(|byte| *byte == b'\n').filter_map(line).collect()
}
