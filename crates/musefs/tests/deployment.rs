//! How the program is started by others: in the background, by mount(8), from fstab, by systemd's units.
#![allow(missing_docs)]

mod common;

use common::{World, assert_refused, eventually, is_mounted, musefs, stderr, tool};
use std::collections::HashMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging")
}

/// Takes a mount in the background away when dropped, also where a test failed.
struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        while is_mounted(self.0) {
            tool("umount", &["--lazy", self.0.to_str().unwrap()]);
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Processes of this program that speak of this path.
fn processes(path: &Path) -> usize {
    let about = |pid: &fs::DirEntry| {
        let line = fs::read(pid.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains("--detached") && line.contains(path.to_str().unwrap())
    };
    fs::read_dir("/proc").unwrap().map(Result::unwrap).filter(about).count()
}

/// The program as mount(8) calls it.
fn helper(world: &World, options: &str) -> Output {
    let mut command = musefs();
    command.arg0("/sbin/mount.fuse.musefs").arg(&world.db).arg(&world.mnt).args(["-o", options]);
    command.output().unwrap()
}

#[test]
fn a_mount_in_the_background_is_up_when_the_command_returns() {
    let world = World::with_two_tracks();
    world.scan();
    let _unmount = Unmount(&world.mnt);
    // Relative paths hold although the background lets go of the folder.
    let words = ["mount", "mnt", "--db", "library.db", "--daemon", "--template", "$title"];
    let output = musefs().args(words).current_dir(&world.root).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(&world.mnt), ["One.flac", "Two.mp3"]);
    world.set_tag("one.flac", "title", "Renamed");
    eventually("the edit", || names(&world.mnt) == ["Renamed.flac", "Two.mp3"]);
    tool("umount", &[world.mnt.to_str().unwrap()]);
    eventually("the end of the process", || processes(Path::new("mnt")) == 0 || !is_mounted(&world.mnt));
}

#[test]
fn a_background_that_fails_says_why_in_the_foreground() {
    let world = World::new();
    let output = world.run(&["mount", world.mnt.to_str().unwrap(), "--daemon"]);
    assert_refused(&output, 1, &["there is no store"]);
    assert!(!is_mounted(&world.mnt));
}

#[test]
fn mount_calls_the_program_by_another_name() {
    let world = World::with_two_tracks();
    world.scan();
    let _unmount = Unmount(&world.mnt);
    let options = r"rw,noauto,nofail,_netdev,x-systemd.automount,template=$artist\, $title,uid=7,file_mode=440,ro";
    let output = helper(&world, options);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    assert_eq!(names(&world.mnt), ["Nina, One.flac", "Nina, Two.mp3"]);
    let metadata = fs::metadata(world.mnt.join("Nina, One.flac")).unwrap();
    let (uid, mode) = (std::os::unix::fs::MetadataExt::uid(&metadata), std::os::unix::fs::MetadataExt::mode(&metadata));
    assert_eq!((uid, mode & 0o777), (7, 0o440));
    // What makes `mount -a` see that it is mounted already.
    let source = tool("findmnt", &["--noheadings", "--output", "SOURCE,FSTYPE", world.mnt.to_str().unwrap()]);
    let words: Vec<&str> = source.split_whitespace().collect();
    assert_eq!(words, [world.db.to_str().unwrap(), "fuse.musefs"]);
    tool("umount", &[world.mnt.to_str().unwrap()]);
    eventually("the end of the process", || processes(&world.mnt) == 0);
}

#[test]
fn mount_is_told_what_is_wrong() {
    let world = World::with_two_tracks();
    world.scan();
    assert_refused(&helper(&world, "ro,nonsense"), 1, &["nonsense", "musefs mount --help"]);
    assert_refused(&helper(&world, "mode=wrong"), 1, &["wrong"]);
    assert!(!is_mounted(&world.mnt));
}

/// A script in a mount namespace of its own, in which `mount.fuse.musefs` stands where mount(8) looks for it.
fn in_a_namespace(world: &World, script: &str) -> Output {
    let helper = format!("#!/bin/sh\nexec '{}' mount-helper \"$@\"\n", env!("CARGO_BIN_EXE_musefs"));
    let (upper, work) = (world.root.join("sbin"), world.root.join("work"));
    fs::create_dir_all(&upper).unwrap();
    fs::create_dir_all(&work).unwrap();
    let path = upper.join("mount.fuse.musefs");
    fs::write(&path, helper).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let overlay = format!(
        "set -eu\nmount -t overlay -o lowerdir=/usr/sbin,upperdir='{}',workdir='{}' overlay /usr/sbin\n",
        upper.display(),
        work.display()
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c"]).arg(format!("{overlay}{script}")).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn a_line_of_fstab_mounts() {
    let world = World::with_two_tracks();
    world.scan();
    let fstab = world.root.join("fstab");
    // Blanks stand as \040 there.
    let options =
        r"noauto,nofail,allow_other,template=$artist/$album\040by\040$artist/$title,x-systemd.requires-mounts-for=/srv";
    fs::write(&fstab, format!("{} {} fuse.musefs {options} 0 0\n", world.db.display(), world.mnt.display())).unwrap();
    let (fstab, mnt) = (fstab.display(), world.mnt.display());
    let script = format!(
        "mount --fstab '{fstab}' '{mnt}'\ncd '{mnt}'\nfind . -type f | sort\ncd /\numount '{mnt}'\n\
         ! mountpoint -q '{mnt}'\n"
    );
    let output = in_a_namespace(&world, &script);
    assert!(output.status.success(), "{}", stderr(&output));
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(found, "./Nina/Blue by Nina/One.flac\n./Nina/Blue by Nina/Two.mp3\n");
}

/// The commands of a unit as systemd would run them with these variables.
fn commands(unit: &str, variables: &HashMap<&str, String>) -> Vec<Vec<String>> {
    let text = fs::read_to_string(packaging().join("systemd").join(unit)).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("ExecStart="));
    let expand = |word: &str| -> Vec<String> {
        // `${NAME}` stands for one word, `$NAME` for as many as it holds.
        match word.strip_prefix('$') {
            Some(name) => match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => vec![variables[name].clone()],
                None => variables[name].split_whitespace().map(str::to_owned).collect(),
            },
            None => vec![word.to_owned()],
        }
    };
    lines.map(|line| line.split_whitespace().flat_map(expand).collect()).collect()
}

