//! What the user named: resolved, checked, and freed of what is named twice.

use crate::known::Known;
use crate::report::Problem;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// A resolved target. Paths are absolute and canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A folder that can be read and is not empty, or under which nothing is known.
    Folder(PathBuf),
    /// A file.
    File(PathBuf),
    /// A path that is gone, at or under which the store knows files.
    Gone(PathBuf),
}

impl Target {
    /// The path.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::File(path) | Self::Gone(path) => path,
        }
    }
}

/// Targets that can be used, and what is wrong with the others.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    /// No target lies in another.
    pub(crate) usable: Vec<Target>,
    /// The others.
    pub(crate) unusable: Vec<Problem>,
}

/// What a target may be that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accept {
    /// Nothing.
    Present,
    /// A file that the store knows.
    GoneFiles,
    /// That, or a folder in which the store knows files, gone or empty.
    GoneFolders,
}

/// Resolves targets.
pub(crate) fn resolve(paths: &[PathBuf], known: &Known, accept: Accept) -> Targets {
    let mut targets = Targets::default();
    for path in paths {
        match resolve_one(path, known, accept) {
            Ok(target) => targets.usable.push(target),
            Err(reason) => targets.unusable.push(Problem { path: path.clone(), reason }),
        }
    }
    targets.usable.sort_by(|a, b| a.path().cmp(b.path()));
    // A path sorts behind every folder it lies in, and directly behind its like.
    targets.usable.dedup_by(|later, earlier| later.path().starts_with(earlier.path()));
    targets
}

fn resolve_one(path: &Path, known: &Known, accept: Accept) -> Result<Target, String> {
    let resolved = match std::fs::canonicalize(path) {
        Ok(resolved) => resolved,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return resolve_gone(path, known, accept),
        Err(error) => return Err(error.to_string()),
    };
    let metadata = std::fs::metadata(&resolved).map_err(|error| error.to_string())?;
    if metadata.is_file() {
        return Ok(Target::File(resolved));
    }
    if !metadata.is_dir() {
        return Err("it is neither a file nor a folder".to_owned());
    }
    let mut entries = std::fs::read_dir(&resolved).map_err(|error| error.to_string())?;
    if entries.next().is_none() && accept != Accept::GoneFolders {
        refuse_if_known(&resolved, known, "the folder is empty")?;
    }
    Ok(Target::Folder(resolved))
}

fn resolve_gone(path: &Path, known: &Known, accept: Accept) -> Result<Target, String> {
    // What is gone cannot be resolved itself, but the folder it was in can.
    let resolved = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            let parent = std::fs::canonicalize(parent).or_else(|_| std::path::absolute(parent));
            parent.map(|parent| parent.join(name)).map_err(|error| error.to_string())?
        }
        _ => path.to_owned(),
    };
    if known.find(&resolved).is_some() {
        return match accept {
            Accept::Present => Err("there is no such file any more".to_owned()),
            Accept::GoneFiles | Accept::GoneFolders => Ok(Target::Gone(resolved)),
        };
    }
    if accept != Accept::GoneFolders {
        refuse_if_known(&resolved, known, "there is no such folder")?;
    }
    if known.under(&resolved).next().is_some() {
        return Ok(Target::Gone(resolved));
    }
    Err("there is no such file or folder".to_owned())
}

fn refuse_if_known(path: &Path, known: &Known, what: &str) -> Result<(), String> {
    match known.under(path).count() {
        0 => Ok(()),
        1 => Err(format!("{what}, but the store knows a file there; is its disk not mounted?")),
        count => Err(format!("{what}, but the store knows {count} files there; is its disk not mounted?")),
    }
}

/// Tells a file that is certainly gone from one whose disk is not mounted: the innermost folder that was ever scanned and
/// that the file was in must be there and not be empty.
pub(crate) struct Roots {
    roots: Vec<PathBuf>,
    present: HashMap<PathBuf, bool>,
}

impl Roots {
    /// Of the folders that were scanned at any time.
    pub(crate) fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots, present: HashMap::new() }
    }

    /// Whether the scanned folder that this file was in is there.
    pub(crate) fn present(&mut self, file: &Path) -> bool {
        let around = self.roots.iter().filter(|root| file.starts_with(root) && file != root.as_path());
        let Some(root) = around.max_by_key(|root| root.as_os_str().len()) else { return false };
        if let Some(present) = self.present.get(root) {
            return *present;
        }
        let present = std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
        self.present.insert(root.clone(), present);
        present
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_twice_is_one_target() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("a")).unwrap();
        std::fs::create_dir(root.join("ab")).unwrap();
        std::fs::write(root.join("a/x.mp3"), b"x").unwrap();
        std::os::unix::fs::symlink(root.join("a"), root.join("link")).unwrap();
        let named = ["a", "ab", "a/x.mp3", "link", "missing"].map(|name| root.join(name));
        let targets = resolve(&named, &Known::default(), Accept::Present);
        assert_eq!(targets.usable, [Target::Folder(root.join("a")), Target::Folder(root.join("ab"))]);
        assert_eq!(targets.unusable.len(), 1);
        assert!(targets.unusable[0].path.ends_with("missing"));
    }

    #[test]
    fn a_file_is_certainly_gone_only_where_its_root_stands() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir(root.join("unmounted")).unwrap();
        let mut roots = Roots::new(vec![root.to_owned(), root.join("unmounted"), root.join("never")]);
        assert!(roots.present(&root.join("x.mp3")));
        assert!(!roots.present(&root.join("unmounted/x.mp3")), "an empty mountpoint inside another root");
        assert!(!roots.present(&root.join("never/x.mp3")));
        assert!(!roots.present(Path::new("/elsewhere/x.mp3")));
    }
}
