//! Every promise of a format, checked on any bytes: probe, edit, serve, probe what was served.

use super::allocator::peak_of;
use super::pages::without_numbers;
use super::served::{self, Io};
use musefs_contracts::anatomy::{Anatomy, ByteRange, PictureEncoding, PictureLocation};
use musefs_contracts::backing::{MemorySource, Source, read_exact_at};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, Head, LayoutError, leading_id3v2_len};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::Layout;
use musefs_contracts::limits;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::{ArtLink, NUMBERS_AND_TOTALS, TagRow, TagValue, digest_values};
use std::collections::BTreeSet;

/// Most bytes that a probe, or a layout, may hold at once.
pub const MAX_PROBE_HEAP: usize = 32 << 20;
/// Bytes of the head that a format is shown.
const HEAD: u64 = 16 << 10;
/// Bytes behind leading ID3v2 tags that a format is shown.
const CONTENT: u64 = 4 << 10;
/// Pictures of a file that are taken out of it.
const MAX_PICTURES: usize = 4;
/// A key that no container has a field of its own for.
const FREE_KEY: &str = "fuzzed key";
const TITLES: [&str; 6] = ["x", "A longer title than most", "füzz ☃ 𝄞", "a/b; c = d", " blanks ", "="];
/// What an edit of totals says anew.
const TOTALS: [&str; 3] = ["tracktotal", "discnumber", "disctotal"];
/// The formats whose audio stands in pages that an edit may number anew.
const PAGED: [&str; 5] = ["vorbis", "opus", "oggflac", "speex", "ogg"];

/// Probes a source as the scanner does: with the head of the file and what stands behind its ID3v2 tags.
pub fn probe(format: &dyn Format, extension: &str, source: &dyn Source) -> Result<Probe, ProbeError> {
    let size = source.stamp()?.size;
    let read = |offset: u64, most: u64| {
        let mut bytes = vec![0; most.min(size.saturating_sub(offset)) as usize];
        read_exact_at(source, offset, &mut bytes).map(|()| bytes)
    };
    let bytes = read(0, HEAD)?;
    let content_offset = leading_id3v2_len(size, |offset, header| read_exact_at(source, offset, header).is_ok());
    let content = read(content_offset, CONTENT)?;
    let head = Head { bytes: &bytes, content: &content, content_offset, extension };
    let _ = format.sniff(&head);
    format.probe(source, &head)
}

/// Checks everything that a format promises of a file with these bytes, and panics where it is not so.
pub fn exercise(format: &dyn Format, extension: &str, bytes: &[u8]) {
    let source = MemorySource(bytes.to_vec());
    let (probed, peak) = peak_of(|| probe(format, extension, &source));
    assert!(peak < MAX_PROBE_HEAP, "a probe of {} bytes held {peak}", bytes.len());
    let before = match probed {
        Ok(before) => before,
        Err(ProbeError::NotUnderstood(_)) => return,
        Err(ProbeError::Io(error)) => panic!("a file that can be read was not: {error}"),
    };
    check_anatomy(format, &before, bytes.len() as u64);
    check_images(format, &before.anatomy, &source);
    let pristine = Edit::between(TrackId(1), &before.anatomy, &before.tags.rows(), &[], &[]);
    assert!(pristine.is_empty(), "a file differs from its own tags: {pristine:?}");
    let verbatim = format.layout(&before.anatomy, &pristine).expect("an empty edit always has a layout");
    assert!(verbatim.is_verbatim(bytes.len() as u64));
    if !before.anatomy.is_editable() {
        return;
    }
    let salt = digest_values(before.tags.iter().map(|(key, _)| key)) ^ bytes.len() as u64;
    for wanted in Wanted::several(&before, salt) {
        check_edit(format, extension, bytes, &before, &wanted, salt);
    }
}

fn check_anatomy(format: &dyn Format, probe: &Probe, size: u64) {
    let anatomy = &probe.anatomy;
    assert!(format.ids().contains(&anatomy.format), "{} is not of this format", anatomy.format);
    assert_eq!((anatomy.prober, anatomy.size), (format.prober(), size));
    assert_eq!(anatomy.keys, probe.tags.digests());
    assert!(anatomy.elements.len() <= limits::MAX_ELEMENTS);
    let inside = |range: ByteRange| range.offset.checked_add(range.len).is_some_and(|end| end <= size);
    assert!(inside(anatomy.audio), "the audio passes the end: {:?} of {size}", anatomy.audio);
    for element in &anatomy.elements {
        assert!(inside(element.range), "an element passes the end of {size}: {element:?}");
        assert!(element.key.is_none_or(|key| (key as usize) < anatomy.keys.len()), "{element:?} has no such key");
        let _ = format.element_name(element);
    }
    for picture in &anatomy.pictures {
        assert!(inside(picture.range), "a picture passes the end of {size}: {picture:?}");
        assert!((picture.element as usize) < anatomy.elements.len(), "{picture:?} has no such element");
    }
    assert_eq!(Anatomy::decode(&anatomy.encode()).as_ref(), Ok(anatomy), "the stored form says the same");
}

