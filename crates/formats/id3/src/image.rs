//! The image of a picture frame.

use musefs_contracts::anatomy::{PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_contracts::limits::MAX_ART_BYTES;
use musefs_format_picture::{Decoded, Form};
use std::io;
use std::sync::Arc;

/// Most bytes of a stuffed image: half of them may be stuffing.
const LIMIT: u64 = 2 * MAX_ART_BYTES as u64;

/// The image of a picture that a tag's frame holds; `None` where it is compressed.
pub fn picture_image(source: &dyn Source, picture: &PictureLocation) -> io::Result<Option<Layout>> {
    let mut image = LayoutBuilder::new();
    match picture.encoding {
        PictureEncoding::Raw => image.backing(picture.range),
        PictureEncoding::Unsynchronised => {
            match Decoded::measure(source, Form::Unsynchronised, [picture.range], LIMIT)? {
                Some(decoded) => image.push(Segment::Computed(Arc::new(decoded))),
                // Some programs set the flag and stuff nothing.
                None => image.backing(picture.range),
            }
        }
        PictureEncoding::Base64 | PictureEncoding::Opaque => return Ok(None),
    };
    Ok(Some(image.finish()))
}
