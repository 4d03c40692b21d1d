//! The corpus: options, sameness, variety.

use super::*;
use std::collections::BTreeMap;

fn arguments(line: &str) -> Vec<String> {
    line.split_whitespace().map(String::from).collect()
}

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("musefs-corpus-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn files(root: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.file_name().unwrap() != MARKER {
            into.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

fn library(options: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = Folder::new(&options.replace([' ', ','], "_"));
    run(&arguments(&format!("{} {options}", folder.0.display()))).unwrap();
    let mut found = BTreeMap::new();
    files(&folder.0, &mut found);
    found.into_iter().map(|(path, bytes)| (path.strip_prefix(&folder.0).unwrap().to_owned(), bytes)).collect()
}

#[test]
fn options_are_read_and_mistakes_told() {
    let options = parse(&arguments("/x --tracks 5 --formats mp3,flac --seed 9 --art-kib 0")).unwrap();
    let expected = Options { folder: "/x".into(), tracks: 5, kinds: vec![Kind::Mp3, Kind::Flac], seed: 9, art_kib: 0 };
    assert_eq!(options, expected);
    for (line, message) in [
        ("/x", "usage"),
        ("--tracks 5", "usage"),
        ("/x --tracks", "--tracks needs a value"),
        ("/x --tracks five", "not a number"),
        ("/x --tracks 5 --formats mp3,wma", "no format \"wma\""),
        ("/x --tracks 5 --fast", "unknown option --fast"),
        ("/x /y --tracks 5", "one folder only"),
    ] {
        let error = parse(&arguments(line)).unwrap_err();
        assert!(error.contains(message), "{line}: {error}");
    }
}

#[test]
fn a_library_is_decided_by_its_options_and_every_file_is_its_own() {
    let library_of = |seed| library(&format!("--tracks 60 --seed {seed}"));
    let one = library_of(1);
    assert_eq!(one.len(), 60);
    assert!(one == library_of(1), "the same options give the same library");
    let two = library_of(2);
    assert!(one.values().all(|file| two.values().all(|other| other != file)));
    for kind in Kind::ALL {
        let found = one.keys().any(|path| path.extension().is_some_and(|found| found == kind.extension()));
        assert!(found, "no {}", kind.name());
    }
    let mut contents: Vec<_> = one.values().collect();
    contents.sort();
    contents.dedup();
    assert_eq!(contents.len(), 60, "no two files are the same");
    let sizes = one.values().map(Vec::len);
    assert!(sizes.clone().max() < Some(32 << 10) && sizes.min() > Some(2 << 10));
}

#[test]
fn a_large_library_has_as_many_paths_as_tracks() {
    let library = Library::new(3, 30_000, vec![Kind::Mp3], 0);
    let mut paths: Vec<PathBuf> =
        library.albums().iter().flat_map(|album| library.tracks_of(album)).map(|track| track.path).collect();
    assert!(paths.iter().all(|path| path.components().count() == 3), "no name holds a slash");
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 30_000);
    let artists: std::collections::BTreeSet<_> = paths.iter().filter_map(|path| path.iter().next()).collect();
    assert!(artists.len() > 600, "{} artists", artists.len());
}

#[test]
fn a_complete_library_is_left_alone_and_anything_else_refused() {
    let folder = Folder::new("again");
    let line = |tracks: u64| arguments(&format!("{} --tracks {tracks} --formats mp3 --art-kib 0", folder.0.display()));
    run(&line(2)).unwrap();
    run(&line(2)).unwrap();
    assert!(run(&line(3)).unwrap_err().contains("another library: 2 tracks"));
    fs::remove_file(folder.0.join(MARKER)).unwrap();
    assert!(run(&line(2)).unwrap_err().contains("not empty"));
}

#[test]
fn a_folder_that_cannot_be_made_is_one_message() {
    let folder = Folder::new("file");
    fs::write(&folder.0, b"a file").unwrap();
    let error = run(&arguments(&format!("{}/x --tracks 3", folder.0.display()))).unwrap_err();
    assert!(error.starts_with("cannot write"), "{error}");
    fs::remove_file(&folder.0).unwrap();
}
