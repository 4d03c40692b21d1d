//! What the kernel remembers, and what it is made to forget.

mod common;

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::Duration;

use common::{Content, Fake, Mount, ramp};
use musefs_contracts::ids::Ino;

fn names(mount: &Mount) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(mount.root()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_second_walk_asks_for_nothing_but_its_handles() {
    let fs = Fake::new([]);
    for n in 0..500_u64 {
        fs.put(&format!("file {n}"), Ino(256 * (n + 1)), Content::bytes(b"x"));
    }
    let mount = Mount::new(&fs);
    let walk = || fs::read_dir(mount.root()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum::<u64>();
    assert_eq!(walk(), 500);
    // The listing came with the attributes, so that no file was asked for.
    assert!(fs.requests.metadata() < 5, "{} requests for metadata", fs.requests.metadata());
    let before = (fs.requests.metadata(), fs.requests.listings());
    assert_eq!(walk(), 500);
    assert_eq!((fs.requests.metadata(), fs.requests.listings()), before);
}

#[test]
fn pages_are_kept_from_open_to_open() {
    let fs = Fake::new([("file", Content::bytes(&ramp(100_000)))]);
    let mount = Mount::new(&fs);
    assert!(fs::read(mount.path("file")).unwrap() == ramp(100_000));
    let before = fs.requests.reads();
    assert!(before > 0);
    assert!(fs::read(mount.path("file")).unwrap() == ramp(100_000));
    assert_eq!(fs.requests.reads(), before);
}

#[test]
fn pages_are_not_kept_if_that_is_not_wanted() {
    let fs = Fake::new([("file", Content::bytes(&ramp(100_000)))]);
    let options = musefs_fuse_adapter::MountOptions { keep_cache: false, ..Default::default() };
    let mount = Mount::with(&fs, std::sync::Arc::new(common::Threads), &options);
    fs::read(mount.path("file")).unwrap();
    let before = fs.requests.reads();
    fs::read(mount.path("file")).unwrap();
    assert!(fs.requests.reads() > before);
}

#[test]
fn a_document_is_read_afresh_at_each_open() {
    let fs = Fake::new([("file", Content::Direct(std::sync::Arc::new(b"first".to_vec())))]);
    let mount = Mount::new(&fs);
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"first");
    fs.change(Ino(256), Content::Direct(std::sync::Arc::new(b"the second".to_vec())));
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"the second");
}

#[test]
fn changed_contents_show_once_the_kernel_is_told() {
    let fs = Fake::new([("file", Content::bytes(b"old"))]);
    let mount = Mount::new(&fs);
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"old");
    fs.change(Ino(256), Content::bytes(b"quite new"));
    assert_eq!(fs::metadata(mount.path("file")).unwrap().len(), 3, "the kernel is expected to remember");
    mount.mounted.notifier().forget_contents(Ino(256));
    assert_eq!(fs::metadata(mount.path("file")).unwrap().len(), 9);
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"quite new");
}

#[test]
fn changed_attributes_show_while_pages_stay() {
    let fs = Fake::new([("file", Content::bytes(b"same"))]);
    let mount = Mount::new(&fs);
    fs::read(mount.path("file")).unwrap();
    let (metadata, reads) = (fs.requests.metadata(), fs.requests.reads());
    mount.mounted.notifier().forget_attributes(Ino(256));
    fs::metadata(mount.path("file")).unwrap();
    assert_eq!(fs.requests.metadata(), metadata + 1);
    fs::read(mount.path("file")).unwrap();
    assert_eq!(fs.requests.reads(), reads);
}

