use super::*;

struct Bytes(Vec<u8>);

impl HeaderBytes for Bytes {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
    fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let from = offset as usize;
        let part = self.0.get(from..from + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(part);
        Ok(())
    }
}

fn header(comments: &[&[u8]]) -> Bytes {
    let mut out = b"\x06\0\0\0vendor".to_vec();
    out.extend_from_slice(&(comments.len() as u32).to_le_bytes());
    for comment in comments {
        out.extend_from_slice(&(comment.len() as u32).to_le_bytes());
        out.extend_from_slice(comment);
    }
    Bytes(out)
}

fn parsed(bytes: &Bytes) -> (CommentHeader, TagSet) {
    let mut tags = TagSet::new();
    let header = parse(bytes, &mut tags, limits::MAX_ELEMENTS).unwrap();
    (header, tags)
}

#[test]
fn comments_lie_one_behind_the_other() {
    let bytes = header(&[b"TITLE=a", b"Artist=b", b"ARTIST=c"]);
    let (header, tags) = parsed(&bytes);
    assert!(header.complete);
    assert_eq!((header.vendor_len, header.end), (10, bytes.len()));
    assert_eq!(measure(&bytes).unwrap(), Some(bytes.len()));
    let ranges: Vec<_> = header.comments.iter().map(|comment| (comment.range.offset, comment.range.len)).collect();
    assert_eq!(ranges, [(14, 11), (25, 12), (37, 12)]);
    assert_eq!(tags.get("artist"), ["b", "c"]);
    let names: Vec<_> = header.comments.iter().map(|comment| &*comment.private).collect();
    assert_eq!(names, [&b""[..], b"Artist", b""], "only an unusual spelling is kept");
}

#[test]
fn a_comment_without_equals_has_no_key() {
    let (header, tags) = parsed(&header(&[b"just text", b"", b"TITLE=a"]));
    let keys: Vec<_> = header.comments.iter().map(|comment| comment.key).collect();
    assert_eq!(keys, [None, None, Some(0)]);
    assert_eq!(tags.get("title"), ["a"]);
}

#[test]
fn undecodable_values_are_shown_with_replacements_and_undecodable_names_are_opaque() {
    let (header, tags) = parsed(&header(&[b"ARTIST=Bj\xf6rk", b"AR\xffTIST=x"]));
    assert_eq!(tags.get("artist"), ["Bj\u{fffd}rk"]);
    assert_eq!(header.comments[1].key, None);
}

#[test]
fn values_keep_every_character() {
    let value = "LYRICS=a\0b\r\nc \u{feff}🎵=d";
    let (_, tags) = parsed(&header(&[value.as_bytes()]));
    assert_eq!(tags.get("lyrics"), ["a\0b\r\nc \u{feff}🎵=d"]);
}

#[test]
fn a_value_beyond_the_limit_keeps_its_key_but_is_not_read() {
    let mut long = b"LYRICS=".to_vec();
    long.resize(7 + limits::MAX_VALUE_BYTES + 1, b'x');
    let (header, tags) = parsed(&header(&[&long, b"TITLE=a"]));
    assert_eq!(header.comments[0].key, Some(0));
    assert!(!tags.has("lyrics"));
    assert_eq!(tags.get("title"), ["a"]);
}

#[test]
fn a_count_of_four_billion_comments_costs_nothing() {
    let mut bytes = header(&[b"TITLE=a"]);
    bytes.0[10..14].copy_from_slice(&[0xff; 4]);
    let (header, tags) = parsed(&bytes);
    assert_eq!((header.comments.len(), header.complete), (1, false));
    assert_eq!(tags.get("title"), ["a"]);
    assert_eq!(measure(&bytes).unwrap(), None);
}

#[test]
fn a_length_that_lies_ends_the_list_where_it_stands() {
    let mut bytes = header(&[b"TITLE=a", b"ARTIST=b"]);
    bytes.0[25..29].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    let (header, _) = parsed(&bytes);
    assert_eq!((header.comments.len(), header.end, header.complete), (1, 25, false));
    let vendor = Bytes(vec![0xff; 30]);
    assert_eq!(parsed(&vendor).0, CommentHeader::default());
    assert_eq!(parsed(&Bytes(Vec::new())).0, CommentHeader::default());
}

#[test]
fn more_comments_than_can_be_listed_are_one_run() {
    let texts: Vec<String> = (0..100).map(|n| format!("K{n}=v")).collect();
    let comments: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    let bytes = header(&comments);
    let mut tags = TagSet::new();
    let header = parse(&bytes, &mut tags, 11).unwrap();
    assert_eq!(header.comments.len(), 11);
    let run = &header.comments[10];
    assert_eq!((run.role, &*run.private, run.range.end()), (role::RUN, &[90][..], bytes.len()));
    assert!(header.complete);
}

#[test]
fn pictures_in_comments_are_located() {
    let mut structure = b"\0\0\0\x03\0\0\0\x09image/png\0\0\0\x01d".to_vec();
    structure.extend_from_slice(&[0; 16]);
    structure.extend_from_slice(b"\0\0\0\x05image");
    let encoded = |bytes: &[u8]| base64(bytes);
    let picture = format!("metadata_block_picture={}", encoded(&structure));
    let coverart = format!("COVERART={}", encoded(b"\x89PNG\r\n\x1a\nrest"));
    let bad = "METADATA_BLOCK_PICTURE=*not base64*";
    let bytes = header(&[picture.as_bytes(), coverart.as_bytes(), b"COVERARTMIME=image/png", bad.as_bytes()]);
    let (header, tags) = parsed(&bytes);
    assert_eq!(tags.iter().count(), 0, "pictures are no tags");
    assert!(header.comments.iter().all(|comment| comment.role == role::PICTURE));
    let first = header.comments[0].picture.as_ref().unwrap();
    assert_eq!((first.mime.as_str(), first.description.as_str(), first.picture_type), ("image/png", "d", 3));
    assert_eq!(first.encoding, PictureEncoding::Base64, "42 bytes before the image are whole groups of three");
    assert_eq!(first.range.end(), header.comments[0].range.end());
    let second = header.comments[1].picture.as_ref().unwrap();
    assert_eq!((second.mime.as_str(), second.encoding), ("image/png", PictureEncoding::Base64));
    assert_eq!(header.comments[3].picture, None);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().chain([&0, &0]).take(3).fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        for digit in 0..4 {
            let value = DIGITS[(bits >> (18 - 6 * digit) & 63) as usize];
            out.push(if digit > group.len() { '=' } else { value as char });
        }
    }
    out
}
