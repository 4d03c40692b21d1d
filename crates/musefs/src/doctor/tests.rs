use super::machine::Answer;
use super::{Check, Finding, Machine, Subject, Verdict, container, device, kernel, library, mounts};
use musefs_catalog::SqliteWriter;
use musefs_contracts::writer::CatalogWriter;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A machine below a folder of its own.
struct Fake {
    folder: tempfile::TempDir,
    machine: Machine,
}

impl Fake {
    fn new(may_mount: bool, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ask = |path: &Path| match path.to_str() {
            Some("/mnt/dead") => Answer::Dead,
            Some("/mnt/slow") => Answer::Hanging,
            _ => Answer::Alive,
        };
        let machine = Machine { root: folder.path().to_owned(), may_mount, ask };
        let fake = Self { folder, machine };
        for (path, text) in files {
            fake.put(path, text);
        }
        fake
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.machine.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn look(&self, check: &dyn Check) -> Vec<Finding> {
        check.look(&self.machine, &Subject::default())
    }

    /// The verdicts of a check on a mountpoint.
    fn at(&self, check: &dyn Check, mountpoint: &str) -> Vec<Verdict> {
        let subject = Subject { mountpoint: Some(mountpoint.into()), ..Subject::default() };
        verdicts(&check.look(&self.machine, &subject))
    }
}

/// Each finding that is not fine has a remedy.
fn verdicts(findings: &[Finding]) -> Vec<Verdict> {
    for finding in findings {
        assert_eq!(finding.remedy.is_none(), finding.verdict == Verdict::Fine, "{finding}");
    }
    findings.iter().map(|finding| finding.verdict).collect()
}

use Verdict::{Broken, Fine, Notice};

#[test]
fn the_device_must_be_there() {
    assert_eq!(verdicts(&Fake::new(true, &[("/dev/fuse", "")]).look(&device::Device)), [Fine]);
    assert_eq!(verdicts(&Fake::new(true, &[]).look(&device::Device)), [Broken]);
}

#[test]
fn the_helper_must_be_setuid_for_those_who_may_not_mount() {
    let fake = Fake::new(false, &[("/usr/bin/fusermount3", "")]);
    assert_eq!(verdicts(&fake.look(&device::Fusermount)), [Broken]);
    let path = fake.machine.path("/usr/bin/fusermount3");
    fs::set_permissions(path, PermissionsExt::from_mode(0o4755)).unwrap();
    assert_eq!(verdicts(&fake.look(&device::Fusermount)), [Fine]);
    assert_eq!(verdicts(&Fake::new(false, &[]).look(&device::Fusermount)), [Broken]);
    assert_eq!(verdicts(&Fake::new(true, &[]).look(&device::Fusermount)), [Fine]);
}

#[test]
fn others_are_let_in_by_a_line_that_is_no_comment() {
    let with = |may, text| verdicts(&Fake::new(may, &[("/etc/fuse.conf", text)]).look(&device::FuseConf));
    assert_eq!(with(false, "user_allow_other\n"), [Fine]);
    assert_eq!(with(false, "#user_allow_other\n"), [Notice]);
    assert_eq!(with(true, ""), [Fine]);
}

#[test]
fn a_profile_matters_outside_of_the_usual_places() {
    let files = [("/sys/module/apparmor/parameters/enabled", "Y\n"), ("/etc/apparmor.d/fusermount3", "profile")];
    let fake = Fake::new(false, &files);
    assert_eq!(fake.at(&device::AppArmor, "/mnt/music"), [Fine]);
    assert_eq!(fake.at(&device::AppArmor, "/srv/view"), [Notice]);
    assert_eq!(Fake::new(true, &files).at(&device::AppArmor, "/srv/view"), [Fine]);
    assert_eq!(Fake::new(false, &[]).at(&device::AppArmor, "/srv/view"), [Fine]);
}

#[test]
fn passthrough_wants_a_new_kernel_and_a_capability() {
    let with =
        |may, release| verdicts(&Fake::new(may, &[("/proc/sys/kernel/osrelease", release)]).look(&kernel::Passthrough));
    assert_eq!(with(true, "6.12.1\n"), [Fine]);
    assert_eq!(with(false, "6.12.1\n"), [Notice]);
    assert_eq!(with(true, "6.1.0-18-amd64\n"), [Notice]);
}

const MOUNTS: &str = "\
    20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n\
    30 20 0:50 / /mnt/live ro shared:2 - fuse.musefs musefs ro\n\
    31 20 0:51 / /mnt/dead ro - fuse.musefs musefs ro\n\
    32 20 0:52 / /mnt/slow ro - fuse.musefs musefs ro\n\
    33 20 8:2 / /srv/the\\040disk rw - xfs /dev/sdb1 rw\n";

#[test]
fn dead_and_hanging_mounts_are_found() {
    let fake = Fake::new(true, &[("/proc/self/mountinfo", MOUNTS)]);
    assert_eq!(verdicts(&fake.look(&mounts::Mounts)), [Fine, Broken, Broken]);
    assert_eq!(fake.at(&mounts::Mounts, "/mnt/live"), [Fine], "others are not asked for");
    assert_eq!(verdicts(&Fake::new(true, &[]).look(&mounts::Mounts)), [Fine]);
}

#[test]
fn in_a_container_a_mount_reaches_the_host_through_a_shared_folder() {
    let files = [("/proc/self/mountinfo", MOUNTS), ("/.dockerenv", "")];
    let fake = Fake::new(true, &files);
    assert_eq!(fake.at(&container::Propagation, "/mnt/view"), [Fine]);
    assert_eq!(fake.at(&container::Propagation, "/srv/the disk/view"), [Notice]);
    assert_eq!(verdicts(&fake.look(&container::Propagation)), [Notice]);
    assert_eq!(Fake::new(true, &files[..1]).at(&container::Propagation, "/srv/the disk/view"), [Fine]);
}

#[test]
fn the_library_is_there_and_can_be_watched() {
    let watches = "/proc/sys/fs/inotify/max_user_watches";
    let files = [("/proc/self/mountinfo", MOUNTS), (watches, "8192\n"), ("/srv/the disk/song.flac", "x")];
    let fake = Fake::new(true, &files);
    fs::create_dir(fake.machine.path("/empty")).unwrap();
    let store = fake.folder.path().join("library.db");
    let mut writer = SqliteWriter::open_or_create(&store).unwrap();
    writer.remember_root(Path::new("/srv/the disk")).unwrap();
    drop(writer);
    let look = |check: &dyn Check| check.look(&fake.machine, &Subject::new(Some(store.clone()), None));
    assert_eq!(verdicts(&look(&library::StoreIsSound))[0], Fine);
    let roots = look(&library::Roots);
    assert_eq!(verdicts(&roots), [Fine, Fine]);
    assert!(roots[1].what.contains("xfs"), "{}", roots[1]);
    assert_eq!(verdicts(&look(&library::Watches)), [Fine]);
    fake.put(watches, "0\n");
    assert_eq!(verdicts(&look(&library::Watches)), [Notice]);

    let mut writer = SqliteWriter::open(&store).unwrap();
    writer.remember_root(Path::new("/empty")).unwrap();
    writer.remember_root(Path::new("/gone")).unwrap();
    drop(writer);
    assert_eq!(verdicts(&look(&library::Roots)), [Broken, Broken, Fine, Fine]);
}

#[test]
fn a_store_that_is_missing_or_none_is_told() {
    let fake = Fake::new(true, &[("/not-a-store", "text of some length that is no database")]);
    let with = |path: &str| {
        let subject = Subject::new(Some(fake.machine.path(path)), None);
        verdicts(&library::StoreIsSound.look(&fake.machine, &subject))
    };
    assert_eq!(with("/missing.db"), [Broken]);
    assert_eq!(with("/not-a-store"), [Broken]);
    assert_eq!(verdicts(&fake.look(&library::StoreIsSound)), [Notice]);
}

#[test]
fn a_finding_is_a_line_and_its_remedy_another() {
    let finding = Finding::broken("store", "it is gone", "bring it back");
    assert_eq!(finding.to_string(), "BROKEN  store: it is gone\n        → bring it back");
    assert_eq!(finding.json()["verdict"], "broken");
}
