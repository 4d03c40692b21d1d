//! Taking a file apart.

use crate::chunk::{Chunk, Family, HEADER_LEN, Holder, bytes_at, walk};
use crate::skeleton::{Skeleton, Tag, TagChunk};
use crate::{PROBER, ROLE_CHUNK, ROLE_FIELD, fields};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element, FormatId};
use musefs_contracts::backing::Source;
use musefs_contracts::format::Head;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_id3::{Collector, probe_tag};
use std::io;

/// Probes a file.
pub(crate) fn probe(source: &dyn Source, head: &Head<'_>, family: Family) -> Result<Probe, ProbeError> {
    let size = source.stamp()?.size;
    let group = head.beginning(|bytes| family.begins(bytes));
    let Some(group) = group.filter(|group| group + 12 <= size) else {
        return Err(ProbeError::NotUnderstood("this is no WAVE or AIFF file".into()));
    };
    let group_size = bytes_at::<4>(source, group + 4, size)?.map_or(0, |field| family.size(field));
    let mut skeleton = Skeleton { group, group_size, ..Skeleton::default() };
    let format = match family {
        Family::Wave => FormatId::new("wav"),
        Family::Aiff => FormatId::new("aiff"),
    };
    let wide_data = wide_sizes(source, size, &mut skeleton)?;
    let row = walk(source, family, Holder::Group { wide_data }, group + 12, size)?;
    let chunks = row.chunks;
    skeleton.end = row.end;
    let last = chunks.last();
    // A new chunk goes behind the last one that ends where it says.
    let before_new = chunks.iter().rfind(|chunk| !chunk.is_open);
    skeleton.lacks_padding =
        before_new.is_some_and(|chunk| chunk.content.len % 2 == 1 && chunk.range.end() == chunk.content.end());
    let audio = chunks.iter().find(|chunk| chunk.name == family.audio());
    skeleton.audio = audio.map_or(0, |audio| audio.range.offset);
    skeleton.open = last.filter(|last| last.is_open).map_or(0, |last| last.range.offset);
    let mut out = Collector::new();
    let mut survey = Survey { source, family, skeleton, out: &mut out, has_more: row.has_more };
    survey.id3(&chunks)?;
    survey.fields(&chunks)?;
    survey.list(&chunks);
    let (mut skeleton, has_more) = (survey.skeleton, survey.has_more);
    skeleton.tags.sort_by_key(|chunk| chunk.range.offset);
    out.finish();
    let editability = match audio {
        // What an edit changes might stand among the rest as well.
        _ if has_more => Editability::Verbatim("there are more chunks than are looked at".into()),
        Some(_) => Editability::Editable,
        None => Editability::Verbatim("there is no chunk with audio".into()),
    };
    let audio = audio.map_or_else(ByteRange::default, |audio| audio.content);
    let (elements, pictures) = (out.elements, out.pictures);
    let private = skeleton.encode();
    let anatomy =
        Anatomy { format, prober: PROBER, size, audio, editability, elements, keys: Vec::new(), pictures, private };
    Ok(Probe::new(anatomy, out.tags))
}

/// The sizes in `ds64`, the first chunk of RF64 and BW64: that of the group is noted, that of the audio answered.
fn wide_sizes(source: &dyn Source, end: u64, skeleton: &mut Skeleton) -> io::Result<Option<u64>> {
    let at = skeleton.group + 12;
    let Some(bytes) = bytes_at::<24>(source, at, end)? else { return Ok(None) };
    if !bytes.starts_with(b"ds64") {
        return Ok(None);
    }
    let int = |at: usize| bytes[at..at + 8].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    skeleton.wide_size = (at + HEADER_LEN, int(8));
    Ok(Some(int(16)))
}

struct Survey<'a> {
    source: &'a dyn Source,
    family: Family,
    skeleton: Skeleton,
    out: &'a mut Collector,
    /// There are chunks or fields that are not looked at.
    has_more: bool,
}

impl Survey<'_> {
    /// The ID3 tags, which win over every other field.
    fn id3(&mut self, chunks: &[Chunk]) -> io::Result<()> {
        for chunk in chunks.iter().filter(|chunk| matches!(&chunk.name, b"id3 " | b"ID3 ")) {
            if let Some(info) = probe_tag(self.source, chunk.content.offset, chunk.content.end(), self.out)? {
                self.skeleton.tags.push(TagChunk { name: chunk.name, range: chunk.range, tag: Tag::Id3(info) });
            }
        }
        Ok(())
    }

    fn fields(&mut self, chunks: &[Chunk]) -> io::Result<()> {
        self.out.begin_source();
        for chunk in chunks {
            match self.family {
                Family::Wave if chunk.name == *b"LIST" => self.info(chunk)?,
                Family::Aiff if fields::key_of(self.family, chunk.name).is_some() => {
                    self.skeleton.tags.push(TagChunk { name: chunk.name, range: chunk.range, tag: Tag::Text });
                    self.field(chunk)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn info(&mut self, list: &Chunk) -> io::Result<()> {
        let content = list.content;
        if bytes_at::<4>(self.source, content.offset, content.end())? != Some(*b"INFO") {
            return Ok(());
        }
        self.skeleton.tags.push(TagChunk { name: list.name, range: list.range, tag: Tag::Info });
        let row = walk(self.source, self.family, Holder::List, content.offset + 4, content.end())?;
        self.has_more |= row.has_more;
        for part in row.chunks {
            self.field(&self.without_odd_padding(part)?)?;
        }
        if row.end < content.end() {
            // What follows the last well-formed field is kept as it is.
            let range = ByteRange::new(row.end, content.end() - row.end);
            let private = fields::Private { is_open: true, ..fields::Private::default() }.encode();
            self.has_more |= !self.out.element(Element { role: ROLE_FIELD, range, private, ..Element::default() });
        }
        Ok(())
    }

    /// Leaves padding out that is no zero, so that an edit writes one: such a byte and the beginning of the field that comes to
    /// stand behind it may look like a name.
    fn without_odd_padding(&self, field: Chunk) -> io::Result<Chunk> {
        let (content, mut range) = (field.content, field.range);
        if range.end() > content.end() && bytes_at::<1>(self.source, content.end(), range.end())? != Some([0]) {
            range.len -= 1;
        }
        Ok(Chunk { range, ..field })
    }

    fn field(&mut self, chunk: &Chunk) -> io::Result<()> {
        let mut element = Element { id: chunk.name, role: ROLE_FIELD, range: chunk.range, ..Element::default() };
        let mut private = fields::Private { is_open: chunk.is_open, ..fields::Private::default() };
        if let Some(key) = fields::key_of(self.family, chunk.name) {
            let text = fields::read(self.source, chunk.content)?;
            let value = text.as_ref().filter(|text| !text.value.is_empty()).map(|text| text.value.clone());
            element.key = self.out.state(key, value);
            private.text = text.map_or((0, false), |text| (text.range.len, text.is_utf8));
        }
        element.private = private.encode();
        self.has_more |= !self.out.element(element);
        Ok(())
    }

    /// Lists the chunks, for people.
    fn list(&mut self, chunks: &[Chunk]) {
        let tags: Vec<ByteRange> = self.skeleton.tags.iter().map(|tag| tag.range).collect();
        for chunk in chunks.iter().filter(|chunk| !tags.contains(&chunk.range)) {
            let element = Element { id: chunk.name, role: ROLE_CHUNK, range: chunk.range, ..Element::default() };
            self.out.element(element);
        }
    }
}
