//! Files beside the music in the view.

mod common;

use common::{World, path};
use musefs_contracts::backing::{Backing, Stamp};
use musefs_contracts::filesystem::{FileSystem, FsError};
use musefs_contracts::ids::TrackId;
use musefs_contracts::sidecars::{SidecarFile, SidecarRules};
use musefs_contracts::writer::CatalogWriter;
use musefs_template::{Template, Views};
use musefs_tree::Options;
use musefs_vfs::{Mode, Refreshed, VfsOptions};
use proptest::prelude::*;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

struct NotTxt;

impl SidecarRules for NotTxt {
    fn accepts(&self, path: &Path) -> bool {
        path.extension().is_none_or(|extension| extension != "txt")
    }
    fn describe(&self) -> String {
        "not txt".into()
    }
}

fn world() -> World {
    World { sidecars: Some(Arc::new(NotTxt)), ..World::default() }
}

fn album(world: &World) -> [TrackId; 2] {
    let add = |file: &str, title: &str| world.add(file, &[("artist", "A"), ("title", title)], b"audio");
    let tracks = [add("al/01.flac", "One"), add("al/02.flac", "Two")];
    world.add_beside("al/01.lrc", b"la la");
    world.add_beside("al/cover.jpg", b"a picture");
    world.add_beside("al/notes.txt", b"");
    tracks
}

#[test]
fn they_stand_beside_the_tracks_and_are_served_byte_for_byte() {
    let world = world();
    album(&world);
    let mount = world.mount();
    assert_eq!(mount.files(), ["A/One.flac", "A/One.lrc", "A/Two.flac", "A/cover.jpg"]);
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"a picture");
    assert_eq!(mount.cat("A/One.lrc").unwrap(), b"la la");
    let attributes = mount.at("A/cover.jpg").unwrap();
    assert_eq!((attributes.size, attributes.links), (9, 1));
    assert_eq!(attributes.mtime_ns, world.shelf.stat(&path("al/cover.jpg")).unwrap().mtime_ns);
    assert_eq!(mount.attributes(attributes.ino).unwrap(), attributes);
    assert_eq!(mount.lookup(attributes.ino, OsStr::new("x")).err(), Some(FsError::NotADirectory));
}

#[test]
fn nothing_is_shown_unasked() {
    let world = World::default();
    album(&world);
    let mount = world.mount();
    assert_eq!(mount.files(), ["A/One.flac", "A/Two.flac"]);
    world.add_beside("al/back.jpg", b"x");
    assert_eq!(mount.refresh(), Refreshed::Unchanged);
    assert_eq!(world.recorder.take(), [""; 0]);
}

#[test]
fn a_retitled_track_takes_its_lyrics_along() {
    let world = world();
    let [one, _] = album(&world);
    let mount = world.mount();
    let ino = mount.at("A/One.lrc").unwrap().ino;
    world.clock.0.fetch_add(5, Ordering::Relaxed);
    world.edit(one, &[("artist", "A"), ("title", "Uno")]);
    assert_eq!(mount.refresh(), Refreshed::Changed(1));
    assert_eq!(mount.files(), ["A/Two.flac", "A/Uno.flac", "A/Uno.lrc", "A/cover.jpg"]);
    assert_eq!(mount.at("A/Uno.lrc").unwrap().ino, ino);
    let told = world.recorder.take();
    for name in ["name dir One.lrc", "name dir Uno.lrc", "contents dir"] {
        assert!(told.contains(&name.to_owned()), "{told:?}");
    }
    assert!(!told.iter().any(|told| told.contains("cover")), "{told:?}");
}

#[test]
fn album_files_follow_into_every_folder_and_out_of_it() {
    let world = world();
    let [one, two] = album(&world);
    let mount = world.mount();
    let ino = mount.at("A/cover.jpg").unwrap().ino;
    world.clock.0.fetch_add(5, Ordering::Relaxed);
    world.edit(one, &[("artist", "B"), ("title", "One")]);
    mount.refresh();
    assert_eq!(mount.files(), ["A/Two.flac", "A/cover.jpg", "B/One.flac", "B/One.lrc", "B/cover.jpg"]);
    assert_eq!(mount.at("A/cover.jpg").unwrap().links, 2);
    assert_eq!(mount.at("B/cover.jpg").unwrap().ino, ino);
    let told = world.recorder.take();
    assert!(told.contains(&format!("attributes {}", common::show(ino))), "its links are others: {told:?}");
    world.edit(two, &[("artist", "B"), ("title", "Two")]);
    mount.refresh();
    assert_eq!(mount.files(), ["B/One.flac", "B/One.lrc", "B/Two.flac", "B/cover.jpg"]);
    assert_eq!(mount.ls(""), ["B"], "no folder is left for the cover alone");
}

