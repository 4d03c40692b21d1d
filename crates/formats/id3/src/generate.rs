//! Writes frames anew: the values of a key, or a picture, in a tag's own version.

use crate::dates;
use crate::frames::{in_version, text_of_key};
use crate::genre::escape_genre;
use crate::private::Hint;
use crate::text::{Encoding, encoding_for, push_text, push_values};
use crate::values::ID3V1_COMMENT;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::edit::EditValue;
use musefs_contracts::layout::Segment;
use musefs_contracts::tags::ArtLink;
use musefs_format_keys::freeform_name;

/// The owner that MusicBrainz' recording ids have in `UFID`.
const MUSICBRAINZ: &str = "http://musicbrainz.org";

/// A frame without its header.
#[derive(Debug)]
pub(crate) struct NewFrame {
    /// Id as elements have it.
    pub id: [u8; 4],
    /// The body, or its beginning.
    pub head: Vec<u8>,
    /// The rest of the body.
    pub tail: Option<Segment>,
}

impl NewFrame {
    /// Length of the body.
    pub(crate) fn len(&self) -> u64 {
        self.head.len() as u64 + self.tail.as_ref().map_or(0, Segment::len)
    }
}

/// A value that another tag of the file has, to be taken over into a new ID3v2 tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Canonical key.
    pub key: String,
    /// The value is a comment out of an ID3v1 tag and is to be marked as one.
    pub from_id3v1: bool,
    /// The values.
    pub text: CarriedText,
}

/// The text of a carried value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CarriedText {
    /// In the file, in UTF-8, several values parted by NUL.
    Utf8(ByteRange),
    /// In the file, in ISO-8859-1.
    Latin1(ByteRange),
    /// Known.
    Known(String),
}

/// How a key is written.
enum Shape {
    Text([u8; 4]),
    Freeform(String),
    Comment(Hint),
    Url([u8; 4]),
    Ufid(String),
}

const ENGLISH: [u8; 3] = *b"eng";

/// The frames that state `values` under `key`.
///
/// `hints` are what the frames said that stood for it so far, in order; `freeform` tells that the first of them was
/// free-form text, which is then kept up.
pub(crate) fn frames_for(
    version: u8,
    key: &str,
    values: &[EditValue],
    hints: &[Option<Hint>],
    freeform: bool,
) -> Vec<NewFrame> {
    let texts: Vec<&str> = values.iter().filter_map(EditValue::text).collect();
    let mut out = binary_frames(version, key, values);
    if texts.is_empty() {
        return out;
    }
    let hint = hints.first().cloned().flatten();
    match key {
        "lyrics" if !freeform => lyrics(version, &texts, hints, &mut out),
        "date" if !freeform => date(version, &texts, &mut out),
        "originaldate" if !freeform && version < 4 => original_date(version, &texts, &mut out),
        "genre" if !freeform => {
            let escaped: Vec<String> = texts.iter().map(|name| escape_genre(name)).collect();
            let escaped: Vec<&str> = escaped.iter().map(String::as_str).collect();
            out.extend(text_frame(version, "TCON", &escaped));
        }
        _ => match shape_of(version, key, &texts, hint, freeform) {
            Shape::Url(id) => out.extend(texts.iter().map(|url| {
                let mut head = Vec::new();
                push_text(&mut head, Encoding::Latin1, url);
                NewFrame { id, head, tail: None }
            })),
            shape => out.extend(shaped(version, &shape, &texts)),
        },
    }
    out
}

fn shape_of(version: u8, key: &str, texts: &[&str], hint: Option<Hint>, freeform: bool) -> Shape {
    let as_freeform = |hint: Option<Hint>| {
        Shape::Freeform(hint.map_or_else(|| freeform_name(key).into_owned(), |hint| hint.description))
    };
    if freeform {
        return as_freeform(hint);
    }
    let one_ascii = matches!(texts, [only] if only.is_ascii() && !only.contains('\0'));
    let urls = texts.iter().all(|text| text.is_ascii() && !text.contains('\0'));
    match key {
        // An edited comment is no longer what an ID3v1 tag said, so a mark that it came from there goes.
        "comment" => {
            Shape::Comment(Hint { language: hint.map_or(ENGLISH, |hint| hint.language), description: String::new() })
        }
        "musicbrainz_trackid" if one_ascii => {
            Shape::Ufid(hint.map_or_else(|| MUSICBRAINZ.to_owned(), |hint| hint.description))
        }
        "website" | "license" if urls => {
            let id = in_version(version, if key == "website" { "WOAR" } else { "WCOP" });
            id.map_or_else(|| as_freeform(None), Shape::Url)
        }
        "originaldate" => in_version(version, "TDOR").map_or_else(|| as_freeform(None), Shape::Text),
        _ => match key.strip_prefix("comment:") {
            Some(description) => {
                Shape::Comment(hint.unwrap_or_else(|| Hint { language: ENGLISH, description: description.to_owned() }))
            }
            None => text_of_key(version, key).map_or_else(|| as_freeform(None), Shape::Text),
        },
    }
}

