//! Files that the kernel reads by itself, and how that mixes with the others.
//!
//! Needs CAP_SYS_ADMIN and a kernel with passthrough, as the machines of this project have.

mod common;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::{Content, Fake, Mount, eventually, ramp};
use musefs_contracts::ids::Ino;
use musefs_contracts::metric::{PASSTHROUGH_ACTIVE, PASSTHROUGH_DISABLED};
use musefs_fuse_adapter::MountOptions;

const FILE: Ino = Ino(256);

fn backing(folder: &Path, name: &str, bytes: &[u8]) -> Content {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    Content::real(&path)
}

fn active(mount: &Mount) -> u64 {
    mount.numbers.get(&PASSTHROUGH_ACTIVE).unwrap()
}

#[test]
fn the_kernel_reads_the_backing_file_without_asking() {
    let (folder, bytes) = (tempfile::tempdir().unwrap(), ramp((2 << 20) + 3));
    let fs = Fake::new([("file", backing(folder.path(), "backing", &bytes))]);
    let mount = Mount::new(&fs);
    assert_eq!((active(&mount), mount.numbers.get(&PASSTHROUGH_DISABLED)), (0, Some(0)));
    let mut file = File::open(mount.path("file")).unwrap();
    assert_eq!(active(&mount), 1);
    assert_eq!(fs.requests.passed_through.load(Ordering::SeqCst), 1);
    let mut read = Vec::new();
    file.read_to_end(&mut read).unwrap();
    assert!(read == bytes);
    file.seek(SeekFrom::Start(70_001)).unwrap();
    let mut some = [0; 5000];
    file.read_exact(&mut some).unwrap();
    assert!(some[..] == bytes[70_001..75_001]);
    assert_eq!(fs.requests.reads(), 0);
    drop(file);
    eventually("the registration is taken back", || active(&mount) == 0);
    assert_eq!(fs.open_handles(), 0);
}

#[test]
fn opens_of_one_file_share_one_registration() {
    let folder = tempfile::tempdir().unwrap();
    let fs = Fake::new([
        ("file", backing(folder.path(), "one", &ramp(5000))),
        ("other", backing(folder.path(), "two", &ramp(6000))),
    ]);
    let mount = Mount::new(&fs);
    let mut open: Vec<_> = (0..10).map(|_| File::open(mount.path("file")).unwrap()).collect();
    // A descriptor of its own on the same file, as a file system that opens afresh would give.
    fs.change(FILE, Content::real(&folder.path().join("one")));
    open.push(File::open(mount.path("file")).unwrap());
    assert_eq!(active(&mount), 1);
    let other = File::open(mount.path("other")).unwrap();
    assert_eq!(active(&mount), 2);
    for file in &open {
        let mut read = vec![0; 5000];
        file.read_exact_at(&mut read, 0).unwrap();
        assert!(read == ramp(5000));
    }
    open.truncate(1);
    eventually("the others are released", || fs.open_handles() == 2);
    assert_eq!(active(&mount), 2);
    drop((open, other));
    eventually("all are released", || active(&mount) == 0);
}

#[test]
fn an_inode_open_for_caching_stays_so_until_its_last_release() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = ramp(10_000);
    let fs = Fake::new([("file", Content::bytes(&bytes))]);
    let mount = Mount::new(&fs);
    let cached = File::open(mount.path("file")).unwrap();
    fs.change(FILE, backing(folder.path(), "backing", &bytes));
    assert!(fs::read(mount.path("file")).unwrap() == bytes);
    assert_eq!(active(&mount), 0);
    drop(cached);
    eventually("all are released", || fs.open_handles() == 0);
    let passed = File::open(mount.path("file")).unwrap();
    assert_eq!(active(&mount), 1);
    let mut read = vec![0; 10_000];
    passed.read_exact_at(&mut read, 0).unwrap();
    assert!(read == bytes);
}

#[test]
fn an_open_that_comes_between_a_change_and_the_new_number_finds_the_new_number() {
    let folder = tempfile::tempdir().unwrap();
    let fs = Fake::new([("file", backing(folder.path(), "backing", b"the former"))]);
    let mount = Mount::new(&fs);
    let former = File::open(mount.path("file")).unwrap();
    // The kernel still takes the name for the old inode: nobody has told it.
    fs.change(FILE, Content::bytes(b"out of reach"));
    fs.put("file", Ino(257), Content::bytes(b"the new one"));
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"the new one");
    assert_eq!(fs::metadata(mount.path("file")).unwrap().ino(), 257);
    let mut read = [0; 10];
    former.read_exact_at(&mut read, 0).unwrap();
    assert_eq!(&read, b"the former");
    drop(former);
    eventually("all are released", || fs.open_handles() == 0);
}

#[test]
fn another_file_under_an_inode_that_is_passed_through_is_stale_never_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let fs = Fake::new([("file", backing(folder.path(), "one", b"one"))]);
    let mount = Mount::new(&fs);
    let one = File::open(mount.path("file")).unwrap();
    fs.change(FILE, backing(folder.path(), "two", b"two"));
    let refused = File::open(mount.path("file")).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::StaleNetworkFileHandle);
    drop(one);
    eventually("all are released", || fs.open_handles() == 0);
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"two");
}

#[test]
fn a_registration_that_fails_turns_it_off_and_files_are_served() {
    // A file of a FUSE mount cannot be a backing file of another: the kernel refuses to stack them.
    let below = Mount::new(&Fake::new([("source", Content::bytes(b"from below"))]));
    let folder = tempfile::tempdir().unwrap();
    let fs =
        Fake::new([("file", Content::real(&below.path("source"))), ("plain", backing(folder.path(), "p", b"plain"))]);
    let mount = Mount::new(&fs);
    assert_eq!(mount.numbers.get(&PASSTHROUGH_DISABLED), Some(0));
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"from below");
    assert_eq!(mount.numbers.get(&PASSTHROUGH_DISABLED), Some(1));
    assert_eq!(fs::read(mount.path("plain")).unwrap(), b"plain");
    assert_eq!(active(&mount), 0);
    assert_eq!(fs.requests.passed_through.load(Ordering::SeqCst), 0);
    assert!(fs.requests.passthrough_off.load(Ordering::SeqCst) > 0);
}

#[test]
fn it_can_be_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let fs = Fake::new([("file", backing(folder.path(), "backing", b"bytes"))]);
    let options = MountOptions { passthrough: false, ..MountOptions::default() };
    let mount = Mount::with(&fs, Arc::new(common::Threads), &options);
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"bytes");
    assert!(fs.requests.reads() > 0);
    assert!(fs.requests.passthrough_off.load(Ordering::SeqCst) > 0);
    assert_eq!((active(&mount), mount.numbers.get(&PASSTHROUGH_DISABLED)), (0, Some(0)));
}

#[test]
fn many_opens_at_once_agree_on_a_mode() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = ramp(20_000);
    let fs = Fake::new([("file", backing(folder.path(), "backing", &bytes))]);
    let mount = Mount::new(&fs);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert!(fs::read(mount.path("file")).unwrap() == bytes);
                }
            });
        }
    });
    eventually("all are released", || fs.open_handles() == 0 && active(&mount) == 0);
}
