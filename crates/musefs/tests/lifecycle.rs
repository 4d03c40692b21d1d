//! How a mount begins and ends.

mod common;

use common::{Mount, World, eventually, fixture, is_mounted, is_root, musefs};
use rustix::process::Signal;
use std::fs;
use std::io::Read;
use std::process::Command;

#[test]
fn each_signal_unmounts_and_ends_with_0() {
    let world = World::with_two_tracks();
    world.scan();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        // These tests may run under nohup themselves, which is inherited.
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_musefs"), "mount"]);
        command.arg(&world.mnt).arg("--db").arg(&world.db);
        let mut mount = Mount::start(command, &world.mnt);
        mount.signal(signal);
        assert_eq!(mount.end().code(), Some(0));
        assert!(!is_mounted(&world.mnt));
    }
}

#[test]
fn a_closed_terminal_does_not_end_what_was_started_under_nohup() {
    let world = World::with_two_tracks();
    world.scan();
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_musefs")).arg("mount").arg(&world.mnt).arg("--db").arg(&world.db);
    let mut mount = Mount::start(command, &world.mnt);
    mount.signal(Signal::HUP);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(mount.files().len(), 2);
    mount.signal(Signal::TERM);
    assert_eq!(mount.end().code(), Some(0));
}

#[test]
fn unmounted_by_anyone_it_ends_with_0() {
    let world = World::with_two_tracks();
    world.scan();
    let mut mount = world.mount(&[]);
    assert!(Command::new("fusermount3").arg("-u").arg(&world.mnt).status().unwrap().success());
    assert_eq!(mount.end().code(), Some(0));
}

#[test]
fn open_files_do_not_hold_up_an_unmount_for_long() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Edited");
    let mut mount = world.mount(&[]);
    let mut file = fs::File::open(mount.path("Nina/Blue/Edited.flac")).unwrap();
    file.read_exact(&mut [0; 4]).unwrap();
    mount.signal(Signal::TERM);
    assert_eq!(mount.end().code(), Some(0));
    assert!(!is_mounted(&world.mnt));
}

#[test]
fn a_dead_mount_is_cleared_by_the_next_one() {
    let world = World::with_two_tracks();
    world.scan();
    let mut killed = world.mount(&[]);
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    assert!(is_mounted(&world.mnt) && fs::read_dir(&world.mnt).is_err());
    let mount = world.mount(&[]);
    assert_eq!(mount.files().len(), 2);
    mount.stop();
    assert!(!is_mounted(&world.mnt));
}

#[test]
fn a_second_mount_on_the_same_folder_is_refused() {
    let world = World::with_two_tracks();
    world.scan();
    let _mount = world.mount(&[]);
    let output = world.run(&["mount", world.mnt.to_str().unwrap()]);
    common::assert_refused(&output, 1, &[world.mnt.to_str().unwrap()]);
}

#[test]
fn watching_takes_in_what_changes_in_the_library() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&["--watch", "--template", "$title"]);
    assert_eq!(mount.files(), ["One.flac", "Two.mp3"]);
    let mut n = 0;
    // The watch may come up after the first file; a later one is seen with all before it.
    eventually("a new file", || {
        n += 1;
        if n % 100 == 1 {
            world.put(&format!("new/{n}.flac"), fixture::flac(&[("title", &format!("New {n}"))], 9));
        }
        mount.path("New 1.flac").exists()
    });
    fs::rename(world.music.join("one.flac"), world.music.join("moved.flac")).unwrap();
    eventually("the moved file", || {
        let path: Option<String> = world
            .sql()
            .query_row("SELECT backing_path FROM tracks WHERE backing_path LIKE '%/moved.flac'", [], |row| row.get(0))
            .ok();
        path.is_some()
    });
    assert_eq!(fs::read(mount.path("One.flac")).unwrap(), fs::read(world.music.join("moved.flac")).unwrap());
}

#[test]
fn one_command_scans_mounts_and_keeps_fresh() {
    let world = World::with_two_tracks();
    let data = world.root.join("data");
    let mut command = musefs();
    command.env("XDG_DATA_HOME", &data).arg("up").arg(&world.music).arg(&world.mnt);
    let mount = Mount::start(command, &world.mnt);
    let library = ["Nina/Blue/One.flac", "Nina/Blue/Two.mp3", "Nina/Blue/cover.png"];
    mount.becomes(&library);
    assert!(data.join("musefs/library.db").exists());
    world.put("three.flac", fixture::flac(&[("title", "Three"), ("artist", "Nina"), ("tracknumber", "3/9")], 3));
    eventually("a new file", || {
        mount.try_files().is_ok_and(|files| files.contains(&"Nina/Unknown/03. Three.flac".to_owned()))
    });
    let (status, log) = mount.stop();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!is_mounted(&world.mnt));
}

