//! APEv2 tags, as Monkey's Audio, Musepack and WavPack files have them, and MP3 files beside their ID3 tags.
//!
//! After the "APEv2 specification" of the Hydrogenaudio knowledge base. Keys are compared without case; text is UTF-8,
//! several values parted by NUL. APEv1 differs in its version number and text encoding only, and is read the same way.
//!
//! **Must never know** which container a tag stands in, nor any other tag format.
//!
//! A container finds a tag with [`locate`], takes it apart with [`probe`], and lays it out with [`splice`]; items that an
//! edit does not touch stay ranges of the backing file. Elements have the roles [`ROLE_ITEM`] to [`ROLE_REMAINDER`].

mod item;
mod splice;
mod tag;

pub use item::{carried_value, name_of, probe};
pub use splice::{Follow, new_tag, splice};
pub use tag::{ApeTag, FOOTER_LEN, locate, locate_leading};

/// A text item, or one that is neither text nor picture.
pub const ROLE_ITEM: u8 = 16;
/// A picture item.
pub const ROLE_PICTURE: u8 = 17;
/// What could not be taken apart at the end of a tag.
pub const ROLE_REMAINDER: u8 = 18;

#[cfg(test)]
#[path = "ape_tests.rs"]
mod tests;
