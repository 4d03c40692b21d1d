//! What a program sees through the mount: listings, attributes, bytes, refusals, and that a fault of one request is its own.

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::sync::Arc;

use common::{Content, Fake, Full, Mount, eventually, ramp};
use musefs_contracts::filesystem::FsError;
use musefs_contracts::ids::Ino;
use musefs_contracts::metric::{READ_ERRORS_TOTAL, READS_INFLIGHT, READS_INFLIGHT_MAX};
use musefs_fuse_adapter::MountOptions;
use rustix::io::Errno;

fn errno<T: std::fmt::Debug>(result: std::io::Result<T>) -> Errno {
    Errno::from_io_error(&result.unwrap_err()).unwrap()
}

#[test]
fn a_listing_names_every_file_once_with_its_inode() {
    let fs = Fake::new([]);
    let expected: BTreeSet<_> = (0..5000).map(|n| format!("a file with a name of some length {n}")).collect();
    for (at, name) in expected.iter().enumerate() {
        fs.put(name, Ino(256 * (at as u64 + 1)), Content::bytes(b"x"));
    }
    let mount = Mount::new(&fs);
    for _ in 0..2 {
        let mut seen = BTreeSet::new();
        for entry in fs::read_dir(mount.root()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name == "folder" {
                assert!(entry.file_type().unwrap().is_dir());
            } else {
                assert!(entry.file_type().unwrap().is_file());
                assert_eq!(entry.metadata().unwrap().ino(), fs.ino(&name).0);
                assert!(seen.insert(name));
            }
        }
        assert_eq!(seen, expected);
    }
    assert_eq!(fs::read_dir(mount.path("folder")).unwrap().count(), 0);
}

#[test]
fn attributes_are_those_of_the_file_system() {
    let fs = Fake::new([("file", Content::bytes(&ramp(1025)))]);
    let mount = Mount::new(&fs);
    let found = fs::metadata(mount.path("file")).unwrap();
    assert_eq!((found.ino(), found.size(), found.blocks(), found.nlink()), (256, 1025, 3, 1));
    assert_eq!((found.mtime(), found.mtime_nsec()), (1_600_000_000, 123_456_789));
    assert_eq!((found.ctime(), found.ctime_nsec()), (1_700_000_000, 1));
    assert_eq!(found.permissions().mode() & 0o7777, 0o444);
    assert_eq!(fs::metadata(mount.root()).unwrap().ino(), 1);
    assert_eq!(errno(fs::metadata(mount.path("missing"))), Errno::NOENT);
    assert_eq!(errno(fs::metadata(mount.path("file/below"))), Errno::NOTDIR);
    assert_eq!(errno(fs::metadata(mount.path(&"n".repeat(256)))), Errno::NAMETOOLONG);
    let statistics = rustix::fs::statvfs(mount.root()).unwrap();
    assert_eq!((statistics.f_files, statistics.f_namemax, statistics.f_bsize), (1, 255, 4096));
}

#[test]
fn a_name_that_comes_is_found_at_once() {
    let fs = Fake::new([]);
    let mount = Mount::new(&fs);
    assert_eq!(errno(fs::metadata(mount.path("new"))), Errno::NOENT);
    fs.put("new", Ino(512), Content::bytes(b"new"));
    assert_eq!(fs::read(mount.path("new")).unwrap(), b"new");
}

#[test]
fn any_read_gives_the_bytes_of_its_place() {
    let bytes = ramp((3 << 20) + 17);
    let shared = Arc::new(bytes.clone());
    let fs = Fake::new([
        ("at hand", Content::Bytes(Arc::clone(&shared))),
        ("slow", Content::Slow(Arc::clone(&shared))),
        ("direct", Content::Direct(shared)),
    ]);
    let mount = Mount::new(&fs);
    for name in ["at hand", "slow", "direct"] {
        let file = File::open(mount.path(name)).unwrap();
        for (offset, len) in [(0, 1), (1, 4095), (4095, 2), (131_071, 131_073), (1 << 20, 1 << 20), (3 << 20, 17)] {
            let mut read = vec![0; len];
            file.read_exact_at(&mut read, offset as u64).unwrap();
            assert!(read == bytes[offset..offset + len], "{name}: {len} at {offset}");
        }
        let mut tail = [0; 100];
        assert_eq!(file.read_at(&mut tail, bytes.len() as u64 - 5).unwrap(), 5, "{name}");
        assert_eq!(file.read_at(&mut tail, bytes.len() as u64 + 5).unwrap(), 0, "{name}");
        assert!(fs::read(mount.path(name)).unwrap() == bytes, "{name}");
    }
}

