use super::*;
use std::fs;
use std::path::Path;

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

/// Waits until this folder is told.
fn until_told_of(changes: &Receiver<Vec<PathBuf>>, folder: &Path, mut change: impl FnMut(usize)) {
    let since = Instant::now();
    while !until_told(changes, &mut change).contains(&folder.to_owned()) {
        assert!(since.elapsed() < DEADLINE, "{} was not told", folder.display());
    }
}

#[test]
fn a_root_that_comes_later_or_is_exchanged_is_watched() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("root");
    let (_watcher, changes) = start(&root, true);
    for round in 0..3 {
        let new = dir.path().join("new");
        fs::create_dir_all(new.join("album")).unwrap();
        if round > 0 {
            fs::rename(&root, dir.path().join(format!("former {round}"))).unwrap();
        }
        fs::rename(&new, &root).unwrap();
        // The watch may have come up after the first one stood there.
        until_told_of(&changes, &root, |n| {
            if round == 0 {
                fs::write(root.join(n.to_string()), b"x").unwrap();
            }
        });
        until_told_of(&changes, &root.join("album"), |n| fs::write(root.join(format!("album/{n}")), b"x").unwrap());
    }
}

#[test]
fn the_limits_name_their_sysctl() {
    assert!(explain(Errno::NOSPC).contains("fs.inotify.max_user_watches"));
    assert!(explain(Errno::MFILE).contains("fs.inotify.max_user_instances"));
}

#[test]
fn of_nested_folders_the_outer_one_is_told() {
    let changed = ["/m/a", "/m/a/b", "/m/ab"].map(PathBuf::from);
    assert_eq!(outermost(changed.into()), [Path::new("/m/a"), Path::new("/m/ab")]);
}
