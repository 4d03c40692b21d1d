//! Reading a comment header without holding it.

use crate::role;
use musefs_contracts::anatomy::{ByteRange, Element, PictureEncoding, PictureLocation};
use musefs_contracts::codec::Encoder;
use musefs_contracts::limits;
use musefs_contracts::tags::TagSet;
use musefs_format_keys::{canonical_name, vorbis_name};
use musefs_format_picture::{PictureHeader, decode_prefix, sniff_image};
use std::io;

/// The bytes of a comment header: the body of a block, or a packet that may be spread over pages.
pub trait HeaderBytes {
    /// Number of bytes.
    fn len(&self) -> u64;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Fills `buf` from `offset`, or fails.
    fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;
}

/// A comment of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it lies in the header, its length field included.
    pub range: ByteRange,
    /// One of [`role`].
    pub role: u8,
    /// Index of its key in the tag set.
    pub key: Option<u32>,
    /// What its element's private bytes are to be.
    pub private: Box<[u8]>,
    /// The picture in it, if it could be made out.
    pub picture: Option<FoundPicture>,
}

impl Comment {
    /// The element that stands for this comment at `range` of the file.
    pub fn element(&self, range: ByteRange) -> Element {
        let id = if self.role == role::PICTURE { *b"PICT" } else { *b"CMNT" };
        Element { id, role: self.role, key: self.key, range, private: self.private.clone() }
    }
}

/// A picture in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPicture {
    /// Where the encoded bytes lie in the header.
    pub range: ByteRange,
    /// [`PictureEncoding::Base64`] if the range is base64 of the image alone, otherwise [`PictureEncoding::Opaque`].
    pub encoding: PictureEncoding,
    /// MIME type; may be empty.
    pub mime: String,
    /// Picture type.
    pub picture_type: u8,
    /// Description.
    pub description: String,
}

impl FoundPicture {
    /// The picture's location, given its element and where its range lies in the file.
    pub fn location(&self, element: u32, range: ByteRange, encoding: PictureEncoding) -> PictureLocation {
        let (mime, description) = (self.mime.clone(), self.description.clone());
        PictureLocation { element, range, encoding, mime, picture_type: self.picture_type, description }
    }
}

/// What a comment header holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentHeader {
    /// Length of the vendor string with its length field; 0 if even that is damaged.
    pub vendor_len: u64,
    /// The comments in order, without gaps from `comments_offset` to `end`.
    pub comments: Vec<Comment>,
    /// Behind the last sound comment; what follows up to the end of the header is not understood.
    pub end: u64,
    /// Whether all comments that the header announces are there.
    pub complete: bool,
}

/// Bytes of a comment that are read to learn its name: a key of the store at four bytes a character, and the `=`.
const NAME_BYTES: u64 = 4 * limits::MAX_KEY_CHARS as u64 + 1;
/// Longest spelling of a name that is remembered; the conventional one stands in for a longer one.
const SPELLING_BYTES: usize = 64;
/// Bytes of base64 that are read to learn what picture it is.
const PICTURE_PREFIX: u64 = 16 << 10;

/// Where the comments of a header end, if all that it announces are there.
pub fn measure(bytes: &dyn HeaderBytes) -> io::Result<Option<u64>> {
    let mut window = Window::new(bytes);
    let Some((vendor_len, count)) = front(&mut window)? else { return Ok(None) };
    let (walked, end) = skip(&mut window, vendor_len + 4, u64::from(count))?;
    Ok((walked == u64::from(count)).then_some(end))
}

/// Reads a header, adds its tags to `tags`, and lists at most `room` comments one by one, the others as one run.
///
/// Undecodable bytes of a value are replaced by U+FFFD in `tags`; the comment itself keeps them until its key is edited.
/// A comment without `=` has no key. Damage ends the list where it begins. Errors are those of reading.
pub fn parse(bytes: &dyn HeaderBytes, tags: &mut TagSet, room: usize) -> io::Result<CommentHeader> {
    let mut window = Window::new(bytes);
    let Some((vendor_len, count)) = front(&mut window)? else { return Ok(CommentHeader::default()) };
    let mut header = CommentHeader { vendor_len, end: vendor_len + 4, ..CommentHeader::default() };
    let mut listed = 0;
    while listed < count && header.comments.len() + 1 < room {
        let Some(range) = next(&mut window, header.end)? else { return Ok(header) };
        header.comments.push(comment(&mut window, range, tags)?);
        header.end = range.end();
        listed += 1;
    }
    let start = header.end;
    let (walked, end) = skip(&mut window, start, u64::from(count - listed))?;
    if walked > 0 {
        let mut private = Encoder::default();
        private.int(walked);
        let range = ByteRange::new(start, end - start);
        let private = private.0.into();
        header.comments.push(Comment { range, role: role::RUN, key: None, private, picture: None });
    }
    header.end = end;
    header.complete = walked == u64::from(count - listed);
    Ok(header)
}

/// Length of the vendor string with its length field, and the number of comments.
fn front(window: &mut Window<'_>) -> io::Result<Option<(u64, u32)>> {
    let Some(len) = window.int(0)? else { return Ok(None) };
    let vendor_len = 4 + u64::from(len);
    Ok(window.int(vendor_len)?.map(|count| (vendor_len, count)))
}

