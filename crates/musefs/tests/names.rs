//! Names that other systems accept: a library of names that they refuse, looked at through a mount.

mod common;

use common::{World, fixture};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Names that Windows reserves for devices, without the numbered ones.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Titles and artists that a file system of Windows refuses, or takes for one another.
fn corpus() -> Vec<String> {
    let mut names: Vec<String> = ["a<b", "a>b", "a:b", "a\"b", "a/b", "a\\b", "a|b", "a?b", "a*b", "a_b", "A_B"]
        .into_iter()
        .chain(["Who?", "Who*", "who_", "AC/DC", "\"Heroes\"", "<>", "??", "/", "\\", ":", "|.", "a\u{1}b", "a\u{1f}b"])
        .chain([
            "\u{7f}",
            "...And Justice",
            "Wait...",
            "Wait.",
            "Wait",
            "wait",
            "WAIT ",
            "Wait . . ",
            ".",
            "..",
            "...",
            ". .",
        ])
        .chain(["con", "Nul.txt", "aux .b", "COM1", "com1.", "lpt9.live", "COM¹", "lpt².x", "COM0", "COM10", "CONIN$"])
        .chain(["Con (2)", "_CON", "con_", "CON.", "CON ", "con.flac", " con", "AUX:", "NUL?"])
        .chain([
            "É",
            "E\u{301}",
            "é",
            "e\u{301}",
            "Straße",
            "STRASSE",
            "ΣΑΣ",
            "σας",
            "K\u{212a}",
            "ﬁn",
            "東京",
            "🎵",
            "İ",
            "i\u{307}",
        ])
        .map(str::to_owned)
        .collect();
    names.extend(DEVICES.map(str::to_owned));
    for length in 244..=256 {
        // The cut to the longest name comes by a dot or a blank, and the device's name appears by it.
        names.push(format!("{}{}", "x".repeat(length), ". . . . . . ."));
        names.push(format!("{}{}", "X".repeat(length), " . . . . . . tail"));
        names.push(format!("CON{}{}", " ".repeat(length), "tail"));
    }
    names.extend(["é".repeat(300), "🎵".repeat(100), "🎵".repeat(300), "e\u{301}".repeat(200), "ẞ".repeat(120)]);
    names
}

/// A library with each of them as a title on one album, and as an artist of another; how many tracks it has.
fn library() -> (World, usize) {
    let world = World::new();
    let names = corpus();
    for (number, name) in names.iter().enumerate() {
        let seed = number as u16 * 2;
        let extension = if number % 2 == 0 { "flac" } else { "FLAC" };
        let on_album = [("ARTIST", "Various"), ("ALBUM", "All"), ("TITLE", name.as_str())];
        world.put(&format!("titles/{number}.{extension}"), fixture::flac(&on_album, seed));
        let by_artist = [("ARTIST", name.as_str()), ("ALBUM", name.as_str()), ("TITLE", "One")];
        world.put(&format!("artists/{number}.{extension}"), fixture::flac(&by_artist, seed + 1));
    }
    world.scan();
    (world, 2 * names.len())
}

/// What is told of a path: its inode, and whether it is a file.
type Seen = BTreeMap<String, (u64, bool)>;

/// Everything below a folder, folders included.
fn walk(folder: &Path, mnt: &Path, seen: &mut Seen) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let text = path.strip_prefix(mnt).unwrap().to_str().expect("names are text").to_owned();
        let attributes = entry.metadata().unwrap();
        seen.insert(text, (attributes.ino(), attributes.is_file()));
        if attributes.is_dir() {
            walk(&path, mnt, seen);
        }
    }
}

fn mounted(world: &World, words: &[&str]) -> Seen {
    let mount = world.mount(&[&["--template", "$artist/$album/$title"], words].concat());
    let mut seen = Seen::new();
    walk(&mount.mnt, &mount.mnt, &mut seen);
    // The names can be looked up, not only listed.
    for path in seen.keys() {
        let path = mount.path(path);
        assert!(path.symlink_metadata().is_ok(), "{}", path.display());
    }
    assert!(mount.stop().0.success());
    seen
}

