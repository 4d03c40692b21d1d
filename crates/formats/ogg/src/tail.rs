//! What follows the comments in their packet: padding, or bytes to keep.

use crate::codec::Codec;
use musefs_contracts::anatomy::ByteRange;
use musefs_format_vorbis_comment::HeaderBytes;
use std::io;

/// Padding is looked through up to this length; a longer tail is kept unseen.
const LONGEST: u64 = 1 << 20;

/// The range behind the comments that an edit keeps, given where they end and whether they were all there.
///
/// Vorbis's framing bit is not part of it. RFC 7845, section 5.2, has OpusTags followed by padding unless the lowest bit
/// of the next byte is set; of the other codecs, zeros are taken for padding, which is how taggers reserve room.
pub(crate) fn kept(codec: Codec, packet: &dyn HeaderBytes, end: u64, complete: bool) -> io::Result<ByteRange> {
    let mut start = end.min(packet.len());
    let mut first = [0];
    if start < packet.len() {
        packet.read(start, &mut first)?;
    }
    if codec == Codec::Vorbis && complete && first[0] & 1 == 1 {
        start += 1;
    }
    let rest = ByteRange::new(start, packet.len() - start);
    let is_padding = match codec {
        _ if !complete => false,
        Codec::Opus => first[0] & 1 == 0,
        Codec::Vorbis | Codec::Flac | Codec::Speex => is_zero(packet, rest)?,
    };
    Ok(if is_padding { ByteRange::new(start, 0) } else { rest })
}

fn is_zero(packet: &dyn HeaderBytes, mut range: ByteRange) -> io::Result<bool> {
    if range.len > LONGEST {
        return Ok(false);
    }
    let mut buf = [0; 4096];
    while range.len > 0 {
        let part = &mut buf[..range.len.min(4096) as usize];
        packet.read(range.offset, part)?;
        if part.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        range = ByteRange::new(range.offset + part.len() as u64, range.len - part.len() as u64);
    }
    Ok(true)
}
