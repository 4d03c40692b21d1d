//! The simplest format there is, for tests of what stands around formats.

use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element, FormatId};
use musefs_contracts::backing::{Source, read_exact_at};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::{Confidence, Format, Head, LayoutError};
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::TagSet;
use std::sync::atomic::{AtomicU64, Ordering};

const MAGIC: &[u8] = b"FAKE\n";
const ID: FormatId = FormatId::new("fake");
static IDS: [FormatId; 1] = [ID];

/// A format of lines: `FAKE`, then `key=value` lines, an empty line, and audio to the end of the file.
///
/// An edit replaces the lines of its keys, puts added ones behind the others, and each picture as `art=` and its bytes in
/// a line behind those. Counts its probes and layouts. A line without `=` is an error.
#[derive(Debug, Default)]
pub struct FixedFormat {
    probes: AtomicU64,
    layouts: AtomicU64,
}

impl FixedFormat {
    /// A format that was not used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file of this format.
    pub fn file(tags: &[(&str, &str)], audio: &[u8]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        for (key, value) in tags {
            file.extend_from_slice(format!("{key}={value}\n").as_bytes());
        }
        file.push(b'\n');
        file.extend_from_slice(audio);
        file
    }

    /// Probes so far.
    pub fn probes(&self) -> u64 {
        self.probes.load(Ordering::Relaxed)
    }

    /// Layouts so far, those made to learn a size included.
    pub fn layouts(&self) -> u64 {
        self.layouts.load(Ordering::Relaxed)
    }
}

impl Format for FixedFormat {
    fn ids(&self) -> &'static [FormatId] {
        &IDS
    }
    fn prober(&self) -> u32 {
        1
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["fake"]
    }

    fn sniff(&self, head: &Head<'_>) -> Confidence {
        match head.content.starts_with(MAGIC) {
            true => Confidence::Strong,
            false if head.extension == "fake" => Confidence::Extension,
            false => Confidence::No,
        }
    }

    fn probe(&self, source: &dyn Source, _: &Head<'_>) -> Result<Probe, ProbeError> {
        self.probes.fetch_add(1, Ordering::Relaxed);
        let size = source.stamp()?.size;
        let mut file = vec![0; size as usize];
        read_exact_at(source, 0, &mut file)?;
        let mut rest = file.strip_prefix(MAGIC).ok_or_else(|| ProbeError::NotUnderstood("no FAKE in front".into()))?;
        let mut tags = TagSet::new();
        let mut elements = Vec::new();
        loop {
            let offset = size - rest.len() as u64;
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| not_understood("no empty line"))?;
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            if line.is_empty() {
                break;
            }
            let (key, value) = line.split_once('=').ok_or_else(|| not_understood("a line without ="))?;
            let range = ByteRange::new(offset, end as u64 + 1);
            elements.push(Element { id: *b"line", key: tags.push(key, value), range, ..Element::default() });
        }
        let audio = ByteRange::new(size - rest.len() as u64, rest.len() as u64);
        let anatomy = Anatomy {
            audio,
            editability: Editability::Editable,
            elements,
            ..Anatomy::verbatim(ID, self.prober(), size, "")
        };
        Ok(Probe::new(anatomy, tags))
    }

    fn layout(&self, anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
        self.layouts.fetch_add(1, Ordering::Relaxed);
        if edit.is_empty() {
            return Ok(Layout::verbatim(anatomy.size));
        }
        let mut out = LayoutBuilder::new();
        out.bytes(MAGIC);
        for element in &anatomy.elements {
            if !anatomy.key_of(element).is_some_and(|key| edit.touches(key)) {
                out.backing(element.range);
            }
        }
        for change in &edit.changes {
            lines(&mut out, change);
        }
        for art in edit.art.iter().flatten() {
            out.bytes(b"art=");
            out.push(Segment::Art(art.art, ByteRange::new(0, art.byte_len)));
            out.bytes(b"\n");
        }
        out.bytes(b"\n").backing(anatomy.audio);
        Ok(out.finish())
    }
}

fn lines(out: &mut LayoutBuilder, change: &KeyChange) {
    for value in &change.values {
        out.bytes(change.key.as_bytes()).bytes(b"=");
        match value {
            EditValue::Text(text) => out.bytes(text.as_bytes()),
            EditValue::Binary(value, len) => out.push(Segment::TagValue(value.clone(), ByteRange::new(0, *len))),
        };
        out.bytes(b"\n");
    }
}

fn not_understood(why: &str) -> ProbeError {
    ProbeError::NotUnderstood(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::backing::MemorySource;
    use musefs_contracts::ids::{ArtId, TrackId};
    use musefs_contracts::layout::{SegmentIo, TagValueRef};
    use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
    use std::io;

    struct Io(MemorySource);

    impl SegmentIo for Io {
        fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
            read_exact_at(&self.0, offset, buf)
        }
        fn art(&self, _: ArtId, _: u64, buf: &mut [u8]) -> io::Result<()> {
            buf.fill(b'A');
            Ok(())
        }
        fn tag_value(&self, _: &TagValueRef, _: u64, buf: &mut [u8]) -> io::Result<()> {
            buf.fill(b'V');
            Ok(())
        }
    }

    const NO_HEAD: Head<'_> = Head { bytes: &[], content: &[], content_offset: 0, extension: "" };

    #[test]
    fn an_edit_replaces_its_lines_and_keeps_the_others() {
        let format = FixedFormat::new();
        let file = MemorySource(FixedFormat::file(&[("title", "old"), ("artist", "kept")], b"audio"));
        let Probe { anatomy, tags } = format.probe(&file, &NO_HEAD).unwrap();
        assert_eq!(tags.get("artist"), ["kept"]);
        let mut rows = tags.rows();
        rows[0].value = TagValue::Text("new".into());
        rows.push(TagRow { key: "blob".into(), value: TagValue::Binary { len: 3 }, ordinal: 0 });
        let art = ArtLink {
            art: ArtId(1),
            mime: String::new(),
            width: None,
            height: None,
            byte_len: 4,
            picture_type: 3,
            description: String::new(),
        };
        let edit = Edit::between(TrackId(1), &anatomy, &rows, &[art], &[]);
        let layout = format.layout(&anatomy, &edit).unwrap();
        let mut served = vec![0; layout.len() as usize];
        layout.read_at(&Io(file), 0, &mut served).unwrap();
        assert_eq!(String::from_utf8(served).unwrap(), "FAKE\nartist=kept\nblob=VVV\ntitle=new\nart=AAAA\n\naudio");
        assert_eq!((format.probes(), format.layouts()), (1, 1));
    }

    #[test]
    fn broken_lines_are_not_understood() {
        for file in [b"FAKE".as_slice(), b"FAKE\nno", b"FAKE\nno\n\n"] {
            assert!(FixedFormat::new().probe(&MemorySource(file.to_vec()), &NO_HEAD).is_err());
        }
    }
}
