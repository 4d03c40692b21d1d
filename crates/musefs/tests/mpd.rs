//! A music server that knows nothing of musefs: MPD, as Debian ships it, with the mount as its music directory.
#![allow(missing_docs)]

mod common;

use common::{Mount, World, eventually, fixture, tool};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TEMPLATE: &str = "$albumartist/$album/${tracknumber:02} $title";

/// A running MPD with a database of its own; ended when dropped.
struct Mpd {
    child: Child,
    socket: PathBuf,
}

impl Mpd {
    fn start(world: &World) -> Self {
        let folder = world.root.join("mpd");
        fs::create_dir(&folder).unwrap();
        let (socket, config) = (folder.join("socket"), folder.join("mpd.conf"));
        let f = folder.display();
        let text = format!(
            "music_directory \"{}\"\ndb_file \"{f}/database\"\npid_file \"{f}/pid\"\nbind_to_address \"{}\"\n\
             audio_output {{\n type \"null\"\n name \"none\"\n}}\n",
            world.mnt.display(),
            socket.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("mpd");
        command.args(["--no-daemon", "--stderr"]).arg(&config).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::File::create(folder.join("log")).unwrap());
        let child = command.spawn().unwrap_or_else(|error| panic!("mpd: {error}; run: cargo xtask setup"));
        let mpd = Self { child, socket };
        eventually("MPD's socket", || UnixStream::connect(&mpd.socket).is_ok());
        mpd
    }

    /// Sends one command of MPD's protocol; the lines of the answer.
    fn ask(&self, command: &str) -> Vec<(String, String)> {
        let mut stream = BufReader::new(UnixStream::connect(&self.socket).unwrap());
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        assert!(line.starts_with("OK MPD"), "{line}");
        writeln!(stream.get_mut(), "{command}").unwrap();
        let mut answer = Vec::new();
        for line in stream.lines().map(Result::unwrap) {
            match line.split_once(": ") {
                _ if line == "OK" => return answer,
                Some((name, value)) => answer.push((name.to_owned(), value.to_owned())),
                None => panic!("{command}: {line}"),
            }
        }
        panic!("{command}: the answer breaks off");
    }

    /// Has it look at its music directory, and waits until it has.
    fn update(&self) {
        self.ask("update");
        eventually("an update of MPD", || self.ask("status").iter().all(|(name, _)| name != "updating_db"));
    }

    /// Every track it knows: its file, and its tags by name.
    fn tracks(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let (mut tracks, mut file) = (BTreeMap::new(), String::new());
        for (name, value) in self.ask("listallinfo") {
            match name.as_str() {
                "directory" | "playlist" => file.clear(),
                "file" => {
                    file.clone_from(&value);
                    tracks.insert(value, BTreeMap::new());
                }
                _ => {
                    if let Some(tags) = tracks.get_mut(&file) {
                        tags.insert(name, value);
                    }
                }
            }
        }
        tracks
    }
}

impl Drop for Mpd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Thirty tracks of three albums, FLAC and MP3, half of them retagged in the store.
fn library() -> World {
    let world = World::new();
    for n in 1..=30u16 {
        let (number, title, album) = (n.to_string(), format!("Song {n}"), format!("Album {}", n / 11));
        if n % 2 == 0 {
            let comments =
                [("ARTIST", "Nina"), ("ALBUM", &album), ("TITLE", &title), ("TRACKNUMBER", &number), ("GENRE", "Jazz")];
            world.put(&format!("{n}.flac"), fixture::flac(&comments, n));
        } else {
            let frames = [("TPE1", "Nina"), ("TALB", &album), ("TIT2", &title), ("TRCK", &number), ("TCON", "Jazz")]
                .map(|(id, text): (&str, &str)| (id, text));
            world.put(&format!("{n}.mp3"), fixture::mp3(&frames, n));
        }
    }
    world.scan();
    for n in [1, 2, 7, 8, 23, 24] {
        let file = format!("{n}.{}", if n % 2 == 0 { "flac" } else { "mp3" });
        world.set_tag(&file, "title", &format!("Renamed {n}"));
        world.set_tag(&file, "genre", "Réservé");
    }
    world
}

/// What the store says of each track, by file name in the view.
fn stored(world: &World) -> BTreeMap<String, BTreeMap<&'static str, String>> {
    let store = world.sql();
    let mut tracks: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
    let mut query = store.prepare("SELECT track_id, lower(key), value FROM tags").unwrap();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        tracks.entry(row.get(0).unwrap()).or_default().insert(row.get(1).unwrap(), row.get(2).unwrap());
    }
    let mut shown = BTreeMap::new();
    for (track, tags) in tracks {
        let path: String =
            store.query_row("SELECT backing_path FROM tracks WHERE id = ?1", [track], |row| row.get(0)).unwrap();
        let extension = Path::new(&path).extension().unwrap().to_str().unwrap().to_owned();
        let number: u32 = tags["tracknumber"].parse().unwrap();
        let file = format!("{}/{}/{number:02} {}.{extension}", tags["artist"], tags["album"], tags["title"]);
        let wanted = [("Artist", "artist"), ("Album", "album"), ("Title", "title"), ("Genre", "genre")];
        shown.insert(file, wanted.map(|(name, key)| (name, tags[key].clone())).into());
    }
    shown
}

