use super::*;
use musefs_contracts::anatomy::{Editability, FormatId, KeyDigest};
use musefs_contracts::edit::KeyChange;
use musefs_contracts::ids::ArtId;

/// An anatomy of comments with these keys and spellings, each ten bytes long.
fn anatomy(comments: &[(u8, Option<&str>, &str)]) -> Anatomy {
    let mut anatomy = Anatomy::verbatim(FormatId::new("test"), 1, 1000, "");
    anatomy.editability = Editability::Editable;
    for (index, (role, key, spelling)) in comments.iter().enumerate() {
        let key = key.map(|key| {
            anatomy.keys.push(KeyDigest { key: key.into(), digest: 0 });
            anatomy.keys.len() as u32 - 1
        });
        let range = ByteRange::new(index as u64 * 10, 10);
        let private = spelling.as_bytes().into();
        anatomy.elements.push(Element { id: *b"CMNT", role: *role, key, range, private });
    }
    anatomy
}

fn change(key: &str, values: &[&str]) -> KeyChange {
    KeyChange { key: key.into(), values: values.iter().map(|value| EditValue::Text((*value).into())).collect() }
}

/// What is written: `<n>` for the kept comment n, otherwise text.
fn rewritten(anatomy: &Anatomy, edit: &Edit, home: PictureHome) -> (Vec<String>, u64) {
    let mut rewriter = Rewriter::new(anatomy, edit, home);
    for element in &anatomy.elements {
        rewriter
            .comment(element, |out| {
                out.backing(element.range);
            })
            .unwrap();
    }
    let out = rewriter.finish_header().unwrap();
    let mut parts = Vec::new();
    for segment in out.comments.into_segments() {
        match segment {
            Segment::Backing(range) => {
                parts.extend((range.offset / 10..range.end() / 10).map(|n| format!("<{n}>")));
            }
            Segment::Bytes(bytes) => {
                let mut rest = &bytes[..];
                while let Some((len, behind)) = rest.split_first_chunk::<4>() {
                    let (text, next) = behind.split_at((u32::from_le_bytes(*len) as usize).min(behind.len()));
                    parts.push(String::from_utf8_lossy(text).into_owned());
                    rest = next;
                }
            }
            other => parts.push(format!("{other:?}")),
        }
    }
    (parts, out.count)
}

#[test]
fn a_changed_key_stands_where_the_file_first_had_it_in_the_files_spelling() {
    let mut anatomy =
        anatomy(&[(role::FIELD, Some("title"), "Title"), (role::FIELD, None, ""), (role::FIELD, Some("artist"), "")]);
    // A second title.
    let again = Element { range: ByteRange::new(30, 10), ..anatomy.elements[0].clone() };
    anatomy.elements.push(again);
    let edit = Edit { changes: vec![change("new", &["x"]), change("title", &["a", "b"])], art: None };
    let (parts, count) = rewritten(&anatomy, &edit, PictureHome::Blocks);
    assert_eq!(parts, ["Title=a", "Title=b", "<1>", "<2>", "NEW=x"]);
    assert_eq!(count, 5);
}

#[test]
fn a_removed_key_is_left_out_and_runs_count_as_many() {
    let anatomy = anatomy(&[(role::FIELD, Some("title"), ""), (role::RUN, None, "\x07")]);
    let edit = Edit { changes: vec![change("title", &[])], art: None };
    assert_eq!(rewritten(&anatomy, &edit, PictureHome::Blocks), (vec!["<1>".to_owned()], 7));
}

#[test]
fn names_that_cannot_be_written_are_left_out() {
    let edit = Edit { changes: vec![change("", &["x"]), change("a=b", &["x"])], art: None };
    assert_eq!(rewritten(&anatomy(&[]), &edit, PictureHome::Blocks), (Vec::new(), 0));
}

#[test]
fn pictures_are_exchanged_in_place_or_appended() {
    let link = ArtLink {
        art: ArtId(5),
        mime: "image/png".into(),
        width: None,
        height: None,
        byte_len: 1000,
        picture_type: 3,
        description: String::new(),
    };
    let edit = Edit { changes: Vec::new(), art: Some(vec![link]) };
    let with = anatomy(&[(role::PICTURE, None, ""), (role::FIELD, None, ""), (role::PICTURE, None, "")]);
    let (parts, count) = rewritten(&with, &edit, PictureHome::Comments);
    assert_eq!((parts[0].as_str(), parts[2].as_str(), count), ("METADATA_BLOCK_PICTURE=", "<1>", 2));
    assert!(parts[1].starts_with("Computed"));
    let (parts, count) = rewritten(&anatomy(&[(role::FIELD, None, "")]), &edit, PictureHome::Comments);
    assert_eq!((parts[0].as_str(), parts.len(), count), ("<0>", 3, 2));
    assert_eq!(rewritten(&with, &edit, PictureHome::Blocks), (vec!["<1>".to_owned()], 1));
}

#[test]
fn a_binary_value_is_written_in_base64() {
    let value = musefs_contracts::layout::TagValueRef {
        track: musefs_contracts::ids::TrackId(1),
        key: "blob".into(),
        ordinal: 0,
    };
    let changes = vec![KeyChange { key: "blob".into(), values: vec![EditValue::Binary(value, 100)] }];
    let (parts, count) = rewritten(&anatomy(&[]), &Edit { changes, art: None }, PictureHome::Blocks);
    assert_eq!((parts, count), (vec!["BLOB=".to_owned(), "Computed(136)".to_owned()], 1));
}

#[test]
fn what_only_another_tag_states_is_carried_unless_the_edit_has_it() {
    let anatomy = anatomy(&[(role::FIELD, Some("title"), "")]);
    let edit = Edit { changes: vec![change("album", &[])], art: None };
    let mut rewriter = Rewriter::new(&anatomy, &edit, PictureHome::Blocks);
    for key in ["title", "album", "date"] {
        rewriter.carry(key, &["v".into()]).unwrap();
    }
    assert_eq!(rewriter.finish_header().unwrap().count, 1);
}