#[test]
fn the_kernel_asks_for_a_mebibyte_at_a_time() {
    let fs = Fake::new([("file", Content::Direct(Arc::new(ramp(8 << 20))))]);
    let mount = Mount::new(&fs);
    let mut buffer = vec![0; 8 << 20];
    File::open(mount.path("file")).unwrap().read_exact(&mut buffer).unwrap();
    assert!(fs.requests.reads() <= 10, "{} requests for 8 MiB", fs.requests.reads());
}

#[test]
fn whatever_writes_is_refused() {
    for read_only in [true, false] {
        let fs = Fake::new([("file", Content::bytes(b"x"))]);
        let options = MountOptions { read_only, ..MountOptions::default() };
        let mount = Mount::with(&fs, Arc::new(common::Threads), &options);
        let file = mount.path("file");
        let answers = [
            errno(File::create(&file)),
            errno(File::options().append(true).open(&file)),
            errno(File::create(mount.path("new"))),
            errno(fs::create_dir(mount.path("new"))),
            errno(fs::remove_file(&file)),
            errno(fs::remove_dir(mount.path("folder"))),
            errno(fs::rename(&file, mount.path("new"))),
            errno(fs::hard_link(&file, mount.path("new"))),
            errno(std::os::unix::fs::symlink("x", mount.path("new"))),
            errno(fs::set_permissions(&file, fs::Permissions::from_mode(0o600))),
            errno(std::os::unix::fs::chown(&file, Some(1), None)),
        ];
        assert_eq!(answers, [Errno::ROFS; 11], "read_only: {read_only}");
        assert_eq!(fs::read(&file).unwrap(), b"x");
    }
}

#[test]
fn there_are_no_extended_attributes() {
    let fs = Fake::new([("file", Content::bytes(b"x"))]);
    let mount = Mount::new(&fs);
    for _ in 0..2 {
        let mut value = [0_u8; 64];
        let got = rustix::fs::getxattr(mount.path("file"), "security.selinux", &mut value);
        assert_eq!(got.unwrap_err(), Errno::OPNOTSUPP);
        let listed = rustix::fs::listxattr(mount.path("file"), &mut value);
        assert_eq!(listed.unwrap_err(), Errno::OPNOTSUPP);
    }
}

#[test]
fn failed_reads_tell_why_and_are_counted() {
    let cases = [
        (FsError::Io, Errno::IO),
        (FsError::Again, Errno::AGAIN),
        (FsError::Stale, Errno::STALE),
        (FsError::PermissionDenied, Errno::ACCESS),
        (FsError::NotFound, Errno::NOENT),
    ];
    for (error, expected) in cases {
        let fs = Fake::new([("file", Content::Fails(error)), ("sound", Content::bytes(b"sound"))]);
        let mount = Mount::new(&fs);
        assert_eq!(errno(fs::read(mount.path("file"))), expected);
        assert!(mount.numbers.get(&READ_ERRORS_TOTAL).unwrap() >= 1);
        assert_eq!(fs::read(mount.path("sound")).unwrap(), b"sound");
    }
}

#[test]
fn a_panicking_handler_ends_its_request_alone() {
    let fs = Fake::new([
        ("read", Content::Panics { at_read: true }),
        ("open", Content::Panics { at_read: false }),
        ("sound", Content::bytes(b"sound")),
    ]);
    let mount = Mount::with(&fs, Arc::new(common::Threads), &MountOptions { threads: 1, ..MountOptions::default() });
    for _ in 0..3 {
        assert_eq!(errno(fs::read(mount.path("read"))), Errno::IO);
        assert_eq!(errno(File::open(mount.path("open"))), Errno::IO);
        assert_eq!(errno(fs::metadata(mount.path("panic"))), Errno::IO);
        assert_eq!(fs::read(mount.path("sound")).unwrap(), b"sound");
    }
    assert!(mount.numbers.get(&READ_ERRORS_TOTAL).unwrap() >= 3);
    assert_eq!(mount.numbers.get(&READS_INFLIGHT), Some(0));
}

