//! What a mount shows, and what the store says.

use musefs_testkit::model::{Tags, Track};
use rusqlite::{Connection, types::ValueRef};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub struct File {
    pub ino: u64,
    pub links: u64,
    pub size: u64,
    pub mtime_ns: i128,
    pub content: Result<Vec<u8>, String>,
}

pub struct Folder {
    pub ino: u64,
    pub mtime_ns: i128,
    pub links: u64,
    pub names: Vec<String>,
}

#[derive(Default)]
pub struct Shown {
    pub files: BTreeMap<String, File>,
    /// The root is the empty path.
    pub folders: BTreeMap<String, Folder>,
}

fn mtime_ns(metadata: &std::fs::Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}

impl Shown {
    /// Everything below `mnt`, contents included.
    pub fn read(mnt: &Path) -> io::Result<Self> {
        let mut shown = Self::default();
        let mut folders = vec![String::new()];
        while let Some(path) = folders.pop() {
            let metadata = std::fs::symlink_metadata(mnt.join(&path))?;
            let mut names = Vec::new();
            for entry in std::fs::read_dir(mnt.join(&path))? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                names.push(name);
                if entry.file_type()?.is_dir() {
                    folders.push(below);
                } else {
                    shown.files.insert(below.clone(), File::read(&mnt.join(&below), entry.path())?);
                }
            }
            names.sort();
            let (mtime_ns, links, ino) = (mtime_ns(&metadata), metadata.nlink(), metadata.ino());
            shown.folders.insert(path, Folder { ino, mtime_ns, links, names });
        }
        Ok(shown)
    }
}

impl File {
    fn read(path: &Path, listed: PathBuf) -> io::Result<Self> {
        // Read first: a backing file that changed is found out by whoever opens it.
        let content = std::fs::read(path).map_err(|error| error.to_string());
        let metadata = std::fs::symlink_metadata(listed)?;
        Ok(Self {
            ino: metadata.ino(),
            links: metadata.nlink(),
            size: metadata.len(),
            mtime_ns: mtime_ns(&metadata),
            content,
        })
    }
}

/// Every track of the store, and whether its row has the stamp of the file that is there.
pub fn tracks(store: &Connection) -> Vec<(Track, bool)> {
    let sql =
        "SELECT id, backing_path, content_version, updated_at, backing_size, backing_mtime_ns FROM tracks ORDER BY id";
    let mut statement = store.prepare_cached(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let path = match row.get_ref(1)? {
            ValueRef::Text(path) | ValueRef::Blob(path) => PathBuf::from(OsStr::from_bytes(path)),
            _ => PathBuf::new(),
        };
        let stamp: (i64, i64) = (row.get(4)?, row.get(5)?);
        let is_known = std::fs::metadata(&path)
            .is_ok_and(|there| there.len() as i64 == stamp.0 && mtime_ns(&there) == i128::from(stamp.1));
        let (id, content_version, updated_at) = (row.get(0)?, row.get(2)?, row.get(3)?);
        Ok((Track { id, file: path, content_version, updated_at, ..Track::default() }, is_known))
    });
    let mut tracks: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
    for (track, _) in &mut tracks {
        track.tags = tags(store, track.id);
        track.art = art(store, track.id);
    }
    tracks
}

fn tags(store: &Connection, track: i64) -> Tags {
    let sql = "SELECT key, value FROM tags WHERE track_id = ?1 ORDER BY key, ordinal";
    let mut statement = store.prepare_cached(sql).unwrap();
    let mut tags = Tags::new();
    for row in statement.query_map([track], |row| Ok((row.get(0)?, row.get(1)?))).unwrap() {
        let (key, value): (String, String) = row.unwrap();
        tags.entry(key).or_default().push(value);
    }
    tags
}

fn art(store: &Connection, track: i64) -> Vec<Vec<u8>> {
    let sql = "SELECT data FROM track_art JOIN art ON art.id = art_id WHERE track_id = ?1 ORDER BY ordinal";
    let mut statement = store.prepare_cached(sql).unwrap();
    statement.query_map([track], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
