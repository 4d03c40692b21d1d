//! What an export wrote: so that another one writes over that, and over nothing else.

use musefs_contracts::filesystem::Attributes;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::{Metadata, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The record's name in the folder.
const NAME: &str = ".musefs-export";

/// What tells one content of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    mtime_ns: i64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let mtime_ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
        Self { size: metadata.len(), mtime_ns }
    }

    pub(super) fn served(attributes: &Attributes) -> Self {
        Self { size: attributes.size, mtime_ns: attributes.mtime_ns }
    }
}

/// A file that was written.
#[derive(Clone, Copy, Debug)]
struct Written {
    /// As the view showed it.
    served: Stamp,
    /// As the disk that it was written to keeps it: FAT, for one, keeps times of two seconds.
    there: Stamp,
}

/// The files written so far, a JSON document a line in the folder itself.
#[derive(Debug, Default)]
pub(super) struct Record {
    written: HashMap<PathBuf, Written>,
}

impl Record {
    /// That of an earlier export to this folder. Lines that cannot be read are passed over: their files count as others'.
    pub(super) fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let line = |line: &str| {
            let document: Value = serde_json::from_str(line).ok()?;
            let served = Stamp { size: document["size"].as_u64()?, mtime_ns: document["mtime_ns"].as_i64()? };
            let there = document["kept_mtime_ns"].as_i64().map_or(served, |mtime_ns| Stamp { mtime_ns, ..served });
            Some((PathBuf::from(document["path"].as_str()?), Written { served, there }))
        };
        Self { written: text.lines().filter_map(line).collect() }
    }

    /// Whether the file at this path, as it is now, was written by an export.
    pub(super) fn wrote(&self, path: &Path, there: Stamp) -> bool {
        self.written.get(path).is_some_and(|written| written.there == there)
    }

    /// Whether that is what the view shows now.
    pub(super) fn is_current(&self, path: &Path, there: Stamp, served: Stamp) -> bool {
        there == served || self.wrote(path, there) && self.written.get(path).is_some_and(|was| was.served == served)
    }

    /// Notes that it was. Where that cannot be written down, the next export leaves the file alone, which is safe.
    pub(super) fn note(&mut self, folder: &Path, path: &Path, served: Stamp) {
        let there = std::fs::symlink_metadata(folder.join(path)).map_or(served, |metadata| Stamp::of(&metadata));
        self.written.insert(path.to_owned(), Written { served, there });
        let Some(text) = path.to_str() else { return };
        let mut line = json!({ "path": text, "size": served.size, "mtime_ns": served.mtime_ns });
        if there != served {
            line["kept_mtime_ns"] = there.mtime_ns.into();
        }
        let file = OpenOptions::new().append(true).create(true).open(folder.join(NAME));
        if let Err(error) = file.and_then(|mut file| writeln!(file, "{line}")) {
            tracing::warn!(path = %path.display(), %error, "an exported file is not noted down");
        }
    }
}
