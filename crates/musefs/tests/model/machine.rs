//! A library with its store and its mount, operated on and compared with the model.

use crate::client;
use crate::common::{Mount, World, is_mounted, stderr};
use crate::operations::{KEYS, Operation, VALUES};
use crate::shown::tracks;
use musefs_testkit::fixtures::{Content as FixtureContent, Kind};
use musefs_testkit::model::names::{self, Place};
use musefs_testkit::model::{TEMPLATE, Tags, Track, VIEWS, audio};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An open file, half read.
pub struct Reader {
    pub track: i64,
    /// Inode of the backing file.
    backing: u64,
    file: std::fs::File,
    read: Vec<u8>,
    /// What is to be read; `None` once its backing file was changed in place, or its picture may be gone.
    wanted: Option<Vec<u8>>,
}

/// What the last comparison found of a track.
pub struct Seen {
    pub version: i64,
    pub backing: PathBuf,
    pub is_edited: bool,
    pub mtime_ns: i128,
    pub content: Vec<u8>,
}

/// What a mount shows of the library.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One template.
    Template,
    /// Several views, in which a track stands in several places.
    Views,
}

impl Shape {
    /// By the model.
    pub fn places(self) -> fn(&Track) -> Vec<Place> {
        match self {
            Self::Template => names::by_album,
            Self::Views => names::by_album_and_genre,
        }
    }

    fn words(self) -> Vec<&'static str> {
        match self {
            Self::Template => vec!["--template", TEMPLATE],
            Self::Views => VIEWS.iter().flat_map(|view| ["--view", view]).collect(),
        }
    }
}

pub struct Machine {
    pub shape: Shape,
    // Dropped in this order: what is open, the mount, the folder it stands in.
    pub readers: Vec<Reader>,
    pub mount: Option<Mount>,
    pub store: Connection,
    pub world: World,
    /// What each track's file said when it was scanned last.
    pub scanned: BTreeMap<i64, Tags>,
    /// The audio it had then.
    pub audio: BTreeMap<i64, Vec<u8>>,
    pub inodes: BTreeMap<i64, u64>,
    pub folder_inodes: BTreeMap<String, u64>,
    pub listings: BTreeMap<String, (Vec<String>, i128)>,
    pub seen: BTreeMap<i64, Seen>,
    pub removed: Vec<(PathBuf, Vec<u8>)>,
    pub seed: u64,
}

/// Runs a sequence; what differed, if anything did.
pub fn run(shape: Shape, operations: &[Operation]) -> Result<(), String> {
    let run = || {
        let mut machine = Machine::new(shape);
        machine.compare().map_err(|error| format!("at the start: {error}"))?;
        for (step, operation) in operations.iter().enumerate() {
            machine
                .apply(operation)
                .and_then(|()| machine.compare())
                .map_err(|error| format!("after step {step}, {operation:?}: {error}"))?;
        }
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(format!("panic: {}", text.or(panic.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_default()))
    })
}

fn pick<T>(choices: &[T], number: u8) -> Option<&T> {
    choices.get(usize::from(number) % choices.len().max(1))
}

fn value(number: u8) -> &'static str {
    VALUES[usize::from(number) % VALUES.len()]
}

fn recording(mp3: bool, seed: u64, title: &str, album: &str) -> Vec<u8> {
    let padding = if seed.is_multiple_of(3) { 0 } else { 300 };
    let mut content = FixtureContent { blocks: if mp3 { 20 } else { 2 }, padding, ..FixtureContent::new(seed) };
    for (key, value) in [("title", title), ("album", album), ("artist", "Nina"), ("genre", "Jazz"), ("genre", "Soul")] {
        // Whether an empty text is a value is up to each container.
        if !value.is_empty() {
            content.tags.push(key, value);
        }
    }
    if mp3 { Kind::Mp3.build(content) } else { Kind::Flac.build(content) }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // A mount that was killed and not followed by another.
        if self.mount.is_none() && is_mounted(&self.world.mnt) {
            crate::common::tool("umount", &["-l", &self.world.mnt.to_string_lossy()]);
        }
    }
}

impl Machine {
    fn new(shape: Shape) -> Self {
        let world = World::new();
        for seed in 0..6 {
            let mp3 = seed % 2 == 1;
            let name = format!("album/{seed}.{}", if mp3 { "mp3" } else { "flac" });
            world.put(&name, recording(mp3, seed, &format!("Title {}", seed / 2), "Blue"));
        }
        world.scan();
        let store = world.sql();
        let mount = Some(Self::mount(&world, shape));
        let mut machine = Self {
            shape,
            world,
            store,
            mount,
            scanned: BTreeMap::new(),
            audio: BTreeMap::new(),
            inodes: BTreeMap::new(),
            folder_inodes: BTreeMap::new(),
            listings: BTreeMap::new(),
            seen: BTreeMap::new(),
            readers: Vec::new(),
            removed: Vec::new(),
            seed: 100,
        };
        machine.note_scanned();
        machine
    }

    fn mount(world: &World, shape: Shape) -> Mount {
        world.mount(&[shape.words().as_slice(), &["--poll-interval-ms", "10"]].concat())
    }