#[test]
fn files_come_change_and_go() {
    let world = world();
    album(&world);
    let mount = world.mount();
    let before = mount.at("A").unwrap().mtime_ns;
    world.clock.0.fetch_add(5, Ordering::Relaxed);
    world.add_beside("al/back.jpg", b"back");
    assert_eq!(mount.refresh(), Refreshed::Changed(1));
    assert_eq!(mount.cat("A/back.jpg").unwrap(), b"back");
    assert!(mount.at("A").unwrap().mtime_ns > before, "its listing changed");
    assert_eq!(world.recorder.take(), ["contents dir", "name dir back.jpg"]);
    world.add_beside("al/cover.jpg", b"another picture");
    assert_eq!(mount.refresh(), Refreshed::Changed(1));
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"another picture");
    assert_eq!(mount.at("A/cover.jpg").unwrap().size, 15);
    assert!(world.recorder.take().iter().any(|told| told.starts_with("contents beside")));
    world.remove_beside("al/back.jpg");
    assert_eq!(mount.refresh(), Refreshed::Changed(1));
    assert_eq!(mount.files(), ["A/One.flac", "A/One.lrc", "A/Two.flac", "A/cover.jpg"]);
    assert_eq!(mount.refresh(), Refreshed::Unchanged);
    world.add_beside("al/more.txt", b"nobody wants it");
    assert_eq!(mount.refresh(), Refreshed::Unchanged);
}

#[test]
fn a_file_that_changes_under_the_mount_is_served_as_it_is_now() {
    let world = world();
    album(&world);
    let mount = world.mount();
    let opened = mount.open_at("A/cover.jpg").unwrap();
    world.shelf.put(&path("al/cover.jpg"), b"new".to_vec());
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"new");
    assert_eq!(mount.at("A/cover.jpg").unwrap().size, 3);
    assert_eq!(mount.drain(opened.handle, 4).unwrap(), b"a picture", "who had it open reads on");
    mount.release(opened.handle);
    world.shelf.remove(&path("al/cover.jpg"));
    assert_eq!(mount.cat("A/cover.jpg").err(), Some(FsError::NotFound));
    assert!(mount.at("A/cover.jpg").is_ok());
}

#[test]
fn a_track_that_gives_up_its_name_moves_the_lyrics_of_another() {
    let world = world();
    let first = world.add("x/1.flac", &[("artist", "A"), ("title", "Same")], b"1");
    world.add("y/2.flac", &[("artist", "A"), ("title", "Same")], b"2");
    world.add_beside("y/2.lrc", b"second");
    let mount = world.mount();
    assert_eq!(mount.files(), ["A/Same (2).flac", "A/Same (2).lrc", "A/Same.flac"]);
    world.edit(first, &[("artist", "A"), ("title", "Other")]);
    mount.refresh();
    assert_eq!(mount.files(), ["A/Other.flac", "A/Same.flac", "A/Same.lrc"]);
    world.edit(first, &[("artist", "A"), ("title", "Same")]);
    mount.refresh();
    assert_eq!(mount.files(), ["A/Same (2).flac", "A/Same (2).lrc", "A/Same.flac"]);
}

#[test]
fn names_that_are_taken_get_a_number_and_tracks_keep_theirs() {
    let world = world();
    for folder in ["x", "y"] {
        world.add(&format!("{folder}/1.flac"), &[("artist", "A"), ("title", folder)], folder.as_bytes());
        world.add_beside(&format!("{folder}/cover.jpg"), folder.as_bytes());
    }
    world.add_beside("x/y.flac", b"no track");
    let mount = world.mount();
    assert_eq!(mount.files(), ["A/cover (2).jpg", "A/cover.jpg", "A/x.flac", "A/y (2).flac", "A/y.flac"]);
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"x");
    assert_eq!(mount.cat("A/y (2).flac").unwrap(), b"no track");
}

