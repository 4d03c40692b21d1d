//! beets with its plugin, as both are published: a library imported in place, retagged in beets, synced into a store that is
//! being served.

mod common;

use common::{World, eventually, mutagen, python, tool};
use serde_json::json;
use std::fs;
use std::path::Path;

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
    eventually("the path that beets has", || mount.files().iter().any(|name| name.ends_with("Uno.flac")));
    assert!(!mount.files().iter().any(|name| name.ends_with("One.flac")));
}
