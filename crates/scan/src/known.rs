//! The files the store knows, compactly: a hundred thousand of them cost some thirteen megabytes while a scan runs.

use hashbrown::{DefaultHashBuilder, HashTable};
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::CatalogResult;
use musefs_contracts::format::Formats;
use musefs_contracts::ids::TrackId;
use musefs_contracts::writer::{CatalogWriter, KnownFile};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::hash::BuildHasher;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

/// Half of a fingerprint: identity enough to find files by, and half the memory.
pub(crate) type Half = [u8; 16];

/// One known file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The track.
    pub(crate) track: TrackId,
    /// Its stamp when it was probed.
    pub(crate) stamp: Stamp,
    /// Whether a prober that is still the newest recorded its anatomy.
    pub(crate) current: bool,
    /// What finds it, and what says more of it; see [`crate::fingerprint`].
    fingerprint: Option<Half>,
    inside: u64,
    path_start: usize,
    path_len: u32,
}

impl Entry {
    /// Whether nothing about the file needs to be read again.
    pub(crate) fn is_up_to_date(&self, stamp: &Stamp) -> bool {
        self.current && self.stamp.same_contents(stamp)
    }

    /// Whether samples throughout the audio, and not its ends alone, are those of this fingerprint.
    pub(crate) fn has_samples_of(&self, fingerprint: &str) -> bool {
        self.fingerprint.is_some()
            && self.fingerprint == half(fingerprint)
            && self.inside != 0
            && self.inside == inside(fingerprint)
    }
}

/// Every file the store knows.
#[derive(Default)]
pub(crate) struct Known {
    paths: Vec<u8>,
    entries: Vec<Entry>,
    by_path: HashTable<u32>,
    /// Sorted when the first file without a track is met: most scans find none.
    by_fingerprint: OnceLock<Vec<(Half, u32)>>,
    /// Few files have one.
    content_hashes: HashMap<u32, [u8; 32]>,
    hasher: DefaultHashBuilder,
}

impl Known {
    /// Reads them from the store.
    pub(crate) fn load(writer: &mut dyn CatalogWriter, formats: &Formats) -> CatalogResult<Self> {
        let mut known = Self::default();
        writer.for_each_known(&mut |file| known.insert(&file, formats))?;
        Ok(known)
    }

    fn insert(&mut self, file: &KnownFile, formats: &Formats) {
        let path = file.path.as_os_str().as_bytes();
        // A format that this build lacks cannot be read any better by it.
        let current = file
            .prober
            .is_some_and(|prober| formats.by_id(&file.format).is_none_or(|format| format.prober() == prober));
        let index = self.entries.len() as u32;
        self.entries.push(Entry {
            track: file.track,
            stamp: file.stamp,
            current,
            fingerprint: file.fingerprint.as_deref().and_then(half),
            inside: file.fingerprint.as_deref().map_or(0, inside),
            path_start: self.paths.len(),
            path_len: path.len() as u32,
        });
        self.paths.extend_from_slice(path);
        if let Some(hash) = file.content_hash.as_deref().and_then(whole) {
            self.content_hashes.insert(index, hash);
        }
        let Self { paths, entries, by_path, hasher, .. } = self;
        by_path.insert_unique(hasher.hash_one(path), index, |index| {
            hasher.hash_one(path_of(paths, &entries[*index as usize]))
        });
    }

    /// The file at a path, with its index.
    pub(crate) fn find(&self, path: &Path) -> Option<(usize, &Entry)> {
        let path = path.as_os_str().as_bytes();
        let index = self
            .by_path
            .find(self.hasher.hash_one(path), |index| path_of(&self.paths, &self.entries[*index as usize]) == path)?;
        Some((*index as usize, &self.entries[*index as usize]))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The entry of an index.
    pub(crate) fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    /// The path of an entry.
    pub(crate) fn path(&self, entry: &Entry) -> &Path {
        Path::new(OsStr::from_bytes(path_of(&self.paths, entry)))
    }

    /// Every file at or under `root`, by index.
    pub(crate) fn under<'a>(&'a self, root: &'a Path) -> impl Iterator<Item = usize> + 'a {
        self.entries
            .iter()
            .enumerate()
            .filter(move |(_, entry)| self.path(entry).starts_with(root))
            .map(|(index, _)| index)
    }

    /// The recorded hash of a file's whole audio.
    pub(crate) fn content_hash(&self, index: usize) -> Option<&[u8; 32]> {
        self.content_hashes.get(&(index as u32))
    }

    /// The halves of fingerprints that several files have, some of them without a hash.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = Half> + '_ {
        let groups = self.sorted().chunk_by(|(one, _), (other, _)| one == other);
        groups
            .filter(|group| group.len() > 1 && group.iter().any(|(_, index)| !self.content_hashes.contains_key(index)))
            .map(|group| group[0].0)
    }

    fn sorted(&self) -> &[(Half, u32)] {
        self.by_fingerprint.get_or_init(|| {
            let fingerprints = self.entries.iter().enumerate();
            let mut sorted: Vec<_> =
                fingerprints.filter_map(|(index, entry)| Some((entry.fingerprint?, index as u32))).collect();
            sorted.sort_unstable();
            sorted
        })
    }

    /// The files that may have the contents of this fingerprint, by index.
    pub(crate) fn with_fingerprint<'a>(&'a self, fingerprint: &str) -> impl Iterator<Item = usize> + 'a {
        let wanted = half(fingerprint);
        let sorted = self.sorted();
        let start = sorted.partition_point(|(known, _)| Some(*known) < wanted);
        sorted[start..].iter().take_while(move |(known, _)| Some(*known) == wanted).map(|(_, index)| *index as usize)
    }
}

fn path_of<'a>(paths: &'a [u8], entry: &Entry) -> &'a [u8] {
    &paths[entry.path_start..entry.path_start + entry.path_len as usize]
}

/// The half of a fingerprint that finds files. `None` if it is not hex.
pub(crate) fn half(fingerprint: &str) -> Option<Half> {
    let digits = fingerprint.get(..32)?;
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

/// As much of the other half as tells files of the same ends apart; 0 if it says nothing.
fn inside(fingerprint: &str) -> u64 {
    fingerprint.get(32..48).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

/// The bytes of 64 hex digits.
fn whole(hash: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&half(hash)?);
    bytes[16..].copy_from_slice(&half(hash.get(32..)?)?);
    Some(bytes)
}

#[cfg(test)]
#[path = "known_tests.rs"]
mod tests;