/// Fails unless MPD knows exactly the tracks of the store, with the store's tags.
fn assert_same(world: &World, mpd: &Mpd) {
    let (stored, known) = (stored(world), mpd.tracks());
    assert_eq!(known.keys().collect::<Vec<_>>(), stored.keys().collect::<Vec<_>>());
    for (file, tags) in &stored {
        for (name, value) in tags {
            assert_eq!(known[file].get(*name), Some(value), "{name} of {file}");
        }
    }
}

#[test]
fn mpd_finds_every_track_with_the_tags_of_the_store_and_hears_of_edits() {
    let world = library();
    let socket = world.root.join("mpd/socket");
    // What a user without mpc can write: the one word of MPD's protocol, sent to its socket.
    let script = world.root.join("update.py");
    let text = "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ns.sendall(b'update\\n')\n\
                f=s.makefile()\nf.readline()\nf.readline()\n";
    fs::write(&script, text).unwrap();
    let hook = format!("python3 '{}' '{}'", script.display(), socket.display());
    let mount = world.mount(&["--template", TEMPLATE, "--expose-metrics", "--on-change", &hook]);
    let mpd = Mpd::start(&world);
    mpd.update();
    assert_same(&world, &mpd);
    assert_eq!(mpd.tracks().len(), 30);

    // MPD compares times in whole seconds, as it would on any file system: an edit in the second of its update is not seen.
    std::thread::sleep(Duration::from_millis(1100));
    let since = Instant::now();
    world.set_tag("4.flac", "title", "Heard of");
    world.set_tag("5.mp3", "genre", "Edited in place");
    // Nobody asks MPD to update but the hook.
    eventually("the edit in MPD's database", || {
        let tracks = mpd.tracks();
        let renamed = tracks.iter().any(|(file, tags)| {
            file.ends_with("Heard of.flac") && tags.get("Title").is_some_and(|title| title == "Heard of")
        });
        renamed && tracks.values().any(|tags| tags.get("Genre").is_some_and(|genre| genre == "Edited in place"))
    });
    println!("an edit was in MPD's database after {:?}", since.elapsed());
    eventually("the end of MPD's update", || mpd.ask("status").iter().all(|(name, _)| name != "updating_db"));
    assert_same(&world, &mpd);
    // The command may go on for a moment after MPD has heard of it.
    eventually("the end of the command", || mount.metric("musefs_change_hooks_total").unwrap() >= 1.0);
    assert_eq!(mount.metric("musefs_change_hook_failures_total"), Some(0.0));
    drop(mpd);
    drop(mount);
}

/// What rsync would transfer from the mount into a copy.
fn differences(mount: &Mount, copy: &Path) -> String {
    let (from, to) = (format!("{}/", mount.mnt.display()), format!("{}/", copy.display()));
    tool("rsync", &["-an", "--checksum", "--delete", "--itemize-changes", &from, &to])
}

#[test]
fn rsync_finds_no_difference_however_often_it_looks() {
    let world = library();
    let mount = world.mount(&["--template", TEMPLATE]);
    let copy = world.root.join("copy");
    tool("rsync", &["-a", &format!("{}/", mount.mnt.display()), &format!("{}/", copy.display())]);
    for _ in 0..2 {
        assert_eq!(differences(&mount, &copy), "");
    }
    // The comparison is not blind: an edit shows.
    world.set_tag("4.flac", "genre", "Other");
    eventually("an edit that rsync sees", || differences(&mount, &copy).contains("04 Song 4.flac"));
}

#[test]
fn mpd_reads_the_playlists_of_the_view() {
    // It reads them by io_uring, where the kernel lets it.
    let world = library();
    let _mount = world.mount(&["--template", TEMPLATE, "--playlists"]);
    let mpd = Mpd::start(&world);
    mpd.update();
    let tracks: Vec<String> = mpd.tracks().into_keys().collect();
    let of_list = |list: &str| -> Vec<String> {
        mpd.ask(&format!("listplaylist \"{list}\"")).into_iter().map(|(_, file)| file).collect()
    };
    assert_eq!(of_list("All.m3u8"), tracks);
    let album = "Nina/Album 1";
    let of_album: Vec<String> =
        tracks.iter().filter(|track| track.starts_with(&format!("{album}/"))).cloned().collect();
    assert!(of_album.len() > 5);
    assert_eq!(of_list(&format!("{album}/Album 1.m3u8")), of_album);
}
