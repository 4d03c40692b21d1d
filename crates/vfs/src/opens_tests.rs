use super::*;
use musefs_contracts::filesystem::FileKind;
use musefs_contracts::ids::TrackId;

const TRACK: TrackId = TrackId(7);

fn content(version: i64) -> ContentKey {
    ContentKey { content_version: version, stamp_digest: 0 }
}

fn attributes(epoch: u8, size: u64) -> Attributes {
    Attributes {
        ino: Ino::of_track(TRACK, epoch),
        kind: FileKind::File,
        size,
        mtime_ns: 0,
        ctime_ns: 0,
        links: 1,
        permissions: 0o444,
        uid: 0,
        gid: 0,
    }
}

#[test]
fn a_content_that_is_open_keeps_its_number_and_the_next_content_gets_another() {
    let mut opens = Opens::default();
    assert_eq!(opens.epoch_for(TRACK, 0, content(1), true), 0, "nothing is open");
    opens.add(TRACK, content(1), attributes(0, 10));
    assert_eq!(opens.epoch_for(TRACK, 0, content(2), true), 1);
    assert_eq!(opens.former(Ino::of_track(TRACK, 0), Some(content(2))).map(|at| at.size), Some(10));
    assert_eq!(opens.cached_numbers(TRACK, 1, Some(content(2))), [Ino::of_track(TRACK, 1)]);
    assert!(!opens.first_is_free(TRACK, content(2)));
    assert!(opens.remove(Ino::of_track(TRACK, 0), content(1), false));
    assert!(opens.first_is_free(TRACK, content(2)));
    assert_eq!(opens.cached_numbers(TRACK, 1, Some(content(2))).len(), 2, "the kernel may know both");
}

#[test]
fn only_passthrough_counts_where_asked_so() {
    let mut opens = Opens::default();
    opens.add(TRACK, content(1), attributes(0, 10));
    assert_eq!(opens.epoch_for(TRACK, 0, content(2), false), 0);
    opens.pass_through(Ino::of_track(TRACK, 0), content(1));
    assert_eq!(opens.epoch_for(TRACK, 0, content(2), false), 1);
}

#[test]
fn handles_on_one_content_are_counted() {
    let mut opens = Opens::default();
    let ino = Ino::of_track(TRACK, 0);
    opens.add(TRACK, content(1), attributes(0, 10));
    opens.add(TRACK, content(1), attributes(0, 10));
    assert!(!opens.remove(ino, content(1), false));
    assert!(opens.remove(ino, content(1), false));
    assert!(!opens.remove(ino, content(1), false), "a handle too many is none");
}

#[test]
fn numbers_run_round_past_those_in_use() {
    let mut opens = Opens::default();
    opens.add(TRACK, content(1), attributes(255, 1));
    opens.add(TRACK, content(2), attributes(0, 2));
    assert_eq!(opens.epoch_for(TRACK, 255, content(3), true), 1);
    for epoch in 0..=u8::MAX {
        opens.add(TRACK, content(100 + i64::from(epoch)), attributes(epoch, 1));
    }
    assert_eq!(opens.epoch_for(TRACK, 9, content(3), true), 9, "all are taken");
}
