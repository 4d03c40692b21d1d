//! `musefs doctor` and `musefs status` on this machine.
#![allow(missing_docs)]

mod common;

use common::{World, assert_refused, eventually, is_root, musefs, stderr, tool};
use std::fs;
use std::process::Output;

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn doctor(world: &World, words: &[&str]) -> Output {
    let mut command = musefs();
    command.arg("doctor").args(words).env("XDG_DATA_HOME", &world.root).output().unwrap()
}

#[test]
fn a_machine_that_is_well_is_told_so() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&[]);
    let (db, mnt) = (world.db.to_str().unwrap(), world.mnt.to_str().unwrap());
    let output = doctor(&world, &["--db", db, "--json", mnt]);
    assert_eq!(stderr(&output), "");
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let verdict = |check: &str, about: &str| {
        let is_it = |finding: &&serde_json::Value| {
            finding["check"] == check && finding["what"].as_str().unwrap().contains(about)
        };
        let found = findings.iter().find(is_it).unwrap_or_else(|| panic!("{check} {about}: {findings:?}"));
        found["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict("/dev/fuse", ""), "fine");
    assert_eq!(verdict("store", "2 tracks"), "fine");
    assert_eq!(verdict("music", world.music.to_str().unwrap()), "fine");
    assert_eq!(verdict("mounts", mnt), "fine");
    drop(mount);
}

#[test]
fn what_is_broken_is_told_with_its_remedy() {
    let world = World::with_two_tracks();
    world.scan();
    let db = world.db.to_str().unwrap().to_owned();
    fs::remove_dir_all(&world.music).unwrap();
    let output = doctor(&world, &["--db", &db]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    let (at, _) = text.lines().enumerate().find(|(_, line)| line.starts_with("BROKEN  music")).expect(&text);
    assert!(text.lines().nth(at + 1).unwrap().trim_start().starts_with("→ mount the disk"), "{text}");
    assert_eq!(doctor(&world, &["--db", "/nowhere/at-all.db"]).status.code(), Some(1));
}

#[test]
fn a_dead_mount_is_found() {
    assert!(is_root(), "the tests of mounts are run as root: a dead mount is made here");
    let world = World::with_two_tracks();
    world.scan();
    let mut mount = world.mount(&[]);
    mount.signal(rustix::process::Signal::KILL);
    mount.end();
    let output = doctor(&world, &[]);
    tool("umount", &["--lazy", world.mnt.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains(&format!("{} is dead", world.mnt.display())) && text.contains("umount -l"), "{text}");
}

#[test]
fn status_is_one_screen_or_json() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&["--expose-metrics", "--template", "$title"]);
    let mnt = world.mnt.to_str().unwrap();
    let status = |words: &[&str]| musefs().arg("status").arg(mnt).args(words).output().unwrap();
    let text = stdout(&status(&[]));
    assert!(text.contains(mnt) && text.contains("files and folders") && text.lines().count() < 24, "{text}");
    let json: serde_json::Value = serde_json::from_slice(&status(&["--json"]).stdout).unwrap();
    assert_eq!(json["musefs_tree_nodes"], mount.metric("musefs_tree_nodes").unwrap() as i64);
    drop(mount);
    assert_refused(&status(&[]), 1, &["--expose-metrics"]);
}

#[test]
fn status_goes_on_until_the_mount_ends() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&["--expose-metrics"]);
    let out = world.root.join("out");
    let mut command = musefs();
    command.arg("status").arg(&world.mnt).arg("--watch=1").stdout(fs::File::create(&out).unwrap());
    let mut watching = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let screens = || fs::read_to_string(&out).unwrap().matches("resident").count();
    eventually("a second screen", || screens() > 1);
    drop(mount);
    eventually("the end of it", || watching.try_wait().unwrap().is_some());
}
