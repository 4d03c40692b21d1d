use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use musefs_contracts::backing::MemorySource;
use proptest::prelude::*;

/// A file that holds `stored` in pieces of `piece` bytes with junk between them, and the pieces.
fn scattered(stored: &[u8], piece: usize) -> (MemorySource, Vec<ByteRange>) {
    let (mut file, mut pieces) = (vec![0xff; 7], Vec::new());
    for part in stored.chunks(piece) {
        pieces.push(ByteRange::new(file.len() as u64, part.len() as u64));
        file.extend_from_slice(part);
        file.extend_from_slice(b"OggS\0junk");
    }
    (MemorySource(file), pieces)
}

fn with_line_breaks(text: &str, width: usize) -> Vec<u8> {
    text.as_bytes().chunks(width).flat_map(|line| [line, b"\r\n"].concat()).collect()
}

/// As unsynchronisation does it: a zero behind each `FF` that another byte of a frame's start, or a zero, follows.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        out.push(*byte);
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        if *byte == 0xff && (next >= 0xe0 || next == 0) {
            out.push(0);
        }
    }
    out
}

fn part(decoded: &Decoded, file: &MemorySource, from: usize, n: usize) -> Vec<u8> {
    let mut buf = vec![0; n];
    decoded.read(from as u64, &mut buf, |offset, buf| read_exact_at(file, offset, buf)).unwrap();
    buf
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_range_is_that_of_what_was_encoded(
        seed in any::<u64>(), len in 0usize..200_000, piece in 1usize..70_000, width in 4usize..90,
        form in 0..3, skip in 0u64..300, from in 0usize..200_000, n in 0usize..200_000,
    ) {
        // Every fourth byte is an `FF`, and zeros are frequent.
        let bytes: Vec<u8> = (0..len as u64)
            .map(|at| match (at ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56 {
                high @ 0..64 => high as u8 * 4,
                64..128 => 0xff,
                128..160 => 0,
                high => high as u8,
            })
            .collect();
        let (stored, form) = match form {
            0 => (STANDARD.encode(&bytes).into_bytes(), Form::Base64),
            1 => (with_line_breaks(STANDARD.encode(&bytes).trim_end_matches('='), width), Form::Base64),
            _ => (stuffed(&bytes), Form::Unsynchronised),
        };
        let (file, pieces) = scattered(&stored, piece.max(stored.len() / 200 + 1));
        let decoded = Decoded::measure(&file, form, pieces, u64::MAX).unwrap().unwrap();
        prop_assert_eq!(decoded.len(), bytes.len() as u64);
        let decoded = decoded.narrowed(skip, u64::MAX);
        let bytes = &bytes[(skip as usize).min(bytes.len())..];
        prop_assert_eq!(decoded.len(), bytes.len() as u64);
        let from = from.min(bytes.len());
        let n = n.min(bytes.len() - from);
        prop_assert_eq!(part(&decoded, &file, from, n), &bytes[from..from + n]);
    }
}

fn measured(form: Form, stored: &[u8]) -> Option<u64> {
    let (file, pieces) = scattered(stored, 3);
    Decoded::measure(&file, form, pieces, 1000).unwrap().map(|decoded| decoded.len())
}

#[test]
fn what_is_not_of_the_form_is_refused_rather_than_cut() {
    assert_eq!(measured(Form::Base64, b"aGVs\nbG8=\n"), Some(5));
    assert_eq!(measured(Form::Base64, b"aGVs\0bG8="), None);
    assert_eq!(measured(Form::Base64, b"aGVsbG8=aGVs"), None);
    assert_eq!(measured(Form::Unsynchronised, &[0xff, 0, 0xe0, 0, 0xff, 0, 0]), Some(5));
    assert_eq!(measured(Form::Unsynchronised, &[0xff, 0xe0]), None);
    assert_eq!(measured(Form::Base64, &[b'a'; 1001]), None, "longer than it may be");
}

#[test]
fn a_file_that_was_cut_is_an_error() {
    let (MemorySource(mut file), pieces) = scattered(&[b'a'; 100], 60);
    file.truncate(80);
    assert!(Decoded::measure(&MemorySource(file), Form::Base64, pieces, 1000).is_err());
}
