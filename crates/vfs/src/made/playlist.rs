//! Playlists: of a directory its tracks, of the root and of each view all of its tracks.

use crate::Vfs;
use crate::handle::Handle;
use crate::open::patiently;
use crate::sync::{lock, read};
use crate::view::View;
use hashbrown::HashMap;
use musefs_contracts::filesystem::{Attributes, FileKind, FsError, FsResult, Opened};
use musefs_contracts::ids::{Ino, Made, TrackId};
use musefs_contracts::limits::MAX_NAME_BYTES;
use musefs_contracts::tree::{NodeKind, TreeSnapshot};
use std::sync::Arc;

/// Name of the list in the root.
const OF_ROOT: &[u8] = b"All.m3u8";
const EXTENSION: &[u8] = b".m3u8";
/// Tracks that the store is asked for at once.
const BATCH: usize = 512;
/// Lists remembered at most, and bytes of their texts. Beyond that all are forgotten.
const LISTS: usize = 16_384;
const BYTES: usize = 8 << 20;
/// What is asked of the store for each line.
const FIELDS: [&str; 2] = ["artist", "title"];

/// A playlist as it is now.
#[derive(Clone)]
pub(crate) struct Playlist {
    size: u64,
    time_ns: i64,
    /// Not kept of a long one.
    text: Option<Arc<[u8]>>,
}

/// A playlist, open.
pub(crate) struct ListHandle {
    directory: Ino,
    time_ns: i64,
    text: Arc<[u8]>,
}

/// Playlists that someone asked for, so that the kernel may know something of them.
#[derive(Default)]
pub(crate) struct Playlists {
    /// `None` while it is being written.
    known: HashMap<Ino, Option<Playlist>>,
    /// Moves when something is forgotten.
    turn: u64,
    bytes: usize,
    /// Whether some that the kernel may know were forgotten for want of room.
    is_incomplete: bool,
}

impl Playlists {
    fn ask(&mut self, directory: Ino) -> Result<Playlist, u64> {
        if let Some(Some(known)) = self.known.get(&directory) {
            return Ok(known.clone());
        }
        if self.known.len() >= LISTS {
            self.known.clear();
            (self.bytes, self.is_incomplete) = (0, true);
        }
        self.known.insert(directory, None);
        Err(self.turn)
    }

    fn keep(&mut self, directory: Ino, turn: u64, mut playlist: Playlist) {
        if playlist.size > (BYTES - self.bytes) as u64 {
            playlist.text = None;
        }
        if self.turn == turn
            && let Some(place @ None) = self.known.get_mut(&directory)
        {
            self.bytes += playlist.text.as_ref().map_or(0, |text| text.len());
            *place = Some(playlist);
        }
    }

    /// Something is about to be forgotten.
    pub(super) fn begin_again(&mut self) {
        self.turn += 1;
    }

    /// Forgets a playlist. Whether the kernel may have known it.
    pub(super) fn forget(&mut self, directory: Ino) -> bool {
        match self.known.remove(&directory) {
            None => self.is_incomplete,
            Some(former) => {
                self.bytes -= former.and_then(|former| former.text).map_or(0, |text| text.len());
                true
            }
        }
    }
}

/// What a playlist is written into.
struct Writer<'v> {
    vfs: &'v Vfs,
    view: &'v View,
    text: Vec<u8>,
    time_ns: i64,
    /// Tracks with their paths, not written yet.
    batch: Vec<(TrackId, Vec<u8>)>,
}

impl Vfs {
    /// The name of a directory's playlist, if it has one. Reads nothing but the tree.
    pub(super) fn playlist_name(&self, view: &View, directory: Ino) -> Option<Vec<u8>> {
        if !self.options.playlists || !directory.is_directory() {
            return None;
        }
        let is_whole = self.is_whole(view, directory);
        let (mut has_tracks, mut has_directories) = (false, false);
        view.tree.children(directory, 0, &mut |child| {
            has_tracks |= matches!(child.kind, NodeKind::Track(_));
            has_directories |= child.kind == NodeKind::Directory && !self.is_view(directory, child.name);
            !has_tracks
        });
        if !(has_tracks || is_whole && has_directories) {
            return None;
        }
        let name = if directory == Ino::ROOT {
            OF_ROOT.to_vec()
        } else {
            let mut name = view.tree.name(directory)?;
            cut(&mut name, MAX_NAME_BYTES - EXTENSION.len());
            name.extend_from_slice(EXTENSION);
            name
        };
        // What stands there wins.
        view.tree.lookup(directory, &name).is_none().then_some(name)
    }

