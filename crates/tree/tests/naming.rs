//! Names, listings and deltas by example.

use musefs_contracts::ids::{CompanionId, FileId, Ino, TrackId};
use musefs_contracts::tree::{NodeKind, Placement, PlacementChange, Tree, TreeDelta, TreeSnapshot};
use musefs_tree::{ArenaTree, Options};
use std::sync::Arc;

fn tree(case_insensitive: bool) -> ArenaTree {
    ArenaTree::new(Options { case_insensitive })
}

fn place(track: i64, path: &str, extension: &str) -> Placement {
    place_all(FileId::Track(TrackId(track)), &[path], extension)
}

fn place_all(file: FileId, paths: &[&str], extension: &str) -> Placement {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    Placement { file, paths, extension: extension.into() }
}

fn build(case_insensitive: bool, placements: &[(i64, &str, &str)]) -> Arc<dyn TreeSnapshot> {
    let placements = placements.iter().map(|(track, path, extension)| place(*track, path, extension));
    tree(case_insensitive).build(&mut placements.into_iter())
}

/// Every path with its track (the id of a companion as a negative one), in order of listing.
fn listing(snapshot: &dyn TreeSnapshot) -> Vec<(String, Option<i64>)> {
    fn list(snapshot: &dyn TreeSnapshot, directory: Ino, path: &str, all: &mut Vec<(String, Option<i64>)>) {
        snapshot.children(directory, 0, &mut |child| {
            let path = format!("{path}/{}", String::from_utf8_lossy(child.name));
            match child.kind {
                NodeKind::Track(track) => all.push((path, Some(track.0))),
                NodeKind::Directory => {
                    all.push((path.clone(), None));
                    list(snapshot, child.ino, &path, all);
                }
                NodeKind::Companion(companion) => all.push((path, Some(-(companion.0 as i64)))),
            }
            true
        });
    }
    let mut all = Vec::new();
    list(snapshot, Ino::ROOT, "", &mut all);
    all
}

#[track_caller]
fn check(case_insensitive: bool, placements: &[(i64, &str, &str)], expected: &[(&str, Option<i64>)]) {
    let shown = listing(build(case_insensitive, placements).as_ref());
    let shown: Vec<(&str, Option<i64>)> = shown.iter().map(|(path, track)| (path.as_str(), *track)).collect();
    assert_eq!(shown, expected);
}

fn directory(snapshot: &dyn TreeSnapshot, path: &str) -> Ino {
    path.split('/').fold(Ino::ROOT, |at, name| snapshot.lookup(at, name.as_bytes()).expect(path).0)
}

#[test]
fn the_lowest_id_keeps_a_name_and_the_others_are_numbered_in_order() {
    check(
        false,
        &[(30, "a", ".x"), (10, "a", ".x"), (20, "a", ".x"), (5, "a", ".y")],
        &[("/a (2).x", Some(20)), ("/a (3).x", Some(30)), ("/a.x", Some(10)), ("/a.y", Some(5))],
    );
}

#[test]
fn a_suffix_passes_over_names_that_others_want() {
    check(
        false,
        &[(1, "a", ".x"), (2, "a", ".x"), (3, "a (2)", ".x")],
        &[("/a (2).x", Some(3)), ("/a (3).x", Some(2)), ("/a.x", Some(1))],
    );
}

#[test]
fn a_directory_keeps_its_name_before_any_track() {
    check(
        false,
        &[(1, "a", ".x"), (2, "a.x/b", ".x")],
        &[("/a (2).x", Some(1)), ("/a.x", None), ("/a.x/b.x", Some(2))],
    );
}

