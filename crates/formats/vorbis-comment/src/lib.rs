//! Vorbis comment headers (Vorbis I specification, section 5): the vendor string and the list of `NAME=value` comments
//! that FLAC blocks and the comment packets of Ogg streams hold.
//!
//! [`parse`] lists every comment with its place, key and value. [`Rewriter`] makes the comments of an edited file: those
//! the edit does not touch keep their bytes, order and place.
//!
//! **Must never know** what stands around a comment header: no FLAC block, no Ogg page. It reads through
//! [`HeaderBytes`] and leaves it to the container to say where kept comments lie in the file.

mod image;
mod parse;
mod rewrite;

pub use image::picture_image;
pub use parse::{Comment, CommentHeader, FoundPicture, HeaderBytes, measure, parse};
pub use rewrite::{PictureHome, Rewriter, Rewritten, vendor_and_count_len};

/// Roles of the elements that stand for comments, the same in every container.
pub mod role {
    /// One comment `NAME=value`; carries a key unless its name cannot be one.
    pub const FIELD: u8 = 16;
    /// A comment that holds a picture or belongs to one: `METADATA_BLOCK_PICTURE`, `COVERART`, `COVERARTMIME`.
    pub const PICTURE: u8 = 17;
    /// More comments than an anatomy lists, as one opaque run; the element's private bytes are their number.
    pub const RUN: u8 = 18;

    /// Whether an element of this role stands for comments.
    pub fn is_comment(role: u8) -> bool {
        (FIELD..=RUN).contains(&role)
    }
}
