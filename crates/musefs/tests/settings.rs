//! Flags and their variables.

mod common;

use common::{World, musefs};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// How `musefs up` arranges tracks.
const UP: &str = "${albumartist|artist}/$album/[${discnumber}-][${tracknumber:02}. ]$title";

fn dry_run(world: &World, words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = musefs();
    command.args(["mount", "--dry-run", "--db"]).arg(&world.db).args(words).envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", common::stderr(&output));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn a_flag_beats_its_variable() {
    let world = World::with_two_tracks();
    world.scan();
    let variable = [("MUSEFS_TEMPLATE", "by variable/$title")];
    assert_eq!(dry_run(&world, &[], &variable), ["by variable/One.flac", "by variable/Two.mp3"]);
    assert_eq!(dry_run(&world, &["--template", "$title"], &variable), ["One.flac", "Two.mp3"]);
    let skip = [("MUSEFS_SKIP_ON_MISSING", "1")];
    assert_eq!(dry_run(&world, &["--template", "$genre/$title"], &skip), ["Jazz/One.flac"]);
    let both = dry_run(&world, &["--template", "$genre/$title", "--skip-on-missing=false"], &skip);
    assert_eq!(both.len(), 2);
}

#[test]
fn fallbacks_fill_empty_fields() {
    let world = World::with_two_tracks();
    world.scan();
    let words = ["--template", "$genre/$mood/$title", "--default-fallback", "None", "--fallback", "genre=Unsorted"];
    assert_eq!(dry_run(&world, &words, &[]), ["Jazz/None/One.flac", "Unsorted/None/Two.mp3"]);
}

#[test]
fn owner_modes_and_case_are_as_asked() {
    let world = World::with_two_tracks();
    world.scan();
    let words = ["--owner", "1234", "--group", "4321", "--file-mode", "640", "--dir-mode", "750", "--case-insensitive"];
    let mount = world.mount(&words);
    let file = fs::metadata(mount.path("NINA/blue/oNe.flac")).unwrap();
    assert_eq!((file.uid(), file.gid(), file.permissions().mode() & 0o7777), (1234, 4321, 0o640));
    assert_eq!(fs::metadata(mount.path("Nina")).unwrap().permissions().mode() & 0o7777, 0o750);
}

#[test]
fn tuning_changes_nothing_that_is_read() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "comment", "edited");
    let read = |words: &[&str]| fs::read(world.mount(words).path("Nina/Blue/One.flac")).unwrap();
    let usual = read(&[]);
    assert_eq!(usual, read(&["--workers", "0", "--read-ahead-budget-mib", "0", "--keep-cache=false"]));
    assert_eq!(usual, read(&["--attr-ttl-ms", "0", "--max-background", "1", "--max-readahead-kib", "0"]));
    assert_eq!(usual, read(&["--poll-interval-ms", "100", "--workers", "1", "-vv"]));
}

#[test]
fn inspect_tells_what_a_file_is_made_of() {
    let world = World::with_two_tracks();
    let inspect = |words: &[&str]| {
        let output = musefs().arg("inspect").args(words).output().unwrap();
        assert!(output.status.success(), "{}", common::stderr(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let file = world.music.join("one.flac");
    let json: serde_json::Value = serde_json::from_str(&inspect(&["--json", file.to_str().unwrap()])).unwrap();
    assert_eq!(json["format"], "flac");
    assert_eq!(json["tags"]["title"], serde_json::json!(["One"]));
    assert_eq!(json["pictures"][0]["length"], 15);
    assert!(json["with_another_title"]["segments"].as_array().unwrap().len() > 1);
    let text = inspect(&[file.to_str().unwrap()]);
    assert!(text.contains("format    flac") && text.contains("title = One"), "{text}");
    let missing = musefs().args(["inspect", "/no/such/file.mp3"]).output().unwrap();
    common::assert_refused(&missing, 1, &["no such file"]);
}

#[test]
fn commands_that_are_told_no_store_share_the_one_of_up() {
    let world = World::with_two_tracks();
    let data = world.root.join("data");
    let run = |words: &[&str]| {
        let mut command = musefs();
        command.args(words).env_remove("MUSEFS_DB").env("XDG_DATA_HOME", &data);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", common::stderr(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(&["scan", world.music.to_str().unwrap()]);
    assert!(data.join("musefs/library.db").is_file());
    run(&["tag", "set", "title:One", "genre=Bebop"]);
    let shown = run(&["ls", "genre:Bebop"]);
    assert_eq!(shown, run(&["ls", "genre:Bebop", "--template", UP]));
    assert!(run(&["why", shown.trim_end()]).contains("one.flac"));
    assert_eq!(run(&["mount", "--dry-run", "--template", "$genre/$title"]).lines().next(), Some("Bebop/One.flac"));
    run(&["undo"]);
    assert_eq!(run(&["ls", "genre:Bebop"]), "");
}
