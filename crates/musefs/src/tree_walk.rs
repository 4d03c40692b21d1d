//! Walking the tree of a file system that is not mounted.

use musefs_contracts::filesystem::{FileKind, FileSystem, FsError};
use musefs_contracts::ids::Ino;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A file on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'p> {
    /// Its path below the root.
    pub(crate) path: &'p Path,
    /// Its inode number.
    pub(crate) ino: Ino,
}

/// Visits every file, in order of names, folders after the files beside them, until `visit` answers `false`.
pub(crate) fn walk(fs: &dyn FileSystem, visit: &mut dyn FnMut(Step<'_>) -> bool) -> Result<(), FsError> {
    let mut folders = vec![(Ino::ROOT, PathBuf::new())];
    while let Some((folder, path)) = folders.pop() {
        let mut children = list(fs, folder)?;
        children.sort_by(|a, b| a.name.cmp(&b.name));
        let inside = folders.len();
        for child in children {
            let path = path.join(OsStr::from_bytes(&child.name));
            match child.kind {
                FileKind::Directory => folders.push((child.ino, path)),
                FileKind::File if visit(Step { path: &path, ino: child.ino }) => {}
                FileKind::File => return Ok(()),
            }
        }
        // The folder visited next is the last one.
        folders[inside..].reverse();
    }
    Ok(())
}

struct Child {
    name: Vec<u8>,
    ino: Ino,
    kind: FileKind,
}

fn list(fs: &dyn FileSystem, folder: Ino) -> Result<Vec<Child>, FsError> {
    let handle = fs.open_directory(folder)?;
    let mut children = Vec::new();
    let result = fs.read_directory(handle, 0, false, &mut |entry| {
        if !matches!(entry.name, b"." | b"..") {
            let name = entry.name.to_vec();
            children.push(Child { name, ino: entry.attributes.ino, kind: entry.attributes.kind });
        }
        true
    });
    fs.release_directory(handle);
    result.map(|()| children)
}
