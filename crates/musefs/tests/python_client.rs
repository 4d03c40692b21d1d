//! The library that external tools use, as it is published, against a store that is being served.

mod common;

use common::{World, eventually, mutagen, python, tool};
use serde_json::json;
use std::path::Path;

fn client(world: &World, file: &str, step: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/sync.py");
    let words = [script.as_path(), Path::new(env!("CARGO_BIN_EXE_musefs")), &world.db, &world.music];
    let mut words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap()).collect();
    words.extend([file, step]);
    tool(&python(), &words);
}

#[test]
fn python_musefs_scans_and_syncs_text_several_values_and_art() {
    let world = World::with_two_tracks();
    client(&world, "one.flac", "scan");
    let mount = world.mount(&["--template", "$title"]);
    assert_eq!(mount.files(), ["One.flac", "Two.mp3"]);
    for (file, step, shown) in
        [("one.flac", "merge", "Synced – Größe.flac"), ("sub/two.mp3", "replace", "Synced – Größe.mp3")]
    {
        client(&world, file, step);
        eventually("the synced name", || mount.path(shown).exists());
        let seen = mutagen(&mount.path(shown));
        assert_eq!(seen["tags"]["title"], json!(["Synced – Größe"]), "{file}");
        assert_eq!(seen["tags"]["genre"], json!(["Jazz", "Soul"]), "{file}");
        assert_eq!(seen["pictures"].as_array().unwrap().len(), 1, "{file}");
        assert_eq!(seen["pictures"][0][1], "image/png", "{file}");
        // A merge keeps what it does not name; a replacement does not.
        let other = if step == "merge" { &seen["tags"]["custom"] } else { &seen["tags"]["TENC"] };
        assert_eq!(other.is_null(), step == "replace", "{file}: {seen}");
    }
}
