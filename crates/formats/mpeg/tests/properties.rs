//! For random files and random edits: the audio is intact, untouched frames are intact byte for byte, the served length is
//! what is read, the result says what the edit says, and any split of reads gives the same bytes.

mod support;

use musefs_contracts::format::Format;
use musefs_format_mpeg::Mpeg;
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::*;

/// Something that stands in a tag: a key with a value, a frame that nobody edits, or a picture.
#[derive(Clone, Debug)]
enum Item {
    Text(usize, String),
    Opaque(Vec<u8>),
    Picture(Vec<u8>),
}

const KEYS: [(&str, &str, &str); 5] = [
    ("title", "TT2", "TIT2"),
    ("artist", "TP1", "TPE1"),
    ("album", "TAL", "TALB"),
    ("tracknumber", "TRK", "TRCK"),
    ("composer", "TCM", "TCOM"),
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z /()0-9]{1,40}", "[ -~äöüß日本–ÿ]{1,30}", "x{200,400}"]
        .prop_filter("says something", |text| !text.is_empty())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0xffu8), Just(0), Just(0xe0), any::<u8>()], 1..300)
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        4 => (0..KEYS.len(), "[a-zÿ]{1,20}").prop_map(|(key, text)| Item::Text(key, text)),
        2 => bytes().prop_map(Item::Opaque),
        1 => bytes().prop_map(Item::Picture),
    ]
}

#[derive(Clone, Debug)]
struct File {
    version: u8,
    items: Vec<Item>,
    padding: usize,
    unsynchronised: bool,
    v1: bool,
    ape: bool,
}

fn file() -> impl Strategy<Value = File> {
    let shape = (2u8..=4, 0usize..3000, any::<bool>(), any::<bool>(), any::<bool>());
    (shape, prop::collection::vec(item(), 0..8)).prop_map(|((version, padding, unsynchronised, v1, ape), items)| File {
        version,
        items,
        padding,
        unsynchronised,
        v1,
        ape,
    })
}

impl File {
    fn frames(&self) -> Vec<Vec<u8>> {
        let unsynchronise =
            |body: &[u8]| if self.unsynchronised && self.version == 4 { unsynchronise(body) } else { body.to_vec() };
        let short = self.version == 2;
        let frames = self.items.iter().map(|item| match item {
            Item::Text(key, text) => {
                let (_, old, new) = KEYS[*key];
                let latin: Vec<u8> = std::iter::once(0).chain(text.chars().map(|c| c as u8)).collect();
                frame(self.version, if short { old } else { new }, &unsynchronise(&latin))
            }
            Item::Opaque(body) => frame(self.version, if short { "GEO" } else { "PRIV" }, &unsynchronise(body)),
            Item::Picture(image) => {
                let mime: &[u8] = if short { b"PNG" } else { b"image/png\0" };
                let body = [b"\0", mime, b"\x03d\0", image].concat();
                frame(self.version, if short { "PIC" } else { "APIC" }, &unsynchronise(&body))
            }
        });
        frames.collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let body = [self.frames().concat(), vec![0; self.padding]].concat();
        let front = match (self.unsynchronised, self.version) {
            (false, version) => tag_with(version, 0, &body),
            (true, 4) => tag_with(4, 0x80, &body),
            (true, version) => tag_with(version, 0x80, &unsynchronise(&body)),
        };
        let mut out = [front, audio(4)].concat();
        if self.ape {
            out.extend(ape(&[ape_item("Title", 0, b"ape title"), ape_item("Mood", 0, b"calm")], true));
        }
        if self.v1 {
            out.extend(id3v1("v1 title", "v1 artist", 3, 17));
        }
        out
    }
}

fn changes() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let keys = prop_oneof![
        4 => (0..KEYS.len()).prop_map(|key| KEYS[key].0.to_owned()),
        2 => prop::sample::select(vec!["my key", "mood", "comment", "lyrics", "grouping", "label", "replaygain_track_gain"]).prop_map(str::to_owned),
    ];
    prop::collection::btree_map(keys, prop::collection::vec(value(), 0..4), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_reaches_no_further_than_it_says(file in file(), changes in changes(), new_art in prop::option::of(1u64..9000), steps in prop::collection::vec(1usize..5000, 1..8)) {
        let bytes = file.bytes();
        let before = probe(&bytes);
        let changed: Vec<(&str, Vec<&str>)> = changes.iter().map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect())).collect();
        let changed: Vec<(&str, &[&str])> = changed.iter().map(|(key, values)| (*key, values.as_slice())).collect();
        let art: Vec<_> = new_art.iter().map(|len| art(1, *len)).collect();
        let edit = edit(&before, &changed, &art);
        let served = serve(&bytes, &before, &edit);
        let after = probe(&served);

        // The result says what the edit says, and all else as before.
        let mut expected: BTreeMap<String, Vec<String>> = before.tags.iter().map(|(key, values)| (key.to_owned(), values.to_vec())).collect();
        expected.extend(changes.iter().map(|(key, values)| (key.clone(), values.clone())));
        for (key, values) in &expected {
            let mut values = values.clone();
            let mut seen = Vec::new();
            values.retain(|value| !seen.contains(value) && { seen.push(value.clone()); true });
            prop_assert_eq!(after.tags.get(key), values, "{}", key);
        }

        // The audio is intact, and stands at a congruent offset.
        prop_assert!(contains(&served, &audio(4)));
        prop_assert_eq!(before.anatomy.audio.offset % 4096, after.anatomy.audio.offset % 4096);

        // Untouched frames are intact; those of 2.2 and 2.3 tags that were unsynchronised come decoded.
        let opaque = file.frames().into_iter().zip(&file.items);
        for (frame, item) in opaque {
            let kept = match item {
                Item::Opaque(_) => true,
                Item::Picture(_) => new_art.is_none(),
                Item::Text(key, _) => !edit.touches(KEYS[*key].0),
            };
            // A 2.4 frame may have its unsynchronisation announced for itself: its body is what must be there.
            let part = if file.version == 4 { &frame[10..] } else { &frame[..] };
            prop_assert!(!kept || edit.is_empty() || contains(&served, part));
        }
        prop_assert_eq!(after.anatomy.pictures.len(), if new_art.is_some() { 1 } else { before.anatomy.pictures.len() });
        if let Some(len) = new_art {
            prop_assert_eq!(after.anatomy.pictures[0].range.len, len);
        }

        // Any split of reads gives the same bytes.
        let layout = Mpeg::new().layout(&before.anatomy, &edit).expect("a layout");
        let mut at = 0;
        for step in steps.iter().cycle() {
            let mut part = vec![0; *step];
            let n = layout.read_at(&Bytes(&bytes), at as u64, &mut part).expect("bytes");
            prop_assert_eq!(&part[..n], &served[at..at + n]);
            at += n;
            if at >= served.len() {
                break;
            }
        }
    }

    #[test]
    fn random_bytes_behind_a_tag_header_do_no_harm(version in 2u8..=4, flags in any::<u8>(), body in bytes(), cut in 0usize..40) {
        let mut file = [tag_with(version, flags, &body), audio(3)].concat();
        file.truncate(file.len() - cut);
        if let Ok(before) = try_probe(&file, "mp3") && before.anatomy.is_editable() {
            let served = serve(&file, &before, &edit(&before, &[("title", &["new"])], &[]));
            prop_assert!(contains(&served, &audio(3)[..3 * 417 - cut]));
            let after = probe(&served);
            prop_assert_eq!(after.tags.get("title"), ["new"]);
        }
    }
}
