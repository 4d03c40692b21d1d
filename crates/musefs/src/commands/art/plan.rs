//! What becomes of the pictures of a track, before any of it is done.

use super::PICTURE_TYPES;
use crate::output::{counted, plain};
use musefs_contracts::catalog::{Catalog, TrackRecord};
use musefs_contracts::ids::ArtId;
use musefs_contracts::limits::MAX_ART_DESCRIPTION_CHARS;
use musefs_format_picture::ImageInfo;

/// Where a picture comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The store has it.
    Store(ArtId),
    /// The file has it, at this index of its pictures.
    File(usize),
    /// The user brings it.
    New,
}

/// A picture of a track, as it is or as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) origin: Origin,
    pub(super) picture_type: u8,
    pub(super) description: String,
    mime: String,
    bytes: u64,
}

impl Shown {
    /// What people are shown of it.
    pub(super) fn line(&self) -> String {
        let kind = PICTURE_TYPES.get(usize::from(self.picture_type)).unwrap_or(&PICTURE_TYPES[0]);
        let mime = if self.mime.is_empty() { "unknown" } else { &self.mime };
        let description = if self.description.is_empty() { String::new() } else { format!(" {}", self.description) };
        let origin = if matches!(self.origin, Origin::File(_)) { ", the file's own" } else { "" };
        plain(&format!("{kind} picture{description} ({mime}, {}{origin})", counted(self.bytes, "byte")))
    }
}

/// The picture that the user brings.
#[derive(Clone, Copy)]
pub(super) struct Brought<'a> {
    pub(super) picture_type: u8,
    pub(super) description: &'a str,
    pub(super) info: ImageInfo,
    pub(super) data: &'a [u8],
}

/// What is to be done with the pictures of each track.
#[derive(Clone, Copy)]
pub(super) enum Wish<'a> {
    /// This one takes the place of those of its type.
    Set(Brought<'a>),
    /// Those of a type go, or all.
    Remove(Option<u8>),
}

/// The pictures that a track shows: its links, or its file's own.
pub(super) fn shown(record: &TrackRecord) -> Vec<Shown> {
    if record.art.is_empty() {
        return of_file(record);
    }
    let picture = |link: &musefs_contracts::tags::ArtLink| Shown {
        origin: Origin::Store(link.art),
        picture_type: link.picture_type,
        description: link.description.clone(),
        mime: link.mime.clone(),
        bytes: link.byte_len,
    };
    record.art.iter().map(picture).collect()
}

fn of_file(record: &TrackRecord) -> Vec<Shown> {
    let pictures = record.anatomy.iter().flat_map(|anatomy| &anatomy.pictures).enumerate();
    let picture = |(index, picture): (usize, &musefs_contracts::anatomy::PictureLocation)| Shown {
        origin: Origin::File(index),
        // What is of no type that there is, is of type "other".
        picture_type: Some(picture.picture_type).filter(|kind| usize::from(*kind) < PICTURE_TYPES.len()).unwrap_or(0),
        description: picture.description.chars().take(MAX_ART_DESCRIPTION_CHARS).collect(),
        mime: picture.mime.clone(),
        bytes: picture.range.len,
    };
    pictures.map(picture).collect()
}

/// What a track is to show, and is to be linked; `None` if it stays as it is.
pub(super) fn planned(catalog: &dyn Catalog, record: &TrackRecord, wish: Wish<'_>) -> Option<Vec<Shown>> {
    let mut pictures = shown(record);
    let goes = |picture: &Shown, kind: Option<u8>| kind.is_none_or(|kind| kind == picture.picture_type);
    match wish {
        Wish::Set(brought) => {
            let place = pictures.iter().position(|picture| picture.picture_type == brought.picture_type);
            let same: Vec<&Shown> = pictures.iter().filter(|p| p.picture_type == brought.picture_type).collect();
            if same.len() == 1 && is_there(catalog, same[0], brought) {
                return None;
            }
            pictures.retain(|picture| picture.picture_type != brought.picture_type);
            // Players that show one picture show the first, which a front cover ought to be.
            let place = place.unwrap_or(if brought.picture_type == 3 { 0 } else { pictures.len() });
            let new = Shown {
                origin: Origin::New,
                picture_type: brought.picture_type,
                description: brought.description.to_owned(),
                mime: brought.info.mime.to_owned(),
                bytes: brought.data.len() as u64,
            };
            pictures.insert(place, new);
        }
        Wish::Remove(kind) => {
            let before = pictures.len();
            pictures.retain(|picture| !goes(picture, kind));
            // Without any link a track shows its file's own pictures, so these cannot all be taken away.
            if pictures.len() == before || pictures.is_empty() && record.art.is_empty() {
                return None;
            }
        }
    }
    Some(pictures)
}

/// What a track with these links shows.
pub(super) fn shown_after(record: &TrackRecord, links: &[Shown]) -> Vec<Shown> {
    if links.is_empty() { of_file(record) } else { links.to_vec() }
}

/// Whether the store has linked this picture to the track already.
fn is_there(catalog: &dyn Catalog, picture: &Shown, brought: Brought<'_>) -> bool {
    let Origin::Store(art) = picture.origin else { return false };
    let mut data = vec![0; brought.data.len()];
    picture.bytes == data.len() as u64
        && picture.description == brought.description
        && catalog.read_art(art, 0, &mut data).is_ok()
        && data == brought.data
}
