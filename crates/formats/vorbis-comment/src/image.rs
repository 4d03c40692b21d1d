//! The image of a picture comment.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_contracts::limits::MAX_ART_BYTES;
use musefs_format_picture::{Decoded, Form, PictureHeader};
use std::io;
use std::sync::Arc;

/// Bytes at the front of a comment among which its name ends.
const NAME_BYTES: u64 = 4 + 32;
/// Bytes of a picture's structure among which its fields end.
const FIELDS: u64 = 16 << 10;
/// Most bytes of a comment that is read through: the largest image in base64, with line breaks.
const LIMIT: u64 = 2 * MAX_ART_BYTES as u64;

/// The image of the picture comment, length field included, that these pieces of the file hold one behind the other. `None` if
/// it holds no picture, or not in sound base64.
pub fn picture_image(source: &dyn Source, pieces: &[ByteRange]) -> io::Result<Option<Layout>> {
    let mut head = Vec::new();
    for piece in pieces {
        let start = head.len();
        head.resize(start + piece.len.min(NAME_BYTES - start as u64) as usize, 0);
        read_exact_at(source, piece.offset, &mut head[start..])?;
        if head.len() as u64 == NAME_BYTES {
            break;
        }
    }
    let name = head.get(4..).unwrap_or_default();
    let Some(equals) = name.iter().position(|byte| *byte == b'=') else { return Ok(None) };
    let name = &name[..equals];
    let value = behind(pieces, 4 + equals as u64 + 1);
    let Some(decoded) = Decoded::measure(source, Form::Base64, value, LIMIT)? else { return Ok(None) };
    let image = if name.eq_ignore_ascii_case(b"METADATA_BLOCK_PICTURE") {
        let whole = musefs_contracts::layout::Computed::len(&decoded);
        let mut fields = vec![0; whole.min(FIELDS) as usize];
        decoded.read(0, &mut fields, |offset, buf| read_exact_at(source, offset, buf))?;
        let Some(header) = PictureHeader::parse(&fields) else { return Ok(None) };
        decoded.narrowed(u64::from(header.image_offset), u64::from(header.image_len))
    } else if name.eq_ignore_ascii_case(b"COVERART") {
        decoded
    } else {
        return Ok(None);
    };
    let mut layout = LayoutBuilder::new();
    layout.push(Segment::Computed(Arc::new(image)));
    Ok(Some(layout.finish()))
}

/// The pieces without their first `skip` bytes.
fn behind(pieces: &[ByteRange], mut skip: u64) -> Vec<ByteRange> {
    let mut rest = Vec::new();
    for piece in pieces {
        let gone = skip.min(piece.len);
        skip -= gone;
        rest.push(ByteRange::new(piece.offset + gone, piece.len - gone));
    }
    rest
}
