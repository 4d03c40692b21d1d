//! What an edit may change in Ogg pages that it passes on: their number and, with it, their checksum.

/// Number and checksum of a page, from its first byte on (RFC 3533, section 6).
const NUMBERED: std::ops::Range<usize> = 18..26;

/// The bytes with these fields of everything that begins like a page set to zero.
pub(super) fn without_numbers(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for at in bytes.windows(4).enumerate().filter(|(_, window)| *window == b"OggS").map(|(at, _)| at) {
        let end = (at + NUMBERED.end).min(out.len());
        out[(at + NUMBERED.start).min(end)..end].fill(0);
    }
    out
}
