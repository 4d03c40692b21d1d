//! Names: cutting, suffixes, comparison.

use super::*;
use musefs_contracts::ids::TrackId;

#[track_caller]
fn check_all(fold: bool, paths: &[&str], expected: &[&str]) {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let placement = Placement { file: TrackId(1).into(), paths, extension: Vec::new() };
    let all: Vec<String> = Wanted::all(&placement, fold)
        .map(|wanted| format!("{}/{}", wanted.directory_path(), String::from_utf8_lossy(&wanted.base)))
        .collect();
    assert_eq!(all, expected);
}

#[test]
fn paths_that_come_to_one_name_count_once() {
    check_all(false, &[], &[]);
    check_all(false, &["b/x", "a/x", "b/x", "a/y"], &["a/x", "a/y", "b/x"]);
    check_all(false, &["A/x", "a/x"], &["A/x", "a/x"]);
    check_all(true, &["a/x", "a/X", "A/x", "a/y", "A/b/x"], &["A/b/x", "A/x", "a/y"]);
    let long = |tail: &str| format!("{}{tail}", "é".repeat(127));
    check_all(false, &[&long("ab"), &long("ac")], &[&format!("/{}", long("a"))]);
    check_all(false, &[&long("ab/x"), &long("ac/x")], &[&long("ab/x")]);
}

#[test]
fn a_name_is_cut_at_a_characters_border_with_its_extension_whole() {
    let path = format!("d/x{}", "é".repeat(200));
    let wanted = Wanted::new(&path, b".flac");
    assert_eq!(wanted.base.len(), 254, "250 bytes of room end within a character");
    assert!(wanted.base.ends_with("é.flac".as_bytes()));
    let second = suffixed(&wanted.base, wanted.extension, 2);
    assert!(second.name.len() <= 255 && second.name.ends_with(" (2).flac".as_bytes()));
    assert!(std::str::from_utf8(&second.name).is_ok());
    let kept = &second.name[..second.name.len() - 9];
    assert_eq!([kept, second.hidden, b".flac"].concat(), *wanted.base);
}

#[test]
fn hostile_extensions_leave_room_for_a_name() {
    assert_eq!(Wanted::new("x", &[b'e'; 300]).base.len(), 201);
    assert_eq!(&*Wanted::new("x", b".a/b\0\xff").base, b"x.a_b_\xff");
    for bytes in [&[0x80; 300][..], &[0xc3; 300]] {
        assert!(cut(bytes, 255).len() <= 255);
    }
}

#[test]
fn components_that_no_tree_can_hold_are_replaced() {
    let wanted = Wanted::new("a//./../", b"");
    assert_eq!(wanted.directories().collect::<Vec<_>>(), [&b"a"[..], b"_", b"__"]);
    assert_eq!(&*wanted.base, b"_");
}

#[test]
fn comparison_without_case_knows_unicode_and_bytes() {
    let same = |a: &[u8], b: &[u8]| compare(a, b, true).is_eq();
    assert!(same(b"ABBA", b"abba"));
    assert!(same("ÉTÉ".as_bytes(), "été".as_bytes()));
    assert!(same("ÉTÉ\u{1e9e}.x".as_bytes(), "été\u{df}.X".as_bytes()));
    assert!(same(b"A\xff\xc3", b"a\xff\xc3"));
    assert!(!same(b"a\xff", b"a\xfe"));
    assert!(same("ΣΑΣ".as_bytes(), "σας".as_bytes()) && !same("Straße".as_bytes(), "STRASSE".as_bytes()));
    assert!(compare(b"B", b"a", true).is_gt() && compare(b"B", b"a", false).is_lt());
}
