//! ID3v1 and ID3v1.1 (128 bytes at the end of a file), with the enhanced block `TAG+` that may stand before it.

use crate::collect::Collector;
use crate::generate::{Carried, CarriedText};
use crate::genre::{genre_index, genre_name};
use crate::lyrics3;
use crate::stream::read_up_to;
use crate::text::{Encoding, latin1, push_text};
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Source;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::edit::{Edit, KeyChange};
use musefs_contracts::layout::LayoutBuilder;
use std::io;

const TAG: u64 = 128;
/// Some programs wrote the year without padding.
const SHORTEST: u64 = 124;
const ENHANCED: u64 = 227;

/// A field's key with its place; the year's width is that of the tag's.
const FIELDS: [(&str, usize); 5] = [("title", 3), ("artist", 33), ("album", 63), ("date", 93), ("comment", 0)];

/// An ID3v1 tag: where it is, and what its fields are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id3v1 {
    /// The tag, the enhanced block included.
    pub range: ByteRange,
    enhanced: bool,
    /// Bytes of the year: 4, or fewer in tags that were written too short.
    year: u8,
    /// The last two bytes of the comment are a zero and the track number.
    numbered: bool,
    track: u8,
    genre: u8,
    /// Offset in the tag and length of the text in each of [`FIELDS`].
    texts: [(u8, u8); 5],
}

/// Lengths of the footers of an APE tag and an ID3v2.4 tag.
const APE_FOOTER: usize = 32;
const ID3V2_FOOTER: usize = 10;

/// Finds the tag that ends at `end`, and tells the collector what it says. Nothing before `floor` belongs to it.
pub fn probe_v1(
    source: &dyn Source,
    floor: u64,
    end: u64,
    is_file_end: bool,
    out: &mut Collector,
) -> io::Result<Option<Id3v1>> {
    let Some((tag, bytes)) = locate(source, floor, end, is_file_end)? else { return Ok(None) };
    out.begin_source();
    for ((key, _), (at, len)) in FIELDS.iter().zip(tag.texts) {
        let text = latin1(bytes.get(usize::from(at)..usize::from(at) + usize::from(len)).unwrap_or_default());
        if !text.is_empty() {
            out.state(key, [text]);
        }
    }
    if tag.numbered && tag.track > 0 {
        out.state("tracknumber", [tag.track.to_string()]);
    }
    if let Some(genre) = genre_name(tag.genre) {
        out.state("genre", [genre.to_owned()]);
    }
    Ok(Some(tag))
}

fn locate(source: &dyn Source, floor: u64, end: u64, is_file_end: bool) -> io::Result<Option<(Id3v1, Vec<u8>)>> {
    let shortest = if is_file_end { SHORTEST } else { TAG };
    for len in (shortest..=TAG).rev() {
        let Some(at) = end.checked_sub(len).filter(|at| *at >= floor) else { continue };
        let bytes = read_up_to(source, at, len as usize)?;
        // A tag that begins with `TAG+` is the enhanced block, and `APETAGEX` holds these letters too.
        if bytes.len() as u64 != len
            || !bytes.starts_with(b"TAG")
            || bytes.starts_with(b"TAGEX")
            || ends_in_another(&bytes)
        {
            continue;
        }
        let mut tag = parse(&bytes, ByteRange::new(at, len));
        if let Some(before) = at.checked_sub(ENHANCED).filter(|before| *before >= floor)
            && read_up_to(source, before, 4)? == b"TAG+"
        {
            tag.enhanced = true;
            tag.range = ByteRange::new(before, ENHANCED + len);
        }
        return Ok(Some((tag, bytes)));
    }
    Ok(None)
}

/// Whether another tag ends where these bytes do: an APE tag, a Lyrics3 block, an ID3v2.4 tag with a footer. What precedes its
/// end is that tag, whatever a value of it looks like, or audio.
fn ends_in_another(bytes: &[u8]) -> bool {
    let footer = |len: usize| bytes.len().checked_sub(len).and_then(|at| bytes.get(at..)).unwrap_or_default();
    footer(APE_FOOTER).starts_with(b"APETAGEX")
        || footer(ID3V2_FOOTER).starts_with(b"3DI\x04")
        || lyrics3::ENDS.iter().any(|word| bytes.ends_with(word))
}

fn parse(bytes: &[u8], range: ByteRange) -> Id3v1 {
    let year = (bytes.len() - SHORTEST as usize) as u8;
    let comment = 93 + usize::from(year);
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let numbered = byte(comment + 28) == 0;
    let width = |index: usize| match index {
        3 => usize::from(year),
        4 if numbered => 28,
        _ => 30,
    };
    let mut texts = [(0, 0); 5];
    for (index, (_, at)) in FIELDS.iter().enumerate() {
        let at = if index == 4 { comment } else { *at };
        let field = bytes.get(at..at + width(index)).unwrap_or_default();
        let field = field.split(|byte| *byte == 0).next().unwrap_or_default();
        let skip = field.len() - field.trim_ascii_start().len();
        texts[index] = ((at + skip) as u8, field.trim_ascii().len() as u8);
    }
    Id3v1 { range, enhanced: false, year, numbered, track: byte(comment + 29), genre: byte(comment + 30), texts }
}