#[test]
fn without_case_directories_merge_and_names_collide() {
    let placements = [(3, "abba/Gold", ".x"), (2, "ABBA/gold", ".x"), (1, "other", ".x")];
    check(
        true,
        &placements,
        &[("/ABBA", None), ("/ABBA/Gold (2).x", Some(3)), ("/ABBA/gold.x", Some(2)), ("/other.x", Some(1))],
    );
    let snapshot = build(true, &placements);
    let merged = directory(snapshot.as_ref(), "abBA");
    assert_eq!(snapshot.lookup(merged, b"GOLD.X"), Some((Ino::of_track(TrackId(2), 0), NodeKind::Track(TrackId(2)))));
    let (snapshot, delta) = tree(true).apply(&snapshot, &[PlacementChange::Remove(TrackId(2).into())]);
    assert_eq!(directory(snapshot.as_ref(), "abba"), merged, "the number stays, whatever the spelling");
    let gone = [(Ino::ROOT, "ABBA"), (merged, "Gold (2).x"), (merged, "gold.x")];
    assert_eq!(delta.names, gone.map(|(parent, name)| (parent, name.as_bytes().to_vec())));
    assert_eq!(delta.listings, [Ino::ROOT, merged]);
    assert_eq!(listing(snapshot.as_ref())[0].0, "/abba");
}

#[test]
fn long_names_are_cut_before_suffix_and_extension() {
    let long = "é".repeat(200);
    let snapshot = build(false, &[(1, &long, ".flac"), (2, &long, ".flac")]);
    let kept = format!("{}.flac", "é".repeat(125));
    let second = format!("{} (2).flac", "é".repeat(123));
    assert_eq!(snapshot.places(TrackId(1).into()), [(Ino::ROOT, kept.clone().into_bytes())]);
    assert_eq!(snapshot.places(TrackId(2).into()), [(Ino::ROOT, second.into_bytes())]);
    let (snapshot, _) = tree(false).apply(&snapshot, &[PlacementChange::Remove(TrackId(1).into())]);
    assert_eq!(snapshot.places(TrackId(2).into()), [(Ino::ROOT, kept.into_bytes())], "the name is whole again");
}

#[test]
fn ids_without_an_inode_number_are_left_out_and_far_ones_cost_little() {
    let snapshot =
        build(false, &[(0, "a", ""), (-1, "b", ""), (1 << 53, "c", ""), (i64::MAX, "d", ""), ((1 << 53) - 1, "e", "")]);
    assert_eq!(listing(snapshot.as_ref()), [("/e".to_owned(), Some((1 << 53) - 1))]);
    let far = PlacementChange::Place(place(-5, "x", ""));
    let (same, delta) = tree(false).apply(&snapshot, &[far, PlacementChange::Remove(TrackId(i64::MIN).into())]);
    assert!(Arc::ptr_eq(&snapshot, &same) && delta == TreeDelta::default());
}

#[test]
fn a_file_stands_wherever_it_wants_to() {
    let track = FileId::Track(TrackId(2));
    let paths = ["by-genre/Pop/x", "by-artist/A/x", "by-artist/A/y", "by-genre/Pop/x"];
    let first = tree(false).build(&mut [place_all(track, &paths, ".f"), place(1, "by-artist/A/x", ".f")].into_iter());
    let (artist, genre) = (directory(first.as_ref(), "by-artist/A"), directory(first.as_ref(), "by-genre/Pop"));
    let mut places = vec![(artist, b"x (2).f".to_vec()), (artist, b"y.f".to_vec()), (genre, b"x.f".to_vec())];
    places.sort_by_key(|(directory, _)| *directory);
    assert_eq!((first.places(track), first.links(track)), (places, 3));
    // Four directories below the root, which counts, and two files.
    assert_eq!(first.nodes(), 7);

    let change = |paths| [PlacementChange::Place(place_all(track, paths, ".f"))];
    let (same, _) = tree(false).apply(&first, &change(&["by-artist/A/y", "by-genre/Pop/x", "by-artist/A/x"]));
    assert!(Arc::ptr_eq(&first, &same), "the same set in another order");

    let (second, delta) = tree(false).apply(&first, &change(&["by-artist/A/y", "by-genre/Rock/x"]));
    assert_eq!(second.links(track), 2);
    let above = directory(first.as_ref(), "by-genre");
    let mut names = vec![(artist, b"x (2).f".to_vec()), (above, b"Pop".to_vec()), (genre, b"x.f".to_vec())];
    names.sort();
    let mut listings = vec![artist, above];
    listings.sort();
    assert_eq!(delta, TreeDelta { names, listings }, "the place that stays is not told");

    let (third, _) = tree(false).apply(&second, &change(&[]));
    assert_eq!((third.links(track), third.nodes()), (0, 4), "without a path it is not shown");
}

