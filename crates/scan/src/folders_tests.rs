use super::*;
use std::fs;
use std::time::Duration;

/// A folder with a folder in it, both of them old.
fn old_folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (outer, inner) = (dir.path().join("outer"), dir.path().join("outer/inner"));
    fs::create_dir_all(&inner).unwrap();
    (dir, outer, inner)
}

/// A record of folders as if they had been still for long.
fn record(folders: &[&Path]) -> Vec<u8> {
    let walked = Walked::default();
    for path in folders {
        walked.folders.lock().unwrap().push(((*path).to_owned(), Mark::of(path).unwrap()));
    }
    walked.record(&Formats::default(), 7).unwrap()
}

#[test]
fn folders_that_nothing_happened_to_are_as_they_were() {
    let (_dir, outer, inner) = old_folders();
    let record = record(&[&outer, &inner]);
    assert_eq!(unchanged(&record, &Formats::default()), Some(7));
    fs::read_dir(&inner).unwrap().for_each(drop);
    assert_eq!(unchanged(&record, &Formats::default()), Some(7));
}

#[test]
fn names_that_come_go_or_change_are_noticed() {
    let (_dir, outer, inner) = old_folders();
    let file = inner.join("file");
    let steps: [&dyn Fn(); 4] = [
        &|| fs::write(&file, "new").unwrap(),
        &|| {
            fs::write(outer.join("other"), "other").unwrap();
            fs::rename(outer.join("other"), &file).unwrap();
        },
        &|| fs::remove_file(&file).unwrap(),
        &|| {
            fs::remove_dir(&inner).unwrap();
            fs::create_dir(&inner).unwrap();
        },
    ];
    for (at, step) in steps.iter().enumerate() {
        let record = record(&[&outer, &inner]);
        // Times of files move on with the kernel's clock, which ticks some hundred times a second.
        std::thread::sleep(Duration::from_millis(50));
        step();
        assert_eq!(unchanged(&record, &Formats::default()), None, "step {at}");
    }
    let record = record(&[&outer, &inner]);
    fs::rename(&inner, outer.join("elsewhere")).unwrap();
    assert_eq!(unchanged(&record, &Formats::default()), None);
}

#[test]
fn a_folder_whose_time_was_set_back_is_noticed() {
    let (_dir, outer, inner) = old_folders();
    let record = record(&[&outer, &inner]);
    let modified = fs::metadata(&inner).unwrap().modified().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    fs::write(inner.join("file"), "new").unwrap();
    fs::File::open(&inner).unwrap().set_modified(modified).unwrap();
    assert_eq!(fs::metadata(&inner).unwrap().modified().unwrap(), modified);
    assert_eq!(unchanged(&record, &Formats::default()), None);
}

#[test]
fn a_folder_that_changed_a_moment_ago_or_will_have_is_not_believed() {
    let (_dir, outer, _) = old_folders();
    let walked = Walked::default();
    walked.note(&outer);
    assert_eq!(walked.record(&Formats::default(), 1), None);
    let mark = Mark { device: 1, inode: 1, mtime_ns: 10, ctime_ns: 20 };
    assert!(mark.is_still(21 + STILL_NS) && !mark.is_still(20 + STILL_NS) && !mark.is_still(5));
}

#[test]
fn a_walk_that_failed_proves_nothing() {
    let walked = Walked::default();
    walked.note(Path::new("/"));
    walked.spoil();
    assert_eq!(walked.record(&Formats::default(), 1), None);
    assert_eq!(Walked::default().record(&Formats::default(), 0), None);
}

#[test]
fn times_of_a_file_system_without_a_disk_are_not_believed() {
    let walked = Walked::default();
    walked.folders.lock().unwrap().push(("/proc".into(), Mark::of(Path::new("/proc")).unwrap()));
    assert_eq!(walked.record(&Formats::default(), 1), None);
}

#[test]
fn a_damaged_record_is_no_record() {
    let (_dir, outer, inner) = old_folders();
    let record = record(&[&outer, &inner]);
    for len in 0..record.len() {
        // Cut between two folders it is a record of fewer.
        let cut = unchanged(&record[..len], &Formats::default());
        assert!(cut.is_none() || len == record.len() - 40 - inner.as_os_str().len(), "{len}");
    }
    for at in 0..record.len() {
        let mut other = record.clone();
        other[at] ^= 0x80;
        let _ = unchanged(&other, &Formats::default());
    }
}
