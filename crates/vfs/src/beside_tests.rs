use super::*;
use musefs_contracts::backing::Stamp;
use musefs_contracts::ids::SidecarId;

struct All;

impl SidecarRules for All {
    fn accepts(&self, _: &Path) -> bool {
        true
    }
    fn describe(&self) -> String {
        String::new()
    }
}

fn beside(tracks: &[&str], others: &[&str]) -> Beside {
    let mut beside = Beside::new(Arc::new(All));
    for (at, path) in tracks.iter().enumerate() {
        beside.gather(TrackId(at as i64 + 1), Path::new(path));
    }
    let sidecar = |(at, path): (usize, &&str)| Sidecar {
        id: SidecarId(at as i64 + 1),
        path: path.into(),
        stamp: Stamp::default(),
    };
    beside.settle(&others.iter().enumerate().map(sidecar).collect::<Vec<_>>());
    beside
}

/// The tracks that files in this folder belong to.
fn tracks_of(beside: &Beside, folder: &str) -> Vec<i64> {
    let folder = Path::new(folder);
    let mut tracks: Vec<i64> = beside.members(folder, beside.home(folder)).map(|member| member.track.0).collect();
    tracks.sort_unstable();
    tracks
}

#[test]
fn a_folder_without_music_climbs_to_the_nearest_album() {
    let beside = beside(&["/m/a/1.flac", "/m/a/bonus/2.flac", "/m/0.flac"], &[]);
    assert_eq!(tracks_of(&beside, "/m/a"), [1]);
    assert_eq!(tracks_of(&beside, "/m/a/Scans/Booklet/Large"), [1]);
    assert!(tracks_of(&beside, "/m/a/1/2/3/4").is_empty(), "that is too far");
    assert_eq!(tracks_of(&beside, "/m/a/bonus/Scans"), [2]);
}

#[test]
fn discs_make_an_album_and_albums_make_none() {
    let beside =
        beside(&["/m/a/CD1/1.flac", "/m/a/CD2 - Live/2.flac", "/m/x/one/3.flac", "/m/x/CD2/4.flac", "/m/0.flac"], &[]);
    assert_eq!(tracks_of(&beside, "/m/a"), [1, 2]);
    assert_eq!(tracks_of(&beside, "/m/a/Scans"), [1, 2]);
    assert_eq!(tracks_of(&beside, "/m/a/CD1/Scans"), [1]);
    assert!(tracks_of(&beside, "/m/x").is_empty(), "one of its folders is no disc");
    assert!(tracks_of(&beside, "/m/x/Photos").is_empty(), "what is of an artist is of no album above");
}

#[test]
fn discs_are_told_by_their_names() {
    for name in
        ["CD1", "cd 02", "Disc 1", "disk_3 (bonus)", "Side A", "LP2", "Disc One", "(Disc 2)", "[CD 3] x", "Vinyl-1"]
    {
        assert!(is_disc(OsStr::new(name)), "{name}");
    }
    for name in ["CD", "Discography", "Sides", "1", "CDs 1", "Disc 2000", "Side Angles", "Lp-Album", "Discothek 1"] {
        assert!(!is_disc(OsStr::new(name)), "{name}");
    }
}

#[test]
fn a_file_is_of_the_track_that_it_is_named_after() {
    let beside = beside(&["/m/Song.flac", "/m/Song.mp3", "/m/Song.en.flac", "/m/other/x.flac"], &[]);
    let of = |name: &str| {
        let (stem, tracks) = beside.namesakes(Path::new("/m"), OsStr::new(name))?;
        Some((name[stem..].to_owned(), tracks.into_iter().map(|track| track.0).collect::<Vec<_>>()))
    };
    assert_eq!(of("Song.lrc"), Some((".lrc".into(), vec![1, 2])));
    assert_eq!(of("Song.de.lrc"), Some((".de.lrc".into(), vec![1, 2])));
    assert_eq!(of("Song.en.lrc"), Some((".lrc".into(), vec![3])));
    assert_eq!(of("Song.flac.cue"), Some((".flac.cue".into(), vec![1, 2])));
    assert_eq!(of("Songs.lrc"), None);
    assert_eq!(of("Song"), None);
    assert_eq!(of("x.lrc"), None);
}

#[test]
fn what_changes_concerns_the_folders_around_alone() {
    let others = ["/m/a/cover.jpg", "/m/b/cover.jpg", "/m/b/Scans/1.jpg", "/m/b c/cover.jpg", "/m/d/cover.jpg"];
    let mut beside = beside(&["/m/a/1.flac", "/m/b/2.flac", "/m/b c/3.flac", "/m/d/CD1/4.flac"], &others);
    let concerned = |beside: &mut Beside, track: i64, path: Option<&str>| {
        let mut touched = Touched::default();
        beside.update(&[(TrackId(track), path.map(PathBuf::from))], |track| track.0 <= 5, &mut touched);
        let all = beside.concerned(&touched);
        all.into_iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(concerned(&mut beside, 2, Some("/m/b/2.flac")), ["/m/b", "/m/b/Scans"]);
    assert_eq!(concerned(&mut beside, 4, Some("/m/d/CD1/4.flac")), ["/m/d"]);
    assert_eq!(concerned(&mut beside, 2, Some("/m/a/2.flac")), ["/m/a", "/m/b", "/m/b/Scans"], "both places");
    assert_eq!(concerned(&mut beside, 2, None), ["/m/a"]);
    assert_eq!(concerned(&mut beside, 6, Some("/m/d/CD2/1.flac")), ["/m/d"]);
    assert_eq!(tracks_of(&beside, "/m/d"), [4, 6]);
    assert_eq!(concerned(&mut beside, 7, Some("/m/d/extra/1.flac")), ["/m/d"], "these are no discs of one album now");
    assert!(tracks_of(&beside, "/m/d").is_empty());
}
