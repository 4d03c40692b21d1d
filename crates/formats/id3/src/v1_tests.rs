use super::*;
use musefs_contracts::backing::MemorySource;

fn tag(year: &str, comment: [u8; 30]) -> Vec<u8> {
    let mut out = b"TAG".to_vec();
    for text in ["  title ", "artist", "album"] {
        let mut field = text.as_bytes().to_vec();
        field.resize(30, 0);
        out.extend(field);
    }
    out.extend_from_slice(year.as_bytes());
    out.extend_from_slice(&comment);
    out.push(13);
    out
}

fn probe(bytes: &[u8]) -> Option<(Id3v1, Collector)> {
    let mut out = Collector::new();
    let source = MemorySource(bytes.to_vec());
    let tag = probe_v1(&source, 0, bytes.len() as u64, true, &mut out).expect("memory");
    tag.map(|tag| (tag, out))
}

#[test]
fn fields_are_trimmed_and_located() {
    let mut comment = [0; 30];
    comment[29] = 9;
    let (tag, out) = probe(&tag("2001", comment)).expect("a tag");
    assert_eq!(out.tags.get("title"), ["title"]);
    assert_eq!(out.tags.get("tracknumber"), ["9"]);
    assert_eq!(out.tags.get("genre"), ["Pop"]);
    let title = &tag.carried()[0];
    assert_eq!((title.key.as_str(), &title.text), ("title", &CarriedText::Latin1(ByteRange::new(5, 5))));
}

#[test]
fn the_stored_form_reads_back() {
    let (tag, _) = probe(&[vec![7; 50], tag("01", [b'c'; 30])].concat()).expect("a tag written too short");
    let mut out = Encoder::default();
    tag.encode(&mut out);
    assert_eq!(Id3v1::decode(&mut Decoder(&out.0)), Ok(tag));
    assert!(Id3v1::decode(&mut Decoder(&out.0[..5])).is_err());
    assert_eq!(tag.range, ByteRange::new(50, 126));
}

#[test]
fn the_enhanced_block_and_ape_are_no_id3v1_tags() {
    assert!(probe(&[b"APETAGEX".to_vec(), vec![0; 125]].concat()).is_none());
    assert!(probe(&[0; 128]).is_none());
}

#[test]
fn what_ends_as_another_tag_does_is_no_id3v1_tag() {
    let mut bytes = tag("2001", [b'c'; 30]);
    bytes[96..104].copy_from_slice(b"APETAGEX");
    assert!(probe(&bytes).is_none());
    bytes[96] = b'x';
    assert!(probe(&bytes).is_some());
    for (at, end) in [(119, &b"LYRICS200"[..]), (119, b"LYRICSEND"), (118, b"3DI\x04\0\0\0\0\0\0")] {
        let mut bytes = tag("2001", [b'c'; 30]);
        bytes[at..].copy_from_slice(end);
        assert!(probe(&bytes).is_none(), "{end:?}");
        bytes[at] = b'x';
        assert!(probe(&bytes).is_some());
    }
}