#[test]
fn a_read_above_the_limit_is_shed_and_the_others_go_on() {
    let gate = Arc::new(common::fake::Gate::default());
    let gated = Content::Gated(Arc::new(b"gated".to_vec()), Arc::clone(&gate));
    let slow = Content::Slow(Arc::new(b"other".to_vec()));
    let fs = Fake::new([("gated", gated), ("other", slow), ("at hand", Content::bytes(b"at hand"))]);
    let options = MountOptions { reads_inflight_max: 1, ..MountOptions::default() };
    let mount = Mount::with(&fs, Arc::new(common::Threads), &options);
    let _open = common::fake::OpenAtLast(&gate);
    assert_eq!(mount.numbers.get(&READS_INFLIGHT_MAX), Some(1));
    let path = mount.path("gated");
    let held_up = std::thread::spawn(move || fs::read(path));
    eventually("the gated read is under way", || mount.numbers.get(&READS_INFLIGHT) == Some(1));
    assert_eq!(fs::read(mount.path("other")).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(mount.numbers.get(&READ_ERRORS_TOTAL).unwrap() >= 1);
    // Only reads that would have to wait are shed.
    assert_eq!(fs::read(mount.path("at hand")).unwrap(), b"at hand");
    assert_eq!(fs::metadata(mount.path("other")).unwrap().len(), 5);
    gate.open();
    assert_eq!(held_up.join().unwrap().unwrap(), b"gated");
    assert_eq!(mount.numbers.get(&READS_INFLIGHT), Some(0));
    assert_eq!(fs::read(mount.path("other")).unwrap(), b"other");
}

#[test]
fn a_read_that_the_executor_refuses_is_shed() {
    let fs = Fake::new([("slow", Content::Slow(Arc::new(ramp(10)))), ("at hand", Content::bytes(b"at hand"))]);
    let mount = Mount::with(&fs, Arc::new(Full), &MountOptions::default());
    assert_eq!(fs::read(mount.path("slow")).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(mount.numbers.get(&READ_ERRORS_TOTAL).unwrap() >= 1);
    assert_eq!(mount.numbers.get(&READS_INFLIGHT), Some(0));
    assert_eq!(fs::read(mount.path("at hand")).unwrap(), b"at hand");
}

#[test]
fn slow_reads_hold_up_neither_others_nor_metadata() {
    let gate = Arc::new(common::fake::Gate::default());
    let gated = || Content::Gated(Arc::new(b"gated".to_vec()), Arc::clone(&gate));
    let names: Vec<_> = (0..20).map(|n| format!("gated {n}")).collect();
    let fs = Fake::new(names.iter().map(|name| (name.as_str(), gated())));
    fs.put("other", Ino(1 << 20), Content::bytes(b"other"));
    let mount = Mount::with(&fs, Arc::new(common::Threads), &MountOptions { threads: 1, ..MountOptions::default() });
    let _open = common::fake::OpenAtLast(&gate);
    let readers: Vec<_> = names
        .iter()
        .map(|name| {
            let path = mount.path(name);
            std::thread::spawn(move || fs::read(path))
        })
        .collect();
    eventually("all are under way", || mount.numbers.get(&READS_INFLIGHT) == Some(20));
    assert_eq!(fs::read(mount.path("other")).unwrap(), b"other");
    assert_eq!(fs::read_dir(mount.root()).unwrap().count(), 22);
    gate.open();
    for reader in readers {
        assert_eq!(reader.join().unwrap().unwrap(), b"gated");
    }
}

#[test]
fn thousands_of_directories_may_be_open() {
    let fs = Fake::new([("file", Content::bytes(b"x"))]);
    let mount = Mount::new(&fs);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: limit.maximum, ..limit },
    )
    .unwrap();
    let mut open: Vec<_> = (0..3000).map(|_| fs::read_dir(mount.root()).unwrap()).collect();
    assert_eq!(fs.open_listings(), 3000);
    for listing in &mut open {
        assert_eq!(listing.count(), 2);
    }
    drop(open);
    eventually("all are released", || fs.open_listings() == 0);
}

#[test]
fn look_ups_that_wait_for_storage_hold_up_nobody() {
    let names: Vec<_> = (0..8).map(|n| format!("slow {n}")).collect();
    let fs = Fake::new(names.iter().map(|name| (name.as_str(), Content::bytes(b"slow"))));
    fs.put("other", Ino(1 << 20), Content::bytes(b"other"));
    let mount = Mount::with(&fs, Arc::new(common::Threads), &MountOptions { threads: 2, ..MountOptions::default() });
    let other = File::open(mount.path("other")).unwrap();
    let gate = Arc::new(common::fake::Gate::default());
    let _open = common::fake::OpenAtLast(&gate);
    fs.hold_lookups(&gate);
    let before = fs.requests.metadata();
    let waiting: Vec<_> = names
        .iter()
        .map(|name| {
            let path = mount.path(name);
            std::thread::spawn(move || fs::metadata(path).unwrap().len())
        })
        .collect();
    eventually("all are under way", || fs.requests.metadata() >= before + 8);
    let mut read = [0; 5];
    other.read_exact_at(&mut read, 0).unwrap();
    assert_eq!(&read, b"other");
    // Asked anew, since the kernel no longer knows. (A listing of the same folder does wait, in the kernel, for the names
    // that are being looked up.)
    mount.mounted.notifier().forget_attributes(Ino(1 << 20));
    assert_eq!(other.metadata().unwrap().len(), 5);
    gate.open();
    for look_up in waiting {
        assert_eq!(look_up.join().unwrap(), 4);
    }
}
