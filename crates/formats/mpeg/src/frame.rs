//! The header of an MPEG audio frame (ISO/IEC 11172-3, section 2.4.1.3, with the MPEG 2.5 extension).

/// Kilobits a second, by [MPEG 1 or later][layer I, II, III][index].
const BITRATES: [[[u32; 15]; 3]; 2] = [
    [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    ],
    [
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ],
];
const RATES: [u32; 3] = [44_100, 48_000, 32_000];

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    bits: u32,
    /// Bytes from this frame to the next; `None` in free format, where the headers do not tell.
    pub len: Option<u64>,
}

impl FrameHeader {
    /// Reads a header; `None` if these four bytes are none.
    pub(crate) fn parse(bytes: [u8; 4]) -> Option<Self> {
        let bits = u32::from_be_bytes(bytes);
        let (version, layer) = (bits >> 19 & 3, bits >> 17 & 3);
        let (bitrate, rate) = (bits >> 12 & 15, bits >> 10 & 3);
        if bits >> 21 != 0x7ff || version == 1 || layer == 0 || bitrate == 15 || rate == 3 {
            return None;
        }
        let layer = 3 - layer as usize;
        let later = usize::from(version != 3);
        let kilobits = BITRATES.get(later)?.get(layer)?.get(bitrate as usize).copied()?;
        let hertz = RATES.get(rate as usize)? >> [2, 1, 1, 0].get(version as usize)?;
        let padding = bits >> 9 & 1;
        let len = match layer {
            _ if kilobits == 0 => None,
            0 => Some((12_000 * kilobits / hertz + padding) * 4),
            2 if later == 1 => Some(72_000 * kilobits / hertz + padding),
            _ => Some(144_000 * kilobits / hertz + padding),
        };
        Some(Self { bits, len: len.map(u64::from) })
    }

    /// Whether both may be frames of one stream: same version, layer and sample rate.
    pub(crate) fn agrees(self, other: Self) -> bool {
        const SAME: u32 = 0xfffe_0c00;
        self.bits & SAME == other.bits & SAME && self.len.is_none() == other.len.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn len(bytes: [u8; 4]) -> Option<u64> {
        FrameHeader::parse(bytes).expect("a header").len
    }

    #[test]
    fn lengths_of_all_layers_and_versions() {
        assert_eq!(len([0xff, 0xfb, 0x90, 0x00]), Some(417), "MPEG 1 Layer III, 128 kbit/s, 44.1 kHz");
        assert_eq!(len([0xff, 0xfb, 0x92, 0x00]), Some(418), "padded");
        assert_eq!(len([0xff, 0xfd, 0x80, 0x00]), Some(417), "MPEG 1 Layer II, 128 kbit/s");
        assert_eq!(len([0xff, 0xff, 0x40, 0x00]), Some(136), "MPEG 1 Layer I, 128 kbit/s, slots of four");
        assert_eq!(len([0xff, 0xf3, 0x80, 0x00]), Some(208), "MPEG 2 Layer III, 64 kbit/s, 22.05 kHz");
        assert_eq!(len([0xff, 0xe3, 0x80, 0x00]), Some(417), "MPEG 2.5 Layer III, 64 kbit/s, 11.025 kHz");
        assert_eq!(len([0xff, 0xfb, 0x00, 0x00]), None, "free format");
    }

    #[test]
    fn what_is_reserved_is_no_header() {
        for bytes in [
            [0xff, 0xeb, 0x90, 0],
            [0xff, 0xf9, 0x90, 0],
            [0xff, 0xfb, 0xf0, 0],
            [0xff, 0xfb, 0x9c, 0],
            [0xfe, 0xfb, 0x90, 0],
        ] {
            assert_eq!(FrameHeader::parse(bytes), None);
        }
    }
}
