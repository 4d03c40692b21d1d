//! Where the files beside the music stand in the tree: next to the tracks that they belong to, wherever these stand.

use crate::beside::{Beside, Home, Shelf};
use hashbrown::HashMap;
use musefs_contracts::ids::{FileId, Ino, TrackId};
use musefs_contracts::template::PathTemplate;
use musefs_contracts::tree::{NodeKind, Placement, PlacementChange, TreeSnapshot};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};
use std::rc::Rc;

/// Folders of the view that one file may stand in. An album whose tracks each stand in a folder of their own is rarely
/// larger.
const MOST_PLACES: usize = 128;

/// Finds where files stand, in a tree in which the tracks have their places.
pub(crate) struct Shelving<'a> {
    tree: &'a dyn TreeSnapshot,
    template: &'a dyn PathTemplate,
    /// Paths of directories, each with a `/` at its end.
    paths: HashMap<Ino, Rc<str>>,
}

impl<'a> Shelving<'a> {
    pub(crate) fn new(tree: &'a dyn TreeSnapshot, template: &'a dyn PathTemplate) -> Self {
        Self { tree, template, paths: HashMap::from([(Ino::ROOT, "".into())]) }
    }

    /// Adds the place of each file of the shelf in this folder.
    pub(crate) fn place(&mut self, beside: &Beside, folder: &Path, changes: &mut Vec<PlacementChange>) {
        let Some(shelf) = beside.shelf(folder) else { return };
        // Worked out once for all of them, and not at all where each belongs to a track of its own.
        let mut of_album: Option<Vec<String>> = None;
        for (file, name) in &shelf.files {
            let placement = if let Some((stem, tracks)) = beside.namesakes(folder, name) {
                self.beside_tracks(*file, &name.as_bytes()[stem..], &tracks)
            } else {
                let folders = of_album.get_or_insert_with(|| self.folders(beside, folder, shelf));
                self.in_folders(*file, name, folders)
            };
            changes.push(if placement.paths.is_empty() {
                PlacementChange::Remove(*file)
            } else {
                PlacementChange::Place(placement)
            });
        }
    }

    /// The place of a file under the names of these tracks.
    fn beside_tracks(&mut self, file: FileId, extension: &[u8], tracks: &[TrackId]) -> Placement {
        let mut paths = BTreeSet::new();
        for track in tracks {
            for (directory, name) in self.tree.places((*track).into()) {
                let Some(folder) = self.path(directory) else { continue };
                let end = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0).unwrap_or(name.len());
                paths.insert(format!("{folder}{}", String::from_utf8_lossy(&name[..end])));
            }
        }
        let paths = paths.into_iter().take(MOST_PLACES).collect();
        Placement { file, paths, extension: self.template.extension(extension).into_owned() }
    }

    /// The place of a file in these folders of the view.
    fn in_folders(&self, file: FileId, name: &OsStr, folders: &[String]) -> Placement {
        let path = Path::new(name);
        let stem = self.component(path.file_stem().unwrap_or_default());
        let extension = match path.extension() {
            Some(bare) => [b".", bare.as_bytes()].concat(),
            None => Vec::new(),
        };
        let paths = folders.iter().map(|folder| format!("{folder}{stem}")).collect();
        Placement { file, paths, extension: self.template.extension(&extension).into_owned() }
    }

    /// The folders of the view for the files of a shelf that belong to a whole album: all that hold tracks of it. A folder of
    /// the library without music stays one in there.
    fn folders(&mut self, beside: &Beside, folder: &Path, shelf: &Shelf) -> Vec<String> {
        let mut directories = BTreeSet::new();
        for member in beside.members(folder, shelf.home) {
            directories.extend(self.tree.places(member.track.into()).into_iter().map(|(directory, _)| directory));
        }
        let within = self.within(folder, shelf.home);
        if let Some(first) = within.first() {
            // A track keeps its name, even where a folder beside the music has the same one.
            let is_taken = |directory: &Ino| {
                matches!(self.tree.lookup(*directory, first.as_bytes()), Some((_, NodeKind::Track(_))))
            };
            directories.retain(|directory| !is_taken(directory));
        }
        let below = within.iter().fold(String::new(), |below, name| below + name + "/");
        let paths = directories.into_iter().filter_map(|directory| self.path(directory));
        let mut paths: Vec<String> = paths.map(|path| format!("{path}{below}")).collect();
        paths.sort_unstable();
        paths.truncate(MOST_PLACES);
        paths
    }

    /// The folders on the way from the album down to a shelf.
    fn within(&self, folder: &Path, home: Home) -> Vec<String> {
        let (Home::Folder(steps) | Home::Discs(steps)) = home else { return Vec::new() };
        let Some(way) = folder.ancestors().nth(steps).and_then(|album| folder.strip_prefix(album).ok()) else {
            return Vec::new();
        };
        way.components()
            .filter_map(|component| match component {
                Component::Normal(name) => Some(self.component(name)),
                _ => None,
            })
            .collect()
    }

    /// A name of the library as the view has names. What is not UTF-8 is replaced, as it is in tags.
    fn component(&self, name: &OsStr) -> String {
        let name = name.to_string_lossy();
        let name = self.template.component(&name);
        if name.is_empty() { "_".to_owned() } else { name.into_owned() }
    }

    /// The path of a directory, with a `/` at its end; empty for the root.
    fn path(&mut self, directory: Ino) -> Option<Rc<str>> {
        if let Some(known) = self.paths.get(&directory) {
            return Some(Rc::clone(known));
        }
        let parent = self.tree.parent(directory)?;
        let above = self.path(parent)?;
        // All in one go: another directory of this parent is mostly the next that is asked for.
        let (tree, paths) = (self.tree, &mut self.paths);
        tree.children(parent, 0, &mut |child| {
            if child.kind == NodeKind::Directory {
                paths.insert(child.ino, format!("{above}{}/", String::from_utf8_lossy(child.name)).into());
            }
            true
        });
        self.paths.get(&directory).cloned()
    }
}
