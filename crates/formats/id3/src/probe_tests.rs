use super::*;
use musefs_contracts::backing::MemorySource;

fn probe(bytes: &[u8]) -> (Option<TagInfo>, Collector) {
    let mut out = Collector::new();
    let info = probe_tag(&MemorySource(bytes.to_vec()), 0, bytes.len() as u64, &mut out).expect("memory");
    out.finish();
    (info, out)
}

#[test]
fn what_is_no_tag_is_told_as_such() {
    for bytes in [
        &b""[..],
        b"ID3\x03\0\0\0\0\0",
        b"ID4\x03\0\0\0\0\0\0",
        b"ID3\x05\0\0\0\0\0\0",
        b"ID3\x02\0\x40\0\0\0\0",
        b"ID3\x03\0\0\0\0\0\x80",
    ] {
        assert_eq!(probe(bytes).0, None, "{bytes:x?}");
    }
    assert!(probe(b"ID3\x03\0\0\0\0\0\0").0.is_some(), "a tag may be empty");
}

#[test]
fn the_stored_form_of_a_tag_and_of_a_frame_reads_back() {
    use musefs_contracts::codec::{Decoder, Encoder};
    let (info, out) = probe(b"ID3\x03\0\x80\0\0\0\x15COMM\0\0\0\x0a\0\0\x01eng\xff\0\xfea\0");
    let info = info.expect("a tag");
    let mut encoded = Encoder::default();
    info.encode(&mut encoded);
    assert_eq!(TagInfo::decode(&mut Decoder(&encoded.0)), Ok(info));
    for element in &out.elements {
        let private = Private::decode(&element.private).expect("private bytes");
        assert_eq!(private.encode(), element.private);
    }
}

#[test]
fn plain_sizes_are_told_from_synchsafe_ones_by_the_frames_they_lead_to() {
    let frame = |size: [u8; 4]| [&b"TALB"[..], &size, b"\0\0", &[b'x'; 200]].concat();
    let tag = |frame: Vec<u8>| {
        let body = [frame, b"TPE1\0\0\0\x02\0\0\0a".to_vec(), vec![0; 30]].concat();
        [&b"ID3\x04\0\0\0\0"[..], &[(body.len() >> 7) as u8, body.len() as u8 & 0x7f], &body].concat()
    };
    for (size, plain) in [([0, 0, 0, 200], true), ([0, 0, 1, 72], false)] {
        let (info, out) = probe(&tag(frame(size)));
        assert_eq!(info.map(|info| info.plain_sizes), Some(plain));
        assert_eq!(out.tags.get("artist"), ["a"]);
    }
}

#[test]
fn frames_inside_a_frame_do_not_make_sizes_plain() {
    check_hidden(b"\r\0\0\x03 rest");
    check_hidden(&[0; 12]);
}

fn check_hidden(behind: &[u8]) {
    let frame = |id: &[u8], size: [u8; 4], body: &[u8]| [id, &size, b"\0\0", body].concat();
    let small = |id: &[u8]| frame(id, [0, 0, 0, 2], b"\0b");
    // Read as a plain number, the first size leads to what stands inside the opaque frame.
    let first = frame(b"TALB", [0, 0, 2, 13], &[b'x'; 269]);
    let hidden = [small(b"TCOM"), small(b"TCON"), small(b"TPE2"), small(b"TPE3"), behind.to_vec()].concat();
    let content = [vec![0; 525 - 269 - 10], hidden].concat();
    let opaque = frame(b"XHID", [0, 0, (content.len() >> 7) as u8, content.len() as u8 & 0x7f], &content);
    let body = [first, opaque, small(b"TPE1"), vec![0; 30]].concat();
    let tag = [&b"ID3\x04\0\0\0\0"[..], &[(body.len() >> 7) as u8, body.len() as u8 & 0x7f], &body].concat();
    let (info, out) = probe(&tag);
    assert_eq!(info.map(|info| info.plain_sizes), Some(false));
    assert_eq!(out.tags.get("artist"), ["b"]);
}