fn variables(world: &World) -> HashMap<&'static str, String> {
    let example = fs::read_to_string(packaging().join("systemd/example.conf")).unwrap();
    for (name, _) in example.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')) {
        assert!(name.starts_with("MUSEFS_"), "{name}");
    }
    HashMap::from([
        ("MUSEFS_DB", world.db.to_str().unwrap().to_owned()),
        ("MUSEFS_MOUNTPOINT", world.mnt.to_str().unwrap().to_owned()),
        ("MUSEFS_MUSIC", world.music.to_str().unwrap().to_owned()),
        ("MUSEFS_TEMPLATE", "$title".to_owned()),
        ("MUSEFS_ALLOW_OTHER", "true".to_owned()),
        ("MUSEFS_WATCH", "true".to_owned()),
    ])
}

#[test]
fn the_units_commands_scan_and_mount_and_tell_when_they_are_ready() {
    let world = World::with_two_tracks();
    let variables = variables(&world);
    for words in commands("musefs-scan@.service", &variables) {
        assert_eq!(words[0], "/usr/bin/musefs");
        let output = musefs().args(&words[1..]).envs(&variables).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
    }
    let socket = world.root.join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(common::DEADLINE)).unwrap();
    let [words] = &commands("musefs@.service", &variables)[..] else { panic!("one command mounts") };
    assert_eq!(words[0], "/usr/bin/musefs");
    let mut command = musefs();
    command.args(&words[1..]).envs(&variables).env("NOTIFY_SOCKET", &socket);
    let mount = common::Mount::start(command, &world.mnt);
    let mut message = [0; 256];
    let told = |length: usize, message: &[u8]| String::from_utf8_lossy(&message[..length]).into_owned();
    let length = manager.recv(&mut message).unwrap();
    assert!(told(length, &message).contains("READY=1"));
    assert_eq!(mount.files(), ["One.flac", "Two.mp3"]);
    let (status, log) = mount.stop();
    assert!(status.success(), "{log}");
    let length = manager.recv(&mut message).unwrap();
    assert!(told(length, &message).contains("STOPPING=1"));
}

#[test]
fn the_journal_is_given_priorities_and_no_time() {
    let world = World::new();
    let log = world.root.join("log");
    let file = fs::File::create(&log).unwrap();
    let metadata = file.metadata().unwrap();
    let stream = format!(
        "{}:{}",
        std::os::unix::fs::MetadataExt::dev(&metadata),
        std::os::unix::fs::MetadataExt::ino(&metadata)
    );
    let run = |stream: &str| {
        let mut command = musefs();
        command.args(["scan", "-v"]).arg(&world.music).arg("--db").arg(&world.db).env("JOURNAL_STREAM", stream);
        command.env("MUSEFS_LOG", "trace").stderr(file.try_clone().unwrap()).stdout(Stdio::null()).status().unwrap();
        let mut refused = musefs();
        refused.args(["mount", "/nowhere", "--db", "/nowhere/x.db"]).env("JOURNAL_STREAM", stream);
        refused.stderr(file.try_clone().unwrap()).status().unwrap();
    };
    run(&stream);
    let text = fs::read_to_string(&log).unwrap();
    let failure = text.lines().find(|line| line.contains("musefs: ")).unwrap();
    assert!(failure.starts_with("<3>musefs: "), "{text}");
    for line in text.lines().filter(|line| line.contains("musefs_")) {
        assert!(line.starts_with('<') && !line.contains('\u{1b}'), "{line}");
    }
    // A stream that is not standard error is somebody else's.
    fs::write(&log, "").unwrap();
    run("1:1");
    assert!(!fs::read_to_string(&log).unwrap().contains("<3>"));
}