    /// Whether a directory's playlist goes all the way down: the root's and those of views do.
    fn is_whole(&self, view: &View, directory: Ino) -> bool {
        let of_view = || {
            view.tree.parent(directory) == Some(Ino::ROOT)
                && view.tree.name(directory).is_some_and(|name| self.is_view(Ino::ROOT, &name))
        };
        directory == Ino::ROOT || of_view()
    }

    /// Whether this is the folder of a view.
    fn is_view(&self, parent: Ino, name: &[u8]) -> bool {
        parent == Ino::ROOT && self.parts.template.is_view(name)
    }

    /// The directories whose playlists go all the way down.
    pub(super) fn whole_playlists(&self, view: &View) -> Vec<Ino> {
        let mut whole = vec![Ino::ROOT];
        view.tree.children(Ino::ROOT, 0, &mut |child| {
            if child.kind == NodeKind::Directory && self.is_view(Ino::ROOT, child.name) {
                whole.push(child.ino);
            }
            true
        });
        whole
    }

    fn playlist(&self, directory: Ino) -> FsResult<Playlist> {
        let turn = match lock(&self.playlists).ask(directory) {
            Ok(known) => return Ok(known),
            Err(turn) => turn,
        };
        let view = self.view.load_full();
        self.playlist_name(&view, directory).ok_or(FsError::NotFound)?;
        let time_ns = read(&self.directory_times).get(&directory).copied().unwrap_or(0);
        let mut writer = Writer { vfs: self, view: &view, text: b"#EXTM3U\n".to_vec(), time_ns, batch: Vec::new() };
        writer.walk(directory, &[], self.is_whole(&view, directory))?;
        writer.flush()?;
        let text: Arc<[u8]> = writer.text.into();
        let playlist = Playlist { size: text.len() as u64, time_ns: writer.time_ns, text: Some(text) };
        lock(&self.playlists).keep(directory, turn, playlist.clone());
        Ok(playlist)
    }

    pub(super) fn playlist_attributes(&self, directory: Ino) -> FsResult<Attributes> {
        let playlist = self.playlist(directory)?;
        let ino = Ino::of_made(directory, Made::Playlist);
        Ok(self.made_file(ino, playlist.size, playlist.time_ns, playlist.time_ns))
    }

    /// Attributes in a listing, of which the kernel is to remember nothing: they are worked out when someone asks for them.
    pub(super) fn playlist_listed(&self, directory: Ino) -> Attributes {
        let bare = self.made_file(Ino::of_made(directory, Made::Playlist), 0, self.mounted_ns, self.mounted_ns);
        Attributes { links: 0, kind: FileKind::File, ..bare }
    }

    /// Opens a playlist. As of a cover, nothing of a former one is read into the kernel's pages.
    pub(super) fn open_playlist(&self, directory: Ino) -> FsResult<Opened> {
        let (text, time_ns) = loop {
            let playlist = self.playlist(directory)?;
            if let Some(text) = playlist.text {
                break (text, playlist.time_ns);
            }
            // A long one, of which the size alone was kept.
            lock(&self.playlists).mistrust(directory);
        };
        self.metrics.handles.add(1);
        let handle = self.handles.insert(Handle::List(ListHandle { directory, time_ns, text }));
        let direct = lock(&self.pending).is_untold_made(Ino::of_made(directory, Made::Playlist));
        Ok(Opened { handle, passthrough: None, direct })
    }

    /// The text of an open playlist, unless it is another by now.
    pub(crate) fn list_text<'h>(&self, handle: &'h ListHandle, may_wait: bool) -> FsResult<&'h [u8]> {
        let known = lock(&self.playlists).known.get(&handle.directory).cloned().flatten();
        let present = match known {
            Some(known) => known,
            None if !may_wait => return Err(FsError::Again),
            None => self.playlist(handle.directory)?,
        };
        let is_same = (present.size, present.time_ns) == (handle.text.len() as u64, handle.time_ns);
        if is_same { Ok(&handle.text) } else { Err(FsError::Stale) }
    }
}

