use super::*;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{LayoutBuilder, Segment, TagValueRef};
use proptest::prelude::*;

/// Pictures that are a ramp, so that a wrong offset shows.
struct Ramp;

impl SegmentIo for Ramp {
    fn backing(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn art(&self, _: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        for (at, byte) in (offset..).zip(buf) {
            *byte = (at * 7 % 251) as u8;
        }
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn stream(len: u64) -> (Base64Stream, Vec<u8>) {
    let mut builder = LayoutBuilder::new();
    builder.bytes(b"head").push(Segment::Art(ArtId(1), ByteRange::new(0, len)));
    let layout = builder.finish();
    let mut raw = vec![0; layout.len() as usize];
    layout.read_at(&Ramp, 0, &mut raw).unwrap();
    (Base64Stream::new(layout), STANDARD.encode(raw).into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_range_of_the_stream_is_that_of_the_whole(len in 0u64..60_000, from in 0usize..90_000, n in 0usize..90_000) {
        let (stream, whole) = stream(len);
        prop_assert_eq!(stream.len(), whole.len() as u64);
        let from = from.min(whole.len());
        let n = n.min(whole.len() - from);
        let mut buf = vec![0; n];
        stream.read_at(&Ramp, from as u64, &mut buf).unwrap();
        prop_assert_eq!(&buf[..], &whole[from..from + n]);
    }

    #[test]
    fn a_prefix_decodes_to_a_prefix(bytes in prop::collection::vec(any::<u8>(), 0..50), cut in 0usize..70) {
        let text = STANDARD.encode(&bytes);
        prop_assert_eq!(&decode_prefix(text.as_bytes()), &bytes);
        let part = decode_prefix(&text.as_bytes()[..cut.min(text.len())]);
        prop_assert!(bytes.starts_with(&part));
    }
}

#[test]
fn line_breaks_are_passed_over_and_bad_characters_end_the_text() {
    assert_eq!(decode_prefix(b"aGVs\r\nbG8="), b"hello");
    assert_eq!(decode_prefix(b"aGVs!bG8="), b"hel");
}
