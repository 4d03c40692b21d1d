//! Takes a tag apart: finds its frames, what they say and where its pictures lie.

use crate::collect::Collector;
use crate::content::Storage;
use crate::header::{EXTENDED, HEADER_LEN, Header, TagInfo, UNSYNC, from_synchsafe};
use crate::private::Private;
use crate::stream::{Body, read_up_to};
use crate::unsync::{self, Stuffing};
use crate::values::{DatePart, Kind, PictureHead, Rank, Statement, key_of_kind, kind_of, picture_head, statement};
use crate::{ROLE_FRAME, ROLE_FREEFORM, ROLE_PICTURE, ROLE_REMAINDER, dates, frames};
use musefs_contracts::anatomy::{ByteRange, Element, PictureEncoding, PictureLocation};
use musefs_contracts::backing::Source;
use musefs_contracts::limits;
use std::io;

/// Longest body of a frame that is read for its text: the longest value a store holds, in UTF-16, with room.
const TEXT_BYTES: usize = limits::MAX_VALUE_BYTES * 2 + 4096;
/// First bytes of a picture frame that are read for its head, and those read if they do not suffice.
const PICTURE_HEAD: usize = 1 << 10;
const LONG_PICTURE_HEAD: usize = 64 << 10;
/// Longest body that is read through to undo unsynchronisation of a whole tag.
const UNSYNCHRONISED_BYTES: u64 = 24 << 20;
/// Most frames that are listed of one tag.
const MAX_FRAMES: usize = limits::MAX_ELEMENTS / 2;

/// Takes the tag at `offset` apart, whose container ends at `limit`. `None` if no tag stands there that can be.
///
/// A tag that claims to pass `limit` is taken to end there. None is a tag of another version than 2.2 to 2.4, and one that
/// is unsynchronised as a whole and so large that it would have to be read through for long.
pub fn probe_tag(source: &dyn Source, offset: u64, limit: u64, out: &mut Collector) -> io::Result<Option<TagInfo>> {
    let Some(header) = header_at(source, offset, limit)?.and_then(|bytes| Header::parse(&bytes)) else {
        return Ok(None);
    };
    probe_body(source, offset, &header, limit, out)
}

/// Takes the 2.4 tag apart that ends at `end` with a footer, and begins not before `floor`.
pub fn probe_trailing_tag(
    source: &dyn Source,
    floor: u64,
    end: u64,
    out: &mut Collector,
) -> io::Result<Option<TagInfo>> {
    let Some(at) = end.checked_sub(HEADER_LEN).filter(|at| *at >= floor) else { return Ok(None) };
    let Some(footer) = header_at(source, at, end)?.and_then(|bytes| Header::parse_footer(&bytes)) else {
        return Ok(None);
    };
    let Some(offset) = at.checked_sub(HEADER_LEN + footer.body).filter(|offset| *offset >= floor) else {
        return Ok(None);
    };
    let header = header_at(source, offset, end)?.and_then(|bytes| Header::parse(&bytes));
    match header.filter(|header| header.body == footer.body && header.total() == end - offset) {
        Some(header) => probe_body(source, offset, &header, end, out),
        None => Ok(None),
    }
}

fn header_at(source: &dyn Source, offset: u64, limit: u64) -> io::Result<Option<[u8; 10]>> {
    if limit.saturating_sub(offset) < HEADER_LEN {
        return Ok(None);
    }
    Ok(read_up_to(source, offset, HEADER_LEN as usize)?.try_into().ok())
}