impl Id3v1 {
    /// Appends the stored form.
    pub fn encode(&self, out: &mut Encoder) {
        out.int(self.range.offset);
        out.int(self.range.len);
        let bits = u8::from(self.enhanced) | u8::from(self.numbered) << 1;
        for byte in [bits, self.year, self.track, self.genre] {
            out.int(u64::from(byte));
        }
        for (at, len) in self.texts {
            out.int(u64::from(at));
            out.int(u64::from(len));
        }
    }

    /// Takes the stored form.
    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let range = ByteRange::new(input.int()?, input.int()?);
        let [bits, year, track, genre] = [input.int()?, input.int()?, input.int()?, input.int()?].map(|v| v as u8);
        let mut texts = [(0, 0); 5];
        for text in &mut texts {
            *text = (input.int()? as u8, input.int()? as u8);
        }
        let (enhanced, numbered) = (bits & 1 != 0, bits & 2 != 0);
        if u64::from(year) + SHORTEST + if enhanced { ENHANCED } else { 0 } != range.len {
            return Err(DecodeError);
        }
        Ok(Self { range, enhanced, year, numbered, track, genre, texts })
    }

    fn tag_offset(&self) -> u64 {
        self.range.offset + if self.enhanced { ENHANCED } else { 0 }
    }

    /// What it says, for a new ID3v2 tag.
    pub fn carried(&self) -> Vec<Carried> {
        let mut out = Vec::new();
        for ((key, _), (at, len)) in FIELDS.iter().zip(self.texts) {
            if len > 0 {
                let range = ByteRange::new(self.tag_offset() + u64::from(at), u64::from(len));
                out.push(Carried { key: (*key).to_owned(), from_id3v1: true, text: CarriedText::Latin1(range) });
            }
        }
        let mut known = |key: &str, text: String| {
            out.push(Carried { key: key.to_owned(), from_id3v1: true, text: CarriedText::Known(text) });
        };
        if self.numbered && self.track > 0 {
            known("tracknumber", self.track.to_string());
        }
        if let Some(genre) = genre_name(self.genre) {
            known("genre", genre.to_owned());
        }
        out
    }

    /// The tag with the edit exchanged, field by field, in as many bytes as before: text in ISO-8859-1, cut off where the
    /// field ends.
    pub fn splice(&self, edit: &Edit) -> LayoutBuilder {
        let mut out = LayoutBuilder::new();
        let mut at = self.range.offset;
        for (offset, bytes) in self.replacements(edit) {
            let place = self.range.offset + offset;
            out.backing(ByteRange::new(at, place.saturating_sub(at))).bytes(&bytes);
            at = place + bytes.len() as u64;
        }
        out.backing(ByteRange::new(at, self.range.end().saturating_sub(at)));
        out
    }

    /// Offsets in the range with the bytes that take their place, in order.
    fn replacements(&self, edit: &Edit) -> Vec<(u64, Vec<u8>)> {
        let mut out = Vec::new();
        let first = |key: &str| edit.change(key).map(first_text);
        let base = if self.enhanced { ENHANCED } else { 0 };
        if self.enhanced {
            for (key, at) in [("title", 4), ("artist", 64), ("album", 124)] {
                out.extend(first(key).map(|text| (at, field(&text.chars().skip(30).collect::<String>(), 60))));
            }
            out.extend(first("genre").map(|text| (185, field(text, 30))));
        }
        let comment = 93 + u64::from(self.year);
        for (key, at) in [("title", 3), ("artist", 33), ("album", 63)] {
            out.extend(first(key).map(|text| (base + at, field(text, 30))));
        }
        out.extend(first("date").map(|text| (base + 93, field(text, usize::from(self.year)))));
        if let Some(text) = first("comment") {
            out.push((base + comment, field(text, 28)));
            if !self.numbered {
                out.push((base + comment + 28, vec![0, 0]));
            }
        }
        if self.numbered {
            out.extend(first("tracknumber").map(|text| (base + comment + 29, vec![track_number(text)])));
        }
        out.extend(first("genre").map(|text| (base + comment + 30, vec![genre_index(text).unwrap_or(255)])));
        out
    }
}

fn first_text(change: &KeyChange) -> &str {
    change.values.first().and_then(|value| value.text()).unwrap_or_default()
}

fn field(text: &str, width: usize) -> Vec<u8> {
    let mut out = Vec::new();
    push_text(&mut out, Encoding::Latin1, text);
    out.resize(width, 0);
    out
}

/// The number before the slash; 0 if there is none that a byte holds.
fn track_number(text: &str) -> u8 {
    text.split('/').next().unwrap_or_default().trim().parse().unwrap_or(0)
}

#[cfg(test)]
#[path = "v1_tests.rs"]
mod tests;
