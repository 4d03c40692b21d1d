//! Matroska and WebM (RFC 9559): the elements of a segment, of which those with tags may stand before or behind the audio.

use crate::bounded::Bounded;
use crate::ebml::{Ebml, children, element_at};
use crate::matroska_tags::{Tag, Track, states_track, tag};
use crate::{ROLE_ELEMENT, finish};
use musefs_contracts::anatomy::{ByteRange, Element, FormatId, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::limits;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_id3::Collector;
use std::io;

/// What the store calls Matroska files.
pub(crate) const MKA: FormatId = FormatId::new("mka");
/// What the store calls WebM files.
pub(crate) const WEBM: FormatId = FormatId::new("webm");

const EBML: u32 = 0x1a45_dfa3;
const DOC_TYPE: u32 = 0x4282;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const SEEK: u32 = 0x4dbb;
const SEEK_ID: u32 = 0x53ab;
const SEEK_POSITION: u32 = 0x53ac;
const INFO: u32 = 0x1549_a966;
const TITLE: u32 = 0x7ba9;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const TRACK_TYPE: u32 = 0x83;
const TRACK_UID: u32 = 0x73c5;
const CLUSTER: u32 = 0x1f43_b675;
const ATTACHMENTS: u32 = 0x1941_a469;
const ATTACHED_FILE: u32 = 0x61a7;
const FILE_NAME: u32 = 0x466e;
const FILE_MIME: u32 = 0x4660;
const FILE_DESCRIPTION: u32 = 0x467e;
const FILE_DATA: u32 = 0x465c;
const TAGS: u32 = 0x1254_c367;
const TAG: u32 = 0x7373;

/// The type of a track that is audio.
const AUDIO: u64 = 2;
/// Most elements of a segment that are looked at in search of tags.
const MOST_ELEMENTS: usize = 4_096;

/// Whether these are the first bytes of such a file.
pub(crate) fn is_matroska(content: &[u8]) -> bool {
    content.starts_with(&EBML.to_be_bytes())
}

pub(crate) fn probe(source: &dyn Source, offset: u64) -> Result<Probe, ProbeError> {
    let file = Bounded::new(source)?;
    let not_understood = |what: &str| ProbeError::NotUnderstood(what.to_owned());
    let head = element_at(&file, offset, file.size)?.filter(|head| head.id == EBML && !head.is_open);
    let head = head.ok_or_else(|| not_understood("this is no Matroska file"))?;
    let is_webm = is_webm(&file, &head)?;
    let segment = element_at(&file, head.range.end(), file.size)?.filter(|segment| segment.id == SEGMENT);
    let segment = segment.ok_or_else(|| not_understood("there is no segment behind the EBML header"))?;
    let elements = elements_of(&file, segment.content)?;
    let tracks = tracks(&file, &elements)?;
    if !tracks.is_empty() && !tracks.iter().any(|track| track.is_audio) {
        return Err(not_understood("no track of this Matroska file is audio"));
    }
    let mut out = Collector::new();
    tags(&file, &elements, &tracks, &mut out)?;
    attachments(&file, &elements, &mut out)?;
    let audio = audio(&elements, segment.content);
    Ok(finish(if is_webm { WEBM } else { MKA }, "Matroska", file.size, audio, out))
}

/// From the first cluster to what is known to stand behind the last one.
fn audio(elements: &[Ebml], segment: ByteRange) -> ByteRange {
    let Some(first) = elements.iter().position(|element| element.id == CLUSTER) else { return ByteRange::default() };
    let behind = elements.iter().skip(first).find(|element| element.id != CLUSTER);
    let end = behind.map_or(segment.end(), |element| element.range.offset);
    elements.get(first).map_or_else(ByteRange::default, |first| {
        ByteRange::new(first.range.offset, end.saturating_sub(first.range.offset))
    })
}

fn is_webm(file: &Bounded<'_>, head: &Ebml) -> io::Result<bool> {
    let kind = children(file, head.content)?.into_iter().find(|element| element.id == DOC_TYPE);
    let kind = kind.map(|kind| kind.text(file)).transpose()?.flatten();
    Ok(kind.is_some_and(|kind| kind == "webm"))
}

/// The segment's elements, in file order: those up to the first cluster and those that a seek head names, or all where
/// there is none.
fn elements_of(file: &Bounded<'_>, segment: ByteRange) -> io::Result<Vec<Ebml>> {
    let mut found: Vec<Ebml> = Vec::new();
    let mut named = Vec::new();
    let mut at = segment.offset;
    while found.len() < MOST_ELEMENTS
        && let Some(element) = element_at(file, at, segment.end())?
    {
        at = element.range.end();
        found.push(element);
        if element.id == SEEK_HEAD {
            named.extend(seek_targets(file, &element, segment)?);
        }
        if element.id == CLUSTER && (element.is_open || !named.is_empty()) {
            break;
        }
    }
    // One seek head may name another, which may name more, but each place is looked at once.
    let mut next = 0;
    while let Some(target) = named.get(next).copied().filter(|_| found.len() < MOST_ELEMENTS) {
        next += 1;
        if found.iter().any(|known| known.range.offset == target) {
            continue;
        }
        let Some(element) = element_at(file, target, segment.end())? else { continue };
        if element.id == SEEK_HEAD {
            named.extend(seek_targets(file, &element, segment)?);
        }
        if matches!(element.id, SEEK_HEAD | INFO | TRACKS | ATTACHMENTS | TAGS) {
            found.push(element);
        }
    }
    found.sort_by_key(|element| element.range.offset);
    Ok(found)
}

fn seek_targets(file: &Bounded<'_>, head: &Ebml, segment: ByteRange) -> io::Result<Vec<u64>> {
    let mut targets = Vec::new();
    for seek in children(file, head.content)?.iter().filter(|element| element.id == SEEK).take(MOST_ELEMENTS) {
        let parts = children(file, seek.content)?;
        let number = |id: u32| -> io::Result<Option<u64>> {
            let part = parts.iter().find(|part| part.id == id);
            Ok(part.map(|part| part.number(file)).transpose()?.flatten())
        };
        let wanted =
            number(SEEK_ID)?.filter(|id| [SEEK_HEAD, INFO, TRACKS, ATTACHMENTS, TAGS].map(u64::from).contains(id));
        let position = number(SEEK_POSITION)?.and_then(|position| segment.offset.checked_add(position));
        targets.extend(wanted.and(position).filter(|position| *position < segment.end()));
    }
    Ok(targets)
}

/// The children of every element of the segment that has this id.
fn parts(file: &Bounded<'_>, elements: &[Ebml], parent: u32, child: u32) -> io::Result<Vec<Ebml>> {
    let mut found = Vec::new();
    for element in elements.iter().filter(|element| element.id == parent) {
        let room = limits::MAX_ELEMENTS - found.len();
        found.extend(children(file, element.content)?.into_iter().filter(|part| part.id == child).take(room));
    }
    Ok(found)
}

fn tracks(file: &Bounded<'_>, elements: &[Ebml]) -> io::Result<Vec<Track>> {
    let mut tracks = Vec::new();
    for entry in parts(file, elements, TRACKS, TRACK_ENTRY)?.iter().take(MOST_ELEMENTS) {
        let mut track = Track { uid: 0, is_audio: false };
        for part in children(file, entry.content)? {
            match part.id {
                TRACK_TYPE => track.is_audio = part.number(file)? == Some(AUDIO),
                TRACK_UID => track.uid = part.number(file)?.unwrap_or(0),
                _ => {}
            }
        }
        tracks.push(track);
    }
    Ok(tracks)
}

/// States the tags, those of the track first, then those of the album, then the segment's own title.
fn tags(file: &Bounded<'_>, elements: &[Ebml], tracks: &[Track], out: &mut Collector) -> io::Result<()> {
    let mut found: Vec<Tag> = Vec::new();
    let mut room = limits::MAX_ELEMENTS;
    for element in parts(file, elements, TAGS, TAG)? {
        found.extend(tag(file, &element, tracks, &mut room)?);
    }
    found.sort_by_key(|tag| tag.level);
    let has_track = found.iter().any(states_track);
    let mut level = None;
    for tag in &found {
        if level.replace(tag.level) != Some(tag.level) {
            out.begin_source();
        }
        for (name, value, range) in &tag.values {
            let mut key = None;
            for carried in tag.keys_of(name, has_track) {
                let index = out.state(&carried, value.clone());
                key = key.or(index);
            }
            let private = name.as_bytes().into();
            out.element(Element { id: *b"STAG", role: ROLE_ELEMENT, key, range: *range, private });
        }
    }
    out.begin_source();
    for title in parts(file, elements, INFO, TITLE)? {
        let value = title.text(file)?.filter(|value| !value.is_empty());
        let key = out.state("title", value);
        let private = b"Title"[..].into();
        out.element(Element { id: *b"INFO", role: ROLE_ELEMENT, key, range: title.range, private });
    }
    Ok(())
}

/// Attached images, of which the covers are known by their names (RFC 9559, section 18).
fn attachments(file: &Bounded<'_>, elements: &[Ebml], out: &mut Collector) -> io::Result<()> {
    for attached in parts(file, elements, ATTACHMENTS, ATTACHED_FILE)? {
        let (mut name, mut mime, mut description) = (String::new(), String::new(), String::new());
        let mut range = ByteRange::default();
        for part in children(file, attached.content)? {
            match part.id {
                FILE_NAME => name = part.text(file)?.unwrap_or_default(),
                FILE_MIME => mime = part.text(file)?.unwrap_or_default(),
                FILE_DESCRIPTION => description = part.text(file)?.unwrap_or_default(),
                FILE_DATA => range = part.content,
                _ => {}
            }
        }
        let is_picture = mime.starts_with("image/") && range.len > 0;
        let picture_type = if name.to_lowercase().contains("cover") { 3 } else { 0 };
        let (private, id) = (name.into_bytes().into(), *b"FILE");
        let element = Element { id, role: ROLE_ELEMENT, key: None, range: attached.range, private };
        if out.element(element) && is_picture {
            let encoding = PictureEncoding::Raw;
            out.picture(PictureLocation { element: 0, range, encoding, mime, picture_type, description });
        }
    }
    Ok(())
}
