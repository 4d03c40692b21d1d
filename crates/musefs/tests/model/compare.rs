//! The comparison of what a mount shows, and of what a scan left in the store, with the model.

use crate::common::DEADLINE;
use crate::machine::{Machine, Seen};
use crate::operations::KEYS;
use crate::shown::{File, Shown, tracks};
use musefs_testkit::model::{Content, Track, audio, expected, names};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

impl Machine {
    /// What was curated before a scan is there after it.
    pub fn check_nothing_lost(&self, before: &[(Track, bool)], prune: bool) -> Result<(), String> {
        let after: BTreeMap<i64, Track> = tracks(&self.store).into_iter().map(|(track, _)| (track.id, track)).collect();
        for (old, _) in before {
            let Some(new) = after.get(&old.id) else {
                if prune && !old.file.exists() {
                    continue;
                }
                return Err(format!("track {} of {} is lost", old.id, old.file.display()));
            };
            if new.art != old.art {
                return Err(format!("the art of track {} changed", old.id));
            }
            let scanned = self.scanned.get(&old.id).cloned().unwrap_or_default();
            for key in KEYS {
                let (was, is) = (old.tags.get(key), new.tags.get(key));
                if was != scanned.get(key) && was != is {
                    return Err(format!("curated {key} of track {} was {was:?} and is {is:?}", old.id));
                }
            }
        }
        Ok(())
    }

    /// A file that is gone and whose audio one new file has, and no other track, is that file.
    pub fn check_moves(&self, before: &[(Track, bool)]) -> Result<(), String> {
        let known: BTreeSet<&PathBuf> = before.iter().map(|(track, _)| &track.file).collect();
        let files = self.files();
        let new: Vec<(&PathBuf, Vec<u8>)> = files
            .iter()
            .filter(|path| !known.contains(path))
            .filter_map(|path| Some((path, audio::parts(&std::fs::read(path).unwrap())?.audio)))
            .collect();
        for (old, _) in before.iter().filter(|(old, _)| !old.file.exists()) {
            let Some(audio) = self.audio.get(&old.id).filter(|audio| !audio.is_empty()) else { continue };
            let alike = before.iter().filter(|(track, _)| self.audio.get(&track.id) == Some(audio)).count();
            let at: Vec<_> = new.iter().filter(|(_, of_new)| of_new == audio).collect();
            if let ([(path, _)], 1) = (at.as_slice(), alike) {
                let row = tracks(&self.store).into_iter().find(|(track, _)| track.file == **path);
                if row.is_none_or(|(track, _)| track.id != old.id) {
                    return Err(format!("track {} did not move along to {}", old.id, path.display()));
                }
            }
        }
        Ok(())
    }

