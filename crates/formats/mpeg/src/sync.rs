//! Finds the first frame of a stream. A sync word by itself is chance: frames in a row must agree, three of them wherever
//! there are three, else two.

use crate::adts;
use crate::frame::FrameHeader;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::Source;
use std::io;

/// How far junk and padding in front of the first frame are searched.
const SEARCH: u64 = 1 << 20;
/// The first frame nearly always stands at the very start, so little is read for it; then the search goes on by more.
const FIRST_CHUNK: usize = 2 << 10;
const CHUNK: usize = 16 << 10;
/// How many sync words are looked at, as hostile files consist of nothing else; and how many of free format, each of which
/// means a search of its own.
const MAX_SYNCS: u32 = 4096;
const MAX_FREE_FORMAT: u32 = 64;
/// Longest frame in free format that is looked for.
const FREE_FORMAT: usize = 8 << 10;

/// The kinds of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// MPEG audio.
    Mpeg,
    /// AAC in ADTS.
    Adts,
    /// True Audio.
    Tta,
}

/// A frame that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub stream: Stream,
    pub offset: u64,
    /// Two frames agree; else it is the only one there is room for.
    pub confirmed: bool,
}

/// Finds the first frame in a range.
///
/// Three that agree are preferred to two, which junk in front of a stream may hold by chance. Where no two frames agree, a
/// single one that stands at the range's very start and reaches its end will do: a stream of one frame, maybe cut short.
pub(crate) fn first_frame(source: &dyn Source, range: ByteRange) -> io::Result<Option<Found>> {
    let limit = range.end().min(range.offset.saturating_add(SEARCH));
    let mut at = range.offset;
    let mut pair = None;
    let mut budget = Budget { syncs: MAX_SYNCS, free_format: MAX_FREE_FORMAT };
    while at < limit && budget.syncs > 0 {
        let most = if at == range.offset { FIRST_CHUNK } else { CHUNK };
        let chunk = read_up_to(source, at, (range.end() - at).min(most as u64) as usize)?;
        if chunk.len() < 4 {
            break;
        }
        // Each chunk but the last repeats three bytes, so that no header is split.
        let starts = chunk.len() - 3;
        for index in candidates(&chunk, starts) {
            let offset = at + index as u64;
            let Some((stream, run)) = confirmed(source, offset, range.end(), &mut budget)? else { continue };
            let found = Some(Found { stream, offset, confirmed: true });
            if run == Run::Three {
                return Ok(found);
            }
            pair = pair.or(found);
        }
        at += starts as u64;
    }
    if pair.is_some() { Ok(pair) } else { single(source, range) }
}

/// How many frames agree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Two,
    /// Three, or two that are all there is room for.
    Three,
}

struct Budget {
    syncs: u32,
    free_format: u32,
}

fn candidates(chunk: &[u8], starts: usize) -> impl Iterator<Item = usize> {
    let pairs = chunk.iter().zip(chunk.get(1..).unwrap_or_default()).take(starts).enumerate();
    pairs.filter(|(_, (a, b))| **a == 0xff && **b >= 0xe0).map(|(index, _)| index)
}

/// Whether the bytes at `at` begin a frame whose successors agree with it.
fn confirmed(source: &dyn Source, at: u64, end: u64, budget: &mut Budget) -> io::Result<Option<(Stream, Run)>> {
    let Some(left) = budget.syncs.checked_sub(1) else { return Ok(None) };
    budget.syncs = left;
    let first = header_at(source, at, end)?;
    if let Some(len) = adts::frame_len(&first) {
        let next = header_at(source, at + len, end)?;
        let Some(next_len) = adts::frame_len(&next).filter(|_| adts::agree(&first, &next)) else { return Ok(None) };
        let third = header_at(source, at + len + next_len, end)?;
        let full =
            third.len() < adts::ADTS_HEADER || (adts::frame_len(&third).is_some() && adts::agree(&first, &third));
        return Ok(Some((Stream::Adts, if full { Run::Three } else { Run::Two })));
    }
    let Some(header) = parse(&first) else { return Ok(None) };
    let Some(len) = header.len else {
        let Some(left) = budget.free_format.checked_sub(1) else { return Ok(None) };
        budget.free_format = left;
        // Nothing but a distance tells frames in free format from chance, so any other stream is preferred.
        return Ok(free_format(source, at, end, header)?.then_some((Stream::Mpeg, Run::Two)));
    };
    let next = parse(&header_at(source, at + len, end)?).filter(|next| header.agrees(*next));
    let Some(next_len) = next.and_then(|next| next.len) else { return Ok(None) };
    let third = header_at(source, at + len + next_len, end)?;
    let full = third.len() < 4 || parse(&third).is_some_and(|third| header.agrees(third));
    Ok(Some((Stream::Mpeg, if full { Run::Three } else { Run::Two })))
}

/// Whether three headers in free format follow each other at equal distances (but for a padding byte or slot).
fn free_format(source: &dyn Source, at: u64, end: u64, header: FrameHeader) -> io::Result<bool> {
    let bytes = read_up_to(source, at, (end - at).min(2 * FREE_FORMAT as u64 + 8) as usize)?;
    let is_next = |at: usize| bytes.get(at..).and_then(parse).is_some_and(|next| header.agrees(next));
    for index in candidates(&bytes, bytes.len().min(FREE_FORMAT)).filter(|index| *index >= 24) {
        if is_next(index) && [0, 1, 4].iter().any(|slack| is_next(2 * index + slack) || is_next(2 * index - slack)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn single(source: &dyn Source, range: ByteRange) -> io::Result<Option<Found>> {
    let first = header_at(source, range.offset, range.end())?;
    let found = |stream| Some(Found { stream, offset: range.offset, confirmed: false });
    if adts::frame_len(&first).is_some_and(|len| len >= range.len) {
        return Ok(found(Stream::Adts));
    }
    let len = parse(&first).map(|header| header.len.unwrap_or(0));
    Ok(len.filter(|len| *len >= range.len).and_then(|_| found(Stream::Mpeg)))
}

/// What the bytes right behind the tags look like, for a sniff that cannot read on.
pub(crate) fn looks_like(bytes: &[u8]) -> Option<(Stream, bool)> {
    if let Some(len) = adts::frame_len(bytes) {
        let next = bytes.get(len as usize..).unwrap_or_default();
        return Some((Stream::Adts, adts::frame_len(next).is_some() && adts::agree(bytes, next)));
    }
    let header = parse(bytes)?;
    let next = header.len.and_then(|len| bytes.get(len as usize..)).and_then(parse);
    Some((Stream::Mpeg, next.is_some_and(|next| header.agrees(next))))
}

fn parse(bytes: &[u8]) -> Option<FrameHeader> {
    bytes.first_chunk::<4>().and_then(|bytes| FrameHeader::parse(*bytes))
}

fn header_at(source: &dyn Source, at: u64, end: u64) -> io::Result<Vec<u8>> {
    read_up_to(source, at, end.saturating_sub(at).min(adts::ADTS_HEADER as u64) as usize)
}

/// Reads at most `len` bytes at `offset`; fewer only where the source ends.
pub(crate) fn read_up_to(source: &dyn Source, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match source.read_at(offset + done as u64, rest)? {
            0 => break,
            n => done += n,
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}