    pub fn mnt(&self) -> &Path {
        &self.world.mnt
    }

    /// Paths of the library's files, sorted.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.world.music.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Edit { tracks, key, values, commit } => self.edit(tracks, *key, values, *commit),
            Operation::Art { track, image } => self.link(*track, *image),
            Operation::Sync { tracks, title, album, image, merge } => {
                return self.sync(tracks, [value(*title), value(*album)], *image, *merge);
            }
            Operation::DeleteRow { track } => {
                let id = self.track(*track);
                self.store.execute("DELETE FROM tracks WHERE id = ?1", [id]).unwrap();
            }
            Operation::Add { mp3, title } => {
                self.seed += 1;
                let name = format!("new/{}.{}", self.seed, if *mp3 { "mp3" } else { "flac" });
                self.world.put(&name, recording(*mp3, self.seed, value(*title), "New"));
            }
            Operation::Retag { .. } | Operation::Replace { .. } | Operation::Spoil { .. } => self.rewrite(operation),
            Operation::Touch { file } => self.touch(*file),
            Operation::Move { file } => {
                if let Some(from) = pick(&self.files(), *file) {
                    self.seed += 1;
                    let to = self.world.put(&format!("moved/{}", self.seed), "");
                    let to_name = to.with_extension(from.extension().unwrap_or_default());
                    std::fs::remove_file(to).unwrap();
                    std::fs::rename(from, to_name).unwrap();
                }
            }
            Operation::Remove { file } => {
                let files = self.files();
                // An empty library is an unmounted disk.
                if let (Some(path), true) = (pick(&files, *file), files.len() > 1) {
                    self.removed.push((path.clone(), std::fs::read(path).unwrap()));
                    std::fs::remove_file(path).unwrap();
                }
            }
            Operation::Restore => {
                if let Some((path, bytes)) = self.removed.pop() {
                    std::fs::write(path, bytes).unwrap();
                }
            }
            Operation::Scan => return self.command(&["scan"]),
            Operation::Revalidate { prune: false } => return self.command(&["revalidate"]),
            Operation::Revalidate { prune: true } => return self.command(&["revalidate", "--prune"]),
            Operation::Remount { hard } => self.remount(*hard),
            Operation::Open { track } => self.open(*track),
            Operation::ReadOn => return self.read_on(),
        }
        Ok(())
    }

    fn track(&self, number: u8) -> i64 {
        let ids: Vec<i64> = tracks(&self.store).iter().map(|(track, _)| track.id).collect();
        pick(&ids, number).copied().unwrap_or(0)
    }

    fn edit(&self, numbers: &[u8], key: u8, values: &[u8], commit: bool) {
        let key = KEYS[usize::from(key) % KEYS.len()];
        let store = &self.store;
        let tracks: BTreeSet<i64> = numbers.iter().map(|number| self.track(*number)).filter(|id| *id > 0).collect();
        store.execute_batch("BEGIN IMMEDIATE").unwrap();
        for id in tracks {
            store.execute("DELETE FROM tags WHERE track_id = ?1 AND lower(key) = ?2", (id, key)).unwrap();
            for (ordinal, number) in values.iter().enumerate() {
                let row = (id, key, value(*number), ordinal as i64);
                store.execute("INSERT INTO tags (track_id, key, value, ordinal) VALUES (?1, ?2, ?3, ?4)", row).unwrap();
            }
        }
        store.execute_batch(if commit { "COMMIT" } else { "ROLLBACK" }).unwrap();
    }

    fn sync(&self, numbers: &[u8], [title, album]: [&str; 2], image: Option<u8>, merge: bool) -> Result<(), String> {
        let ids: BTreeSet<i64> = numbers.iter().map(|number| self.track(*number)).collect();
        let known = tracks(&self.store).into_iter().map(|(track, _)| track);
        let files: Vec<PathBuf> = known.filter(|track| ids.contains(&track.id)).map(|track| track.file).collect();
        let images: Vec<Vec<u8>> = image.into_iter().map(|image| vec![image % 4; 700]).collect();
        let pairs = [("title", title), ("album", album), ("artist", "Nina"), ("genre", "Soul"), ("genre", "Jazz")];
        let synced = client::sync(&self.world.db, &files, &pairs, &images, merge)?;
        if synced != files.len() as u64 {
            return Err(format!("python-musefs met {synced} of the {} tracks", files.len()));
        }
        Ok(())
    }

    fn link(&self, track: u8, image: Option<u8>) {
        let id = self.track(track);
        if id == 0 {
            return;
        }
        let store = &self.store;
        store.execute_batch("BEGIN IMMEDIATE").unwrap();
        store.execute("DELETE FROM track_art WHERE track_id = ?1", [id]).unwrap();
        if let Some(image) = image {
            let digest = format!("{:064x}", image % 4);
            let data = vec![image % 4; 200 + 100 * usize::from(image % 4)];
            let row = (&digest, data.len() as i64, data);
            let insert = "INSERT OR IGNORE INTO art (sha256, mime, byte_len, data) VALUES (?1, 'image/png', ?2, ?3)";
            store.execute(insert, row).unwrap();
            let link = "INSERT INTO track_art (track_id, art_id) SELECT ?1, id FROM art WHERE sha256 = ?2";
            store.execute(link, (id, digest)).unwrap();
        }
        store.execute_batch("COMMIT").unwrap();
    }

    fn rewrite(&mut self, operation: &Operation) {
        let number = match operation {
            Operation::Retag { file, .. } | Operation::Replace { file } | Operation::Spoil { file } => *file,
            _ => return,
        };
        let files = self.files();
        let Some(path) = pick(&files, number) else { return };
        let mp3 = path.extension().is_some_and(|extension| extension == "mp3");
        self.seed += 1;
        let bytes = match operation {
            // The same audio under other tags, where there is any.
            Operation::Retag { title, album, .. } => {
                let old = audio::parts(&std::fs::read(path).unwrap()).map_or_else(Vec::new, |parts| parts.audio);
                let mut file = recording(mp3, self.seed, value(*title), value(*album));
                let audio = audio::parts(&file).unwrap().audio.len();
                if !old.is_empty() {
                    file.truncate(file.len() - audio);
                    file.extend(old);
                }
                file
            }
            Operation::Replace { .. } => recording(mp3, self.seed, "Replaced", "Blue"),
            _ => format!("no music, number {}", self.seed).into_bytes(),
        };
        let beside = path.with_extension("part");
        std::fs::write(&beside, bytes).unwrap();
        std::fs::rename(beside, path).unwrap();
    }

    fn touch(&mut self, file: u8) {
        let files = self.files();
        let Some(path) = pick(&files, file) else { return };
        let open = std::fs::File::options().append(true).open(path).unwrap();
        let later = open.metadata().unwrap().modified().unwrap() + Duration::from_millis(1500);
        open.set_modified(later).unwrap();
        // Whoever has it open with an edit spliced in is told that it changed.
        let touched = open.metadata().unwrap().ino();
        let readers = self.readers.iter_mut().filter(|reader| reader.backing == touched);
        readers.for_each(|reader| reader.wanted = None);
    }

    fn command(&mut self, words: &[&str]) -> Result<(), String> {
        let before = tracks(&self.store);
        let music = self.world.music.to_string_lossy().into_owned();
        let output = self.world.run(&[words, &[music.as_str()]].concat());
        if !output.status.success() {
            return Err(format!("{words:?} ended with {:?}: {}", output.status, stderr(&output)));
        }
        self.check_nothing_lost(&before, words.contains(&"--prune"))?;
        if words != ["revalidate"] {
            self.check_moves(&before)?;
        }
        if words.contains(&"--prune") {
            // Pictures that nothing links to any more are gone, and files open with one cannot be read on.
            self.readers.iter_mut().for_each(|reader| reader.wanted = None);
        }
        self.note_scanned();
        Ok(())
    }

    /// Notes what the files say that the store knows as they are.
    fn note_scanned(&mut self) {
        for (track, is_known) in tracks(&self.store) {
            if is_known && let Ok(bytes) = std::fs::read(&track.file) {
                let parts = audio::parts(&bytes).unwrap_or_default();
                self.scanned.insert(track.id, parts.tags);
                self.audio.insert(track.id, parts.audio);
            }
        }
    }

    fn remount(&mut self, hard: bool) {
        self.readers.clear();
        self.listings.clear();
        if let Some(mut mount) = self.mount.take() {
            if hard {
                mount.child.kill().unwrap();
                mount.child.wait().unwrap();
                // Dropped, it would be unmounted; the next mount is to clear it.
                std::mem::forget(mount);
            } else {
                let (status, log) = mount.stop();
                assert!(status.success(), "{log}");
            }
        }
        self.mount = Some(Self::mount(&self.world, self.shape));
    }

    fn open(&mut self, number: u8) {
        let tracks: Vec<Track> = tracks(&self.store).into_iter().map(|(track, _)| track).collect();
        let paths: Vec<(String, i64)> = names::tree(&tracks, self.shape.places()).into_iter().collect();
        let Some((path, track)) = pick(&paths, number).cloned() else { return };
        let Some(seen) = self.seen.get(&track) else { return };
        // One whose backing file is gone does not open.
        let Ok(mut file) = std::fs::File::open(self.mnt().join(path)) else { return };
        let mut read = vec![0; seen.content.len() / 2];
        file.read_exact(&mut read).unwrap();
        let backing = std::fs::metadata(&seen.backing).unwrap().ino();
        self.readers.push(Reader { track, backing, file, read, wanted: Some(seen.content.clone()) });
    }

    fn read_on(&mut self) -> Result<(), String> {
        for mut reader in std::mem::take(&mut self.readers) {
            let rest = reader.file.read_to_end(&mut reader.read);
            let Some(wanted) = reader.wanted else { continue };
            rest.map_err(|error| format!("an open file of track {}: {error}", reader.track))?;
            if reader.read != wanted {
                return Err(format!("an open file of track {} mixes two contents", reader.track));
            }
        }
        Ok(())
    }
}
