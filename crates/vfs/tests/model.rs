//! Random edits, exchanged files and reads against a naive model of what a reader must get.

mod common;

use common::{Mount, World, path, toy};
use musefs_contracts::filesystem::FileSystem;
use musefs_contracts::ids::TrackId;
use musefs_contracts::template::{Fields, PathTemplate, RenderedPath};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const TRACKS: usize = 3;
const KEYS: [&str; 4] = ["genre", "mood", "title", "comment"];

#[derive(Clone, Debug)]
enum Step {
    /// The store's values of a track become these.
    Edit(usize, Vec<(usize, u8)>),
    Art(usize, Option<u8>),
    /// The backing file is exchanged for one with these values.
    Exchange(usize, Vec<(usize, u8)>),
    Refresh,
    Open(usize),
    Release(usize),
    Read(usize, u64, usize),
}

fn values() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((0..KEYS.len(), 0u8..4), 0..5)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..TRACKS, values()).prop_map(|(track, values)| Step::Edit(track, values)),
        1 => (0..TRACKS, prop::option::of(0u8..3)).prop_map(|(track, art)| Step::Art(track, art)),
        1 => (0..TRACKS, values()).prop_map(|(track, values)| Step::Exchange(track, values)),
        2 => Just(Step::Refresh),
        2 => (0..TRACKS).prop_map(Step::Open),
        1 => (0usize..8).prop_map(Step::Release),
        4 => (0usize..8, 0u64..200, 0usize..100).prop_map(|(handle, offset, len)| Step::Read(handle, offset, len)),
    ]
}

type Rows = Vec<(String, String)>;

/// One track as the model knows it.
#[derive(Clone, Default)]
struct Known {
    scanned: Rows,
    file: Rows,
    audio: Vec<u8>,
    stored: Rows,
    art: Option<u8>,
}

fn rows(track: usize, values: &[(usize, u8)]) -> Rows {
    let mut rows = vec![("artist".to_owned(), format!("artist {track}"))];
    rows.extend(values.iter().map(|(key, value)| (KEYS[*key].to_owned(), "v".repeat(1 + *value as usize * 7))));
    rows
}

fn by_key(rows: &Rows) -> BTreeMap<&str, Vec<&str>> {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in rows {
        all.entry(key).or_default().push(value);
    }
    all
}

