//! Mounting and unmounting: what is refused, what a mount looks like, and that it always goes.

mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::{Content, Fake, Mount, Numbers, Threads, eventually};
use musefs_fuse_adapter::{MountError, MountOptions, Unmounted, check_mountpoint, mount};

/// Long enough that only a fault waits for its end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where a child process of these tests is to mount.
const CHILD: &str = "MUSEFS_TEST_MOUNTPOINT";

fn fake() -> Arc<Fake> {
    Fake::new([("file", Content::bytes(b"bytes"))])
}

fn line_of(path: &Path) -> Option<String> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap();
    text.lines().find(|line| line.split(' ').nth(4) == path.to_str()).map(str::to_owned)
}

#[test]
fn a_mount_says_what_it_is_and_how() {
    let mount = Mount::new(&fake());
    assert!(mount.mounted.is_mounted());
    let line = line_of(mount.root()).unwrap();
    assert!(line.contains(" - fuse.musefs musefs "), "{line}");
    for option in ["ro", "nosuid", "nodev", "noatime", "default_permissions"] {
        assert!(line.split([' ', ',']).any(|o| o == option), "{option} in {line}");
    }
    assert!(!line.contains("allow_other"));
    let device = line.split(' ').nth(2).unwrap();
    let read_ahead = fs::read_to_string(format!("/sys/class/bdi/{device}/read_ahead_kb")).unwrap();
    assert_eq!(read_ahead.trim(), "1024");
}

#[test]
fn an_idle_mount_goes_cleanly_and_leaves_the_folder() {
    let mount = Mount::new(&fake());
    let path = mount.root().to_owned();
    let notifier = mount.mounted.notifier();
    fs::read(mount.path("file")).unwrap();
    let Mount { mounted, fs, .. } = mount;
    assert_eq!(mounted.unmount(Duration::ZERO).unwrap(), Unmounted::Cleanly);
    assert_eq!(line_of(&path), None);
    drop(notifier);
    // The session let go of the file system.
    assert_eq!(Arc::strong_count(&fs), 1);
}

#[test]
fn an_open_file_that_is_closed_in_time_lets_the_mount_go_cleanly() {
    let mount = Mount::new(&fake());
    let file = File::open(mount.path("file")).unwrap();
    let closing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        drop(file);
    });
    assert_eq!(mount.mounted.unmount(PATIENCE).unwrap(), Unmounted::Cleanly);
    closing.join().unwrap();
}

#[test]
fn an_open_file_outlives_a_mount_that_is_out_of_patience() {
    let mount = Mount::new(&fake());
    let path = mount.root().to_owned();
    let mut file = File::open(mount.path("file")).unwrap();
    let Mount { mounted, fs, .. } = mount;
    assert_eq!(mounted.unmount(Duration::from_millis(50)).unwrap(), Unmounted::Lazily);
    assert_eq!(line_of(&path), None);
    let mut read = Vec::new();
    file.read_to_end(&mut read).unwrap();
    assert_eq!(read, b"bytes");
    drop(file);
    eventually("the session ends with its last file", || Arc::strong_count(&fs) == 1);
}

#[test]
fn whoever_unmounts_ends_the_wait() {
    let mount = Mount::new(&fake());
    assert!(!mount.mounted.wait_for(Duration::ZERO));
    rustix::mount::unmount(mount.root(), rustix::mount::UnmountFlags::empty()).unwrap();
    mount.mounted.wait();
    assert!(!mount.mounted.is_mounted());
    assert_eq!(mount.unmount(), Unmounted::Cleanly);
}

#[test]
fn what_came_to_stand_at_the_place_later_is_left_alone() {
    let mount = Mount::new(&fake());
    let path = mount.root().to_owned();
    rustix::mount::unmount(&path, rustix::mount::UnmountFlags::empty()).unwrap();
    mount.mounted.wait();
    let other = mount_at(&path);
    assert_eq!(mount.mounted.unmount(Duration::ZERO).unwrap(), Unmounted::Cleanly);
    assert!(other.is_mounted());
    assert_eq!(fs::read(path.join("file")).unwrap(), b"bytes");
}

fn mount_at(path: &Path) -> musefs_fuse_adapter::Mounted {
    mount(fake(), Arc::new(Threads), &Numbers::default(), path, &MountOptions::default()).unwrap()
}

#[test]
fn dropping_a_mount_unmounts_also_in_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let panicked = std::panic::catch_unwind(|| {
        let _mounted = mount_at(folder.path());
        panic!("in the middle of it");
    });
    assert!(panicked.is_err());
    assert_eq!(line_of(folder.path()), None);
}

#[test]
fn mounting_upon_a_mount_is_refused() {
    let mount = Mount::new(&fake());
    let again = common::try_mount(mount.root());
    assert!(matches!(again, Err(MountError::AlreadyMounted(_))), "{again:?}");
    assert!(mount.mounted.is_mounted());
}

#[test]
fn a_mount_that_another_lies_upon_is_left_and_named() {
    let mount = Mount::new(&fake());
    let path = mount.root().to_owned();
    rustix::mount::mount("none", &path, "tmpfs", rustix::mount::MountFlags::empty(), None).unwrap();
    let Mount { mounted, folder: _folder, .. } = mount;
    let left = mounted.unmount(Duration::ZERO);
    assert!(line_of(&path).unwrap().contains(" fuse.musefs "), "the mount is expected to be left");
    for _ in 0..2 {
        rustix::mount::unmount(&path, rustix::mount::UnmountFlags::empty()).unwrap();
    }
    let error = left.unwrap_err();
    assert!(matches!(error, MountError::Unmount(..)), "{error:?}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_place_with_spaces_and_a_link_to_it_serve() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("my music \\ and\tmore");
    fs::create_dir(&place).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&place, &link).unwrap();
    let mounted = mount_at(&link);
    assert!(mounted.is_mounted());
    assert_eq!(mounted.path(), place);
    assert_eq!(fs::read(link.join("file")).unwrap(), b"bytes");
    assert_eq!(mounted.unmount(Duration::ZERO).unwrap(), Unmounted::Cleanly);
}

/// Not a test by itself: run as a process of its own by the tests below, it mounts and serves until it is killed.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let mounted = mount_at(&path);
    println!("\nserving");
    mounted.wait();
}

fn start_child(path: &Path) -> std::process::Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "serving"), "the child did not mount");
    child
}

#[test]
fn a_dead_mount_is_cleared_also_if_its_root_is_still_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start_child(folder.path());
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"bytes");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::read_dir(folder.path()).is_err(), "the mount is expected to be dead");
    check_mountpoint(folder.path()).unwrap();
    assert_eq!(line_of(folder.path()), None);
    let mounted = mount_at(folder.path());
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"bytes");
    assert_eq!(mounted.unmount(Duration::ZERO).unwrap(), Unmounted::Cleanly);
}
