//! Lyrics3 v1 and v2 blocks, which stand before an ID3v1 tag (specifications of Strnad and Lundquist, 1998).
//!
//! Version 1 is text between `LYRICSBEGIN` and `LYRICSEND`; version 2 is fields of a three-letter name, five digits of
//! length and text, with the block's length in six digits before `LYRICS200`.

use crate::collect::Collector;
use crate::stream::read_up_to;
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::backing::Source;
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};
use musefs_contracts::edit::Edit;
use musefs_contracts::layout::LayoutBuilder;
use std::io;

/// An element that is a field of version 2, or all of the text of version 1.
pub const ROLE_LYRICS3: u8 = 4;

const BEGIN: &[u8] = b"LYRICSBEGIN";
const END_1: &[u8] = b"LYRICSEND";
const END_2: &[u8] = b"LYRICS200";
/// The words that a block ends with.
pub(crate) const ENDS: [&[u8]; 2] = [END_1, END_2];
/// Longest block of version 1, with its words.
const LONGEST_1: u64 = 5100 + 20;
const FIELD_HEADER: u64 = 8;

/// What is remembered of a block beyond its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lyrics3 {
    /// The block, from its first word to its last.
    pub range: ByteRange,
    /// Version 2.
    pub fields: bool,
}

impl Lyrics3 {
    /// Appends the stored form.
    pub fn encode(&self, out: &mut Encoder) {
        out.int(self.range.offset);
        out.int(self.range.len);
        out.int(u64::from(self.fields));
    }

    /// Takes the stored form.
    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let range = ByteRange::new(input.int()?, input.int()?);
        Ok(Self { range, fields: input.int()? != 0 })
    }
}

/// Finds the block that ends at `end`.
pub fn locate(source: &dyn Source, floor: u64, end: u64) -> io::Result<Option<Lyrics3>> {
    let Some(at) = end.checked_sub(15).filter(|at| *at >= floor) else { return Ok(None) };
    let tail = read_up_to(source, at, 15)?;
    if let Some(size) = tail.strip_suffix(END_2) {
        let size = digits(size);
        let start = size.and_then(|size| at.checked_sub(size)).filter(|start| *start >= floor);
        let Some(start) = start else { return Ok(None) };
        let sound = read_up_to(source, start, BEGIN.len())? == BEGIN;
        return Ok(sound.then(|| Lyrics3 { range: ByteRange::new(start, end - start), fields: true }));
    }
    if !tail.ends_with(END_1) {
        return Ok(None);
    }
    let floor = floor.max(end.saturating_sub(LONGEST_1));
    let block = read_up_to(source, floor, (end - floor) as usize)?;
    let begin = block.windows(BEGIN.len()).rposition(|part| part == BEGIN);
    Ok(begin.map(|begin| {
        let start = floor + begin as u64;
        Lyrics3 { range: ByteRange::new(start, end - start), fields: false }
    }))
}

fn digits(bytes: &[u8]) -> Option<u64> {
    let all = bytes.iter().all(u8::is_ascii_digit);
    all.then(|| bytes.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// Lists a block's fields.
pub fn probe(source: &dyn Source, block: &Lyrics3, out: &mut Collector) -> io::Result<()> {
    out.begin_source();
    let start = block.range.offset + BEGIN.len() as u64;
    if !block.fields {
        let text = ByteRange::new(start, block.range.end() - END_1.len() as u64 - start);
        return field(source, *b"\0LYR", text, text, out);
    }
    let end = block.range.end() - 15;
    let mut at = start;
    while at + FIELD_HEADER <= end {
        let header = read_up_to(source, at, FIELD_HEADER as usize)?;
        let Some((name, size)) = header.split_first_chunk::<3>() else { break };
        let Some(len) = digits(size).filter(|len| at + FIELD_HEADER + len <= end) else { break };
        let text = ByteRange::new(at + FIELD_HEADER, len);
        field(source, [0, name[0], name[1], name[2]], ByteRange::new(at, FIELD_HEADER + len), text, out)?;
        at = text.end();
    }
    if at < end {
        out.element(Element { role: ROLE_LYRICS3, range: ByteRange::new(at, end - at), ..Element::default() });
    }
    Ok(())
}

fn field(source: &dyn Source, id: [u8; 4], range: ByteRange, text: ByteRange, out: &mut Collector) -> io::Result<()> {
    // Title, artist and album continue ID3v1's where those are too short: they only must not go stale.
    let key = match &id[1..] {
        b"ETT" => out.state("title", []),
        b"EAR" => out.state("artist", []),
        b"EAL" => out.state("album", []),
        b"LYR" => {
            let bytes = read_up_to(source, text.offset, text.len as usize)?;
            let lyrics: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            out.state("lyrics", (!lyrics.is_empty()).then_some(lyrics))
        }
        _ => None,
    };
    out.element(Element { id, role: ROLE_LYRICS3, key, range, private: Box::default() });
    Ok(())
}

/// The block without the fields that the edit touches; empty if no field is left.
pub fn splice(anatomy: &Anatomy, block: &Lyrics3, elements: &[Element], edit: &Edit) -> LayoutBuilder {
    let touched = |element: &Element| anatomy.key_of(element).is_some_and(|key| edit.touches(key));
    let mut out = LayoutBuilder::new();
    if !elements.iter().any(touched) {
        out.backing(block.range);
        return out;
    }
    let kept: Vec<&Element> = elements.iter().filter(|element| !touched(element)).collect();
    if kept.is_empty() || !block.fields {
        return out;
    }
    out.bytes(BEGIN);
    for element in kept {
        out.backing(element.range);
    }
    let size = format!("{:06}", out.len());
    out.bytes(size.as_bytes()).bytes(END_2);
    out
}
