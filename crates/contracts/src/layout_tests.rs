use super::*;

/// Backing bytes are a ramp, art bytes are the ramp's complement, so that a wrong offset shows.
struct Ramp;

impl SegmentIo for Ramp {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        (offset..).zip(buf).for_each(|(at, byte)| *byte = at as u8);
        Ok(())
    }
    fn art(&self, _: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        (offset..).zip(buf).for_each(|(at, byte)| *byte = !at as u8);
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn sample() -> Layout {
    let mut builder = LayoutBuilder::new();
    builder.bytes(b"head").bytes(b"er").backing(ByteRange::new(100, 10)).backing(ByteRange::new(110, 5));
    builder.push(Segment::Art(ArtId(1), ByteRange::new(3, 7))).zeros(2).backing(ByteRange::new(0, 4));
    builder.finish()
}

#[test]
fn neighbours_merge() {
    let kinds: Vec<_> = sample().segments().map(|segment| format!("{segment:?}")).collect();
    assert_eq!(kinds, ["Bytes(6)", "Backing(100+15)", "Art(1, 3+7)", "Bytes(2)", "Backing(0+4)"]);
    assert_eq!(sample().len(), 34);
}

#[test]
fn any_split_of_reads_gives_the_same_bytes() {
    let layout = sample();
    let mut whole = vec![0; 64];
    let n = layout.read_at(&Ramp, 0, &mut whole).unwrap();
    whole.truncate(n);
    assert_eq!(n as u64, layout.len());
    for offset in 0..=n {
        for len in 0..=n + 1 {
            let mut part = vec![0; len];
            let got = layout.read_at(&Ramp, offset as u64, &mut part).unwrap();
            assert_eq!(part[..got], whole[offset..(offset + len).min(n)]);
        }
    }
}

#[test]
fn reads_behind_the_end_are_empty() {
    assert_eq!(sample().read_at(&Ramp, 34, &mut [0; 9]).unwrap(), 0);
    assert_eq!(sample().read_at(&Ramp, u64::MAX, &mut [0; 9]).unwrap(), 0);
    assert_eq!(Layout::default().read_at(&Ramp, 0, &mut [0; 9]).unwrap(), 0);
}

#[test]
fn a_verbatim_layout_is_known_as_such() {
    assert!(Layout::verbatim(9).is_verbatim(9));
    assert!(Layout::verbatim(0).is_verbatim(0));
    assert!(!Layout::verbatim(9).is_verbatim(10));
    assert!(!sample().is_verbatim(34));
}

#[test]
fn zeros_without_end_cost_no_memory_and_read_as_zeros() {
    let mut builder = LayoutBuilder::new();
    builder.bytes(b"a").zeros(1 << 40).bytes(b"b");
    let layout = builder.finish();
    assert!(layout.heap_bytes() < 1_000);
    let mut buf = [7; 4];
    assert_eq!(layout.read_at(&Ramp, 0, &mut buf).unwrap(), 4);
    assert_eq!(buf, *b"a\0\0\0");
    assert_eq!(layout.read_at(&Ramp, 1 << 40, &mut buf).unwrap(), 2);
    assert_eq!(buf[..2], *b"\0b");
}