fn probe_body(
    source: &dyn Source,
    offset: u64,
    header: &Header,
    limit: u64,
    out: &mut Collector,
) -> io::Result<Option<TagInfo>> {
    if !header.is_supported() {
        return Ok(None);
    }
    out.begin_source();
    let end = (offset + HEADER_LEN).saturating_add(header.body).min(limit);
    // A footer that is announced and not there would be the beginning of what follows.
    let has_footer = header.total() > HEADER_LEN + header.body && read_up_to(source, end, 3)? == b"3DI";
    let range = ByteRange::new(offset, (end + if has_footer { HEADER_LEN } else { 0 }).min(limit) - offset);
    let start = offset + HEADER_LEN + extended_header_len(source, offset + HEADER_LEN, end, header)?;
    let body = ByteRange::new(start, end - start);
    let flagged = header.version < 4 && header.flags & UNSYNC != 0;
    if flagged && body.len > UNSYNCHRONISED_BYTES {
        return Ok(None);
    }
    let unsynchronised = flagged && Body::is_validly_unsynchronised(source, body)?;
    let plain_sizes = header.version == 4 && has_plain_sizes(source, body)?;
    let info = TagInfo {
        range,
        version: header.version,
        revision: header.revision,
        flags: header.flags,
        unsynchronised,
        plain_sizes,
    };
    let body = if unsynchronised { Body::unsynchronised(source, body) } else { Body::plain(source, body) };
    Walk { source, info, body, out, statements: Vec::new(), dates: Dates::default(), budget: Budget::default() }
        .run()?;
    Ok(Some(info))
}

/// Length of the extended header, which is there where the flag says so and the bytes can be one.
///
/// Some programs set the flag and write none: then a frame's id stands where its size should be.
fn extended_header_len(source: &dyn Source, at: u64, end: u64, header: &Header) -> io::Result<u64> {
    if header.version < 3 || header.flags & EXTENDED == 0 {
        return Ok(0);
    }
    let Ok(size) = <[u8; 4]>::try_from(read_up_to(source, at, 4)?) else { return Ok(0) };
    if frames::is_known(size) {
        return Ok(0);
    }
    // The size counts itself in 2.4 and does not in 2.3.
    let len =
        if header.version == 4 { u64::from(from_synchsafe(size)) } else { u64::from(u32::from_be_bytes(size)) + 4 };
    Ok(if len >= 4 && len <= end - at { len } else { 0 })
}

/// Whether the frame sizes of a 2.4 tag are plain integers: walks the frames both ways, and the one that meets more known
/// frames is right; if they meet equally many, the one that does not run past the end. Plain sizes never lead to what is no
/// frame, and synchsafe ones never to the tag's very end by chance: the program that wrote plain sizes wrote nothing but frames.
fn has_plain_sizes(source: &dyn Source, range: ByteRange) -> io::Result<bool> {
    let synchsafe = walk_sizes(source, range, from_synchsafe)?;
    let plain = walk_sizes(source, range, u32::from_be_bytes)?;
    let ends_better = plain.known == synchsafe.known && synchsafe.past >= 1 && plain.past <= 1;
    let leads_further = plain.known > synchsafe.known || ends_better;
    Ok(plain.only_frames && leads_further && !synchsafe.fits(source, range)?)
}

/// What one way of reading sizes leads to.
struct SizeWalk {
    /// Frames of known ids.
    known: usize,
    /// How far the walk ends behind the body; negative if in padding.
    past: i64,
    /// Every id it met is one by its characters.
    only_frames: bool,
    /// Where it ended.
    end: u64,
}

impl SizeWalk {
    /// Whether the walk ended at the tag's end, or where nothing but zeros follows.
    fn fits(&self, source: &dyn Source, range: ByteRange) -> io::Result<bool> {
        let padding = range.end().saturating_sub(self.end);
        if self.past > 0 || padding > MAX_CHECKED_PADDING {
            return Ok(false);
        }
        Ok(read_up_to(source, self.end, padding as usize)?.iter().all(|byte| *byte == 0))
    }
}

/// Longest padding that is looked at.
const MAX_CHECKED_PADDING: u64 = 64 << 10;

fn is_id(id: [u8; 4]) -> bool {
    let [first @ .., last] = id;
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    // Ids of three characters stand in the place of four at times.
    first.into_iter().all(fits) && (fits(last) || matches!(last, 0 | b' '))
}

