use super::*;

#[test]
fn what_fits_keeps_its_place_and_what_does_not_moves_by_blocks() {
    assert_eq!(fit(100, 100, 4096), 100);
    assert_eq!(fit(90, 100, 4096), 100);
    assert_eq!(fit(101, 100, 4096), 4196);
    assert_eq!(fit(5, 0, 4096), 4096);
    assert_eq!(fit(4097, 0, 4096), 8192);
    let shrunk = fit(100, 1_000_000, 4096);
    assert!(shrunk < 100 + 4096 && (1_000_000 - shrunk).is_multiple_of(4096));
    assert_eq!(fit(7, 3, 0), 7, "a block of nothing is one of one");
}

#[test]
fn frames_beyond_the_versions_limit_are_refused() {
    assert!(frame_header(2, *b"\0PIC", 1 << 24, 0).is_err());
    assert!(frame_header(3, *b"APIC", 1 << 28, 0).is_err());
    assert_eq!(frame_header(2, *b"\0TT2", 258, 0).expect("a header"), b"TT2\0\x01\x02");
    assert_eq!(frame_header(3, *b"TIT2", 258, 0x80).expect("a header"), b"TIT2\0\0\x01\x02\0\x80");
    assert_eq!(frame_header(4, *b"TIT2", 258, 2).expect("a header"), b"TIT2\0\0\x02\x02\0\x02");
}

#[test]
fn a_tag_without_frames_is_a_header_and_padding() {
    let tag = new_tag(&Edit::default(), &[]).expect("no frames");
    assert!(tag.is_empty());
    assert_eq!(tag.finish(30).expect("a tag").len(), 30);
}
