//! Files taken apart, by the plainest reading of RFC 9639 (FLAC) and of ID3v2.4: enough for the fixtures and what is made of
//! them, and nothing more.

use super::Tags;

/// A file in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// What it says under canonical keys.
    pub tags: Tags,
    /// Its images.
    pub pictures: Vec<Vec<u8>>,
    /// Metadata that is neither, in order.
    pub kept: Vec<Vec<u8>>,
    /// Everything behind the metadata.
    pub audio: Vec<u8>,
}

/// Takes a FLAC or MP3 file apart; `None` if it is neither, or if lengths lead out of it.
pub fn parts(file: &[u8]) -> Option<Parts> {
    match file {
        [b'f', b'L', b'a', b'C', rest @ ..] => flac(rest),
        [b'I', b'D', b'3', 4, _, 0, rest @ ..] => mp3(rest),
        [0xff, 0xfb, ..] => Some(Parts { audio: file.to_vec(), ..Parts::default() }),
        _ => None,
    }
}

fn flac(mut rest: &[u8]) -> Option<Parts> {
    let mut parts = Parts::default();
    loop {
        let header: [u8; 4] = rest.get(..4)?.try_into().ok()?;
        let len = (u32::from_be_bytes(header) & 0xff_ffff) as usize;
        let body = rest.get(4..4 + len)?;
        rest = &rest[4 + len..];
        match header[0] & 0x7f {
            1 => {}
            4 => comments(body, &mut parts.tags)?,
            6 => parts.pictures.push(flac_picture(body)?),
            kind => parts.kept.push([&[kind], body].concat()),
        }
        if header[0] & 0x80 != 0 {
            parts.audio = rest.to_vec();
            return Some(parts);
        }
    }
}

/// Takes `len` bytes off the front.
fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8], little: bool) -> Option<usize> {
    let bytes: [u8; 4] = take(rest, 4)?.try_into().ok()?;
    Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) } as usize)
}

fn comments(mut body: &[u8], tags: &mut Tags) -> Option<()> {
    let vendor = number(&mut body, true)?;
    take(&mut body, vendor)?;
    for _ in 0..number(&mut body, true)? {
        let len = number(&mut body, true)?;
        let comment = std::str::from_utf8(take(&mut body, len)?).ok()?;
        let (key, value) = comment.split_once('=')?;
        tags.entry(key.to_ascii_lowercase()).or_default().push(value.to_owned());
    }
    Some(())
}

fn flac_picture(mut body: &[u8]) -> Option<Vec<u8>> {
    number(&mut body, false)?;
    for _ in 0..2 {
        let len = number(&mut body, false)?;
        take(&mut body, len)?;
    }
    take(&mut body, 16)?;
    let len = number(&mut body, false)?;
    (body.len() == len).then(|| body.to_vec())
}

fn synchsafe(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |n, byte| n << 7 | usize::from(*byte))
}

fn mp3(mut rest: &[u8]) -> Option<Parts> {
    let mut parts = Parts::default();
    let len = synchsafe(take(&mut rest, 4)?);
    let mut tag = take(&mut rest, len)?;
    parts.audio = rest.to_vec();
    while tag.first().is_some_and(|byte| *byte != 0) {
        let header = take(&mut tag, 10)?;
        let body = take(&mut tag, synchsafe(&header[4..8]))?;
        let key = match &header[..4] {
            b"TIT2" => "title",
            b"TPE1" => "artist",
            b"TPE2" => "albumartist",
            b"TALB" => "album",
            b"TCON" => "genre",
            b"TXXX" => {
                let mut texts = texts(body)?.into_iter();
                let key = texts.next()?.to_lowercase();
                parts.tags.entry(key).or_default().extend(texts);
                continue;
            }
            b"APIC" => {
                parts.pictures.push(id3_picture(body)?);
                continue;
            }
            _ => {
                parts.kept.push([&header[..4], body].concat());
                continue;
            }
        };
        parts.tags.entry(key.into()).or_default().extend(texts(body)?);
    }
    Some(parts)
}

/// The texts of a frame, parted by NUL; one at the end ends the last text.
fn texts(body: &[u8]) -> Option<Vec<String>> {
    let (encoding, bytes) = body.split_first()?;
    let text = match encoding {
        0 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        1 | 2 => utf16(*encoding == 2, bytes),
        _ => String::from_utf8(bytes.to_vec()).ok()?,
    };
    let text = text.strip_suffix('\0').unwrap_or(&text);
    Some(text.split('\0').map(|value| value.trim_start_matches('\u{feff}').to_owned()).collect())
}

fn utf16(mut big: bool, bytes: &[u8]) -> String {
    let mut units = Vec::new();
    for (at, pair) in bytes.chunks_exact(2).enumerate() {
        if at == 0 && pair == [0xfe, 0xff] {
            big = true;
        }
        let pair = [pair[0], pair[1]];
        units.push(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
    }
    String::from_utf16_lossy(&units)
}

fn id3_picture(body: &[u8]) -> Option<Vec<u8>> {
    let (encoding, rest) = body.split_first()?;
    let mime = rest.iter().position(|byte| *byte == 0)?;
    let mut rest = rest.get(mime + 2..)?;
    let wide = matches!(encoding, 1 | 2);
    loop {
        let unit = take(&mut rest, if wide { 2 } else { 1 })?;
        if unit.iter().all(|byte| *byte == 0) {
            return Some(rest.to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{FlacBuilder, Mp3Builder, Picture};

    #[test]
    fn fixtures_come_apart() {
        let keys = ["title", "artist", "albumartist", "album", "genre", "custom"];
        let picture = Picture::png(1, 500);
        let (mut flac, mut mp3) = (FlacBuilder::new(1).padding(30), Mp3Builder::new(1).padding(30));
        for key in keys {
            (flac, mp3) = (flac.tag(key, "Zürich").tag(key, "b"), mp3.tag(key, "Zürich").tag(key, "b"));
        }
        let wanted: Tags = keys.map(|key| (key.to_owned(), vec!["Zürich".to_owned(), "b".to_owned()])).into();
        for file in [flac.picture(picture.clone()).build(), mp3.picture(picture.clone()).build()] {
            let parts = parts(&file).unwrap();
            assert_eq!(parts.tags, wanted);
            assert_eq!(parts.pictures, [picture.bytes.as_slice()]);
            assert!(parts.audio.starts_with(&[0xff]), "audio starts at a frame");
        }
        assert_eq!(parts(b"no audio at all"), None);
        assert_eq!(parts(b"fLaC\0\xff\xff\xff"), None);
    }
}
