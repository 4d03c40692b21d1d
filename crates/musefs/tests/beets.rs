//! beets with its plugin, as both are published: a library imported in place, retagged in beets, synced into a store that is
//! being served.

mod common;

use common::{Mount, World, eventually, musefs, mutagen, python, tool};
use musefs_testkit::model::audio::parts;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runs `beet` with a configuration of its own inside the world.
fn beet(world: &World, words: &[&str]) -> String {
    let home = world.root.join("beets");
    let beet = Path::new(&python()).with_file_name("beet");
    let mut arguments = vec![format!("BEETSDIR={}", home.display()), beet.display().to_string()];
    arguments.extend(words.iter().map(|word| (*word).to_owned()));
    tool("env", &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn set_up(world: &World) {
    let home = world.root.join("beets");
    fs::create_dir_all(&home).unwrap();
    let config = format!(
        "directory: {music}\nlibrary: {home}/library.db\n\
         import: {{copy: no, write: no, autotag: no, quiet: yes}}\n\
         plugins: [musefs]\nmusefs: {{db: {db}, bin: {program}}}\n",
        music = world.music.display(),
        home = home.display(),
        db = world.db.display(),
        program = env!("CARGO_BIN_EXE_musefs"),
    );
    fs::write(home.join("config.yaml"), config).unwrap();
}

#[test]
fn a_library_imported_in_place_follows_what_beets_says() {
    let world = World::with_two_tracks();
    set_up(&world);
    let originals: Vec<Vec<u8>> =
        ["one.flac", "sub/two.mp3"].map(|name| fs::read(world.music.join(name)).unwrap()).into();
    beet(&world, &["import", "-A", "-q", world.music.to_str().unwrap()]);
    beet(&world, &["musefs"]);
    let by_title = world.mount(&["--template", "$title"]);
    assert_eq!(by_title.files(), ["One.flac", "Two.mp3"]);
    beet(&world, &["modify", "-y", "-W", "title:One", "title=Uno", "genres=Jazz; Soul", "album=Other"]);
    beet(&world, &["musefs"]);
    eventually("the title that beets has", || {
        by_title.path("Uno.flac").exists() && !by_title.path("One.flac").exists()
    });
    let seen = mutagen(&by_title.path("Uno.flac"));
    assert_eq!(seen["tags"]["genre"], json!(["Jazz", "Soul"]), "{seen}");
    assert_eq!(seen["tags"]["album"], json!(["Other"]), "{seen}");
    for (name, original) in ["one.flac", "sub/two.mp3"].iter().zip(originals) {
        assert!(fs::read(world.music.join(name)).unwrap() == original, "{name} was written to");
    }
}

#[test]
fn a_mount_by_the_path_that_beets_would_give_follows_it() {
    let world = World::with_two_tracks();
    set_up(&world);
    beet(&world, &["import", "-A", "-q", world.music.to_str().unwrap()]);
    beet(&world, &["musefs"]);
    let mount = world.mount(&["--template", "$!{beets_path}"]);
    let before = mount.files();
    assert!(before.iter().any(|name| name.ends_with("One.flac")), "{before:?}");
    beet(&world, &["modify", "-y", "-W", "-M", "title:One", "title=Uno"]);
    beet(&world, &["musefs"]);
    eventually("the path that beets has, and not the one before", || {
        mount.try_files().is_ok_and(|files| {
            let ends = |name: &str| files.iter().any(|file| file.ends_with(name));
            ends("Uno.flac") && !ends("One.flac")
        })
    });
}

/// Commits of others, as a connection of its own sees them, until `done`; when each was seen.
fn commits(world: &World, done: &AtomicBool) -> Vec<Instant> {
    let store = world.sql();
    let version = || store.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).unwrap();
    let (mut seen, mut last) = (Vec::new(), version());
    while !done.load(Ordering::Relaxed) {
        let now = version();
        if now != last {
            seen.push(Instant::now());
            last = now;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    seen
}

/// Whether a mount shows the one file under its new name with all of its new values, in names, attributes and pages.
fn shows(mount: &Mount, since: std::time::SystemTime, picture: &[u8]) -> bool {
    // A folder may go while it is listed.
    let Ok(files) = mount.try_files() else { return false };
    let Some(name) = files.iter().find(|name| name.ends_with("Uno.flac")) else { return false };
    let path = mount.path(name);
    let (Ok(meta), Ok(bytes)) = (fs::metadata(&path), fs::read(&path)) else { return false };
    let Some(parts) = parts(&bytes) else { return false };
    let has = |key: &str, values: &[&str]| parts.tags.get(key).is_some_and(|found| found == values);
    !files.iter().any(|name| name.ends_with("One.flac"))
        && meta.len() == bytes.len() as u64
        && meta.modified().is_ok_and(|time| time > since)
        && has("title", &["Uno"])
        && has("album", &["Other"])
        && has("genre", &["Jazz", "Soul"])
        && parts.pictures == [picture]
}

/// Everything of the old state is in the kernel's caches, and nothing but looking happens between commit and sight.
#[test]
fn a_reader_that_held_everything_cached_sees_what_beets_commits() {
    let world = World::with_two_tracks();
    set_up(&world);
    let audio = parts(&fs::read(world.music.join("one.flac")).unwrap()).unwrap().audio;
    beet(&world, &["import", "-A", "-q", world.music.to_str().unwrap()]);
    beet(&world, &["musefs"]);
    let by_path = world.root.join("by-path");
    fs::create_dir(&by_path).unwrap();
    let mut command = musefs();
    command.arg("mount").arg(&by_path).arg("--db").arg(&world.db).args(["--template", "$!{beets_path}"]);
    let mounts = [world.mount(&["--template", "$title"]), Mount::start(command, &by_path)];
    for mount in &mounts {
        let files = mount.files();
        assert!(files.len() == 2 && files.iter().any(|name| name.ends_with("One.flac")), "{files:?}");
        for file in files {
            fs::read(mount.path(&file)).unwrap();
            fs::metadata(mount.path(&file)).unwrap();
        }
    }
    let (cover, picture) = (world.root.join("cover.png"), [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 3000]].concat());
    fs::write(&cover, &picture).unwrap();
    let since = fs::metadata(mounts[0].path("One.flac")).unwrap().modified().unwrap();
    let art = format!("artpath={}", cover.display());
    beet(&world, &["modify", "-a", "-y", "-W", "-M", "album:Blue", &art]);
    beet(&world, &["modify", "-y", "-W", "-M", "title:One", "title=Uno", "genres=Jazz; Soul", "album=Other"]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let commits = scope.spawn(|| commits(&world, &done));
        let reader = scope.spawn(|| {
            let since_start = Instant::now();
            let mut seen = mounts.each_ref().map(|mount| (mount, None));
            while seen.iter().any(|(_, at)| at.is_none()) && since_start.elapsed() < 3 * common::DEADLINE {
                for (mount, at) in seen.iter_mut().filter(|(_, at)| at.is_none()) {
                    *at = shows(mount, since, &picture).then(Instant::now);
                }
            }
            done.store(true, Ordering::Relaxed);
            seen.map(|(_, at)| at)
        });
        beet(&world, &["musefs"]);
        let (seen, commits) = (reader.join().unwrap(), commits.join().unwrap());
        for (seen, template) in seen.into_iter().zip(["$title", "$!{beets_path}"]) {
            let seen = seen.unwrap_or_else(|| panic!("what beets committed is not seen through {template}"));
            let last = commits.iter().rfind(|commit| **commit < seen);
            println!("{template}: visible {:?} after the commit", last.map(|last| seen - *last));
        }
    });
    for mount in &mounts {
        let name = mount.files().into_iter().find(|name| name.ends_with("Uno.flac")).unwrap();
        assert!(parts(&fs::read(mount.path(&name)).unwrap()).unwrap().audio == audio, "the audio is another");
    }
}