/// Why Windows would refuse a name.
fn complaint(name: &str) -> Option<&'static str> {
    if name.chars().any(|c| c.is_control() || "<>:\"/\\|?*".contains(c)) {
        return Some("a forbidden character");
    }
    if name.ends_with(['.', ' ']) {
        return Some("a dot or a space at its end");
    }
    if name.is_empty() || name.len() > 255 || name.encode_utf16().count() > 255 {
        return Some("its length");
    }
    let device = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    let mut characters = device.chars();
    let numbered = matches!(characters.by_ref().take(3).collect::<String>().as_str(), "COM" | "LPT")
        && characters.next().is_some_and(|c| matches!(c, '1'..='9' | '¹' | '²' | '³'))
        && characters.next().is_none();
    (numbered || DEVICES.contains(&device.as_str())).then_some("a device's name")
}

/// A path in the capital letters by which Windows and Samba tell names apart: one for one, so that `ß` stays.
fn capitals(path: &str) -> String {
    let capital = |c: char| {
        let mut upper = c.to_uppercase();
        if upper.len() == 1 { upper.next().unwrap_or(c) } else { c }
    };
    path.chars().map(capital).collect()
}

/// Fails unless every component is accepted, and none is another's in other letters.
fn assert_accepted(seen: &Seen) {
    let mut met = BTreeMap::new();
    for path in seen.keys() {
        let name = path.rsplit('/').next().unwrap();
        assert_eq!(complaint(name), None, "{path:?}");
        for folded in BTreeSet::from([capitals(path), path.to_lowercase()]) {
            if let Some(other) = met.insert(folded, path) {
                panic!("{path:?} and {other:?} differ in case alone");
            }
        }
    }
}

fn files(seen: &Seen) -> usize {
    seen.values().filter(|(_, is_file)| *is_file).count()
}

#[test]
fn every_name_is_one_for_windows_and_no_two_are_alike_over_remounts() {
    let (world, tracks) = library();
    let seen = mounted(&world, &["--names", "windows"]);
    assert_eq!(files(&seen), tracks, "nothing is lost");
    assert_accepted(&seen);
    assert!(seen.keys().any(|path| path.contains("東京")), "what is allowed stays");
    assert_eq!(mounted(&world, &["--names", "windows"]), seen);
}

#[test]
fn ascii_names_are_ascii_and_for_windows_too() {
    let (world, tracks) = library();
    let seen = mounted(&world, &["--names", "ascii"]);
    assert_eq!(files(&seen), tracks, "nothing is lost");
    assert_accepted(&seen);
    assert!(seen.keys().all(|path| path.is_ascii()), "{seen:?}");
}

#[test]
fn names_are_as_they_were_unless_told_otherwise() {
    let (world, tracks) = library();
    let seen = mounted(&world, &[]);
    assert_eq!(files(&seen), tracks, "nothing is lost");
    assert_eq!(mounted(&world, &["--names", "posix"]), seen);
    for name in ["a:b", "Wait...", "Nul.txt", "WAIT"] {
        assert!(seen.keys().any(|path| path.starts_with(&format!("Various/All/{name}."))), "{name:?} in {seen:?}");
    }
}

#[test]
fn a_name_is_found_to_be_refused_for_each_reason() {
    for name in ["a:b", "a.", "a ", "", "nul", "Com1.x", "lpt³ .y", &"é".repeat(128), "\u{1}"] {
        assert!(complaint(name).is_some(), "{name:?}");
    }
    for name in ["a", ".a", "COM0", "COM10", "null", "a (2).flac", &"é".repeat(127)] {
        assert_eq!(complaint(name), None, "{name:?}");
    }
}
