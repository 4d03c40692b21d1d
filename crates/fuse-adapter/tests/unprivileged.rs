//! Mounting through the setuid helper, and what is said where that cannot be.
//!
//! Each test runs this very program as another user, in a mount namespace of its own with a device of the usual mode. Needs
//! root, `unshare` and `setpriv` (util-linux), and `fusermount3`.

mod common;

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use common::{Content, Fake, Numbers, Threads};
use musefs_contracts::metric::PASSTHROUGH_DISABLED;
use musefs_fuse_adapter::{MountOptions, Unmounted, mount};

const MOUNTPOINT: &str = "MUSEFS_TEST_MOUNTPOINT";

/// The kernel's number of `/dev/fuse` (devices.txt: 10 char, 229).
const DEVICE: &str = "c 10 229";

/// Runs a task of this program as nobody. `prepare` is a shell script that root runs before, in the namespace; in it, `$1` is
/// a folder that nobody may use. Gives what the task wrote.
fn as_nobody(task: &str, prepare: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let mountpoint = folder.path().join("mount point");
    fs::create_dir(&mountpoint).unwrap();
    std::os::unix::fs::chown(&mountpoint, Some(65534), Some(65534)).unwrap();
    // Where this program was built, nobody may not go. The shell copies it: a descriptor of ours that is open for writing
    // would be inherited by whatever another test starts just then, and a file being written cannot be run.
    let script = format!(
        "set -e; cp \"$2\" \"$1/program\"; {prepare}\ncd \"$1\"; \
         exec setpriv --reuid 65534 --regid 65534 --clear-groups ./program --exact {task} --nocapture"
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh"]).arg(folder.path()).arg(std::env::current_exe().unwrap());
    command.env(MOUNTPOINT, &mountpoint);
    let output = command.output().expect("unshare is needed");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

fn open_device() -> String {
    format!("mknod -m 666 \"$1/device\" {DEVICE}; mount --bind \"$1/device\" /dev/fuse")
}

fn task() -> Option<PathBuf> {
    std::env::var_os(MOUNTPOINT).map(PathBuf::from)
}

/// Tries to mount, and says what came of it.
fn complain(options: &MountOptions) {
    let Some(path) = task() else { return };
    match mount(Fake::new([]), Arc::new(Threads), &Numbers::default(), &path, options) {
        Ok(_) => println!("\nmounted"),
        Err(error) => println!("\nrefused: {error}"),
    }
}

#[test]
fn task_complain() {
    complain(&MountOptions::default());
}

#[test]
fn task_complain_of_others() {
    complain(&MountOptions { allow_other: true, ..MountOptions::default() });
}

#[test]
fn task_mount() {
    let Some(path) = task() else { return };
    let backing = path.with_file_name("backing");
    fs::write(&backing, "backing bytes").unwrap();
    let fs = Fake::new([("file", Content::bytes(b"bytes")), ("real", Content::real(&backing))]);
    let numbers = Numbers::default();
    let served: Arc<Fake> = Arc::clone(&fs);
    let mounted = mount(served, Arc::new(Threads), &numbers, &path, &MountOptions::default()).unwrap();
    assert!(mounted.is_mounted());
    assert_eq!(fs::read_dir(&path).unwrap().count(), 3);
    // Without privileges nothing is handed to the kernel, and none is tried.
    assert_eq!(fs::read(path.join("real")).unwrap(), b"backing bytes");
    assert_eq!(numbers.get(&PASSTHROUGH_DISABLED), Some(0));
    fs.change(musefs_contracts::ids::Ino(256), Content::bytes(b"new bytes"));
    mounted.notifier().forget_contents(musefs_contracts::ids::Ino(256));
    let mut open = File::open(path.join("file")).unwrap();
    assert_eq!(mounted.unmount(Duration::from_millis(50)).unwrap(), Unmounted::Lazily);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    let mut read = Vec::new();
    open.read_to_end(&mut read).unwrap();
    assert_eq!(read, b"new bytes");

    let again = mount(fs, Arc::new(Threads), &Numbers::default(), &path, &MountOptions::default()).unwrap();
    assert_eq!(fs::read(path.join("file")).unwrap(), b"new bytes");
    assert_eq!(again.unmount(Duration::ZERO).unwrap(), Unmounted::Cleanly);
    println!("\nall done");
}

#[test]
fn another_user_mounts_reads_and_unmounts_through_the_helper() {
    let said = as_nobody("task_mount", &open_device());
    assert!(said.contains("\nall done\n"), "{said}");
}

#[test]
fn a_missing_device_is_told_with_its_remedy() {
    let said = as_nobody("task_complain", "mount -t tmpfs none /dev");
    assert!(said.contains("\nrefused: /dev/fuse does not exist; load the kernel's module (modprobe fuse)"), "{said}");
}

#[test]
fn a_device_that_may_not_be_opened_is_told_with_its_remedy() {
    let closed = format!("mknod -m 600 \"$1/device\" {DEVICE}; mount --bind \"$1/device\" /dev/fuse");
    let said = as_nobody("task_complain", &closed);
    assert!(said.contains("\nrefused: /dev/fuse cannot be opened (Permission denied"), "{said}");
}

#[test]
fn a_folder_of_someone_else_is_refused_in_the_helpers_words() {
    let said = as_nobody("task_complain", &format!("{}; chown 0:0 \"$1/mount point\"", open_device()));
    assert!(said.contains("\nrefused: mounting on ") && said.contains("fusermount3: "), "{said}");
}

#[test]
fn letting_others_in_needs_the_administrators_word() {
    let conf =
        |text: &str| format!("{}; echo '{text}' > \"$1/conf\"; mount --bind \"$1/conf\" /etc/fuse.conf", open_device());
    let said = as_nobody("task_complain_of_others", &conf("#user_allow_other"));
    assert!(said.contains("\nrefused: --allow-other needs the line user_allow_other in /etc/fuse.conf"), "{said}");
    let said = as_nobody("task_complain_of_others", &conf("user_allow_other"));
    assert!(said.contains("\nmounted"), "{said}");
}

#[test]
fn a_missing_helper_is_told_with_its_remedy() {
    let hidden =
        "for f in $(command -v fusermount3 fusermount); do mount --bind /dev/null \"$(realpath \"$f\")\"; done";
    let said = as_nobody("task_complain", &format!("{}; {hidden}", open_device()));
    assert!(said.contains("\nrefused: fusermount3 was not found") && said.contains("package fuse3"), "{said}");
}