fn shaped(version: u8, shape: &Shape, texts: &[&str]) -> Option<NewFrame> {
    let (name, description) = match shape {
        Shape::Text(_) | Shape::Url(_) => ("", None),
        Shape::Freeform(description) => ("TXXX", Some(description.as_str())),
        Shape::Comment(hint) => ("COMM", Some(hint.description.as_str())),
        Shape::Ufid(owner) => ("UFID", Some(owner.as_str())),
    };
    let id = match shape {
        Shape::Text(id) | Shape::Url(id) => *id,
        _ => in_version(version, name)?,
    };
    if let Shape::Ufid(owner) = shape {
        let mut head = Vec::new();
        push_text(&mut head, Encoding::Latin1, owner);
        head.push(0);
        head.extend_from_slice(texts.first()?.as_bytes());
        return Some(NewFrame { id, head, tail: None });
    }
    let encoding = encoding_for(version, texts.iter().copied().chain(description));
    let mut head = vec![encoding.byte()];
    if let Shape::Comment(hint) = shape {
        head.extend_from_slice(&hint.language);
    }
    if let Some(description) = description {
        push_text(&mut head, encoding, description);
        head.extend_from_slice(encoding.nul());
    }
    push_values(&mut head, encoding, texts);
    Some(NewFrame { id, head, tail: None })
}

fn text_frame(version: u8, name: &str, values: &[&str]) -> Option<NewFrame> {
    shaped(version, &Shape::Text(in_version(version, name)?), values)
}

/// A time stamp frame in 2.4. Before it, year, day and time where they state the date exactly; else the year for old
/// readers and the time stamp for those that take 2.4 frames in any tag.
fn date(version: u8, texts: &[&str], out: &mut Vec<NewFrame>) {
    if version >= 4 {
        out.extend(text_frame(version, "TDRC", texts));
        return;
    }
    let [only] = texts else {
        dated_freely(version, "TYER", "TDRC", texts, out);
        return;
    };
    match dates::split(only) {
        Some(parts) => {
            for (name, value) in [("TYER", &parts.year), ("TDAT", &parts.day_month), ("TIME", &parts.hour_minute)] {
                if !value.is_empty() {
                    out.extend(text_frame(version, name, &[value]));
                }
            }
        }
        None => dated_freely(version, "TYER", "TDRC", texts, out),
    }
}

fn original_date(version: u8, texts: &[&str], out: &mut Vec<NewFrame>) {
    match texts {
        [only] if only.len() == 4 && dates::year(only).is_some() => out.extend(text_frame(version, "TORY", texts)),
        _ => dated_freely(version, "TORY", "TDOR", texts, out),
    }
}

fn dated_freely(version: u8, old: &str, stamp: &str, texts: &[&str], out: &mut Vec<NewFrame>) {
    match text_frame(version, stamp, texts) {
        Some(frame) => {
            if let Some(year) = texts.first().and_then(|text| dates::year(text)) {
                out.extend(text_frame(version, old, &[year]));
            }
            out.push(frame);
        }
        // 2.2 has no time stamps; its year frames take any text.
        None => out.extend(text_frame(version, old, texts)),
    }
}

/// One frame for each text: readers take the text up to its first NUL, and of frames with the same language and
/// description the last alone.
fn lyrics(version: u8, texts: &[&str], hints: &[Option<Hint>], out: &mut Vec<NewFrame>) {
    let Some(id) = in_version(version, "USLT") else { return };
    for (at, text) in texts.iter().enumerate() {
        let hint = hints.get(at).cloned().flatten().unwrap_or_else(|| Hint {
            language: hints.first().cloned().flatten().map_or(ENGLISH, |hint| hint.language),
            description: if at == 0 { String::new() } else { (at + 1).to_string() },
        });
        let encoding = encoding_for(version, [*text, &hint.description]);
        let mut head = vec![encoding.byte()];
        head.extend_from_slice(&hint.language);
        push_text(&mut head, encoding, &hint.description);
        head.extend_from_slice(encoding.nul());
        push_text(&mut head, encoding, text);
        out.push(NewFrame { id, head, tail: None });
    }
}