impl Playlists {
    /// Forgets a text that was not kept, so that it is written again.
    fn mistrust(&mut self, directory: Ino) {
        if let Some(place) = self.known.get_mut(&directory) {
            *place = None;
        }
    }
}

impl Writer<'_> {
    /// Adds the tracks of a directory, and of those below it where the list goes all the way down.
    fn walk(&mut self, directory: Ino, above: &[u8], goes_down: bool) -> FsResult<()> {
        let (mut below, mut full, mut cursor) = (Vec::new(), true, 0);
        let tree: &dyn TreeSnapshot = &*self.view.tree;
        while full {
            full = false;
            tree.children(directory, cursor, &mut |child| {
                cursor = child.cursor;
                // A line break would end the line; a name with one cannot be listed.
                let path = [above, child.name].concat();
                match child.kind {
                    _ if path.contains(&b'\n') || path.contains(&b'\r') => {}
                    NodeKind::Track(track) => self.batch.push((track, path)),
                    NodeKind::Directory if goes_down && !self.vfs.is_view(directory, child.name) => {
                        below.push((child.ino, [&path, &b"/"[..]].concat()));
                    }
                    _ => {}
                }
                full = self.batch.len() >= BATCH;
                !full
            });
            if full {
                self.flush()?;
            }
        }
        for (directory, path) in below {
            self.walk(directory, &path, goes_down)?;
        }
        Ok(())
    }

    /// Writes the lines of the tracks at hand.
    fn flush(&mut self) -> FsResult<()> {
        let fields = FIELDS.map(str::to_owned);
        let mut said: HashMap<TrackId, [String; 2]> = HashMap::new();
        let tracks: Vec<TrackId> = self.batch.iter().map(|(track, _)| *track).collect();
        let mut note = |track: musefs_contracts::catalog::TrackFields<'_>| {
            let join = |at: usize| track.values.get(at).map(|values| plain(&values.join(", "))).unwrap_or_default();
            said.insert(track.row.id, [join(0), join(1)]);
        };
        patiently(|| self.vfs.parts.catalog.for_tracks(&tracks, &fields, &mut note))
            .map_err(|error| self.vfs.store_trouble(&error))?;
        for (track, path) in self.batch.drain(..) {
            if let Some(entry) = self.view.tracks.get(track) {
                self.time_ns = self.time_ns.max(entry.moved_by_edits(entry.stamp().ctime_ns));
            }
            let stem =
                || String::from_utf8_lossy(path.rsplit(|byte| *byte == b'/').next().unwrap_or(&path)).into_owned();
            let [artist, title] = said.remove(&track).unwrap_or_default();
            let title = if title.is_empty() { stem() } else { title };
            // How long a track is, the store does not know.
            self.text.extend_from_slice(b"#EXTINF:-1,");
            if !artist.is_empty() {
                self.text.extend_from_slice(artist.as_bytes());
                self.text.extend_from_slice(b" - ");
            }
            self.text.extend_from_slice(title.as_bytes());
            self.text.push(b'\n');
            // It would be a remark.
            if path.first() == Some(&b'#') {
                self.text.extend_from_slice(b"./");
            }
            self.text.extend_from_slice(&path);
            self.text.push(b'\n');
        }
        Ok(())
    }
}

/// Text on one line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Cuts a name to `most` bytes, at a character's border where it is text.
fn cut(name: &mut Vec<u8>, most: usize) {
    if name.len() <= most {
        return;
    }
    let is_inside = |at: usize| name.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let border = (most.saturating_sub(3)..=most).rev().find(|at| !is_inside(*at)).unwrap_or(most);
    name.truncate(border);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_between_characters() {
        let mut name = "aä音x".as_bytes().to_vec();
        cut(&mut name, 100);
        assert_eq!(name, "aä音x".as_bytes());
        for (most, expected) in [(6, "aä音"), (5, "aä"), (4, "aä"), (3, "aä"), (2, "a"), (1, "a")] {
            let mut name = "aä音x".as_bytes().to_vec();
            cut(&mut name, most);
            assert_eq!(name, expected.as_bytes(), "{most}");
        }
    }
}
