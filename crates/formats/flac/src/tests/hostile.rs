//! Files made to hurt.

use super::support::*;
use crate::Flac;
use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::{MemorySource, Source, Stamp};
use musefs_contracts::format::Format;
use musefs_contracts::limits;
use proptest::prelude::*;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what is read of a file that may claim to be larger than it is.
struct Counting {
    file: MemorySource,
    size: u64,
    read: AtomicU64,
}

impl Source for Counting {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(offset, buf)?;
        let n = if n == 0 { (self.size.saturating_sub(offset)).min(buf.len() as u64) as usize } else { n };
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp { size: self.size, ..Stamp::default() })
    }
}

fn counting(file: Vec<u8>) -> Counting {
    Counting { size: file.len() as u64, file: MemorySource(file), read: AtomicU64::new(0) }
}

#[test]
fn four_billion_comments_in_a_small_block_read_no_further_than_the_block() {
    let mut body = b"\0\0\0\0\xff\xff\xff\xff".to_vec();
    body.extend([0; 400]);
    let mut file = file_of(&[streaminfo(), block(4, body)]);
    file.extend(vec![0; 100_000]);
    let probe = probe(&file);
    assert!(probe.anatomy.elements.len() < 200);
}

#[test]
fn two_hundred_thousand_blocks_are_served_as_they_are() {
    let mut blocks = vec![streaminfo()];
    blocks.resize(200_000, block(2, []));
    let probe = probe(&file_of(&blocks));
    assert!(!probe.anatomy.is_editable());
    assert!(probe.anatomy.elements.len() <= limits::MAX_ELEMENTS);
}

#[test]
fn empty_comments_without_number_are_listed_up_to_the_limit_and_kept_beyond_it() {
    let empty = vec![&b""[..]; 300_000];
    let file = file_of(&[streaminfo(), comments(&empty)]);
    assert!(probe(&file).anatomy.elements.len() <= limits::MAX_ELEMENTS);
    let (served, after) = spliced(&file, &edit(&[("title", &["edited"])]));
    assert!(after.anatomy.elements.len() <= limits::MAX_ELEMENTS);
    assert_eq!(after.tags.get("title"), ["edited"], "what is new stands before those that are not listed");
    let title = served.windows(12).position(|part| part == b"TITLE=edited").unwrap();
    assert!(after.anatomy.is_editable(), "the padding behind the comments is still a block");
    let kept = served[title + 12..].iter().take_while(|byte| **byte == 0).count();
    assert!(kept >= 4 * (300_000 - limits::MAX_ELEMENTS), "{kept}");
}

#[test]
fn a_picture_of_four_gigabytes_is_neither_read_nor_believed() {
    let mut lying = picture(b"image");
    lying.body[31..35].copy_from_slice(&[0xff; 4]);
    let file = file_of(&[streaminfo(), lying, comments(&[b"TITLE=a"])]);
    let end = file.len() as u64;
    let source = counting(file);
    let probe = try_probe(&source).unwrap();
    assert_eq!(probe.tags.get("title"), ["a"]);
    assert!(probe.anatomy.pictures.iter().all(|picture| picture.range.end() <= end));
}

#[test]
fn a_probe_reads_neither_pictures_nor_audio() {
    let file = file_of(&[streaminfo(), picture(&vec![1; 5 << 20]), comments(&[b"TITLE=a"]), block(1, vec![0; 8192])]);
    let source = counting(file);
    try_probe(&source).unwrap();
    // Two windows of the head and one of the comments.
    assert!(source.read.load(Ordering::Relaxed) < 150 << 10);
}

#[test]
fn any_truncation_and_any_flipped_byte_is_survived() {
    let whole = file_of(&[streaminfo(), comments(&[b"TITLE=a", b"B=c"]), picture(b"image"), block(1, [0; 20])]);
    let head = whole.len() - audio().len();
    for at in 4..head {
        let _ = try_probe(&MemorySource(whole[..at].to_vec()));
        for flip in [0x01, 0x80, 0xff] {
            let mut file = whole.clone();
            file[at] ^= flip;
            let Ok(probe) = try_probe(&MemorySource(file.clone())) else { continue };
            if probe.anatomy.is_editable() {
                let (served, _) = spliced(&file, &edit(&[("title", &["edited"])]));
                assert!(served.ends_with(&audio()[2000..]));
            }
        }
    }
}

proptest! {
    #[test]
    fn a_stored_anatomy_that_is_not_ours_gives_an_error_or_a_layout_and_no_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>(),
    ) {
        let file = file_of(&[block(2, *b"appl"), streaminfo(), comments(&[b"TITLE=a", b"B=c"]), picture(b"image")]);
        let mut stored = probe(&file).anatomy.encode();
        for (at, byte) in changes {
            let at = at.index(stored.len());
            stored[at] = byte;
        }
        stored.truncate(stored.len() - cut.index(stored.len()) / 40);
        if let Ok(anatomy) = Anatomy::decode(&stored)
            && let Ok(layout) = Flac::new().layout(&anatomy, &edit(&[("title", &["edited"])]))
        {
            let _ = layout.read_at(&Io(&file), 0, &mut vec![0; 10_000]);
        }
    }
}
