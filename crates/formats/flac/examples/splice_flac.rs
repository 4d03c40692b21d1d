//! Probes a FLAC file, exchanges tags and pictures, and writes what would be served.
//!
//! `splice_flac IN OUT [KEY=VALUE | KEY= | art:IMAGE]...`: repeated keys are several values, `KEY=` removes. The result is
//! probed again and a summary of both probes is printed.

use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::{MemorySource, Source};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Confidence, Format, Head, leading_id3v2_len};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::{SegmentIo, TagValueRef};
use musefs_contracts::probe::Probe;
use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
use std::error::Error;
use std::io;

struct Io<'a> {
    file: &'a MemorySource,
    art: Vec<Vec<u8>>,
}

impl SegmentIo for Io<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        musefs_contracts::backing::read_exact_at(self.file, offset, buf)
    }
    fn art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let image = self.art.get(art.0 as usize).ok_or(io::ErrorKind::NotFound)?;
        buf.copy_from_slice(&image[offset as usize..offset as usize + buf.len()]);
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn probe(format: &dyn Format, file: &MemorySource, extension: &str) -> Result<Probe, Box<dyn Error>> {
    let bytes = &file.0;
    let content_offset = leading_id3v2_len(
        bytes.len() as u64,
        |offset, header| matches!(file.read_at(offset, header), Ok(n) if n == header.len()),
    );
    let content = &bytes[content_offset as usize..];
    let head = Head {
        bytes: &bytes[..bytes.len().min(64 << 10)],
        content: &content[..content.len().min(4 << 10)],
        content_offset,
        extension,
    };
    if format.sniff(&head) == Confidence::No {
        return Err("not recognised".into());
    }
    Ok(format.probe(file, &head)?)
}

fn print(name: &str, probe: &Probe) {
    let Anatomy { format, size, audio, editability, elements, pictures, .. } = &probe.anatomy;
    println!("{name}: {format} {size} bytes, audio {}+{}, {editability:?}", audio.offset, audio.len);
    println!("  {} elements, {} pictures", elements.len(), pictures.len());
    for (key, values) in probe.tags.iter() {
        println!("  {key} = {:.100}", format!("{values:?}"));
    }
}

/// Bytes of a picture with its link.
type Image = (ArtLink, Vec<u8>);

fn edited_rows(probe: &Probe, arguments: &[String]) -> Result<(Vec<TagRow>, Vec<Image>), Box<dyn Error>> {
    let mut rows = probe.tags.rows();
    let mut images: Vec<Image> = Vec::new();
    let mut seen = Vec::new();
    for argument in arguments {
        if let Some(path) = argument.strip_prefix("art:") {
            let image = std::fs::read(path)?;
            let info = musefs_format_picture::sniff_image(&image);
            let link = ArtLink {
                art: ArtId(images.len() as i64),
                mime: info.map_or("", |info| info.mime).to_owned(),
                width: info.and_then(|info| info.size).map(|size| size.0),
                height: info.and_then(|info| info.size).map(|size| size.1),
                byte_len: image.len() as u64,
                picture_type: 3,
                description: String::new(),
            };
            images.push((link, image));
            continue;
        }
        let (key, value) = argument.split_once('=').ok_or("KEY=VALUE")?;
        if !seen.contains(&key) {
            seen.push(key);
            rows.retain(|row| row.key != key);
        }
        if !value.is_empty() {
            let ordinal = rows.iter().filter(|row| row.key == key).count() as i64;
            rows.push(TagRow { key: key.into(), value: TagValue::Text(value.into()), ordinal });
        }
    }
    Ok((rows, images))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, changes @ ..] = &arguments[..] else { return Err("splice_flac IN OUT [KEY=VALUE]...".into()) };
    let format = musefs_format_flac::Flac::new();
    let extension = input.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let file = MemorySource(std::fs::read(input)?);
    let before = probe(&format, &file, &extension)?;
    print(input, &before);
    let (rows, images) = edited_rows(&before, changes)?;
    let links: Vec<ArtLink> = images.iter().map(|(link, _)| link.clone()).collect();
    let edit = Edit::between(TrackId(1), &before.anatomy, &rows, &links, &[]);
    let layout = if before.anatomy.is_editable() {
        format.layout(&before.anatomy, &edit)?
    } else {
        return Err("verbatim".into());
    };
    let mut served = vec![0; layout.len() as usize];
    layout.read_at(&Io { file: &file, art: images.into_iter().map(|(_, image)| image).collect() }, 0, &mut served)?;
    std::fs::write(output, &served)?;
    let after = probe(&format, &MemorySource(served), &extension)?;
    print(output, &after);
    let left = Edit::between(TrackId(1), &after.anatomy, &rows, &[], &[]);
    println!("{}", if left.changes.is_empty() { "the edit reads back" } else { "THE EDIT DOES NOT READ BACK" });
    Ok(())
}