#[test]
fn names_come_go_and_lead_elsewhere_once_the_kernel_is_told() {
    let fs = Fake::new([("going", Content::bytes(b"1")), ("turning", Content::bytes(b"22"))]);
    let mount = Mount::new(&fs);
    assert_eq!(names(&mount), ["folder", "going", "turning"]);
    let notifier = mount.mounted.notifier();

    fs.put("coming", Ino(4096), Content::bytes(b"333"));
    assert_eq!(names(&mount), ["folder", "going", "turning"], "the kernel is expected to remember");
    notifier.forget_contents(Ino::ROOT);
    assert_eq!(names(&mount), ["coming", "folder", "going", "turning"]);

    fs.remove("going");
    notifier.forget_name(Ino::ROOT, b"going");
    notifier.forget_contents(Ino::ROOT);
    assert!(!mount.path("going").exists());
    assert_eq!(names(&mount), ["coming", "folder", "turning"]);

    fs.put("turning", Ino(8192), Content::bytes(b"4444"));
    notifier.forget_name(Ino::ROOT, b"turning");
    assert_eq!(fs::metadata(mount.path("turning")).unwrap().ino(), 8192);
    assert_eq!(fs::read(mount.path("turning")).unwrap(), b"4444");
}

#[test]
fn forgetting_what_the_kernel_does_not_hold_is_no_error() {
    let fs = Fake::new([("file", Content::bytes(b"x"))]);
    let mount = Mount::new(&fs);
    let notifier = mount.mounted.notifier();
    notifier.forget_name(Ino::ROOT, b"never heard of");
    notifier.forget_name(Ino(999), b"never heard of");
    notifier.forget_contents(Ino(999));
    notifier.forget_attributes(Ino(999));
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"x");
    drop(mount);
    notifier.forget_contents(Ino(256));
}

#[test]
fn an_open_file_may_be_forgotten_while_it_is_read() {
    let fs = Fake::new([("file", Content::bytes(&ramp(1 << 20)))]);
    let mount = Mount::new(&fs);
    let file = File::open(mount.path("file")).unwrap();
    let notifier = mount.mounted.notifier();
    let forgetting = std::thread::spawn(move || {
        for _ in 0..2000 {
            notifier.forget_contents(Ino(256));
            notifier.forget_name(Ino::ROOT, b"file");
        }
    });
    let (bytes, mut buffer) = (ramp(1 << 20), vec![0; 70_000]);
    for at in (0..2000_u64).map(|n| n * 977 % 900_000) {
        file.read_exact_at(&mut buffer, at).unwrap();
        assert!(buffer[..] == bytes[at as usize..][..buffer.len()], "at {at}");
        assert!(mount.path("file").exists());
    }
    forgetting.join().unwrap();
}

#[test]
fn with_no_lifetime_nothing_is_remembered() {
    let fs = Fake::with_lifetime(Duration::ZERO);
    fs.put("file", Ino(256), Content::bytes(b"x"));
    let mount = Mount::new(&fs);
    assert_eq!(fs::metadata(mount.path("file")).unwrap().len(), 1);
    fs.change(Ino(256), Content::bytes(b"longer"));
    assert_eq!(fs::metadata(mount.path("file")).unwrap().len(), 6);
}

#[test]
fn an_entry_that_is_out_of_date_is_listed_but_not_remembered() {
    let fs = Fake::new([("file", Content::bytes(b"longer"))]);
    fs.list_stale_entries();
    let mount = Mount::new(&fs);
    assert_eq!(names(&mount), ["file", "folder"]);
    assert_eq!(fs::metadata(mount.path("file")).unwrap().len(), 6);
}

#[test]
fn an_answer_from_before_a_change_is_not_remembered_though_it_comes_after_the_notification() {
    let fs = Fake::new([("file", Content::bytes(b"old"))]);
    let mount = Mount::new(&fs);
    let gate = std::sync::Arc::new(common::fake::Gate::default());
    let _open = common::fake::OpenAtLast(&gate);
    fs.hold_lookups(&gate);
    let path = mount.path("file");
    let before = fs.requests.metadata();
    let asking = std::thread::spawn(move || fs::metadata(path).unwrap().len());
    common::eventually("the look-up is under way", || fs.requests.metadata() > before);
    fs.change(Ino(256), Content::bytes(b"quite new"));
    mount.mounted.notifier().forget_contents(Ino(256));
    gate.open();
    let asked = asking.join().unwrap();
    assert!(asked == 3 || asked == 9, "{asked}");
    common::eventually("the new size shows", || fs::metadata(mount.path("file")).unwrap().len() == 9);
    assert_eq!(fs::read(mount.path("file")).unwrap(), b"quite new");
}
