use super::*;
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element, FormatId, PictureLocation};
use musefs_contracts::backing::MemorySource;
use musefs_contracts::codec::{Decoder, Encoder};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{LayoutBuilder, SegmentIo, TagValueRef};
use musefs_contracts::tags::{ArtLink, TagSet};
use std::io;

struct Backing(Vec<u8>);

impl SegmentIo for Backing {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = offset as usize;
        buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn art(&self, _: ArtId, _: u64, buf: &mut [u8]) -> io::Result<()> {
        buf.fill(b'*');
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn item(name: &str, flags: u32, value: &[u8]) -> Vec<u8> {
    [&(value.len() as u32).to_le_bytes(), &flags.to_le_bytes(), name.as_bytes(), b"\0", value].concat()
}

fn tag(items: &[Vec<u8>], header: bool) -> Vec<u8> {
    let body = items.concat();
    let marker = |flags: u32| {
        let ints = [2000, body.len() as u32 + 32, items.len() as u32, flags | if header { 1 << 31 } else { 0 }];
        [b"APETAGEX".to_vec(), ints.iter().flat_map(|int| int.to_le_bytes()).collect(), vec![0; 8]].concat()
    };
    [if header { marker(1 << 29) } else { Vec::new() }, body.clone(), marker(0)].concat()
}

struct Read {
    tag: ApeTag,
    tags: TagSet,
    elements: Vec<Element>,
    pictures: Vec<PictureLocation>,
}

fn read(bytes: &[u8]) -> Option<Read> {
    let source = MemorySource(bytes.to_vec());
    let tag = locate(&source, 0, bytes.len() as u64).expect("memory")?;
    let (mut tags, mut elements, mut pictures) = (TagSet::new(), Vec::new(), Vec::new());
    let state = |key: &str, values: Vec<String>| {
        let index = tags.key(key);
        for value in values {
            tags.push(key, value);
        }
        index
    };
    let take = |element, picture: Option<PictureLocation>| {
        elements.push(element);
        pictures.extend(picture);
        true
    };
    probe(&source, &tag, state, take).expect("memory");
    Some(Read { tag, tags, elements, pictures })
}

fn spliced(bytes: &[u8], read: &Read, edit: &Edit, follow: Follow) -> Vec<u8> {
    let anatomy = Anatomy {
        format: FormatId::new("test"),
        prober: 1,
        size: bytes.len() as u64,
        audio: ByteRange::default(),
        editability: Editability::Editable,
        elements: read.elements.clone(),
        keys: read.tags.digests(),
        pictures: Vec::new(),
        private: Box::default(),
    };
    bytes_of(bytes, splice(&anatomy, &read.tag, &read.elements, edit, follow).expect("a tag"))
}

fn bytes_of(backing: &[u8], builder: LayoutBuilder) -> Vec<u8> {
    let layout = builder.finish();
    let mut out = vec![0; layout.len() as usize];
    layout.read_at(&Backing(backing.to_vec()), 0, &mut out).expect("bytes");
    out
}

fn change(key: &str, values: &[&str]) -> KeyChange {
    KeyChange { key: key.to_owned(), values: values.iter().map(|value| EditValue::Text((*value).to_owned())).collect() }
}

fn cover() -> ArtLink {
    let (mime, description) = ("image/png".to_owned(), String::new());
    ArtLink { art: ArtId(1), mime, width: None, height: None, byte_len: 6, picture_type: 4, description }
}

#[test]
fn items_are_read_whatever_their_case_and_kind() {
    for header in [true, false] {
        let items = [
            item("TITLE", 0, b"t"),
            item("album artist", 0, b"a\0b"),
            item("Year", 0, b"2001\0"),
            item("Broken", 0, b"\xff"),
            item("Data", 2, b"\0"),
            item("Link", 4, b"http://x"),
            item("Cover Art (Back)", 2, b"b.png\0image"),
        ];
        let bytes = [b"audio".to_vec(), tag(&items, header)].concat();
        let read = read(&bytes).expect("a tag");
        assert_eq!((read.tag.has_header(), read.tag.has_footer(), read.tag.range.offset), (header, true, 5));
        assert_eq!(read.tags.get("title"), ["t"]);
        assert_eq!(read.tags.get("albumartist"), ["a", "b"]);
        assert_eq!(read.tags.get("date"), ["2001"]);
        assert!(!read.tags.has("broken") && !read.tags.has("data") && !read.tags.has("link"));
        assert_eq!(
            (read.pictures[0].picture_type, read.pictures[0].mime.as_str(), read.pictures[0].range.len),
            (4, "image/png", 5)
        );
        let mut out = Encoder::default();
        read.tag.encode(&mut out);
        assert_eq!(ApeTag::decode(&mut Decoder(&out.0)), Ok(read.tag));
        let value = carried_value(&read.elements[1]).expect("text");
        assert_eq!(&bytes[value.offset as usize..value.end() as usize], b"a\0b");
        assert_eq!(carried_value(&read.elements[3]), None);
        assert_eq!(name_of(&read.elements[6]).as_deref(), Some("Cover Art (Back)"));
        assert_eq!(name_of(&Element::default()), None);
    }
}

#[test]
fn an_edit_keeps_untouched_items_and_spells_names_as_before() {
    let items = [item("TITLE", 1, b"t"), item("Artist", 0, b"a"), item("Cover Art (Front)", 2, b"f.jpg\0image")];
    let bytes = tag(&items, true);
    let read_before = read(&bytes).expect("a tag");
    let edit = Edit { changes: vec![change("mood", &["m"]), change("title", &["x", "y"])], art: None };
    let known = spliced(&bytes, &read_before, &edit, Follow::Known);
    assert_eq!(known, tag(&[item("TITLE", 1, b"x\0y"), items[1].clone(), items[2].clone()], true));
    let all = spliced(&bytes, &read_before, &edit, Follow::All);
    assert_eq!(all, tag(&[item("TITLE", 1, b"x\0y"), items[1].clone(), items[2].clone(), item("Mood", 0, b"m")], true));
    let removed = Edit { changes: vec![change("artist", &[]), change("title", &[])], art: Some(vec![cover()]) };
    assert!(spliced(&bytes, &read_before, &removed, Follow::Known).is_empty(), "a tag without items is left out");
    let all = spliced(&bytes, &read_before, &removed, Follow::All);
    assert_eq!(all, tag(&[item("Cover Art (Back)", 2, b"Cover Art (Back).png\0******")], true));
}

#[test]
fn a_new_tag_has_header_and_footer_and_reads_back() {
    let edit = Edit {
        changes: vec![change("albumartist", &["ä"]), change("tracknumber", &["1/2"])],
        art: Some(vec![cover()]),
    };
    let bytes = bytes_of(b"", new_tag(&edit).expect("a tag"));
    let read = read(&bytes).expect("a tag");
    assert!(read.tag.has_header() && read.tag.has_footer());
    assert_eq!(
        (read.tags.get("albumartist"), read.tags.get("tracknumber")),
        (&["ä".to_owned()][..], &["1/2".to_owned()][..])
    );
    assert_eq!(read.pictures.len(), 1);
}

#[test]
fn a_key_that_cannot_be_a_name_is_left_out() {
    let edit = Edit { changes: vec![change("x", &["1"]), change("xy", &["2"])], art: None };
    let bytes = bytes_of(b"", new_tag(&edit).expect("a tag"));
    assert_eq!(bytes, tag(&[item("Xy", 0, b"2")], true));
}

#[test]
fn a_broken_item_ends_the_listing_and_stays() {
    let mut broken = item("Artist", 0, b"a");
    broken[0] = 200;
    let bytes = tag(&[item("Title", 0, b"t"), broken.clone()], true);
    let read = read(&bytes).expect("a tag");
    assert_eq!(read.elements.last().map(|element| element.role), Some(ROLE_REMAINDER));
    let edit = Edit { changes: vec![change("title", &["x"])], art: None };
    assert_eq!(spliced(&bytes, &read, &edit, Follow::Known), tag(&[item("Title", 0, b"x"), broken], true));
}

#[test]
fn markers_that_lie_are_no_tags() {
    let mut bytes = tag(&[item("Title", 0, b"t")], false);
    let size = bytes.len() - 20;
    for lie in [0u32, 31, 5000, u32::MAX] {
        bytes[size..size + 4].copy_from_slice(&lie.to_le_bytes());
        assert!(read(&bytes).is_none(), "{lie}");
    }
    assert!(read(b"APETAGEX").is_none());
}

#[test]
fn the_footer_of_the_tag_before_is_no_header() {
    let (one, other) = (tag(&[item("Title", 0, b"one")], true), tag(&[item("Title", 0, b"two")], false));
    let bytes = [one.clone(), other].concat();
    let found = read(&bytes).expect("a tag");
    assert_eq!((found.tag.has_header(), found.tag.range.offset), (false, one.len() as u64));
    // A header that does not say that it is one, before a footer that speaks of it.
    let mut unmarked = one;
    unmarked[20..24].fill(0);
    assert!(read(&unmarked).expect("a tag").tag.has_header());
}

#[test]
fn new_items_stand_before_what_readers_cannot_pass() {
    let mut broken = item("Album", 0, b"b");
    broken[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let bytes = tag(&[item("Artist", 0, b"a"), broken.clone()], true);
    let before = read(&bytes).unwrap();
    let edit = Edit { changes: vec![change("title", &["new"])], art: None };
    let served = spliced(&bytes, &before, &edit, Follow::All);
    let after = read(&served).unwrap();
    assert_eq!((after.tags.get("artist"), after.tags.get("title")), (&["a".to_owned()][..], &["new".to_owned()][..]));
    assert!(served.windows(broken.len()).any(|part| part == broken));
}