#[test]
fn a_store_in_memory_does_for_one_session() {
    let world = World::with_two_tracks();
    let mut command = musefs();
    command.arg("up").arg(&world.music).arg(&world.mnt).args(["--db", ":memory:"]);
    let mount = Mount::start(command, &world.mnt);
    eventually("the library and a cover", || mount.try_files().is_ok_and(|files| files.len() == 3));
    let served = fs::read(mount.path("Nina/Blue/Two.mp3")).unwrap();
    assert_eq!(served, fs::read(world.music.join("sub/two.mp3")).unwrap());
    let output = musefs().arg("scan").arg(&world.music).args(["--db", ":memory:"]).output().unwrap();
    common::assert_refused(&output, 1, &["memory", "musefs up"]);
}

#[test]
fn up_refuses_what_would_scan_itself_and_music_that_is_not_there() {
    let world = World::with_two_tracks();
    let inside = world.music.join("mnt");
    fs::create_dir(&inside).unwrap();
    let up = |music: &std::path::Path, mnt: &std::path::Path| {
        musefs().arg("up").arg(music).arg(mnt).arg("--db").arg(&world.db).output().unwrap()
    };
    common::assert_refused(&up(&world.music, &inside), 1, &["in each other", "elsewhere"]);
    common::assert_refused(&up(&world.root.join("missing"), &world.mnt), 1, &["missing", "No such file"]);
    assert!(!world.db.exists());
}

/// Through fusermount3, as on a desktop. As root this happens as another user, in a mount namespace whose `/dev/fuse`
/// everybody may open, as is usual.
#[test]
fn an_ordinary_user_does_it_all() {
    let world = World::with_two_tracks();
    let script = r#"
        musefs="$1"; music="$2"; db="$3"; mnt="$4"
        "$musefs" scan "$music" --db "$db"
        "$musefs" mount "$mnt" --db "$db" --template '$title' > "$db.out" 2>&1 &
        pid=$!
        wait_for() { n=0; until "$@"; do n=$((n+1)); [ $n -lt 1000 ] || { cat "$db.out"; exit 9; }; sleep 0.02; done; }
        wait_for test -e "$mnt/One.flac"
        cmp "$mnt/One.flac" "$music/one.flac"
        touch "$db.seen"
        wait_for test -e "$mnt/Edited.flac"
        if cmp -s "$mnt/Edited.flac" "$music/one.flac"; then exit 8; fi
        fusermount3 -u "$mnt"
        wait $pid
    "#;
    let program = world.copy_program();
    let node = world.root.join("fuse");
    let mut command = if is_root() {
        tool_ok(Command::new("mknod").args(["-m", "666"]).arg(&node).args(["c", "10", "229"]));
        tool_ok(Command::new("chown").args(["-R", "65534:65534"]).arg(&world.root));
        let mut command = Command::new("unshare");
        let inner = r#"node="$1"; shift; mount --bind "$node" /dev/fuse;
            exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -e -c "$@""#;
        command.args(["-m", "sh", "-e", "-c", inner, "sh"]).arg(&node);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-e", "-c"]);
        command
    };
    command.args([script, "sh"]).arg(&program).args([&world.music, &world.db, &world.mnt]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let seen = world.root.join("library.db.seen");
    eventually("the first file, seen by another user", || seen.exists() || child.try_wait().unwrap().is_some());
    if seen.exists() {
        world.set_tag("one.flac", "title", "Edited");
    }
    let output = child.wait_with_output().unwrap();
    let text = format!("{}{}", common::stderr(&output), String::from_utf8_lossy(&output.stdout));
    let log = fs::read_to_string(world.root.join("library.db.out")).unwrap_or_default();
    assert!(output.status.success(), "{:?} {text} {log}", output.status);
}

fn tool_ok(command: &mut Command) {
    assert!(command.status().unwrap_or_else(|error| panic!("{command:?}: {error}; run: cargo xtask setup")).success());
}
