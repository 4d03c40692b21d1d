//! The files of a view written as real files, as a user does it.

mod common;

use common::{World, assert_refused, fixture, mutagen, stderr};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Output;

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A scanned library, and the folder to export to.
fn scanned() -> (World, PathBuf) {
    let world = World::with_two_tracks();
    world.scan();
    let out = world.root.join("out");
    (world, out)
}

fn export(world: &World, words: &[&str], out: &Path) -> Output {
    let mut all = vec!["export"];
    all.extend(words);
    all.extend([out.to_str().unwrap(), "--template", "$album/$title"]);
    world.run(&all)
}

fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(inside).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    files
}

#[test]
fn files_are_written_as_a_mount_shows_them() {
    let (world, out) = scanned();
    world.set_tag("one.flac", "title", "Eins");
    let said = stdout(&export(&world, &[], &out));
    assert!(said.contains("2 files written"), "{said}");
    assert_eq!(files(&out), [".musefs-export", "Blue/Eins.flac", "Blue/Two.mp3"]);
    let mount = world.mount(&["--template", "$album/$title"]);
    for name in ["Blue/Eins.flac", "Blue/Two.mp3"] {
        let (real, shown) = (out.join(name), mount.path(name));
        assert_eq!(fs::read(&real).unwrap(), fs::read(&shown).unwrap(), "{name}");
        let times = [&real, &shown].map(|path| fs::metadata(path).map(|m| (m.mtime(), m.mtime_nsec())).unwrap());
        assert_eq!(times[0], times[1], "{name}");
    }
    assert_eq!(fs::read(out.join("Blue/Two.mp3")).unwrap(), fs::read(world.music.join("sub/two.mp3")).unwrap());
    assert!(mutagen(&out.join("Blue/Eins.flac")).to_string().contains("Eins"));
}

#[test]
fn an_export_goes_on_where_it_ended_and_follows_edits() {
    let (world, out) = scanned();
    stdout(&export(&world, &["title:one"], &out));
    assert_eq!(files(&out), [".musefs-export", "Blue/One.flac"]);
    let inode = fs::metadata(out.join("Blue/One.flac")).unwrap().ino();
    // As a run that was killed in the middle leaves it.
    let two: i64 = world
        .sql()
        .query_row("SELECT id FROM tracks WHERE backing_path LIKE '%two.mp3'", [], |row| row.get(0))
        .unwrap();
    fs::write(out.join(format!("Blue/.musefs-part-{:x}", two << 8)), "half").unwrap();
    let dry = stdout(&export(&world, &["--dry-run"], &out));
    assert_eq!(dry, "Blue/Two.mp3\n");
    let said = stdout(&export(&world, &[], &out));
    assert!(said.contains("1 file written") && said.contains("1 there already"), "{said}");
    assert_eq!(fs::metadata(out.join("Blue/One.flac")).unwrap().ino(), inode, "it was not written again");
    assert_eq!(files(&out), [".musefs-export", "Blue/One.flac", "Blue/Two.mp3"]);
    world.set_tag("one.flac", "comment", "a new one");
    let said = stdout(&export(&world, &[], &out));
    assert!(said.contains("1 file written") && said.contains("1 there already"), "{said}");
    assert!(mutagen(&out.join("Blue/One.flac")).to_string().contains("a new one"));
}

#[test]
fn files_of_others_are_left_alone_until_the_user_says_so() {
    let (world, out) = scanned();
    fs::create_dir_all(out.join("Blue")).unwrap();
    fs::write(out.join("Blue/One.flac"), "mine").unwrap();
    let refused = export(&world, &[], &out);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("Blue/One.flac: another file stands there"), "{}", stderr(&refused));
    assert_eq!(fs::read(out.join("Blue/One.flac")).unwrap(), b"mine");
    assert!(out.join("Blue/Two.mp3").exists(), "the others are written");
    // One that an export wrote and somebody changed is somebody's.
    fs::write(out.join("Blue/Two.mp3"), "changed").unwrap();
    assert_eq!(export(&world, &[], &out).status.code(), Some(2));
    assert_eq!(fs::read(out.join("Blue/Two.mp3")).unwrap(), b"changed");
    let forced = stdout(&export(&world, &["--force"], &out));
    assert!(forced.contains("2 files written"), "{forced}");
    assert_eq!(fs::read(out.join("Blue/One.flac")).unwrap(), fs::read(world.music.join("one.flac")).unwrap());
}

