//! Playlists written for the view, as players read them on a mount.

mod common;

use common::{World, eventually, tool};
use musefs_testkit::fixtures::{Content, Kind};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

fn track(world: &World, album: &str, title: &str, kind: Kind) {
    let mut content = Content::new(7);
    content.tags.push("artist", "Nina");
    content.tags.push("album", album);
    content.tags.push("title", title);
    world.put(&format!("{album}-{title}.{}", kind.extension()), kind.build(content));
}

fn world() -> World {
    let world = World::new();
    track(&world, "Blue", "One", Kind::Flac);
    track(&world, "Blue", "Zwei: Äther", Kind::Mp3);
    track(&world, "#1 Hits", "# Three", Kind::Opus);
    world.scan();
    world
}

/// The files that a playlist names. It is as long as `stat` says, once the kernel has been told of it.
fn named(list: &Path) -> Vec<PathBuf> {
    let mut text = String::new();
    eventually("a list as long as stat says", || {
        text = fs::read_to_string(list).unwrap();
        fs::metadata(list).unwrap().size() == text.len() as u64
    });
    assert!(text.starts_with("#EXTM3U\n"), "{text}");
    let files = text.lines().filter(|line| !line.starts_with('#'));
    files.map(|line| list.parent().unwrap().join(line)).collect()
}

/// Every playlist and every other file of the mount.
fn sorted_out(mount: &common::Mount) -> (Vec<String>, Vec<PathBuf>) {
    let (lists, others): (Vec<_>, Vec<_>) = mount.files().into_iter().partition(|name| name.contains(".m3u8"));
    (lists, others.iter().map(|name| mount.path(name)).collect())
}

#[test]
fn each_line_of_each_list_leads_to_a_track_that_players_read() {
    let world = world();
    let views = ["--template", "$album/$title", "--view", "titles=$title", "--playlists"];
    let mount = world.mount(&views);
    let (lists, _) = sorted_out(&mount);
    assert_eq!(lists, ["#1 Hits/#1 Hits.m3u8", "All.m3u8", "Blue/Blue.m3u8", "titles/titles.m3u8"]);
    for (list, count) in lists.iter().zip([1, 3, 2, 3]) {
        let list = mount.path(list);
        let files = named(&list);
        assert_eq!(files.len(), count, "{}", list.display());
        let text = fs::read_to_string(&list).unwrap();
        assert!(text.contains("#EXTINF:-1,Nina - "), "{text}");
        for file in files {
            let title = "format_tags=artist:stream_tags=artist";
            let probed = tool("ffprobe", &["-v", "error", "-show_entries", title, file.to_str().unwrap()]);
            assert!(probed.contains("Nina"), "{}: {probed}", file.display());
        }
    }
}

#[test]
fn lists_follow_what_changes() {
    let world = world();
    let mount = world.mount(&["--template", "$album/$title", "--playlists"]);
    let (list, all) = (mount.path("Blue/Blue.m3u8"), mount.path("All.m3u8"));
    assert_eq!((named(&list).len(), named(&all).len()), (2, 3));
    let before = fs::metadata(&list).unwrap();
    world.set_tag("Blue-One.flac", "title", "A longer title than before");
    eventually("the new title in both lists", || {
        [&list, &all].iter().all(|list| fs::read_to_string(list).unwrap().contains("Nina - A longer title than before"))
    });
    assert!(named(&list).iter().chain(&named(&all)).all(|file| file.exists()));
    let after = || fs::metadata(&list).unwrap();
    eventually("the list's new size", || after().size() > before.size());
    assert_eq!(after().ino(), before.ino());
    world.set_tag("Blue-One.flac", "album", "Green");
    eventually("a list of the new album, and less in the former one's", || {
        mount.path("Green/Green.m3u8").exists() && named(&list).len() == 1
    });
    assert_eq!((named(&mount.path("Green/Green.m3u8")).len(), named(&all).len()), (1, 3));
    eventually("all files of the new lists", || named(&all).iter().all(|file| file.exists()));
}

#[test]
fn a_mount_writes_none_unasked() {
    let world = world();
    let mount = world.mount(&["--template", "$album/$title"]);
    assert_eq!(sorted_out(&mount).0, Vec::<String>::new());
}