/// Binary values have a frame of their own only where the key names one: `priv:owner`, `geob:description`. Others cannot
/// be written into an ID3v2 tag and are left out.
fn binary_frames(version: u8, key: &str, values: &[EditValue]) -> Vec<NewFrame> {
    let (name, head) = if let Some(owner) = key.strip_prefix("priv:") {
        let mut head = Vec::new();
        push_text(&mut head, Encoding::Latin1, owner);
        head.push(0);
        ("PRIV", head)
    } else if let Some(description) = key.strip_prefix("geob:") {
        let encoding = encoding_for(version, [description]);
        let mut head = vec![encoding.byte()];
        head.extend_from_slice(b"application/octet-stream\0");
        head.extend_from_slice(encoding.nul());
        push_text(&mut head, encoding, description);
        head.extend_from_slice(encoding.nul());
        ("GEOB", head)
    } else {
        return Vec::new();
    };
    let Some(id) = in_version(version, name) else { return Vec::new() };
    let frames = values.iter().filter_map(|value| match value {
        EditValue::Text(_) => None,
        EditValue::Binary(value, len) => {
            let tail = Segment::TagValue(value.clone(), ByteRange::new(0, *len));
            Some(NewFrame { id, head: head.clone(), tail: Some(tail) })
        }
    });
    frames.collect()
}

/// A picture frame whose image comes from the catalog.
pub(crate) fn picture_frame(version: u8, art: &ArtLink) -> Option<NewFrame> {
    let encoding = encoding_for(version, [art.description.as_str()]);
    let mut head = vec![encoding.byte()];
    if version == 2 {
        head.extend_from_slice(&image_format(&art.mime));
    } else {
        let mime = if art.mime.is_empty() { "image/" } else { &art.mime };
        push_text(&mut head, Encoding::Latin1, mime);
        head.push(0);
    }
    head.push(art.picture_type);
    push_text(&mut head, encoding, &art.description);
    head.extend_from_slice(encoding.nul());
    let tail = Segment::Art(art.art, ByteRange::new(0, art.byte_len));
    Some(NewFrame { id: in_version(version, "APIC")?, head, tail: Some(tail) })
}

/// The three letters by which 2.2 names an image format.
fn image_format(mime: &str) -> [u8; 3] {
    let name = mime.rsplit('/').next().unwrap_or_default().to_ascii_uppercase();
    match name.as_bytes() {
        b"JPEG" => *b"JPG",
        [a, b, c, ..] => [*a, *b, *c],
        _ => *b"JPG",
    }
}

/// The 2.4 frame for a value that another tag has.
pub(crate) fn carried_frame(carried: &Carried) -> Option<NewFrame> {
    let (encoding, tail) = match &carried.text {
        CarriedText::Utf8(range) => (Encoding::Utf8, Some(Segment::Backing(*range))),
        CarriedText::Latin1(range) => (Encoding::Latin1, Some(Segment::Backing(*range))),
        CarriedText::Known(_) => (Encoding::Utf8, None),
    };
    let known = if let CarriedText::Known(text) = &carried.text { text.as_str() } else { "" };
    if carried.key == "lyrics" {
        let mut head = vec![encoding.byte()];
        head.extend_from_slice(b"eng\0");
        head.extend_from_slice(known.as_bytes());
        return Some(NewFrame { id: *b"USLT", head, tail });
    }
    let shape = match carried.key.as_str() {
        "date" => Shape::Text(*b"TDRC"),
        "genre" => Shape::Text(*b"TCON"),
        "comment" if carried.from_id3v1 => {
            Shape::Comment(Hint { language: ENGLISH, description: ID3V1_COMMENT.to_owned() })
        }
        // An address frame holds one ISO-8859-1 value; what a range of the file holds is not known here.
        "website" | "license" => Shape::Freeform(freeform_name(&carried.key).into_owned()),
        key => shape_of(4, key, &["x"], None, false),
    };
    let mut frame = shaped(4, &shape, &[known])?;
    if !matches!(shape, Shape::Ufid(_))
        && let Some(first) = frame.head.first_mut()
    {
        *first = encoding.byte();
    }
    frame.tail = tail;
    Some(frame)
}
