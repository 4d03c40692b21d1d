//! What frames say: keys, values and pictures.

use crate::frames;
use crate::genre::parse_genre;
use crate::private::Hint;
use crate::text::{Encoding, decode_first, decode_values, latin1, split_terminated};
use musefs_format_keys::canonical_name;

/// How much a frame is to be believed where several in one tag carry the same key; the first rank that has values wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// The frame made for it.
    Native,
    /// An older frame for it.
    Older,
    /// Free-form text that names it.
    Freeform,
}

/// What one frame says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub key: String,
    pub values: Vec<String>,
    pub rank: Rank,
    pub hint: Option<Hint>,
}

/// Parts of a date that 2.3 spreads over frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatePart {
    Year,
    DayMonth,
    HourMinute,
}

/// What a frame is for, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text(&'static str, Rank),
    Date(DatePart),
    Genre,
    Freeform,
    Comment,
    Lyrics,
    Ufid,
    Url(&'static str),
    Picture,
    Opaque,
}

/// What a frame of this id is for. Ids as elements have them.
pub(crate) fn kind_of(id: [u8; 4]) -> Kind {
    if &id == b"XDOR" {
        return Kind::Text("originaldate", Rank::Older);
    }
    match frames::understood(id) {
        Some("TDRC") => Kind::Text("date", Rank::Native),
        Some("TDOR") => Kind::Text("originaldate", Rank::Native),
        Some("TORY") => Kind::Text("originaldate", Rank::Older),
        Some("TYER") => Kind::Date(DatePart::Year),
        Some("TDAT") => Kind::Date(DatePart::DayMonth),
        Some("TIME") => Kind::Date(DatePart::HourMinute),
        Some("TCON") => Kind::Genre,
        Some("TXXX") => Kind::Freeform,
        Some("COMM") => Kind::Comment,
        Some("USLT") => Kind::Lyrics,
        Some("UFID") => Kind::Ufid,
        Some("WOAR") => Kind::Url("website"),
        Some("WCOP") => Kind::Url("license"),
        Some("APIC") => Kind::Picture,
        Some(other) => match frames::key_of_text(other) {
            Some(key) if other.starts_with('X') => Kind::Text(key, Rank::Older),
            Some(key) => Kind::Text(key, Rank::Native),
            None => Kind::Opaque,
        },
        None => Kind::Opaque,
    }
}

/// The key that a frame's id alone tells, for frames whose content cannot be read.
pub(crate) fn key_of_kind(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Text(key, _) | Kind::Url(key) => Some(key),
        Kind::Date(_) => Some("date"),
        Kind::Genre => Some("genre"),
        Kind::Lyrics => Some("lyrics"),
        Kind::Freeform | Kind::Comment | Kind::Ufid | Kind::Picture | Kind::Opaque => None,
    }
}

/// What a frame's content says; `None` if it is nothing that a key stands for.
pub(crate) fn statement(kind: Kind, content: &[u8]) -> Option<Statement> {
    let state = |key: &str, values, rank, hint| Some(Statement { key: key.to_owned(), values, rank, hint });
    match kind {
        Kind::Text(key, rank) => state(key, text_values(content)?, rank, None),
        Kind::Date(_) => state("date", text_values(content)?, Rank::Older, None),
        Kind::Genre => {
            let values = text_values(content)?.iter().flat_map(|value| parse_genre(value)).collect();
            state("genre", values, Rank::Native, None)
        }
        Kind::Url(key) => {
            let url = latin1(content.split(|byte| *byte == 0).next()?);
            state(key, vec![url], Rank::Native, None)
        }
        Kind::Ufid => {
            let (owner, id) = content.split_at_checked(content.iter().position(|byte| *byte == 0)?)?;
            let ours = owner.windows(11).any(|part| part.eq_ignore_ascii_case(b"musicbrainz"));
            let id = latin1(id.strip_prefix(&[0])?).trim_end_matches('\0').to_owned();
            let hint = Hint { language: [0; 3], description: latin1(owner) };
            ours.then(|| state("musicbrainz_trackid", vec![id], Rank::Native, Some(hint)))?
        }
        Kind::Freeform => {
            let (encoding, rest) = encoding_of(content)?;
            let (description, text) = described(encoding, rest);
            let key = canonical_name(description.trim());
            let hint = Hint { language: [0; 3], description: description.clone() };
            state(&key, decode_values(encoding, text), Rank::Freeform, Some(hint))
        }
        Kind::Comment | Kind::Lyrics => language_text(kind, content),
        Kind::Picture | Kind::Opaque => None,
    }
}

fn language_text(kind: Kind, content: &[u8]) -> Option<Statement> {
    let (encoding, rest) = encoding_of(content)?;
    let (language, rest) = rest.split_first_chunk::<3>()?;
    let (description, text) = described(encoding, rest);
    let hint = Some(Hint { language: *language, description: description.clone() });
    if kind == Kind::Lyrics {
        let text = decode_first(encoding, text);
        let values = if text.is_empty() { Vec::new() } else { vec![text] };
        return Some(Statement { key: "lyrics".to_owned(), values, rank: Rank::Native, hint });
    }
    let (key, rank) = if description.is_empty() {
        ("comment".to_owned(), Rank::Native)
    } else if description.eq_ignore_ascii_case(ID3V1_COMMENT) {
        ("comment".to_owned(), Rank::Older)
    } else {
        (format!("comment:{}", description.to_lowercase()), Rank::Native)
    };
    Some(Statement { key, values: decode_values(encoding, text), rank, hint })
}

/// The description by which taggers mark a comment that was taken over from an ID3v1 tag.
pub(crate) const ID3V1_COMMENT: &str = "ID3v1 Comment";

fn encoding_of(content: &[u8]) -> Option<(Encoding, &[u8])> {
    let (encoding, rest) = content.split_first()?;
    Some((Encoding::from_byte(*encoding)?, rest))
}

/// A description and what follows it.
fn described(encoding: Encoding, bytes: &[u8]) -> (String, &[u8]) {
    let (description, text) = split_terminated(encoding, bytes);
    (decode_first(encoding, description), text.unwrap_or_default())
}

/// The values of a text frame.
pub(crate) fn text_values(content: &[u8]) -> Option<Vec<String>> {
    let (encoding, text) = encoding_of(content)?;
    Some(decode_values(encoding, text))
}

/// What a picture frame says before its image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PictureHead {
    pub mime: String,
    pub picture_type: u8,
    pub description: String,
    /// Bytes before the image.
    pub len: usize,
}

/// Reads the head of `APIC` or, if `short`, `PIC`; `None` if `content` ends before the image or has no picture.
pub(crate) fn picture_head(short: bool, content: &[u8]) -> Option<PictureHead> {
    let (encoding, rest) = encoding_of(content)?;
    let (mime, rest) = if short {
        let (format, rest) = rest.split_first_chunk::<3>()?;
        (latin1(format), rest)
    } else {
        let (mime, rest) = split_terminated(Encoding::Latin1, rest);
        (latin1(mime), rest?)
    };
    let (picture_type, rest) = rest.split_first()?;
    let (description, image) = split_terminated(encoding, rest);
    let image = image?;
    let mime = match mime.to_ascii_lowercase().as_str() {
        "jpg" => "image/jpeg".to_owned(),
        "png" => "image/png".to_owned(),
        _ => mime,
    };
    let description = decode_first(encoding, description);
    Some(PictureHead { mime, picture_type: *picture_type, description, len: content.len() - image.len() })
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