/// Takes the pictures out that can be; of a cut or lying file each is what there is of it.
fn check_images(format: &dyn Format, anatomy: &Anatomy, source: &MemorySource) {
    for picture in anatomy.pictures.iter().take(MAX_PICTURES) {
        let (image, peak) = peak_of(|| format.picture(source, anatomy, picture));
        assert!(peak < MAX_PROBE_HEAP, "to find a picture took {peak} bytes");
        let image = image.unwrap_or_else(|error| panic!("{picture:?} cannot be read: {error}"));
        if let Some(image) = image {
            assert!(image.len() <= picture.range.len, "{picture:?} gives {} bytes", image.len());
            served::read(&image, &source.0, anatomy.size);
        }
    }
}

/// What a store may say of a track after someone edited it.
struct Wanted {
    rows: Vec<TagRow>,
    art: Vec<ArtLink>,
}

impl Wanted {
    fn several(before: &Probe, salt: u64) -> Vec<Self> {
        let own = |omitted: &[&str]| -> Vec<TagRow> {
            before.tags.rows().into_iter().filter(|row| !omitted.contains(&row.key.as_str())).collect()
        };
        let title = TITLES[(salt % TITLES.len() as u64) as usize];
        let long = title.repeat(1 + (salt >> 8) as usize % 3_000);
        let of = |mut rows: Vec<TagRow>, added: &[(&str, &str)]| -> Vec<TagRow> {
            for (ordinal, (key, value)) in added.iter().enumerate() {
                let value = TagValue::Text((*value).to_owned());
                rows.push(TagRow { key: (*key).to_owned(), value, ordinal: ordinal as i64 });
            }
            rows
        };
        let keys: Vec<&str> = before.tags.iter().map(|(key, _)| key).collect();
        let removed = keys.get((salt >> 16) as usize % keys.len().max(1)).copied().unwrap_or_default();
        vec![
            Self { rows: of(own(&["title"]), &[("title", title)]), art: vec![] },
            Self { rows: of(own(&[FREE_KEY]), &[(FREE_KEY, "one"), (FREE_KEY, "two")]), art: vec![] },
            Self { rows: own(&[removed]), art: vec![] },
            Self {
                rows: of(own(&TOTALS), &[("tracktotal", "10"), ("discnumber", "2"), ("disctotal", "3")]),
                art: vec![],
            },
            Self { rows: own(&[]), art: vec![link(1, salt % 70_000 + 1)] },
            Self {
                rows: of(vec![], &[("title", &long), ("artist", "One"), ("artist", "Two"), (FREE_KEY, "a")]),
                art: vec![link(2, 300), link(3, salt % 5_000 + 1)],
            },
        ]
    }

    fn texts(&self, key: &str) -> Vec<&str> {
        let of_key = self.rows.iter().filter(|row| row.key == key);
        let texts = of_key.filter_map(|row| match &row.value {
            TagValue::Text(text) => Some(text.as_str()),
            TagValue::Binary { .. } => None,
        });
        texts.collect()
    }

    fn values(&self, key: &str) -> u64 {
        digest_values(self.texts(key))
    }

    /// Whether a number and its total stand in one element of the file, as `2/10`, and say what they are to say.
    fn is_folded(&self, after: &Probe, key: &str) -> bool {
        let mut pairs = NUMBERS_AND_TOTALS.into_iter().filter(|(number, total)| key == *number || key == *total);
        pairs.any(|(number, total)| {
            let number_alone = match self.texts(number)[..] {
                [] => "0",
                [text] => text.split('/').next().unwrap_or_default().trim(),
                _ => return false,
            };
            let [total_alone] = self.texts(total)[..] else { return false };
            let is_left_out = after.tags.get(total).is_empty();
            after.tags.get(number) == [format!("{number_alone}/{total_alone}")] && (key == number || is_left_out)
        })
    }
}

fn link(art: i64, byte_len: u64) -> ArtLink {
    let (mime, description) = ("image/png".to_owned(), "cover".to_owned());
    let picture_type = if art == 3 { 4 } else { 3 };
    ArtLink { art: ArtId(art), mime, width: None, height: None, byte_len, picture_type, description }
}

