//! Making the comments of an edited file.

use crate::role;
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::codec::Decoder;
use musefs_contracts::edit::{Edit, EditValue};
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{LayoutBuilder, Segment};
use musefs_contracts::tags::ArtLink;
use musefs_format_keys::vorbis_name;
use musefs_format_picture::{Base64Stream, base64_len, header_for};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// Where a container keeps the pictures of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureHome {
    /// In blocks of its own; comments with pictures are left out when pictures are exchanged.
    Blocks,
    /// In `METADATA_BLOCK_PICTURE` comments.
    Comments,
}

/// The comments made for one header.
#[derive(Debug, Default)]
pub struct Rewritten {
    /// The comments one behind the other, without vendor and count.
    pub comments: LayoutBuilder,
    /// How many they are.
    pub count: u64,
}

impl Rewritten {
    /// The number of comments as the header states it.
    pub fn count_field(&self) -> Result<[u8; 4], LayoutError> {
        u32::try_from(self.count).map(u32::to_le_bytes).map_err(|_| too_large("the number of comments"))
    }
}

/// Length of a header's front with a vendor string of this length (its length field included; 0 if there is none).
pub fn vendor_and_count_len(vendor_len: u64) -> u64 {
    vendor_len.max(4) + 4
}

/// Where what the edit adds goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum New {
    /// Before all comments, since the file has more of them than are listed: behind them it would not be listed either.
    First,
    /// Behind all comments of the first header.
    Last,
    /// It is written.
    Written,
}

/// Makes the comments of an edited file from its elements, which are handed over in file order.
///
/// A changed key is written where the file first has it, spelled as the file spells it; [`Self::finish_header`] appends
/// the keys and pictures that the file has nowhere.
#[derive(Debug)]
pub struct Rewriter<'a> {
    anatomy: &'a Anatomy,
    edit: &'a Edit,
    home: PictureHome,
    present: HashSet<&'a str>,
    written: HashSet<&'a str>,
    has_picture: bool,
    art_written: bool,
    new: New,
    out: Rewritten,
}

impl<'a> Rewriter<'a> {
    /// A rewriter for the comments of `anatomy`.
    pub fn new(anatomy: &'a Anatomy, edit: &'a Edit, home: PictureHome) -> Self {
        let comments = anatomy.elements.iter().filter(|element| element.role == role::FIELD);
        let present = comments.filter_map(|element| anatomy.key_of(element)).collect();
        let is_crowded = anatomy.elements.iter().any(|element| element.role == role::RUN);
        let has_picture = anatomy.elements.iter().any(|element| element.role == role::PICTURE);
        Self {
            anatomy,
            edit,
            home,
            present,
            written: HashSet::new(),
            has_picture,
            art_written: false,
            new: if is_crowded { New::First } else { New::Last },
            out: Rewritten::default(),
        }
    }

    /// Whether a comment of the file has this key.
    pub fn has(&self, key: &str) -> bool {
        self.present.contains(key)
    }

    /// Takes the next comment of the file: keeps it (`keep` adds its bytes), replaces it or leaves it out.
    pub fn comment(&mut self, element: &Element, keep: impl FnOnce(&mut LayoutBuilder)) -> Result<(), LayoutError> {
        if self.new == New::First {
            self.append()?;
        }
        let change = self.anatomy.key_of(element).and_then(|key| self.edit.change(key));
        match element.role {
            role::FIELD => {
                let Some(change) = change else {
                    keep(&mut self.out.comments);
                    self.out.count += 1;
                    return Ok(());
                };
                if self.written.insert(&change.key) {
                    let name = std::str::from_utf8(&element.private).ok().filter(|name| !name.is_empty());
                    let name = name.map_or_else(|| vorbis_name(&change.key), Cow::Borrowed);
                    self.values(&name, &change.values)?;
                }
            }
            role::PICTURE => {
                if self.edit.art.is_none() {
                    keep(&mut self.out.comments);
                    self.out.count += 1;
                } else if !self.art_written {
                    self.art()?;
                }
            }
            _ => {
                keep(&mut self.out.comments);
                self.out.count += Decoder(&element.private).int().map_err(|_| LayoutError::StaleAnatomy)?;
            }
        }
        Ok(())
    }

    /// Adds a key that the file states elsewhere than in comments, unless a comment or the edit states it.
    pub fn carry(&mut self, key: &str, values: &[String]) -> Result<(), LayoutError> {
        if self.has(key) || self.edit.touches(key) {
            return Ok(());
        }
        let name = vorbis_name(key);
        values.iter().try_for_each(|value| self.text(&name, value))
    }

    /// Ends a header: the comments taken since the last one. The first header gets what the edit adds to the file.
    pub fn finish_header(&mut self) -> Result<Rewritten, LayoutError> {
        self.append()?;
        Ok(std::mem::take(&mut self.out))
    }

    /// Adds what the edit says and no comment of the file does, once.
    fn append(&mut self) -> Result<(), LayoutError> {
        if std::mem::replace(&mut self.new, New::Written) == New::Written {
            return Ok(());
        }
        let edit = self.edit;
        let absent = edit.changes.iter().filter(|change| !self.present.contains(change.key.as_str()));
        for change in absent.collect::<Vec<_>>() {
            self.values(&vorbis_name(&change.key), &change.values)?;
        }
        if edit.art.is_some() && !self.has_picture {
            self.art()?;
        }
        Ok(())
    }

    fn values(&mut self, name: &str, values: &[EditValue]) -> Result<(), LayoutError> {
        for value in values {
            match value {
                EditValue::Text(text) => self.text(name, text)?,
                EditValue::Binary(value, len) => {
                    let mut raw = LayoutBuilder::new();
                    raw.push(Segment::TagValue(value.clone(), ByteRange::new(0, *len)));
                    self.base64(name, raw)?;
                }
            }
        }
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), LayoutError> {
        if self.start(name, text.len() as u64)? {
            self.out.comments.bytes(text.as_bytes());
        }
        Ok(())
    }

    fn art(&mut self) -> Result<(), LayoutError> {
        self.art_written = true;
        if self.home == PictureHome::Comments {
            self.edit.art.iter().flatten().try_for_each(|link| self.picture(link))?;
        }
        Ok(())
    }

    fn picture(&mut self, link: &ArtLink) -> Result<(), LayoutError> {
        let mut raw = LayoutBuilder::new();
        raw.bytes(&header_for(link).ok_or_else(|| too_large("METADATA_BLOCK_PICTURE"))?);
        raw.push(Segment::Art(link.art, ByteRange::new(0, link.byte_len)));
        self.base64("METADATA_BLOCK_PICTURE", raw)
    }

    fn base64(&mut self, name: &str, raw: LayoutBuilder) -> Result<(), LayoutError> {
        if self.start(name, base64_len(raw.len()))? {
            self.out.comments.push(Segment::Computed(Arc::new(Base64Stream::new(raw.finish()))));
        }
        Ok(())
    }

    /// Begins a comment. A name that would end early at its own `=`, or is empty, cannot be written: `false`.
    fn start(&mut self, name: &str, value_len: u64) -> Result<bool, LayoutError> {
        if name.is_empty() || name.contains('=') {
            return Ok(false);
        }
        let len = u32::try_from(name.len() as u64 + 1 + value_len).map_err(|_| too_large(name))?;
        self.out.comments.bytes(&len.to_le_bytes()).bytes(name.as_bytes()).bytes(b"=");
        self.out.count += 1;
        Ok(true)
    }
}

fn too_large(what: &str) -> LayoutError {
    LayoutError::TooLarge(format!("{what} does not fit into a Vorbis comment header"))
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
