//! DSDIFF (Philips, "DSDIFF file format specification", version 1.5), whose taggers add an `ID3 ` chunk.

use crate::bounded::{Bounded, behind, text};
use crate::{ROLE_ELEMENT, finish};
use musefs_contracts::anatomy::{ByteRange, Element, FormatId};
use musefs_contracts::backing::Source;
use musefs_contracts::limits;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_format_id3::{Collector, probe_tag};
use std::io;

/// What the store calls these files.
pub(crate) const DFF: FormatId = FormatId::new("dff");

/// Name and size of a chunk.
const HEADER_LEN: u64 = 12;
/// Most chunks that are looked at, on each level.
const MOST_CHUNKS: usize = 4_096;

/// Whether these are the first bytes of such a file.
pub(crate) fn is_dsdiff(content: &[u8]) -> bool {
    content.starts_with(b"FRM8") && content.get(12..16) == Some(b"DSD ")
}

#[derive(Clone, Copy)]
struct Chunk {
    name: [u8; 4],
    range: ByteRange,
    content: ByteRange,
}

pub(crate) fn probe(source: &dyn Source, offset: u64) -> Result<Probe, ProbeError> {
    let file = Bounded::new(source)?;
    if !file.array::<16>(offset, file.size)?.is_some_and(|head| is_dsdiff(&head)) {
        return Err(ProbeError::NotUnderstood("this is no DSDIFF file".into()));
    }
    let mut out = Collector::new();
    let chunks = chunks(&file, ByteRange::new(offset + 16, file.size - offset - 16))?;
    for chunk in chunks.iter().filter(|chunk| matches!(&chunk.name, b"ID3 " | b"id3 ")) {
        probe_tag(source, chunk.content.offset, chunk.content.end(), &mut out)?;
    }
    out.begin_source();
    for chunk in &chunks {
        match &chunk.name {
            b"DIIN" => edited_master(&file, chunk, &mut out)?,
            b"ID3 " | b"id3 " => {}
            _ => list(chunk, None, &mut out),
        }
    }
    let audio = chunks.iter().find(|chunk| matches!(&chunk.name, b"DSD " | b"DST "));
    let audio = audio.map_or_else(ByteRange::default, |chunk| chunk.content);
    Ok(finish(DFF, "DSDIFF", file.size, audio, out))
}

/// The chunks in a range, the last of which may claim more than there is.
fn chunks(file: &Bounded<'_>, within: ByteRange) -> io::Result<Vec<Chunk>> {
    let mut found = Vec::new();
    let mut at = within.offset;
    while found.len() < MOST_CHUNKS {
        let Some([n0, n1, n2, n3, size @ ..]) = file.array::<12>(at, within.end())? else { break };
        let name = [n0, n1, n2, n3];
        if !name.iter().all(|byte| (0x20..0x7f).contains(byte)) {
            break;
        }
        let size = u64::from_be_bytes(size);
        let content = ByteRange::new(at + HEADER_LEN, size.min(within.end() - at - HEADER_LEN));
        let end = content.end() + content.len % 2;
        let range = ByteRange::new(at, end.min(within.end()) - at);
        found.push(Chunk { name, range, content });
        at = end;
    }
    Ok(found)
}

/// `DIIN` holds artist and title, each a length and its text.
fn edited_master(file: &Bounded<'_>, master: &Chunk, out: &mut Collector) -> io::Result<()> {
    for chunk in chunks(file, master.content)? {
        let key = match &chunk.name {
            b"DIAR" => "artist",
            b"DITI" => "title",
            _ => {
                list(&chunk, None, out);
                continue;
            }
        };
        let mut value = None;
        if let Some(len) = file.array::<4>(chunk.content.offset, chunk.content.end())? {
            let stored = behind(chunk.content, 4);
            let len = u64::from(u32::from_be_bytes(len)).min(stored.len);
            if len <= limits::MAX_VALUE_BYTES as u64 {
                value = file.bytes(ByteRange::new(stored.offset, len))?.map(|bytes| text(&bytes));
            }
        }
        let key = out.state(key, value.filter(|value| !value.is_empty()));
        list(&chunk, key, out);
    }
    Ok(())
}

fn list(chunk: &Chunk, key: Option<u32>, out: &mut Collector) {
    out.element(Element { id: chunk.name, role: ROLE_ELEMENT, key, range: chunk.range, ..Element::default() });
}