    /// Waits until the mount shows what the model says.
    pub fn compare(&mut self) -> Result<(), String> {
        let tracks: Vec<Track> = tracks(&self.store).into_iter().map(|(track, _)| track).collect();
        let tree = names::tree(&tracks, self.shape.places());
        let contents: BTreeMap<i64, Content> = tracks
            .iter()
            .map(|track| {
                let scanned = self.scanned.get(&track.id).cloned().unwrap_or_default();
                (track.id, expected(track, std::fs::read(&track.file).ok().as_deref(), &scanned))
            })
            .collect();
        let by_id: BTreeMap<i64, &Track> = tracks.iter().map(|track| (track.id, track)).collect();
        let since = Instant::now();
        loop {
            let shown = Shown::read(self.mnt()).map_err(|error| format!("walking the mount: {error}"));
            let compared = shown.and_then(|shown| {
                Self::check_names(&tree, &shown)?;
                Self::check_links(&tree, &shown)?;
                for (path, id) in &tree {
                    let (file, content) = (&shown.files[path], &contents[id]);
                    self.check_file(by_id[id], file, content)
                        .map_err(|error| format!("{path} (track {id}): {error}"))?;
                }
                self.check_folders(&shown)?;
                Ok(shown)
            });
            match compared {
                Ok(shown) => {
                    self.remember(&tree, &by_id, &contents, shown);
                    return Ok(());
                }
                Err(error) if since.elapsed() > DEADLINE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn check_names(tree: &BTreeMap<String, i64>, shown: &Shown) -> Result<(), String> {
        let wanted: Vec<&String> = tree.keys().collect();
        let are: Vec<&String> = shown.files.keys().collect();
        if wanted != are {
            return Err(format!("shows {are:?} instead of {wanted:?}"));
        }
        let empty = shown.folders.iter().find(|(path, folder)| folder.names.is_empty() && !path.is_empty());
        empty.map_or(Ok(()), |(path, _)| Err(format!("{path} is empty")))
    }

    /// A track is one inode with as many links as it has names.
    fn check_links(tree: &BTreeMap<String, i64>, shown: &Shown) -> Result<(), String> {
        let mut names: BTreeMap<i64, Vec<&String>> = BTreeMap::new();
        for (path, id) in tree {
            names.entry(*id).or_default().push(path);
        }
        for names in names.values() {
            let inodes: BTreeSet<u64> = names.iter().map(|path| shown.files[*path].ino).collect();
            if inodes.len() != 1 {
                return Err(format!("{names:?} have the numbers {inodes:?}"));
            }
            if let Some(path) = names.iter().find(|path| shown.files[**path].links != names.len() as u64) {
                return Err(format!("{path} has {} links instead of {}", shown.files[*path].links, names.len()));
            }
        }
        Ok(())
    }

    fn check_file(&self, track: &Track, file: &File, content: &Content) -> Result<(), String> {
        content.check(file.content.as_deref().map_err(String::as_str))?;
        let is_open = self.readers.iter().any(|reader| reader.track == track.id);
        // While a former content is open, the present one goes by another number.
        if !is_open && self.inodes.get(&track.id).is_some_and(|known| *known != file.ino) {
            return Err(format!("inode {} was {}", file.ino, self.inodes[&track.id]));
        }
        let Ok(bytes) = &file.content else { return Ok(()) };
        if file.size != bytes.len() as u64 {
            return Err(format!("size {} of {} bytes", file.size, bytes.len()));
        }
        let backing =
            std::fs::metadata(&track.file).and_then(|metadata| metadata.modified()).map_err(|e| e.to_string())?;
        let backing_ns = backing.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i128);
        match content {
            Content::AsBacking(_) if file.mtime_ns != backing_ns => {
                Err(format!("mtime {} of a pristine file of {backing_ns}", file.mtime_ns))
            }
            Content::Edited(_) => self.check_edited_mtime(track, file, backing_ns),
            _ => Ok(()),
        }
    }

    fn check_edited_mtime(&self, track: &Track, file: &File, backing_ns: i128) -> Result<(), String> {
        if file.mtime_ns < backing_ns.max(i128::from(track.updated_at) * 1_000_000_000) {
            return Err(format!("mtime {} is before its file's or its edit's", file.mtime_ns));
        }
        let Some(seen) = self.seen.get(&track.id) else { return Ok(()) };
        let edited_again = seen.version < track.content_version && seen.backing == track.file;
        if edited_again
            && seen.content != *file.content.as_ref().unwrap_or(&seen.content)
            && seen.mtime_ns == file.mtime_ns
        {
            return Err(format!(
                "its content changed, its mtime {} did not (edited before: {})",
                file.mtime_ns, seen.is_edited
            ));
        }
        Ok(())
    }

    fn check_folders(&self, shown: &Shown) -> Result<(), String> {
        for (path, folder) in &shown.folders {
            let below = |name: &&String| match path.as_str() {
                "" => shown.folders.contains_key(*name),
                path => shown.folders.contains_key(&format!("{path}/{name}")),
            };
            let folders = folder.names.iter().filter(below).count() as u64;
            if folder.links != folders + 2 {
                return Err(format!("{path:?} has {} links, and {folders} folders", folder.links));
            }
            if self.folder_inodes.get(path).is_some_and(|known| *known != folder.ino) {
                return Err(format!("{path:?} has inode {}, and had another", folder.ino));
            }
            if let Some((names, mtime_ns)) = self.listings.get(path)
                && *names != folder.names
                && *mtime_ns == folder.mtime_ns
            {
                return Err(format!("{path:?} lists {:?} after {names:?}, and its mtime did not move", folder.names));
            }
        }
        Ok(())
    }

    fn remember(
        &mut self,
        tree: &BTreeMap<String, i64>,
        tracks: &BTreeMap<i64, &Track>,
        contents: &BTreeMap<i64, Content>,
        shown: Shown,
    ) {
        self.seen.clear();
        for (path, file) in shown.files {
            let id = tree[&path];
            self.inodes.entry(id).or_insert(file.ino);
            let Ok(content) = file.content else { continue };
            let (version, backing) = (tracks[&id].content_version, tracks[&id].file.clone());
            let is_edited = matches!(contents[&id], Content::Edited(_));
            self.seen.insert(id, Seen { version, backing, is_edited, mtime_ns: file.mtime_ns, content });
        }
        // A path that came back has the number it had, so that none is ever taken out here.
        for (path, folder) in shown.folders {
            self.folder_inodes.insert(path.clone(), folder.ino);
            self.listings.insert(path, (folder.names, folder.mtime_ns));
        }
    }
}
