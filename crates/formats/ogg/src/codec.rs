//! The codecs whose header packets are understood.

use crate::IDS;
use musefs_contracts::anatomy::FormatId;

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Vorbis,
    Opus,
    Flac,
    Speex,
}

/// How many header packets follow the identification packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Following {
    /// As many.
    Count(u32),
    /// As far as the metadata block that says that it is the last.
    UntilLastBlock,
}

impl Codec {
    const ALL: [Self; 4] = [Self::Vorbis, Self::Opus, Self::Flac, Self::Speex];

    /// The codec of a stream by the start of its first packet.
    pub(crate) fn identify(packet: &[u8]) -> Option<Self> {
        let signatures = [&b"\x01vorbis"[..], b"OpusHead", b"\x7fFLAC", b"Speex   "];
        Self::ALL
            .into_iter()
            .zip(signatures)
            .find(|(_, signature)| packet.starts_with(signature))
            .map(|(codec, _)| codec)
    }

    /// How many header packets follow the identification packet.
    pub(crate) fn following(self, packet: &[u8]) -> Following {
        match self {
            Self::Vorbis => Following::Count(2),
            Self::Opus => Following::Count(1),
            // Zero stands for "not known".
            Self::Flac => match packet.get(7..9) {
                Some([0, 0]) | None => Following::UntilLastBlock,
                Some(count) => Following::Count(u32::from(count[0]) << 8 | u32::from(count[1])),
            },
            // The field `extra_headers` of the Speex header, which some encoders leave uninitialised.
            Self::Speex => {
                let extra =
                    packet.get(68..).and_then(|rest| rest.first_chunk()).map_or(0, |le| u32::from_le_bytes(*le));
                Following::Count(1 + if extra > 16 { 0 } else { extra })
            }
        }
    }

    /// What a comment packet begins with; of FLAC, only the type of the block is told.
    pub(crate) fn is_comment_packet(self, front: &[u8]) -> bool {
        match self {
            Self::Vorbis => front.starts_with(b"\x03vorbis"),
            Self::Opus => front.starts_with(b"OpusTags"),
            Self::Flac => front.first().is_some_and(|first| first & 0x7f == 4),
            Self::Speex => true,
        }
    }

    /// Length of what stands before the vendor string.
    pub(crate) fn prefix_len(self) -> u64 {
        match self {
            Self::Vorbis => 7,
            Self::Opus => 8,
            Self::Flac => 4,
            Self::Speex => 0,
        }
    }

    pub(crate) fn id(self) -> FormatId {
        IDS[self.number() as usize].clone()
    }

    /// The codec's number in an anatomy.
    pub(crate) fn number(self) -> u64 {
        self as u64
    }

    pub(crate) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}
