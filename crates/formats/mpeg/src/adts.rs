//! The header of an ADTS frame (ISO/IEC 13818-7, section 6.2).

/// Bytes of the fixed and variable header.
pub(crate) const ADTS_HEADER: usize = 7;

/// Reads a header and answers the frame's length; `None` if these bytes are none.
pub(crate) fn frame_len(bytes: &[u8]) -> Option<u64> {
    let bytes = bytes.first_chunk::<ADTS_HEADER>()?;
    let sync = bytes[0] == 0xff && bytes[1] & 0xf6 == 0xf0;
    let rate = bytes[2] >> 2 & 15;
    let len = u64::from(bytes[3] & 3) << 11 | u64::from(bytes[4]) << 3 | u64::from(bytes[5] >> 5);
    (sync && rate < 13 && len > ADTS_HEADER as u64).then_some(len)
}

/// Whether both headers may be of one stream: same version, profile and sample rate.
pub(crate) fn agree(first: &[u8], second: &[u8]) -> bool {
    let fixed = |bytes: &[u8]| bytes.first_chunk::<3>().map(|[_, b, c]| (b & 0xfe, c & 0xfc));
    fixed(first).is_some() && fixed(first) == fixed(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_read_over_three_bytes() {
        assert_eq!(frame_len(&[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]), Some(371));
        assert_eq!(frame_len(&[0xff, 0xfb, 0x90, 0x64, 0, 0, 0]), None, "an MPEG audio frame is none");
        assert_eq!(frame_len(&[0xff, 0xf1, 0x50, 0x80, 0, 0, 0]), None, "a length shorter than its header");
    }

    #[test]
    fn frames_of_one_stream_agree() {
        let first = [0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc];
        assert!(agree(&first, &[0xff, 0xf1, 0x50, 0x40, 0, 0, 0]));
        assert!(!agree(&first, &[0xff, 0xf1, 0x4c, 0x80, 0, 0, 0]));
    }
}