fn walk_sizes(source: &dyn Source, range: ByteRange, size: fn([u8; 4]) -> u32) -> io::Result<SizeWalk> {
    let mut body = Body::plain(source, range);
    let (mut known, mut only_frames) = (0, true);
    let mut at = range.offset;
    for _ in 0..limits::MAX_ELEMENTS {
        if at + HEADER_LEN >= range.end() {
            break;
        }
        body.seek(at);
        let Some([a, b, c, d, size_bytes @ .., _, _]) = body.array::<10>()? else { break };
        if [a, b, c, d] == [0; 4] && size_bytes == [0; 4] {
            return Ok(SizeWalk { known, past: -1, only_frames, end: at });
        }
        at = at.saturating_add(HEADER_LEN + u64::from(size(size_bytes)));
        known += usize::from(frames::is_known([a, b, c, d]));
        only_frames &= is_id([a, b, c, d]);
    }
    Ok(SizeWalk { known, past: at as i64 - range.end() as i64, only_frames, end: at })
}

/// What may still be read and inflated of a tag's texts.
struct Budget {
    text: usize,
    inflated: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { text: limits::MAX_PROBE_TEXT_BYTES, inflated: 2 * limits::MAX_INFLATED_BYTES }
    }
}

/// Values of the frames that 2.3 spreads a date over.
#[derive(Default)]
struct Dates {
    years: Vec<String>,
    day_month: Option<String>,
    hour_minute: Option<String>,
}

struct Walk<'a> {
    source: &'a dyn Source,
    info: TagInfo,
    body: Body<'a>,
    out: &'a mut Collector,
    statements: Vec<(Statement, u32)>,
    dates: Dates,
    budget: Budget,
}

/// The header of a frame.
struct FrameHead {
    id: [u8; 4],
    size: u64,
    flags: u16,
    offset: u64,
    /// The size of a 2.4 frame has a bit that synchsafe numbers have not.
    irregular: bool,
}