#[test]
fn companions_come_after_tracks() {
    let beside = FileId::Companion(CompanionId(7));
    let files = [place_all(beside, &["a/x", "b/x"], ".f"), place(9, "a/x", ".f")];
    let snapshot = tree(false).build(&mut files.into_iter());
    let expected = [("/a", None), ("/a/x (2).f", Some(-7)), ("/a/x.f", Some(9)), ("/b", None), ("/b/x.f", Some(-7))];
    assert_eq!(listing(snapshot.as_ref()), expected.map(|(path, id)| (path.to_owned(), id)));
    let (snapshot, _) = tree(false).apply(&snapshot, &[PlacementChange::Remove(beside)]);
    assert_eq!(snapshot.nodes(), 3);
}

#[test]
fn a_directory_that_empties_goes_and_comes_back_with_its_number() {
    let first = build(false, &[(1, "a/b/c", ".x"), (2, "a/d", ".x")]);
    let (top, below) = (directory(first.as_ref(), "a"), directory(first.as_ref(), "a/b"));
    let (second, delta) = tree(false).apply(&first, &[PlacementChange::Place(place(1, "a/c", ".x"))]);
    assert!(!second.contains_directory(below));
    assert_eq!(second.parent(below), None);
    let mut names = vec![(top, b"b".to_vec()), (below, b"c.x".to_vec())];
    names.sort();
    assert_eq!(delta, TreeDelta { names, listings: vec![top] });
    let (third, delta) = tree(false).apply(&second, &[PlacementChange::Place(place(1, "a/b/c", ".x"))]);
    assert_eq!(directory(third.as_ref(), "a/b"), below);
    assert_eq!(delta, TreeDelta { names: vec![(top, b"c.x".to_vec())], listings: vec![top] });
}

#[test]
fn a_change_that_moves_nothing_gives_the_same_snapshot() {
    for fold in [false, true] {
        let snapshot = build(fold, &[(1, "a/b", ".x"), (2, "a/b", ".x"), (3, "A/c", ".x")]);
        let changes = [(2, "a/b"), (3, "A/c")].map(|(track, path)| PlacementChange::Place(place(track, path, ".x")));
        let (next, delta) = tree(fold).apply(&snapshot, &changes);
        assert!(Arc::ptr_eq(&snapshot, &next));
        assert_eq!(delta, TreeDelta::default());
    }
}

#[test]
fn numbers_of_directories_are_the_same_in_every_release() {
    let snapshot = build(false, &[(1, "The Artist/Album/x", ".x")]);
    assert_eq!(directory(snapshot.as_ref(), "The Artist").0, 0x4281_1b6c_b904_bbc8);
    assert_eq!(directory(snapshot.as_ref(), "The Artist/Album").0, 0x44fa_96df_efa9_d147);
}

#[test]
fn what_is_not_there_is_not_found() {
    let snapshot = build(false, &[(1, "a", ".x")]);
    let nowhere = Ino(Ino::DIRECTORY_BIT | 5);
    assert_eq!(snapshot.lookup(nowhere, b"a.x"), None);
    assert_eq!(snapshot.lookup(Ino::ROOT, b"A.x"), None);
    assert_eq!(snapshot.lookup(Ino::of_track(TrackId(1), 0), b"a.x"), None);
    assert_eq!(snapshot.subdirectories(nowhere), None);
    assert!(!snapshot.children(nowhere, 0, &mut |_| true));
    assert!(snapshot.children(Ino::ROOT, u64::MAX, &mut |_| panic!("nothing is behind the end")));
    let empty = build(false, &[]);
    assert_eq!((empty.nodes(), empty.remembered_paths(), empty.parent(Ino::ROOT)), (1, 0, Some(Ino::ROOT)));
}