fn refs(rows: &Rows) -> Vec<(&str, &str)> {
    rows.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn picture(art: u8) -> Vec<u8> {
    vec![b'0' + art; 90 + art as usize]
}

impl Known {
    /// What a reader must get: what was curated wins, everything else follows the file, whose elements stay in place.
    fn served(&self) -> Vec<u8> {
        let (scanned, file, stored) = (by_key(&self.scanned), by_key(&self.file), by_key(&self.stored));
        let keys: BTreeSet<&str> = file.keys().chain(stored.keys()).copied().collect();
        let wanted = |key: &str| {
            let is_curated = stored.get(key) != scanned.get(key);
            if is_curated { stored.get(key) } else { file.get(key) }.cloned().unwrap_or_default()
        };
        let changed: Vec<&str> =
            keys.into_iter().filter(|key| wanted(key) != file.get(key).cloned().unwrap_or_default()).collect();
        if changed.is_empty() && self.art.is_none() {
            return toy::file(&refs(&self.file), &self.audio);
        }
        let mut out = toy::MAGIC.to_vec();
        for (key, value) in self.file.iter().filter(|(key, _)| !changed.contains(&key.as_str())) {
            out.extend(toy::element(key, value.as_bytes()));
        }
        for key in changed {
            for value in wanted(key) {
                out.extend(toy::element(key, value.as_bytes()));
            }
        }
        self.art.iter().for_each(|art| out.extend(toy::element("Art", &picture(*art))));
        out.push(0);
        out.extend_from_slice(&self.audio);
        out
    }
}

/// Shows each track at the root, and once more in a folder for each of its genres.
struct AlsoByGenre(Vec<String>);

impl PathTemplate for AlsoByGenre {
    fn fields(&self) -> &[String] {
        &self.0
    }
    fn path_fields(&self) -> &[String] {
        &[]
    }
    fn render(&self, fields: &dyn Fields, visit: &mut dyn FnMut(RenderedPath)) {
        let artist = &fields.values("artist")[0];
        visit(RenderedPath(artist.clone()));
        for genre in fields.values("genre").iter().collect::<BTreeSet<_>>() {
            visit(RenderedPath(format!("{genre}/{artist}")));
        }
    }
}

struct Session {
    world: World,
    mount: Mount,
    tracks: Vec<(TrackId, Known)>,
    handles: Vec<(u64, Vec<u8>)>,
    exchanged: u32,
}

impl Session {
    fn new() -> Self {
        let world = {
            let fields = vec!["artist".to_owned(), "genre".to_owned()];
            World { views: Some(Arc::new(AlsoByGenre(fields))), ..World::default() }
        };
        let tracks = (0..TRACKS)
            .map(|n| {
                let file = rows(n, &[(0, 1), (1, 2), (0, 3)]);
                let audio = format!("the audio of {n}").into_bytes();
                let track = world.add(&format!("{n}.flac"), &refs(&file), &audio);
                (track, Known { scanned: file.clone(), stored: file.clone(), file, audio, art: None })
            })
            .collect();
        let mount = world.mount();
        Self { world, mount, tracks, handles: Vec::new(), exchanged: 0 }
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Edit(n, values) => {
                let stored = rows(*n, values);
                self.world.edit(self.tracks[*n].0, &refs(&stored));
                self.tracks[*n].1.stored = stored;
            }
            Step::Art(n, art) => {
                let (track, known) = &mut self.tracks[*n];
                known.art = *art;
                match art {
                    Some(art) => _ = self.world.store.memory().set_art(*track, &picture(*art), "", 3, "").unwrap(),
                    None => self.world.store.memory().clear_art(*track).unwrap(),
                }
            }
            Step::Exchange(n, values) => {
                self.exchanged += 1;
                let known = &mut self.tracks[*n].1;
                known.file = rows(*n, values);
                known.audio = format!("exchanged {}", self.exchanged).into_bytes();
                self.world.shelf.put(&path(&format!("{n}.flac")), toy::file(&refs(&known.file), &known.audio));
            }
            Step::Refresh => _ = self.mount.refresh(),
            Step::Open(n) => {
                let handle = self.mount.open_at(&format!("artist {n}.flac")).unwrap().handle;
                self.handles.push((handle, self.tracks[*n].1.served()));
            }
            Step::Release(n) if *n < self.handles.len() => self.mount.release(self.handles.swap_remove(*n).0),
            Step::Read(n, offset, len) if *n < self.handles.len() => {
                let (handle, expected) = &self.handles[*n];
                let mut buffer = Vec::new();
                self.mount.read(*handle, *offset, *len, &mut buffer).unwrap();
                let start = (*offset as usize).min(expected.len());
                assert_eq!(buffer, expected[start..(start + len).min(expected.len())]);
            }
            Step::Release(_) | Step::Read(..) => {}
        }
    }

    /// Everything opened afresh is as the model has it, and of the size that `stat` tells from then on.
    fn check(&self) {
        for (n, (track, known)) in self.tracks.iter().enumerate() {
            let name = format!("artist {n}.flac");
            assert_eq!(self.mount.cat(&name).unwrap(), known.served());
            let attributes = self.mount.at(&name).unwrap();
            assert_eq!(attributes.size, known.served().len() as u64);
            assert_eq!(attributes.ino.track(), Some(*track));
        }
        for (handle, expected) in &self.handles {
            assert_eq!(self.mount.drain(*handle, 50).unwrap(), *expected, "an open handle keeps its generation");
        }
    }

    /// As [`Self::check`] once everything was refreshed: each track has the names that its genres say, and no other.
    fn check_names(&self) {
        let mut folders: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (n, (_, known)) in self.tracks.iter().enumerate() {
            let name = format!("artist {n}.flac");
            let genres: BTreeSet<&str> = by_key(&known.stored).remove("genre").into_iter().flatten().collect();
            let expected = self.mount.at(&name).unwrap();
            assert_eq!(expected.links as usize, 1 + genres.len());
            for genre in genres {
                folders.entry(genre).or_default().insert(name.clone());
                assert_eq!(self.mount.at(&format!("{genre}/{name}")).unwrap(), expected);
            }
        }
        for (genre, names) in &folders {
            assert_eq!(&self.mount.ls(genre).into_iter().collect::<BTreeSet<_>>(), names);
        }
        assert_eq!(self.mount.ls("").len(), TRACKS + folders.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn readers_get_what_the_model_says(steps in prop::collection::vec(step(), 1..40)) {
        let mut session = Session::new();
        for step in &steps {
            session.run(step);
        }
        session.check();
        session.mount.refresh();
        session.check();
        session.check_names();
        let handles = std::mem::take(&mut session.handles);
        for (handle, _) in handles {
            session.mount.release(handle);
        }
        session.mount.refresh();
        session.check();
        session.check_names();
        for (n, (track, _)) in session.tracks.iter().enumerate() {
            let ino = session.mount.at(&format!("artist {n}.flac")).unwrap().ino;
            prop_assert_eq!(ino, musefs_contracts::ids::Ino::of_track(*track, 0), "numbers settle again");
        }
    }
}
