use super::*;
use crate::page::Page;
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{LayoutBuilder, TagValueRef};

struct NoIo;

impl SegmentIo for NoIo {
    fn backing(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
    fn art(&self, _: ArtId, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

fn pages(packets: &[u64], count: u64) -> NewPages {
    let mut payload = LayoutBuilder::new();
    payload.zeros(packets.iter().sum());
    NewPages::new(payload.finish(), packets, count, 1, 5)
}

#[test]
fn pages_are_filled_but_none_is_left_without_lacing_values() {
    let new = pages(&[255 * 300, 10, 0], 5);
    let counts: Vec<_> = new.pages.iter().map(|page| page.lacing.len()).collect();
    assert_eq!(counts, [255, 45, 1, 1, 1]);
    assert_eq!(new.len(), 5 * 27 + 303 + 255 * 300 + 10);
    let continued: Vec<_> = new.pages.iter().map(|page| page.continued).collect();
    assert_eq!(continued, [false, true, true, false, false]);
}

#[test]
fn a_page_on_which_no_packet_ends_says_so() {
    let new = pages(&[255 * 300], 2);
    let mut bytes = vec![0; new.len() as usize];
    new.read_at(&NoIo, 0, &mut bytes).unwrap();
    assert_eq!(bytes[6..14], [0xff; 8]);
    let second = &bytes[Page::parse(&bytes).unwrap().len()..];
    assert_eq!(second[6..14], [0; 8]);
    assert_eq!(Page::parse(second).map(|page| (page.flags, page.sequence)), Some((CONTINUED, 6)));
}

#[test]
fn what_would_block_is_passed_on() {
    let mut payload = LayoutBuilder::new();
    payload.backing(musefs_contracts::anatomy::ByteRange::new(0, 100));
    let new = NewPages::new(payload.finish(), &[100], 1, 1, 0);
    let error = new.read_at(&NoIo, 0, &mut [0; 5]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}
