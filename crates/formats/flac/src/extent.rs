//! How far a block really reaches.
//!
//! A picture beyond 16 MiB leaves its length modulo 2²⁴ in the block header, and some programs wrote a comment block's
//! length wrong. Both structures know their own lengths, so where header and structure disagree, the one behind which the
//! chain of blocks goes on is believed.

use crate::block::{BlockHeader, HEADER, INVALID, PADDING, PICTURE, VORBIS_COMMENT};
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_format_picture::PictureHeader;
use musefs_format_vorbis_comment::{HeaderBytes, measure};
use std::io;

/// A range of a source as the bytes of a comment header.
pub(crate) struct Body<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) range: ByteRange,
}

impl HeaderBytes for Body<'_> {
    fn len(&self) -> u64 {
        self.range.len
    }
    fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        read_exact_at(self.source, self.range.offset + offset, buf)
    }
}

/// The range of a block's body, given the header before it and the size of the file. May pass the end of the file.
pub(crate) fn body(source: &dyn Source, offset: u64, header: BlockHeader, size: u64) -> io::Result<ByteRange> {
    let stated = ByteRange::new(offset, header.len);
    let rest = size.saturating_sub(offset);
    let real = match header.block_type {
        // A header inside its stated length is measured there, so that hostile counts walk no further than the block.
        VORBIS_COMMENT => match measure(&Body { source, range: ByteRange::new(offset, header.len.min(rest)) })? {
            Some(len) => Some(len),
            None => measure(&Body { source, range: ByteRange::new(offset, rest.min(LARGEST_REPAIR)) })?,
        },
        PICTURE => picture_header(source, ByteRange::new(offset, rest))?.map(|picture| picture.structure_len()),
        _ => None,
    };
    match real {
        Some(len) if len != header.len && len <= rest => {
            let good = |len: u64| chain_goes_on(source, offset + len, header.last, size);
            let real_is_better = !(stated.end() <= size && good(header.len)?) && good(len)?;
            Ok(if real_is_better { ByteRange::new(offset, len) } else { stated })
        }
        _ => Ok(stated),
    }
}

/// Furthest a comment header is followed beyond what its block states.
const LARGEST_REPAIR: u64 = 32 << 20;

/// The fields of a picture structure. Reads its front only.
pub(crate) fn picture_header(source: &dyn Source, body: ByteRange) -> io::Result<Option<PictureHeader>> {
    for limit in [1 << 10, 130 << 10] {
        let mut front = vec![0; body.len.min(limit) as usize];
        read_exact_at(source, body.offset, &mut front)?;
        let header = PictureHeader::parse(&front);
        if header.is_some() || body.len <= limit {
            return Ok(header);
        }
    }
    Ok(None)
}

/// Whether blocks, or the audio if the last block ended here, plausibly follow at `offset`.
fn chain_goes_on(source: &dyn Source, mut offset: u64, mut last: bool, size: u64) -> io::Result<bool> {
    // Sixteen sound blocks in a row are no accident.
    for _ in 0..16 {
        if last {
            return starts_frame(source, offset, size);
        }
        if offset + HEADER > size {
            return Ok(false);
        }
        let mut bytes = [0; 4];
        read_exact_at(source, offset, &mut bytes)?;
        let header = BlockHeader::parse(bytes);
        if header.block_type > PICTURE || (header.block_type == 0 && header.len != 34) {
            return Ok(false);
        }
        // These may have a wrong length themselves; they are judged when they are reached. One that passes the end of the
        // file is none: the lengths that need a repair are too short, or those of a comment block.
        if matches!(header.block_type, VORBIS_COMMENT | PICTURE) {
            let body = ByteRange::new(offset + HEADER, header.len);
            return Ok(body.end() <= size && has_structure(source, header.block_type, body)?);
        }
        if header.last && is_blank_padding(source, offset, header, size)? {
            return Ok(true);
        }
        offset += HEADER + header.len;
        last = header.last;
    }
    Ok(true)
}

/// Whether a block that is to hold comments or a picture begins like one.
fn has_structure(source: &dyn Source, block_type: u8, body: ByteRange) -> io::Result<bool> {
    if block_type == PICTURE {
        return Ok(picture_header(source, body)?.is_some());
    }
    let mut vendor_len = [0; 4];
    if body.len < vendor_len.len() as u64 {
        return Ok(false);
    }
    read_exact_at(source, body.offset, &mut vendor_len)?;
    Ok(u64::from(u32::from_le_bytes(vendor_len)) <= body.len - vendor_len.len() as u64)
}

/// Whether this is padding that begins with zeros: no accident, so that it needs no frame behind it for a proof.
fn is_blank_padding(source: &dyn Source, offset: u64, header: BlockHeader, size: u64) -> io::Result<bool> {
    if header.block_type != PADDING || offset + HEADER + header.len > size {
        return Ok(false);
    }
    // Of a shorter one, the zeros of its length say as much.
    let mut start = vec![0xff; header.len.min(4) as usize];
    read_exact_at(source, offset + HEADER, &mut start)?;
    Ok(start.iter().all(|byte| *byte == 0))
}

/// Whether an audio frame (or nothing more) stands at `offset`.
pub(crate) fn starts_frame(source: &dyn Source, offset: u64, size: u64) -> io::Result<bool> {
    if offset + 2 > size {
        return Ok(offset == size);
    }
    let mut sync = [0; 2];
    read_exact_at(source, offset, &mut sync)?;
    Ok(sync[0] == 0xff && sync[1] & 0xfc == 0xf8)
}

/// Whether this can be a block at all.
pub(crate) fn is_possible(header: BlockHeader) -> bool {
    header.block_type != INVALID
}
