//! Input made to hurt: little is read, little is held, and nothing panics.

mod support;

use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::edit::Edit;
use musefs_contracts::limits;
use musefs_format_verbatim::MOST_BYTES;
use proptest::prelude::*;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use support::*;

/// A source that claims any size, holds its first bytes and repeats its last ones behind them, and counts what is read.
struct Vast {
    start: Vec<u8>,
    again: Vec<u8>,
    read: AtomicU64,
}

const SIZE: u64 = 1 << 42;

impl Source for Vast {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = SIZE.saturating_sub(offset).min(buf.len() as u64) as usize;
        for (at, byte) in (offset as usize..).zip(&mut buf[..n]) {
            *byte = match at.checked_sub(self.start.len()) {
                None => self.start[at],
                Some(behind) => self.again[behind % self.again.len()],
            };
        }
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: SIZE, ..Stamp::default() })
    }
}

/// Probes a file of terabytes, and answers how much was read and how many elements were listed.
fn probe_vast(start: Vec<u8>, again: &[u8]) -> (u64, usize) {
    let format = format_of(&start).unwrap();
    let source = Vast { start: start.clone(), again: again.to_vec(), read: AtomicU64::new(0) };
    let probed = format.probe(&source, &head(&start));
    (source.read.into_inner(), probed.map_or(0, |probed| probed.anatomy.elements.len()))
}

#[test]
fn elements_without_end_are_read_to_a_limit() {
    let chunks = chunk(b"DIIN", b"");
    let asf_head = |id: &[u8; 4]| old_object(id, &[0; 6]);
    let mut wide = asf_head(b"\x30\x26\xb2\x75");
    wide[16..24].copy_from_slice(&SIZE.to_le_bytes());
    let segment = [ebml_head("matroska"), sized(0x1853_8067, UNKNOWN, b"")].concat();
    let in_tags = [segment.clone(), sized(0x1254_c367, (1 << 56) | 1 << 40, b"")].concat();
    for (start, again) in [
        (dff(&[])[..16].to_vec(), &chunks),
        (dff(&[])[..16].to_vec(), &chunk(b"DIIN", &chunk(b"DIAR", &counted("x")))),
        (wide.clone(), &description("Song", "Me")),
        (wide.clone(), &extended(&[("a", 0, utf16("b")), ("c", 0, utf16("d"))])),
        (wide, &library(&[("a", 0, utf16(&"b".repeat(100_000)))])),
        (segment.clone(), &tags(&[tag(&[], &[("A", "b")])])),
        (segment.clone(), &cluster()),
        (segment.clone(), &seek_head(&[(0x1254_c367, 77), (0x114d_9b74, 99)])),
        (segment, &ebml(0x1941_a469, &ebml(0x61a7, &ebml(0x465c, b"")))),
        (in_tags.clone(), &tag(&[], &[("A", "b")])),
        (in_tags.clone(), &tag(&[], &[("A", &"b".repeat(200_000))])),
        (in_tags, &vec![0xae, 0x80]),
    ] {
        let (read, listed) = probe_vast(start, again);
        assert!(read <= MOST_BYTES, "{read}");
        assert!(listed <= limits::MAX_ELEMENTS);
    }
}

#[test]
fn values_that_claim_terabytes_are_not_read() {
    let huge = (1 << 56) | 1 << 40;
    let named = [ebml(0x45a3, b"ARTIST"), sized(0x4487, huge, b"")].concat();
    let value = [ebml_head("matroska"), sized(0x1853_8067, UNKNOWN, b""), sized(0x1254_c367, huge, b"")].concat();
    let value = [value, sized(0x7373, huge, b""), sized(0x67c8, huge, &named)].concat();
    assert!(probe_vast(value, b"\0").0 < 4_096);
    let mut chunk = chunk(b"DIIN", &chunk(b"DIAR", &u32::MAX.to_be_bytes()));
    chunk[4..12].copy_from_slice(&(1u64 << 40).to_be_bytes());
    chunk[16..24].copy_from_slice(&(1u64 << 40).to_be_bytes());
    assert!(probe_vast([dff(&[])[..16].to_vec(), chunk].concat(), b"\0").0 < 4_096);
}

fn files() -> Vec<Vec<u8>> {
    let picture = [&[3, 5, 0, 0, 0], &utf16("image/png")[..], &utf16(""), b"image"].concat();
    let attached =
        ebml(0x61a7, &[ebml(0x466e, b"cover.png"), ebml(0x4660, b"image/png"), ebml(0x465c, b"image")].concat());
    vec![
        dff(&[
            chunk(b"DSD ", &ramp(31)),
            chunk(b"DIIN", &[chunk(b"DIAR", &counted("Me")), chunk(b"DITI", &counted("Song"))].concat()),
            chunk(b"ID3 ", &id3(&[(b"TIT2", "Song"), (b"APIC", "image/png\0\x03\0image")])),
        ]),
        asf(&[
            description("Song", "Me"),
            extended(&[("WM/AlbumTitle", 0, utf16("Album")), ("WM/TrackNumber", 3, vec![7, 0, 0, 0])]),
            library(&[("WM/Picture", 1, picture)]),
        ]),
        mka(&[
            seek_head(&[(0x1254_c367, 700)]),
            info("Song"),
            tracks(&[1, 2]),
            ebml(0x1941_a469, &attached),
            cluster(),
            tags(&[tag(&[(0x68ca, 30)], &[("TITLE", "Song")]), tag(&[(0x63c5, 2)], &[("ARTIST", "Me")])]),
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_taken_as_they_come(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        for mut file in files() {
            for (at, byte) in &damage {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            file.truncate(cut.index(file.len()) + 1);
            let Some(format) = format_of(&file) else { continue };
            if let Ok(probed) = try_probe(&file) {
                let layout = format.layout(&probed.anatomy, &Edit::default()).unwrap();
                prop_assert!(layout.is_verbatim(file.len() as u64));
                for picture in &probed.anatomy.pictures {
                    prop_assert!((picture.element as usize) < probed.anatomy.elements.len());
                }
            }
        }
    }

    #[test]
    fn what_attributes_say_is_read(
        title in "[\\p{L}\\p{N}]{1,30}",
        artists in prop::collection::hash_set("[\\p{L}\\p{N} ;/]{1,30}", 1..5),
    ) {
        let artists: Vec<String> = artists.into_iter().collect();
        let named: Vec<_> = artists.iter().map(|artist| ("ARTIST", artist.as_str())).collect();
        let authors: Vec<_> = artists.iter().map(|artist| ("Author", 0, utf16(artist))).collect();
        for file in [
            mka(&[info(&title), tracks(&[2]), tags(&[tag(&[], &named)]), cluster()]),
            asf(&[extended(&[("Title", 0, utf16(&title))]), extended(&authors)]),
        ] {
            let probed = probe(&file);
            prop_assert_eq!(probed.tags.get("title"), [title.clone()]);
            prop_assert_eq!(probed.tags.get("artist"), &artists[..]);
        }
    }
}
