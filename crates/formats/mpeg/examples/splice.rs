//! Probes files, exchanges title and a key `fidelity_probe` in each, and writes the results beside a report:
//! `splice OUT_DIR < list of paths`. One line a file: path, editability, output path, audio range, tags.

use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::{MemorySource, Source};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, Head, leading_id3v2_len};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::{SegmentIo, TagValueRef};
use musefs_contracts::tags::{TagRow, TagValue};
use musefs_format_mpeg::Mpeg;
use std::io::{self, BufRead, Write};

struct Io<'a>(&'a [u8]);

impl SegmentIo for Io<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = offset as usize;
        buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn art(&self, _: ArtId, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn row(key: &str, value: &str, ordinal: i64) -> TagRow {
    TagRow { key: key.to_owned(), value: TagValue::Text(value.to_owned()), ordinal }
}

fn main() -> io::Result<()> {
    let out_dir = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let mut report = io::stdout().lock();
    for (index, path) in io::stdin().lock().lines().enumerate() {
        let path = path?;
        let bytes = std::fs::read(&path)?;
        let extension = path.rsplit('.').next().unwrap_or_default().to_lowercase();
        let source = MemorySource(bytes.clone());
        let content_offset = leading_id3v2_len(bytes.len() as u64, |offset, header| {
            source.read_at(offset, header).is_ok_and(|n| n == 10)
        });
        let at = content_offset as usize;
        let head = Head {
            bytes: &bytes[..bytes.len().min(65536)],
            content: &bytes[at..bytes.len().min(at + 4096)],
            content_offset,
            extension: &extension,
        };
        let confidence = Mpeg::new().sniff(&head);
        let probe = match Mpeg::new().probe(&source, &head) {
            Ok(probe) => probe,
            Err(error) => {
                writeln!(report, "{path}\t{confidence:?}\trefused: {error}\t\t\t")?;
                continue;
            }
        };
        let anatomy = Anatomy::decode(&probe.anatomy.encode()).expect("an anatomy decodes as it was encoded");
        assert_eq!(anatomy, probe.anatomy, "{path}");
        let mut tags = probe.tags.rows();
        tags.retain(|row| row.key != "title" && row.key != "fidelity_probe");
        tags.push(row("title", "Edited – 日本 7", 0));
        tags.push(row("fidelity_probe", "one value", 0));
        tags.push(row("fidelity_probe", "zwei – Größe", 1));
        let edit = Edit::between(TrackId(1), &anatomy, &tags, &[], &[]);
        let audio = format!("{}+{}", anatomy.audio.offset, anatomy.audio.len);
        if !anatomy.is_editable() {
            writeln!(report, "{path}\t{confidence:?}\t{:?}\t\t{audio}\t", anatomy.editability)?;
            continue;
        }
        let layout = Mpeg::new().layout(&anatomy, &edit).expect("a layout");
        let mut served = vec![0; layout.len() as usize];
        let n = layout.read_at(&Io(&bytes), 0, &mut served)?;
        assert_eq!(n, served.len());
        let to = format!("{out_dir}/{index}.{extension}");
        std::fs::write(&to, &served)?;
        writeln!(report, "{path}\t{confidence:?}\teditable\t{to}\t{audio}\t{}", probe.tags.iter().count())?;
    }
    Ok(())
}
