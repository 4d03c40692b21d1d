use super::*;
use std::fs;

/// Long enough for any machine; a test that passes waits for its event alone.
const DEADLINE: Duration = Duration::from_secs(20);

fn start(root: &Path, notifications: bool) -> (Watcher, Receiver<Vec<PathBuf>>) {
    let (send, changes) = unbounded();
    let options = WatchOptions {
        settle: Duration::from_millis(20),
        patience: Duration::from_millis(200),
        poll: Duration::from_millis(20),
        notifications,
    };
    let watcher = Watcher::spawn(vec![root.to_owned()], options, move |changed| {
        let _ = send.send(changed.to_vec());
    });
    (watcher.unwrap(), changes)
}

/// Changes the folder again and again until a change is told: the watch may come up after the first of them.
fn until_told(changes: &Receiver<Vec<PathBuf>>, mut change: impl FnMut(usize)) -> Vec<PathBuf> {
    let since = Instant::now();
    for attempt in 0.. {
        change(attempt);
        if let Ok(changed) = changes.recv_timeout(Duration::from_millis(500)) {
            return changed;
        }
        assert!(since.elapsed() < DEADLINE, "no change was told");
    }
    unreachable!()
}

#[test]
fn a_new_file_tells_its_folder_and_folders_made_later_are_watched_too() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    fs::create_dir(root.join("old")).unwrap();
    let (_watcher, changes) = start(&root, true);
    let changed = until_told(&changes, |n| fs::write(root.join(format!("old/{n}.mp3")), b"x").unwrap());
    assert_eq!(changed, [root.join("old")]);

    fs::create_dir(root.join("new")).unwrap();
    let mut seen = Vec::new();
    let since = Instant::now();
    while !seen.contains(&root.join("new")) {
        assert!(since.elapsed() < DEADLINE);
        let name = format!("new/{}.mp3", seen.len());
        seen.extend(until_told(&changes, |_| fs::write(root.join(&name), b"x").unwrap()));
    }
}

#[test]
fn without_notifications_every_root_counts_as_changed_now_and_then() {
    let dir = tempfile::tempdir().unwrap();
    let (watcher, changes) = start(dir.path(), false);
    assert_eq!(changes.recv_timeout(DEADLINE).unwrap(), [dir.path().to_owned()]);
    drop(watcher);
    while changes.try_recv().is_ok() {}
    assert!(changes.recv().is_err(), "the watcher has ended");
}

#[test]
fn reading_is_no_change() {
    assert!(!is_change(EventKind::Access(AccessKind::Open(AccessMode::Any))));
    assert!(!is_change(EventKind::Access(AccessKind::Close(AccessMode::Read))));
    assert!(is_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
    assert!(is_change(EventKind::Any));
}

#[test]
fn the_limit_of_watches_names_the_sysctl() {
    for kind in [notify::ErrorKind::MaxFilesWatch, notify::ErrorKind::Io(std::io::ErrorKind::StorageFull.into())] {
        assert!(explain(&notify::Error::new(kind)).contains("fs.inotify.max_user_watches"));
    }
}

#[test]
fn of_nested_folders_the_outer_one_is_told() {
    let changed = ["/m/a", "/m/a/b", "/m/ab"].map(PathBuf::from);
    assert_eq!(outermost(changed.into()), [Path::new("/m/a"), Path::new("/m/ab")]);
}
