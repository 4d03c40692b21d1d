//! Files made to hurt.

use super::support::*;
use crate::Ogg;
use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::{MemorySource, Source, Stamp};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::Format;
use musefs_contracts::limits;
use proptest::prelude::*;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what is read.
struct Counting(MemorySource, AtomicU64);

impl Source for Counting {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read_at(offset, buf)?;
        self.1.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        self.0.stamp()
    }
}

#[test]
fn a_probe_reads_neither_pictures_nor_audio() {
    let picture = format!("METADATA_BLOCK_PICTURE={}", "A".repeat(4 << 20));
    let mut stream = Stream::opus(&[picture.as_bytes(), b"TITLE=a"], b"");
    stream.audio = vec![vec![9; 60_000]; 30];
    let source = Counting(MemorySource(stream.file()), AtomicU64::new(0));
    let probe = try_probe(&source).unwrap();
    assert_eq!(probe.tags.get("title"), ["a"]);
    assert!(source.1.load(Ordering::Relaxed) < 320 << 10, "{}", source.1.load(Ordering::Relaxed));
}

#[test]
fn four_billion_comments_cost_nothing() {
    let mut stream = Stream::opus(&[b"TITLE=a"], b"");
    stream.headers[0][18..22].copy_from_slice(&[0xff; 4]);
    let probe = probe(&stream.file());
    assert_eq!(probe.tags.get("title"), ["a"]);
    assert!(probe.anatomy.elements.len() < 10);
}

#[test]
fn comments_without_number_are_listed_up_to_the_limit_and_kept_beyond_it() {
    let empty = vec![&b""[..]; 300_000];
    let stream = Stream::opus(&empty, b"");
    let (served, after) = spliced(&stream.file(), &edit(&[("title", &["edited"])]));
    assert!(after.anatomy.elements.len() <= limits::MAX_ELEMENTS);
    let packet = &packets(&checked_pages(&served))[1];
    assert_eq!(packet[18..22], 300_001u32.to_le_bytes());
}

#[test]
fn a_header_that_never_ends_is_given_up() {
    let mut pages = vec![Stream::vorbis(&[]).header_pages().swap_remove(0)];
    pages.extend((0..70_000).map(|n| page(SERIAL, n + 1, 1, 0, &[255], &[0; 255])));
    assert!(!probe(&pages.concat()).anatomy.is_editable());
    let packets = vec![vec![2, 0, 0, 0]; 60_000];
    let flac = Stream::flac(0, &[]);
    let file = [flac.header_pages().swap_remove(0), paged(1, 255, &packets).concat()].concat();
    let probe = probe(&file);
    assert!(!probe.anatomy.is_editable() && probe.anatomy.elements.len() < 10_000);
}

#[test]
fn any_truncation_and_any_flipped_byte_is_survived() {
    let picture = b"METADATA_BLOCK_PICTURE=AAAAAwAAAAlpbWFnZS9wbmcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVpbWFnZQ==".as_slice();
    let flac = Stream::flac(2, &[(4, comments(&[b"TITLE=a", picture])), (2, b"appl".to_vec())]);
    let mut vorbis = Stream::vorbis(&[b"TITLE=a", picture]);
    vorbis.headers[1].truncate(40);
    for stream in [flac, vorbis, Stream::opus(&[b"TITLE=a", picture], &[0; 9]), Stream::speex(&[b"TITLE=a"], 1)] {
        let whole = stream.file();
        let head = stream.header_pages().concat().len();
        for at in 6..head {
            let _ = try_probe(&MemorySource(whole[..at].to_vec()));
            for flip in [0x01, 0x80, 0xff] {
                let mut file = whole.clone();
                file[at] ^= flip;
                let Ok(probe) = try_probe(&MemorySource(file.clone())) else { continue };
                if probe.anatomy.is_editable() {
                    let layout = Ogg::new().layout(&probe.anatomy, &edit(&[("title", &["edited"])])).unwrap();
                    let served = read(&layout, &file);
                    assert!(served.ends_with(&whole[whole.len() - 500..]));
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn a_stored_anatomy_that_is_not_ours_gives_an_error_or_a_layout_and_no_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), flac in any::<bool>(),
    ) {
        let blocks = [(4, comments(&[b"TITLE=a", b"B=c"])), (6, vec![0; 600]), (2, b"appl".to_vec())];
        let mut stream = if flac { Stream::flac(3, &blocks) } else { Stream::vorbis(&[b"TITLE=a", b"B=c"]) };
        stream.most = 2;
        let file = stream.file();
        let mut stored = probe(&file).anatomy.encode();
        for (at, byte) in changes {
            let at = at.index(stored.len());
            stored[at] = byte;
        }
        let edit = Edit { art: Some(vec![link(1, 50)]), ..edit(&[("title", &["edited"])]) };
        if let Ok(anatomy) = Anatomy::decode(&stored)
            && let Ok(layout) = Ogg::new().layout(&anatomy, &edit)
        {
            let _ = layout.read_at(&Io(&file), 0, &mut vec![0; 10_000]);
        }
    }
}

#[test]
fn an_identification_page_that_claims_more_than_there_is_ends_with_the_file() {
    let page = Stream::vorbis(&[]).header_pages().swap_remove(0);
    // A second segment of 255 bytes is announced, of which 200 are there.
    let file = [&page[..26], &[2, page[27], 255], &page[28..], &[0; 200]].concat();
    let probe = probe(&file);
    assert_eq!(probe.anatomy.elements.len(), 1);
    assert!(probe.anatomy.lies_inside(), "{:?}", probe.anatomy.elements);
}