impl Walk<'_> {
    fn run(&mut self) -> io::Result<()> {
        let mut listed = 0;
        loop {
            let before = self.body.position();
            let Some(head) = self.frame_head()? else { break };
            // Room is left for what is listed of other tags.
            if listed == MAX_FRAMES || self.out.elements.len() + 64 >= limits::MAX_ELEMENTS {
                self.remainder(before);
                break;
            }
            self.frame(&head)?;
            listed += 1;
        }
        self.conclude();
        Ok(())
    }

    fn frame_head(&mut self) -> io::Result<Option<FrameHead>> {
        let offset = self.body.position();
        if self.info.version == 2 {
            let Some(header) = self.body.array::<6>()? else { return Ok(None) };
            let id = [0, header[0], header[1], header[2]];
            let size = u64::from(u32::from_be_bytes([0, header[3], header[4], header[5]]));
            return Ok((id != [0; 4]).then_some(FrameHead { id, size, flags: 0, offset, irregular: false }));
        }
        let Some(header) = self.body.array::<10>()? else { return Ok(None) };
        let id = [header[0], header[1], header[2], header[3]];
        let size = [header[4], header[5], header[6], header[7]];
        let plain = self.info.version == 3 || self.info.plain_sizes;
        let irregular = !plain && size.iter().any(|byte| byte & 0x80 != 0);
        let size = u64::from(if plain { u32::from_be_bytes(size) } else { from_synchsafe(size) });
        let flags = u16::from_be_bytes([header[8], header[9]]);
        Ok((id != [0; 4]).then_some(FrameHead { id, size, flags, offset, irregular }))
    }

    fn remainder(&mut self, offset: u64) {
        let range = ByteRange::new(offset, self.body.position() + self.body.left() - offset);
        self.out.element(Element { id: *b"....", role: ROLE_REMAINDER, range, ..Element::default() });
    }

    fn frame(&mut self, head: &FrameHead) -> io::Result<()> {
        let kind = kind_of(head.id);
        let storage = Storage::of(self.info.version, head.flags, self.info.flags & UNSYNC != 0);
        // A frame that claims to pass the end of the tag ends there, as an edit will write it.
        let size = head.size.min(self.body.left());
        let want = match kind {
            Kind::Opaque => 0,
            Kind::Picture if self.info.unsynchronised => LONG_PICTURE_HEAD,
            Kind::Picture => PICTURE_HEAD,
            _ if size > TEXT_BYTES as u64 || size > self.budget.text as u64 => 0,
            _ => TEXT_BYTES,
        };
        // The element is its header too.
        let mut stuffing = Stuffing { decoded_len: self.info.frame_header(), ..Stuffing::default() };
        let body = self.body.take(head.size, want, Some((&mut stuffing, head.offset)))?;
        let range = ByteRange::new(head.offset, self.body.position() - head.offset);
        let stuffing = Some(stuffing).filter(|found| self.info.unsynchronised && found.decoded_len != range.len);
        let mut private =
            Private { flags: head.flags, clipped: body.len < head.size || head.irregular, stuffing, hint: None };
        let mut element = Element { id: head.id, role: ROLE_FRAME, key: None, range, private: Box::default() };
        if kind == Kind::Picture {
            element.role = ROLE_PICTURE;
            element.private = private.encode();
            if self.out.element(element) {
                self.picture(head, storage, &body.start, body.raw)?;
            }
            return Ok(());
        }
        let spoken = self.read_statement(kind, storage, &body.start, want > 0);
        if let Some(spoken) = &spoken {
            private.hint.clone_from(&spoken.hint);
        }
        if kind == Kind::Freeform {
            element.role = ROLE_FREEFORM;
        }
        element.private = private.encode();
        let index = self.out.elements.len() as u32;
        if !self.out.element(element) {
            return Ok(());
        }
        match spoken {
            Some(spoken) => self.remember(kind, spoken, index),
            None => {
                // A frame that cannot be read still carries the key that its id tells, so that an edit replaces it.
                if let Some(key) = key_of_kind(kind) {
                    let rank = Rank::Freeform;
                    self.statements
                        .push((Statement { key: key.to_owned(), values: Vec::new(), rank, hint: None }, index));
                }
            }
        }
        Ok(())
    }

    fn read_statement(&mut self, kind: Kind, storage: Storage, body: &[u8], was_read: bool) -> Option<Statement> {
        if !was_read || kind == Kind::Opaque {
            return None;
        }
        self.budget.text = self.budget.text.saturating_sub(body.len());
        let limit = self.budget.inflated.min(limits::MAX_INFLATED_BYTES);
        let content = storage.content(body, limit)?;
        if storage.compressed {
            self.budget.inflated = self.budget.inflated.saturating_sub(content.len());
            if content.len() >= limit {
                return None;
            }
        }
        statement(kind, &content)
    }

    fn remember(&mut self, kind: Kind, mut spoken: Statement, index: u32) {
        if let Kind::Date(part) = kind {
            let values = std::mem::take(&mut spoken.values);
            match part {
                DatePart::Year => self.dates.years.extend(values),
                DatePart::DayMonth => self.dates.day_month = self.dates.day_month.take().or(values.into_iter().next()),
                DatePart::HourMinute => {
                    self.dates.hour_minute = self.dates.hour_minute.take().or(values.into_iter().next());
                }
            }
        }
        self.statements.push((spoken, index));
    }

    fn picture(&mut self, head: &FrameHead, storage: Storage, start: &[u8], raw: ByteRange) -> io::Result<()> {
        let limit = self.budget.inflated.min(LONG_PICTURE_HEAD);
        let short = head.id[0] == 0;
        let mut found = located(short, storage, start, limit);
        let mut long = Vec::new();
        if found.is_none() && raw.len > start.len() as u64 && !self.info.unsynchronised && !storage.encrypted {
            long = read_up_to(self.source, raw.offset, raw.len.min(LONG_PICTURE_HEAD as u64) as usize)?;
            found = located(short, storage, &long, limit);
        }
        let Some(picture) = found.filter(|picture| picture.mime != "-->") else { return Ok(()) };
        let start = if long.is_empty() { start } else { &long };
        let (range, encoding) = self.image(&picture, storage, start, raw)?;
        if range.len > 0 {
            let PictureHead { mime, picture_type, description, .. } = picture;
            self.out.picture(PictureLocation { element: 0, range, encoding, mime, picture_type, description });
        }
        Ok(())
    }

    /// Where the image lies, and how it is encoded there.
    fn image(
        &self,
        picture: &PictureHead,
        storage: Storage,
        start: &[u8],
        raw: ByteRange,
    ) -> io::Result<(ByteRange, PictureEncoding)> {
        let behind = |skip: u64| ByteRange::new(raw.offset + skip.min(raw.len), raw.len.saturating_sub(skip));
        if storage.compressed {
            return Ok((raw, PictureEncoding::Opaque));
        }
        if self.info.unsynchronised {
            let stored = read_up_to(self.source, raw.offset, raw.len.min(2 * LONG_PICTURE_HEAD as u64) as usize)?;
            let skip = unsync::raw_offset(&stored, picture.len) as u64;
            return Ok((behind(skip), PictureEncoding::Unsynchronised));
        }
        let stored = start.get(storage.extra..).unwrap_or_default();
        if storage.unsynchronised && unsync::may_be_stuffed(stored) {
            let skip = storage.extra + unsync::raw_offset(stored, picture.len);
            return Ok((behind(skip as u64), PictureEncoding::Unsynchronised));
        }
        Ok((behind((storage.extra + picture.len) as u64), PictureEncoding::Raw))
    }

    /// Gives what the frames say to the collector, the most believed first.
    fn conclude(&mut self) {
        let mut statements = std::mem::take(&mut self.statements);
        let dates = std::mem::take(&mut self.dates);
        let joined: Vec<String> = dates
            .years
            .iter()
            .enumerate()
            .map(|(at, year)| {
                let first = |part: &Option<String>| part.clone().filter(|_| at == 0);
                dates::join(year, first(&dates.day_month).as_deref(), first(&dates.hour_minute).as_deref())
            })
            .filter(|date| !date.is_empty())
            .collect();
        let mut joined = Some(joined);
        statements.sort_by_key(|(spoken, _)| spoken.rank);
        let mut rank = Rank::Native;
        for (spoken, index) in statements {
            if spoken.rank != rank {
                rank = spoken.rank;
                self.out.close_keys();
            }
            let is_date_part = spoken.key == "date" && spoken.rank == Rank::Older;
            let values = if is_date_part { joined.take().unwrap_or_default() } else { spoken.values };
            let key = self.out.state(&spoken.key, values);
            if let Some(element) = self.out.elements.get_mut(index as usize) {
                element.key = key;
            }
        }
    }
}

/// The head of a picture frame, if its beginning tells.
fn located(short: bool, storage: Storage, start: &[u8], limit: usize) -> Option<PictureHead> {
    if storage.is_plain() {
        return picture_head(short, start.get(storage.extra..)?);
    }
    if storage.unsynchronised && !storage.compressed && !storage.encrypted {
        // The beginning of stuffed bytes may end within a pair; one byte less does not.
        let stored = start.get(storage.extra..)?;
        let whole = unsync::decode(stored).or_else(|| unsync::decode(stored.get(..stored.len().checked_sub(1)?)?));
        return picture_head(short, whole.as_deref().unwrap_or(stored));
    }
    picture_head(short, &storage.content(start, limit)?)
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
