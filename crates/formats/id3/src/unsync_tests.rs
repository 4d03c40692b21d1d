use super::*;
use crate::testing::unsynchronise;
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::TagValueRef;

struct Backing(Vec<u8>);

impl SegmentIo for Backing {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = offset as usize;
        buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn art(&self, _: ArtId, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}

#[test]
fn what_is_stuffed_is_undone() {
    for bytes in [&b""[..], b"\xff", b"\xff\xff\xff", b"\xff\0\0", b"a\xff\xe0b\xff\xdf\xff"] {
        let stuffed = unsynchronise(bytes);
        assert_eq!(decode(&stuffed).as_deref(), Some(bytes));
        assert!(may_be_stuffed(&stuffed));
    }
}

#[test]
fn bytes_that_were_never_stuffed_are_recognised() {
    for bytes in [&b"\xff\xfb"[..], b"\xff\xe0", b"a\xff", b"\xff\xff\0"] {
        assert_eq!(decode(bytes), None, "{bytes:x?}");
    }
}

#[test]
fn raw_positions_of_decoded_bytes() {
    let raw = b"a\xff\0\xe0b\xff\0c";
    let decoded = decode(raw).expect("stuffed bytes");
    for (at, byte) in decoded.iter().enumerate() {
        assert_eq!(raw[raw_offset(raw, at)], *byte);
    }
    assert_eq!(raw_offset(raw, decoded.len()), raw.len());
}

#[test]
fn a_stuffed_range_reads_the_same_however_it_is_split() {
    let decoded: Vec<u8> =
        (0..400_000u32).map(|n| if n % 3 == 0 { 0xff } else { (n.wrapping_mul(n) >> 7) as u8 }).collect();
    let raw = unsynchronise(&decoded);
    let mut stuffing = Stuffing::default();
    let mut counter = Unstuffer::default();
    for (at, byte) in raw.iter().enumerate() {
        counter.push(&[*byte], |_| stuffing.decoded_len += 1);
        stuffing.note(at as u64 + 1, stuffing.decoded_len);
    }
    let raw_range = ByteRange::new(5, raw.len() as u64);
    let io = Backing([b"front".to_vec(), raw].concat());
    let whole = Unstuffed { raw: raw_range, stuffing, skip: 10 };
    assert_eq!(whole.len() as usize, decoded.len() - 10);
    for (offset, len) in [(0, 1), (0, 100_000), (65_500, 200), (131_071, 70_000), (399_000, 990), (399_989, 1)] {
        let mut buf = vec![0; len];
        whole.read_at(&io, offset as u64, &mut buf).expect("bytes");
        assert!(buf == decoded[10 + offset..10 + offset + len], "{offset}+{len}");
    }
}
