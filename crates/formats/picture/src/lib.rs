//! The picture structure of FLAC (RFC 9639, section 8.8), read and written around an image that is never copied.
//!
//! FLAC holds it in a `PICTURE` block; Vorbis comments hold it, in base64 (RFC 4648), as `METADATA_BLOCK_PICTURE`.
//!
//! **Must never know** the container around the structure, nor what an image shows: it reads and writes the fields in
//! front of the image, streams base64 of what it does not hold, and gives back what a file holds in another form.

mod base64_stream;
mod decoded;
mod image;
mod structure;

pub use base64_stream::{Base64Stream, base64_len, decode_prefix};
pub use decoded::{Decoded, Form};
pub use image::{ImageInfo, sniff_image};
pub use structure::{PictureHeader, header_for, header_len};