#[test]
fn the_library_is_never_written_to() {
    let (world, out) = scanned();
    let before = files(&world.music);
    for folder in [world.music.clone(), world.music.join("new/folder"), world.root.clone()] {
        assert_refused(&export(&world, &[], &folder), 1, &["lie in each other", "elsewhere"]);
    }
    let link = world.root.join("link");
    std::os::unix::fs::symlink(&world.music, &link).unwrap();
    assert_refused(&export(&world, &[], &link.join("x")), 1, &["lie in each other"]);
    // Nor through a link inside the folder.
    fs::create_dir(&out).unwrap();
    std::os::unix::fs::symlink(&world.music, out.join("Blue")).unwrap();
    let some = export(&world, &["--force"], &out);
    assert_eq!(some.status.code(), Some(2));
    assert!(stderr(&some).contains("symbolic link"), "{}", stderr(&some));
    assert_eq!(files(&world.music), before);
    let mount = world.mount(&[]);
    assert_refused(&export(&world, &[], &mount.path("x")), 1, &["lie in each other"]);
}

#[test]
fn what_cannot_be_exported_is_named_and_the_rest_is_written() {
    let (world, out) = scanned();
    fs::remove_file(world.music.join("one.flac")).unwrap();
    let some = export(&world, &[], &out);
    assert_eq!(some.status.code(), Some(2));
    assert!(stderr(&some).contains("Blue/One.flac: "), "{}", stderr(&some));
    assert_eq!(files(&out), [".musefs-export", "Blue/Two.mp3"], "and no part of it stays");
    assert_refused(&export(&world, &["no such thing"], &out), 1, &["no track matches no such thing"]);
    let file = world.put("../plain", fixture::mp3(&[], 9));
    assert_refused(&export(&world, &[], &file), 1, &["is no folder"]);
}

#[test]
fn a_full_disk_is_said_and_leaves_only_whole_files() {
    if !common::is_root() {
        eprintln!("only root may mount a small disk");
        return;
    }
    let (world, out) = scanned();
    fs::create_dir(&out).unwrap();
    common::tool("mount", &["-t", "tmpfs", "-o", "size=8k", "tmpfs", out.to_str().unwrap()]);
    let disk = Disk(out);
    let full = export(&world, &[], &disk.0);
    let left = files(&disk.0);
    assert_refused(&full, 1, &["is full", "free some space"]);
    assert!(!left.iter().any(|name| name.contains("part")), "{left:?}");
}

#[test]
fn a_disk_of_coarse_times_is_known_again() {
    if !common::is_root() {
        eprintln!("only root may mount a disk");
        return;
    }
    let (world, out) = scanned();
    // Inodes of 128 bytes hold whole seconds. FAT, which music players have, holds every second one.
    let image = world.root.join("disk.img");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    fs::create_dir(&out).unwrap();
    common::tool("mkfs.ext4", &["-q", "-F", "-I", "128", image.to_str().unwrap()]);
    common::tool("mount", &["-o", "loop", image.to_str().unwrap(), out.to_str().unwrap()]);
    let disk = Disk(out);
    assert!(stdout(&export(&world, &[], &disk.0)).contains("2 files written"));
    assert_eq!(fs::metadata(disk.0.join("Blue/Two.mp3")).unwrap().mtime_nsec(), 0, "the disk keeps whole seconds");
    let again = stdout(&export(&world, &[], &disk.0));
    assert!(again.contains("0 files written") && again.contains("2 there already"), "{again}");
    world.set_tag("one.flac", "genre", "Bop");
    assert_eq!(stdout(&export(&world, &["--dry-run"], &disk.0)), "Blue/One.flac\n");
    assert!(stdout(&export(&world, &[], &disk.0)).contains("1 file written"));
    // What somebody changes there is still left alone.
    fs::write(disk.0.join("Blue/Two.mp3"), "mine").unwrap();
    let mine = export(&world, &[], &disk.0);
    assert_eq!(mine.status.code(), Some(2));
    assert!(stderr(&mine).contains("left alone; --force"), "{}", stderr(&mine));
    common::tool("mount", &["-o", "remount,ro", disk.0.to_str().unwrap()]);
    assert_refused(&export(&world, &["--force"], &disk.0), 1, &["is read-only", "name another folder"]);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_not_recommended_to_be_written_over() {
    let (world, out) = scanned();
    fs::create_dir_all(out.join("Blue/One.flac")).unwrap();
    for words in [[].as_slice(), &["--force"]] {
        let some = export(&world, words, &out);
        assert_eq!(some.status.code(), Some(2));
        let text = stderr(&some);
        assert!(text.contains("is no file") && text.contains("move it away") && !text.contains("--force"), "{text}");
    }
}

/// A disk that is unmounted also when the test fails.
struct Disk(PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
