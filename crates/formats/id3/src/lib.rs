//! ID3v1 and ID3v2 tags, and the Lyrics3 block that goes with ID3v1: taken apart, and put together again with an edit
//! exchanged.
//!
//! Written after the "ID3 tag version 2.4.0" structure and frames documents (2000), "ID3 tag version 2.3.0" (1999) and
//! "ID3 tag version 2" (2.2, 1998), and after what taggers really write where it differs from them.
//!
//! **Must never know** which container a tag stands in, nor any other tag format.
//!
//! A container uses it in three steps:
//!
//! 1. While probing: [`probe_tag`] with a [`Collector`], once for each tag, the one that wins first ([`Collector::begin_source`]
//!    is called by it). It answers a [`TagInfo`], which the container keeps in its anatomy's private bytes
//!    ([`TagInfo::encode`], [`TagInfo::decode`]). [`Collector::finish`] puts elements into file order.
//! 2. While laying out: [`splice_tag`] makes [`Frames`], the new tag without header and padding, from anatomy, info and
//!    edit alone; [`new_tag`] makes them where the file had no tag.
//! 3. [`Frames::needed`] says how large the tag is at the least, [`fit`] chooses a total that keeps what follows in
//!    place, and [`Frames::finish`] writes header, frames and padding of that total.
//!
//! What an edit does not touch stays in its bytes: frames are ranges of the backing file, in the tag's own version, also
//! in unsynchronised tags. Elements made here have roles below [`ROLE_END`].

mod collect;
mod content;
mod dates;
mod deflated;
mod frames;
mod generate;
mod genre;
mod header;
mod image;
pub mod lyrics3;
mod private;
mod probe;
mod splice;
mod stream;
mod stuffed;
mod text;
mod unsync;
mod v1;
mod values;

pub use collect::Collector;
pub use deflated::DeflatedPicture;
pub use frames::id_name;
pub use generate::{Carried, CarriedText};
pub use genre::{genre_index, genre_name};
pub use header::{HEADER_LEN, Header, TagInfo};
pub use image::picture_image;
pub use probe::{probe_tag, probe_trailing_tag};
pub use splice::{Frames, MAX_TAG_BYTES, fit, new_tag, splice_tag};
pub use stuffed::StuffedPicture;
pub use v1::{Id3v1, probe_v1};

/// A frame that is neither a picture nor free-form text.
pub const ROLE_FRAME: u8 = 0;
/// A picture frame (`APIC`, `PIC`).
pub const ROLE_PICTURE: u8 = 1;
/// Free-form text (`TXXX`, `TXX`).
pub const ROLE_FREEFORM: u8 = 2;
/// Everything behind the last frame that was listed, where a tag has more frames than an anatomy may list.
pub const ROLE_REMAINDER: u8 = 3;
/// The first role that this crate does not use.
pub const ROLE_END: u8 = 16;

#[cfg(test)]
mod testing;