#[test]
fn scans_of_a_booklet_stay_in_their_folder() {
    let world = world();
    for (disc, title) in [("CD1", "One"), ("CD2", "Two")] {
        world.add(&format!("al/{disc}/01.flac"), &[("artist", title), ("title", title)], b"audio");
    }
    world.add_beside("al/Scans/front.jpg", b"front");
    world.add_beside("al/CD1/Scans/disc.jpg", b"disc");
    world.add_beside("al/rip.log", b"log");
    let mount = world.mount();
    let expected = [
        "One/One.flac",
        "One/Scans/disc.jpg",
        "One/Scans/front.jpg",
        "One/rip.log",
        "Two/Scans/front.jpg",
        "Two/Two.flac",
        "Two/rip.log",
    ];
    assert_eq!(mount.files(), expected);
    world.add("al/CD3/01.flac", &[("artist", "Three"), ("title", "Three")], b"audio");
    mount.refresh();
    assert_eq!(mount.ls("Three"), ["Scans", "Three.flac", "rip.log"]);
    world.add("al/01.flac", &[("artist", "Four"), ("title", "Four")], b"audio");
    mount.refresh();
    assert_eq!(mount.ls("Four"), ["Four.flac", "Scans", "rip.log"]);
    assert_eq!(mount.ls("One"), ["One.flac", "Scans"], "the folder above has music of its own now");
    assert_eq!(mount.ls("One/Scans"), ["disc.jpg"]);
}

#[test]
fn several_views_and_other_names_have_them_too() {
    let options =
        musefs_template::Options { names: musefs_template::Names::Windows, ..musefs_template::Options::default() };
    let template = Template::parse("$artist/$title", options.clone()).unwrap();
    let named = [("all".to_owned(), "$title".to_owned())];
    let views = Views::new(Some(template), &named, &options).unwrap();
    let world = World { views: Some(Arc::new(views)), ..world() };
    world.add("al/1.flac", &[("artist", "A"), ("title", "What?")], b"audio");
    world.add_beside("al/1.lrc", b"");
    world.add_beside("al/Scans: all/aux.jpg", b"");
    let mount = world.mount();
    let expected = [
        "A/Scans_ all/aux_.jpg",
        "A/What_.flac",
        "A/What_.lrc",
        "all/Scans_ all/aux_.jpg",
        "all/What_.flac",
        "all/What_.lrc",
    ];
    assert_eq!(mount.files(), expected);
    assert_eq!(mount.at("A/What_.lrc").unwrap().links, 2);
}

#[test]
fn a_view_that_only_arranges_has_them_too() {
    let world = World { options: VfsOptions { mode: Mode::StructureOnly, ..VfsOptions::default() }, ..world() };
    album(&world);
    let mount = world.mount();
    assert_eq!(mount.cat("A/cover.jpg").unwrap(), b"a picture");
}

#[test]
fn a_file_of_many_folders_stands_in_some_of_them() {
    let world = world();
    for n in 0..200 {
        let (artist, title) = (format!("A{n:03}"), format!("T{n}"));
        world.add(&format!("al/{n}.flac"), &[("artist", &artist), ("title", &title)], b"audio");
    }
    world.add_beside("al/cover.jpg", b"");
    let mount = world.mount();
    let covers: Vec<_> = mount.files().into_iter().filter(|path| path.ends_with("cover.jpg")).collect();
    assert_eq!(covers.len(), 128);
    assert_eq!(covers.first().map(String::as_str), Some("A000/cover.jpg"));
    assert_eq!(covers.last().map(String::as_str), Some("A127/cover.jpg"));
}

