//! What an edit may change in Ogg pages that it passes on: their number and, with it, their checksum.

const HEADER: usize = 27;

/// The bytes with number and checksum of every page set to zero. Bytes that are no pages stay.
pub(super) fn without_numbers(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + HEADER) {
        if !header.starts_with(b"OggS") {
            at += 1;
            continue;
        }
        out[at + 18..at + 26].fill(0);
        let segments = bytes.get(at + HEADER..at + HEADER + usize::from(header[26])).unwrap_or_default();
        at += HEADER + segments.len() + segments.iter().map(|len| usize::from(*len)).sum::<usize>();
    }
    out
}