fn check_edit(format: &dyn Format, extension: &str, bytes: &[u8], before: &Probe, wanted: &Wanted, salt: u64) {
    let edit = Edit::between(TrackId(1), &before.anatomy, &wanted.rows, &wanted.art, &[]);
    let (layout, peak) = peak_of(|| format.layout(&before.anatomy, &edit));
    assert!(peak < MAX_PROBE_HEAP, "a layout of {} bytes held {peak}", bytes.len());
    let len = format.served_len(&before.anatomy, &edit);
    let layout = match layout {
        Ok(layout) => layout,
        Err(LayoutError::TooLarge(_)) => return,
        Err(LayoutError::StaleAnatomy) => panic!("a fresh anatomy is refused"),
    };
    assert_eq!(len, Ok(layout.len()), "served_len and layout agree");
    let served = served::read(&layout, bytes, salt);
    let after = probe(format, extension, &MemorySource(served.clone()))
        .unwrap_or_else(|error| panic!("what is served is not understood any more: {error}; {edit:?}"));
    check_anatomy(format, &after, served.len() as u64);
    assert_eq!(after.anatomy.format, before.anatomy.format);
    check_tags(before, &after, wanted, &edit);
    check_pictures(before, &after, bytes, &served, wanted);
    check_audio(&before.anatomy, &after.anatomy, bytes, &served);
}

fn check_tags(before: &Probe, after: &Probe, wanted: &Wanted, edit: &Edit) {
    // At a limit, what is added for an edit takes the place of what was read before.
    if before.anatomy.elements.len() + 64 > limits::MAX_ELEMENTS || before.tags.rows().len() + 64 > limits::MAX_VALUES {
        return;
    }
    let keys: BTreeSet<&str> = [before, after].iter().flat_map(|probe| probe.tags.iter().map(|(key, _)| key)).collect();
    let changed = edit.changes.iter().map(|change| change.key.as_str());
    for key in keys.into_iter().chain(changed) {
        if wanted.is_folded(after, key) {
            continue;
        }
        let (was, is) = (before.tags.get(key), after.tags.get(key));
        assert_eq!(
            after.anatomy.digest_of(key),
            wanted.values(key),
            "{key:?} was {was:?} and is {is:?} after {edit:?}"
        );
    }
}

fn check_pictures(before: &Probe, after: &Probe, bytes: &[u8], served: &[u8], wanted: &Wanted) {
    let found = &after.anatomy.pictures;
    if wanted.art.is_empty() {
        let known = &before.anatomy.pictures;
        assert_eq!(found.len(), known.len(), "pictures that were not edited stay: {known:?} {found:?}");
        for (was, is) in known.iter().zip(found) {
            assert_eq!((was.picture_type, &was.description), (is.picture_type, &is.description));
            if raw(was) && raw(is) {
                assert!(part(bytes, was.range) == part(served, is.range), "{was:?} has another image at {is:?}");
            }
        }
        return;
    }
    assert_eq!(found.len(), wanted.art.len(), "the pictures are those of the edit: {found:?}");
    for (link, is) in wanted.art.iter().zip(found).filter(|(_, is)| raw(is)) {
        let mut image = vec![0; link.byte_len as usize];
        served::image(link.art, 0, &mut image);
        assert!(part(served, is.range) == image, "{is:?} has another image than {link:?}");
    }
}

fn raw(picture: &PictureLocation) -> bool {
    picture.encoding == PictureEncoding::Raw
}

fn check_audio(before: &Anatomy, after: &Anatomy, bytes: &[u8], served: &[u8]) {
    // Where nothing but tags was found, what a stream without a signature begins with may be found in new tags.
    if before.audio.len == 0 {
        return;
    }
    let (was, is) = (part(bytes, before.audio), part(served, after.audio));
    let same =
        if PAGED.contains(&before.format.as_str()) { without_numbers(was) == without_numbers(is) } else { was == is };
    assert!(same, "the audio is another: {:?} and {:?}", before.audio, after.audio);
}

fn part(bytes: &[u8], range: ByteRange) -> &[u8] {
    &bytes[range.offset as usize..range.end() as usize]
}

/// Checks that a stored anatomy, whatever it says, neither stops the program nor makes it allocate without bound.
pub fn exercise_stored(format: &dyn Format, anatomy: &Anatomy, bytes: &[u8]) {
    for element in &anatomy.elements {
        let _ = format.element_name(element);
    }
    let title = |value: &str| TagRow { key: "title".into(), value: TagValue::Text(value.into()), ordinal: 0 };
    for (rows, art) in [(vec![title("x")], vec![]), (vec![], vec![link(1, 70_000)])] {
        let edit = Edit::between(TrackId(1), anatomy, &rows, &art, &[]);
        let (layout, peak) = peak_of(|| format.layout(anatomy, &edit));
        assert!(peak < MAX_PROBE_HEAP, "a layout held {peak}");
        let Ok(layout) = layout else { continue };
        read_some(&layout, bytes);
    }
}

fn read_some(layout: &Layout, backing: &[u8]) {
    let io = Io { backing, forgiving: true };
    let mut buf = vec![0; 4_096];
    let mut offset = 0;
    for _ in 0..64 {
        // A read that fails gives EIO for this track, which is all that a wrong row may do.
        match layout.read_at(&io, offset, &mut buf) {
            Ok(0) => break,
            Ok(n) => offset += n as u64,
            Err(_) => offset = offset.saturating_add(buf.len() as u64),
        }
    }
    let _ = layout.read_at(&io, layout.len().saturating_sub(3), &mut buf);
}