#[test]
fn odd_paths_in_a_store_make_no_odd_names() {
    let world = world();
    album(&world);
    let odd: [&[u8]; 9] = [
        b"/",
        b"x",
        b"/music/al/..",
        b"/music/al/.",
        b"/music/al/",
        b"/music/al/a\0b.lrc",
        b"/music/al/caf\xe9.jpg",
        b"//",
        b"/music/al/../x/y.jpg",
    ];
    let stamp = Stamp { size: 1, ..Stamp::default() };
    let file = |path: &[u8]| SidecarFile { path: PathBuf::from(OsStr::from_bytes(path)), stamp };
    world.store.memory().writer().update_sidecars(&odd.map(file), &[]).unwrap();
    let mount = world.mount();
    let files = mount.files();
    assert!(files.contains(&"A/a_b.lrc".to_owned()) && files.contains(&"A/caf\u{fffd}.jpg".to_owned()), "{files:?}");
    let is_odd = |name: &str| matches!(name, "" | "." | "..") || name.contains('\0');
    assert!(!files.iter().any(|path| path.split('/').any(is_odd)), "{files:?}");
    assert!(mount.at("A/a_b.lrc").is_ok());
    assert!(mount.cat("A/a_b.lrc").is_err());
}

#[derive(Clone, Debug)]
enum Step {
    Edit(usize, usize, u8),
    Add(usize),
    AddBeside(usize),
    RemoveBeside(usize),
    Prune(usize),
    Move(usize, usize),
    Refresh,
    Gap,
}

const ARTISTS: [&str; 4] = ["A", "B", "a", "b/C"];
const FOLDERS: [&str; 7] = ["", "al", "al/CD1", "al/CD2", "al/Scans", "al/CD1/Scans/a", "b"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0usize..14, 0..ARTISTS.len(), 0u8..3).prop_map(|(file, artist, title)| Step::Edit(file, artist, title)),
        2 => (0usize..14).prop_map(Step::Add),
        2 => (0usize..21).prop_map(Step::AddBeside),
        1 => (0usize..21).prop_map(Step::RemoveBeside),
        1 => (0usize..14).prop_map(Step::Prune),
        1 => (0usize..14, 0usize..14).prop_map(|(from, to)| Step::Move(from, to)),
        2 => Just(Step::Refresh),
        1 => Just(Step::Gap),
    ]
}

fn file(number: usize, names: &[&str]) -> String {
    let folder = FOLDERS[number % FOLDERS.len()];
    let name = names[number / FOLDERS.len() % names.len()];
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn track(number: usize) -> String {
    file(number, &["1.flac", "2.flac"])
}

fn apply(world: &World, step: &Step) {
    let find = |number| {
        let memory = world.store.memory();
        musefs_contracts::catalog::Catalog::find_path(&*memory, &path(&track(number))).unwrap()
    };
    match *step {
        Step::Edit(number, artist, title) => {
            if let Some(id) = find(number) {
                world.edit(id, &[("artist", ARTISTS[artist]), ("title", &format!("T{title}"))]);
            }
        }
        Step::Add(number) => {
            if find(number).is_none() {
                let bytes = format!("audio {number}");
                world.add(&track(number), &[("artist", "A"), ("title", "T0")], bytes.as_bytes());
            }
        }
        Step::AddBeside(number) => world.add_beside(&beside(number), format!("{number}").as_bytes()),
        Step::RemoveBeside(number) => world.remove_beside(&beside(number)),
        Step::Prune(number) => {
            if let Some(id) = find(number) {
                world.store.memory().writer().remove(&[id]).unwrap();
            }
        }
        Step::Move(from, to) => {
            if let (Some(id), None) = (find(from), find(to)) {
                world.move_file(id, &track(from), &track(to));
            }
        }
        Step::Refresh | Step::Gap => {}
    }
}

fn beside(number: usize) -> String {
    file(number, &["1.lrc", "cover.jpg", "2.x.cue"])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn a_view_that_followed_is_as_one_that_comes_up(
        steps in prop::collection::vec(step(), 1..40),
        case_insensitive: bool,
    ) {
        let world = World { tree: Options { case_insensitive }, ..world() };
        let mount = world.mount();
        for step in steps {
            apply(&world, &step);
            match step {
                Step::Refresh => prop_assert_ne!(mount.refresh(), Refreshed::Failed),
                Step::Gap => {
                    world.store.gap.store(true, Ordering::Relaxed);
                    mount.refresh();
                    world.store.gap.store(false, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        mount.refresh();
        let fresh = world.mount();
        prop_assert_eq!(mount.files(), fresh.files());
        for path in fresh.files() {
            let (followed, fresh) = (mount.at(&path).unwrap(), fresh.at(&path).unwrap());
            prop_assert_eq!((followed.ino, followed.size, followed.links), (fresh.ino, fresh.size, fresh.links), "{}", path);
        }
    }
}
