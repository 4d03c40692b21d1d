use super::*;

fn sample() -> Anatomy {
    Anatomy {
        format: FormatId::new("flac"),
        prober: 7,
        size: 1 << 33,
        audio: ByteRange::new(8_192, (1 << 33) - 8_192),
        editability: Editability::Editable,
        elements: vec![
            Element { id: *b"TIT2", role: 3, key: Some(0), range: ByteRange::new(10, 20), private: Box::from(*b"xy") },
            Element { id: *b"\0\0\0\x01", role: 0, key: None, range: ByteRange::new(30, 5), private: Box::default() },
        ],
        keys: vec![KeyDigest { key: "title".into(), digest: u64::MAX - 3 }],
        pictures: vec![PictureLocation {
            element: 1,
            range: ByteRange::new(31, 4),
            encoding: PictureEncoding::Base64,
            mime: "image/png".into(),
            picture_type: 3,
            description: "für alle".into(),
        }],
        private: Box::from([1, 2, 3]),
    }
}

#[test]
fn an_anatomy_survives_its_stored_form() {
    let anatomy = sample();
    assert_eq!(Anatomy::decode(&anatomy.encode()), Ok(anatomy));
    let verbatim = Anatomy::verbatim(FormatId::new("mp3"), 1, 17, "no MPEG frame found");
    assert_eq!(Anatomy::decode(&verbatim.encode()), Ok(verbatim));
}

#[test]
fn a_stored_form_cut_anywhere_is_an_error_and_no_panic() {
    let bytes = sample().encode();
    for end in 0..bytes.len() {
        assert_eq!(Anatomy::decode(&bytes[..end]), Err(DecodeError), "cut at {end}");
    }
}

#[test]
fn ranges_outside_the_file_are_noticed() {
    let good = sample();
    assert!(good.lies_inside());
    let outside = ByteRange::new(u64::MAX, 5);
    let mut element = sample();
    element.elements[1].range = outside;
    let mut picture = sample();
    picture.pictures[0].range = outside;
    let many = vec![Element::default(); crate::limits::MAX_ELEMENTS + 1];
    let wrong = [
        element,
        picture,
        Anatomy { audio: outside, ..sample() },
        Anatomy { size: 1 << 48, ..sample() },
        Anatomy { elements: many, ..sample() },
    ];
    assert!(wrong.iter().all(|anatomy| !anatomy.lies_inside()));
}
