//! Tags of Matroska (RFC 9559, section 5.1.8, and "Matroska Media Container Tag Specifications"): what each is about, and the
//! keys that its names carry there.

use crate::bounded::Bounded;
use crate::ebml::{Ebml, children};
use musefs_contracts::anatomy::ByteRange;
use musefs_format_keys::canonical_name;
use std::io;

const TARGETS: u32 = 0x63c0;
const TARGET_LEVEL: u32 = 0x68ca;
const TARGET_TRACK: u32 = 0x63c5;
const TARGET_EDITION: u32 = 0x63c9;
const TARGET_CHAPTER: u32 = 0x63c4;
const TARGET_ATTACHMENT: u32 = 0x63c6;
const SIMPLE_TAG: u32 = 0x67c8;
const NAME: u32 = 0x45a3;
const VALUE: u32 = 0x4487;

/// The level of a track or song, and that of an album.
const TRACK_LEVEL: u64 = 30;
const ALBUM_LEVEL: u64 = 50;

/// Names that differ from the usual spellings, sorted.
const NAMES: &[(&str, &str)] = &[
    ("ARRANGER", "arranger"),
    ("DATE_RECORDED", "date"),
    ("DATE_RELEASED", "date"),
    ("ENCODED_BY", "encodedby"),
    ("ENCODER_SETTINGS", "encodersettings"),
    ("INITIAL_KEY", "key"),
    ("LEAD_PERFORMER", "performer"),
    ("MIXED_BY", "mixer"),
    ("PART_NUMBER", "tracknumber"),
    ("REMIXED_BY", "remixer"),
    ("SOUND_ENGINEER", "engineer"),
    ("TOTAL_PARTS", "tracktotal"),
];

/// What muxers count of a track; no tags.
const STATISTICS: [&str; 5] = ["BPS", "DURATION", "NUMBER_OF_BYTES", "NUMBER_OF_FRAMES", "_STATISTICS"];

/// A track of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) uid: u64,
    pub(crate) is_audio: bool,
}

/// What a tag is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// A song, or an audio track of the file.
    Track,
    /// The file; whether as song or as album it does not say.
    File,
    /// An album.
    Album,
}

/// A tag: names with values, and where each stands.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) level: Level,
    pub(crate) values: Vec<(String, Option<String>, ByteRange)>,
}

/// Whether this tag tells about a song, so that another one tells about its album.
pub(crate) fn states_track(tag: &Tag) -> bool {
    tag.level == Level::Track && tag.values.iter().any(|(name, ..)| matches!(name.as_str(), "TITLE" | "ARTIST"))
}

impl Tag {
    /// The keys that a name carries. `has_track` tells that another tag is about the song itself.
    pub(crate) fn keys_of(&self, name: &str, has_track: bool) -> Vec<String> {
        let upper = name.to_uppercase();
        if STATISTICS.iter().any(|known| upper.starts_with(known)) {
            return Vec::new();
        }
        if self.level == Level::Album {
            match upper.as_str() {
                "TITLE" => return vec!["album".to_owned()],
                "ARTIST" if has_track => return vec!["albumartist".to_owned(), "artist".to_owned()],
                "PART_NUMBER" => return vec!["discnumber".to_owned()],
                _ => {}
            }
        }
        let known = NAMES.binary_search_by(|(known, _)| (*known).cmp(upper.as_str()));
        vec![known.map_or_else(|_| canonical_name(name).into_owned(), |at| NAMES[at].1.to_owned())]
    }
}

/// Reads a tag and as many of its values as there is room for; `None` if it is about a collection of albums, a chapter, an
/// edition, an attachment or a track that is no audio.
pub(crate) fn tag(file: &Bounded<'_>, element: &Ebml, tracks: &[Track], room: &mut usize) -> io::Result<Option<Tag>> {
    let parts = children(file, element.content)?;
    let mut level = Level::File;
    for targets in parts.iter().filter(|part| part.id == TARGETS) {
        for target in children(file, targets.content)? {
            let number = target.number(file)?.unwrap_or(0);
            match target.id {
                TARGET_LEVEL if number > ALBUM_LEVEL => return Ok(None),
                TARGET_LEVEL if number == ALBUM_LEVEL => level = Level::Album,
                TARGET_LEVEL if (1..=TRACK_LEVEL).contains(&number) => level = Level::Track,
                TARGET_TRACK if number != 0 => {
                    if tracks.iter().any(|track| track.uid == number && !track.is_audio) {
                        return Ok(None);
                    }
                    level = Level::Track;
                }
                TARGET_EDITION | TARGET_CHAPTER | TARGET_ATTACHMENT if number != 0 => return Ok(None),
                _ => {}
            }
        }
    }
    let mut values = Vec::new();
    for simple in parts.iter().filter(|part| part.id == SIMPLE_TAG).take(*room) {
        let (mut name, mut value) = (String::new(), None);
        for part in children(file, simple.content)? {
            match part.id {
                NAME => name = part.text(file)?.unwrap_or_default(),
                VALUE => value = part.text(file)?.filter(|value| !value.is_empty()),
                _ => {}
            }
        }
        if !name.is_empty() {
            values.push((name, value, simple.range));
        }
    }
    *room -= values.len();
    Ok(Some(Tag { level, values }))
}
