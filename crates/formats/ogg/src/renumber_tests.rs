use super::*;
use crate::page::NewPage;
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::TagValueRef;
use proptest::prelude::*;

struct Backing(Vec<u8>);

impl SegmentIo for Backing {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let from = offset as usize;
        buf.copy_from_slice(self.0.get(from..from + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn art(&self, _: ArtId, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn page(serial: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut lacing = vec![255; body.len() / 255];
    lacing.push((body.len() % 255) as u8);
    let mut page = NewPage { flags: 0, granule: 77, serial, sequence }.header(&lacing);
    page.extend_from_slice(body);
    let checksum = crc::update(0, &page);
    page[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    page
}

fn piece() -> impl Strategy<Value = (Vec<u8>, Option<u32>)> {
    let body = prop_oneof![prop::collection::vec(any::<u8>(), 0..600), Just(b"OggS\0\0OggS".repeat(9))];
    prop_oneof![
        6 => (any::<u32>(), body.clone()).prop_map(|(sequence, body)| (page(1, sequence, &body), Some(sequence))),
        1 => (any::<u32>(), body.clone()).prop_map(|(sequence, body)| (page(2, sequence, &body), None)),
        1 => (any::<u32>(), body).prop_map(|(sequence, body)| {
            let mut page = page(1, sequence, &body);
            page[CHECKSUM.start] ^= 1;
            (page, None)
        }),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(|junk| (junk, None)),
    ]
}

proptest! {
    #[test]
    fn sound_pages_of_the_stream_are_renumbered_whatever_is_read_when(
        pieces in prop::collection::vec(piece(), 0..9), shift in any::<u32>(), cuts in prop::collection::vec(1usize..700, 1..9),
    ) {
        let file: Vec<u8> = [&b"head"[..], &pieces.iter().flat_map(|(bytes, _)| bytes.clone()).collect::<Vec<u8>>()].concat();
        let mut expected = Vec::new();
        for (bytes, sequence) in &pieces {
            let mut bytes = bytes.clone();
            if let Some(sequence) = sequence {
                bytes[SEQUENCE].copy_from_slice(&sequence.wrapping_add(shift).to_le_bytes());
                bytes[CHECKSUM].fill(0);
                let checksum = crc::update(0, &bytes);
                bytes[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
            }
            expected.extend(bytes);
        }
        let range = ByteRange::new(4, file.len() as u64 - 4);
        let renumbered = Renumbered { range, serial: 1, shift };
        let io = Backing(file);
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            if at == expected.len() { break; }
            let n = (*cut).min(expected.len() - at);
            let mut part = vec![0; n];
            renumbered.read_at(&io, at as u64, &mut part).unwrap();
            prop_assert_eq!(&part[..], &expected[at..at + n], "at {}", at);
            at += n;
        }
    }
}