fn next(window: &mut Window<'_>, offset: u64) -> io::Result<Option<ByteRange>> {
    let Some(len) = window.int(offset)? else { return Ok(None) };
    let range = ByteRange::new(offset, 4 + u64::from(len));
    Ok((range.end() <= window.bytes.len()).then_some(range))
}

/// Passes over up to `count` comments: how many there were, and where they end.
fn skip(window: &mut Window<'_>, mut offset: u64, count: u64) -> io::Result<(u64, u64)> {
    for walked in 0..count {
        match next(window, offset)? {
            Some(range) => offset = range.end(),
            None => return Ok((walked, offset)),
        }
    }
    Ok((count, offset))
}

fn comment(window: &mut Window<'_>, range: ByteRange, tags: &mut TagSet) -> io::Result<Comment> {
    let body = ByteRange::new(range.offset + 4, range.len - 4);
    let mut comment = Comment { range, role: role::FIELD, key: None, private: Box::default(), picture: None };
    let head = window.get(body.offset, body.len.min(NAME_BYTES) as usize)?;
    let Some(equals) = head.iter().position(|byte| *byte == b'=') else { return Ok(comment) };
    let Ok(name) = std::str::from_utf8(&head[..equals]).map(str::to_owned) else { return Ok(comment) };
    let value = ByteRange::new(body.offset + equals as u64 + 1, body.len - equals as u64 - 1);
    if ["METADATA_BLOCK_PICTURE", "COVERART", "COVERARTMIME"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
        comment.role = role::PICTURE;
        comment.picture = picture(window, &name, value)?;
        return Ok(comment);
    }
    let key = canonical_name(&name);
    comment.key = if value.len <= limits::MAX_VALUE_BYTES as u64 {
        let value = window.get(value.offset, value.len as usize)?;
        tags.push(&key, String::from_utf8_lossy(value))
    } else {
        tags.key(&key)
    };
    if comment.key.is_some() && name.len() <= SPELLING_BYTES && vorbis_name(key.trim()) != name {
        comment.private = name.into_bytes().into();
    }
    Ok(comment)
}

fn picture(window: &mut Window<'_>, name: &str, value: ByteRange) -> io::Result<Option<FoundPicture>> {
    let text = window.get(value.offset, value.len.min(PICTURE_PREFIX) as usize)?;
    let decoded = decode_prefix(text);
    if name.eq_ignore_ascii_case("COVERART") {
        let mime = sniff_image(&decoded).map_or("", |info| info.mime).to_owned();
        let encoding = PictureEncoding::Base64;
        return Ok(Some(FoundPicture { range: value, encoding, mime, picture_type: 0, description: String::new() }));
    }
    let whole_lines = decoded.len() >= text.len() / 4 * 3 - text.len().min(2);
    let found = PictureHeader::parse(&decoded).map(|header| {
        let image = u64::from(header.image_offset);
        let skipped = image / 3 * 4;
        let exact = image % 3 == 0 && whole_lines && skipped <= value.len;
        FoundPicture {
            range: if exact { ByteRange::new(value.offset + skipped, value.len - skipped) } else { value },
            encoding: if exact { PictureEncoding::Base64 } else { PictureEncoding::Opaque },
            mime: header.mime,
            picture_type: u8::try_from(header.picture_type).unwrap_or(u8::MAX),
            description: header.description,
        }
    });
    Ok(found.filter(|_| name.eq_ignore_ascii_case("METADATA_BLOCK_PICTURE")))
}

/// A part of the header in memory, so that neighbouring comments cost one read.
struct Window<'a> {
    bytes: &'a dyn HeaderBytes,
    held: Vec<u8>,
    start: u64,
}

/// Bytes read at once: small enough that the first window of an ordinary header does not reach into the audio.
const WINDOW: u64 = 16 << 10;

impl<'a> Window<'a> {
    fn new(bytes: &'a dyn HeaderBytes) -> Self {
        Self { bytes, held: Vec::new(), start: 0 }
    }

    /// `len` bytes from `offset`, which the caller knows to be inside the header.
    fn get(&mut self, offset: u64, len: usize) -> io::Result<&[u8]> {
        let end = offset.saturating_add(len as u64);
        if offset < self.start || end > self.start + self.held.len() as u64 {
            let available = self.bytes.len().saturating_sub(offset);
            let wanted = available.min(WINDOW.max(len as u64));
            if wanted < len as u64 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.held.resize(wanted as usize, 0);
            self.start = offset;
            self.bytes.read(offset, &mut self.held)?;
        }
        let from = (offset - self.start) as usize;
        Ok(&self.held[from..from + len])
    }

    /// The little-endian integer at `offset`; `None` if the header ends before it does.
    fn int(&mut self, offset: u64) -> io::Result<Option<u32>> {
        if offset.saturating_add(4) > self.bytes.len() {
            return Ok(None);
        }
        let bytes = self.get(offset, 4)?;
        Ok(bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)))
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
