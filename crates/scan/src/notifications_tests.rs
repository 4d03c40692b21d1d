use super::*;
use std::fs;

/// A root with the folder `album` in it, and what watches it.
fn watched() -> (tempfile::TempDir, PathBuf, Notifications) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    fs::create_dir(root.join("album")).unwrap();
    let notifications = Notifications::new(std::slice::from_ref(&root)).unwrap();
    (dir, root, notifications)
}

/// The folders that were told, relative to the root.
fn told(notifications: &mut Notifications, root: &Path) -> Vec<String> {
    let mut changed = BTreeSet::new();
    notifications.read(&mut changed);
    changed.iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect()
}

#[test]
fn what_only_reads_is_not_told() {
    let (_dir, root, mut notifications) = watched();
    fs::write(root.join("album/a"), "x").unwrap();
    assert_eq!(told(&mut notifications, &root), ["album"]);
    fs::read(root.join("album/a")).unwrap();
    assert_eq!(fs::read_dir(root.join("album")).unwrap().count(), 1);
    assert!(!notifications.read(&mut BTreeSet::new()));
}

#[test]
fn folders_that_come_move_and_go_are_followed() {
    let (_dir, root, mut notifications) = watched();
    fs::create_dir_all(root.join("new/disc")).unwrap();
    assert_eq!(told(&mut notifications, &root), ["new"]);
    fs::write(root.join("new/disc/a"), "x").unwrap();
    assert_eq!(told(&mut notifications, &root), ["new/disc"]);
    fs::rename(root.join("new"), root.join("album/moved")).unwrap();
    assert_eq!(told(&mut notifications, &root), ["", "album/moved"]);
    fs::write(root.join("album/moved/disc/b"), "x").unwrap();
    assert_eq!(told(&mut notifications, &root), ["album/moved/disc"]);
    fs::remove_dir_all(root.join("album/moved")).unwrap();
    assert_eq!(told(&mut notifications, &root), ["album"]);
    // The last events of watches that ended.
    told(&mut notifications, &root);
    assert_eq!((notifications.by_path.len(), notifications.by_watch.len()), (2, 2));
    // A folder that leaves the library is not watched any more.
    let outside = tempfile::tempdir_in(root.parent().unwrap()).unwrap();
    fs::rename(root.join("album"), outside.path().join("album")).unwrap();
    assert_eq!(told(&mut notifications, &root), [""]);
    fs::write(outside.path().join("album/c"), "x").unwrap();
    assert_eq!(told(&mut notifications, &root), Vec::<String>::new());
    assert!(!notifications.are_lost());
}

#[test]
fn events_that_were_lost_are_noticed() {
    let (_dir, root, mut notifications) = watched();
    let most: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    // Two events each, that the kernel cannot merge.
    for _ in 0..=most / 2 {
        fs::write(root.join("album/a"), "").unwrap();
        fs::remove_file(root.join("album/a")).unwrap();
    }
    assert!(!notifications.are_lost());
    told(&mut notifications, &root);
    assert!(notifications.lost_events() && notifications.are_lost());
}
