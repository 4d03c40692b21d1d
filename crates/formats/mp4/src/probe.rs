//! Taking a file apart: the atoms of the file, of `moov`, and of every track's sample table.

use crate::anatomy::{FILE_LEVEL, Free, Node, Skeleton, Table, role};
use crate::atom::{Atom, Row, children, read_up_to};
use crate::item::Found;
use crate::{M4A, PROBER};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Editability, Element};
use musefs_contracts::backing::Source;
use musefs_contracts::format::Head;
use musefs_contracts::limits;
use musefs_contracts::probe::{Probe, ProbeError};
use std::io;

/// Most atoms of one level that are looked at.
const MOST_CHILDREN: usize = 4_096;

/// Probes a file.
pub(crate) fn probe(source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
    let size = source.stamp()?.size;
    let row = children(source, crate::begins(head), size, true, MOST_CHILDREN)?;
    let top = row.atoms;
    let Some(moov) = top.iter().find(|atom| atom.name == *b"moov").copied() else {
        return Err(ProbeError::NotUnderstood("there is no moov atom".into()));
    };
    let mut survey = Survey { source, skeleton: Skeleton::default(), found: Found::default(), hidden: None };
    if row.has_more {
        survey.hidden = Some(TOO_MANY);
    }
    survey.structure(&top);
    survey.movie(&moov)?;
    survey.skeleton.data_follows = data_follows(&moov, &top, size);
    survey.free_behind(&moov, &top);
    let fragmented = top.iter().any(|atom| matches!(&atom.name, b"moof" | b"sidx" | b"ssix"));
    let editability = match verbatim_reason(source, &top, head, fragmented)?.or(survey.hidden) {
        Some(reason) => Editability::Verbatim(reason.into()),
        None => Editability::Editable,
    };
    let anatomy = Anatomy {
        format: M4A,
        prober: PROBER,
        size,
        audio: audio(&top),
        editability,
        elements: survey.found.elements,
        keys: Vec::new(),
        pictures: survey.found.pictures,
        private: survey.skeleton.encode(),
    };
    Ok(Probe::new(anatomy, survey.found.tags))
}

/// Whether anything but free space stands behind `moov`, as far as the file goes: audio may stand wherever a table says.
fn data_follows(moov: &Atom, top: &[Atom], size: u64) -> bool {
    let behind = top.iter().filter(|atom| atom.range.offset > moov.range.offset);
    let known_end = top.last().map_or(0, Atom::end);
    behind.into_iter().any(|atom| !is_free(atom)) || known_end < size
}

/// The content of the largest `mdat`.
fn audio(top: &[Atom]) -> ByteRange {
    let data = top.iter().filter(|atom| atom.name == *b"mdat");
    data.map(|atom| ByteRange::new(atom.content(), atom.content_len()))
        .max_by_key(|range| range.len)
        .unwrap_or_default()
}

fn verbatim_reason(
    source: &dyn Source,
    top: &[Atom],
    head: &Head<'_>,
    fragmented: bool,
) -> io::Result<Option<&'static str>> {
    let mut brand = [0; 4];
    if let Some(kind) = top.iter().find(|atom| atom.name == *b"ftyp" && atom.content_len() >= 4) {
        read_up_to(source, kind.content(), &mut brand)?;
    }
    Ok(if head.extension == "m4p" || brand == *b"M4P " {
        Some("the file is copy-protected")
    } else if fragmented {
        Some("the file is fragmented")
    } else {
        None
    })
}

struct Survey<'a> {
    source: &'a dyn Source,
    skeleton: Skeleton,
    found: Found,
    /// Why a table of offsets, or a further copy of a tag, may be where none was looked for: no edit is safe then.
    hidden: Option<&'static str>,
}

const TOO_MANY: &str = "there are more atoms than are looked at";

impl Survey<'_> {
    /// Lists the file's own atoms, for people.
    fn structure(&mut self, top: &[Atom]) {
        for atom in top.iter().take(limits::MAX_ELEMENTS / 2) {
            let element = Element { id: atom.name, role: role::STRUCTURE, range: atom.range, ..Element::default() };
            self.found.elements.push(element);
        }
    }

    /// A `free` atom right behind `moov` may absorb what changes inside; one elsewhere would let the audio move.
    fn free_behind(&mut self, moov: &Atom, top: &[Atom]) {
        let next = top.iter().find(|atom| atom.range.offset == moov.end());
        if let Some(free) = next.filter(|atom| is_free(atom)) {
            self.skeleton.frees.push(Free { range: free.range, level: FILE_LEVEL });
        }
    }

    fn movie(&mut self, moov: &Atom) -> io::Result<()> {
        let Row { atoms: parts, end, .. } = self.children_of(moov, false)?;
        self.skeleton.path.push(Node::new(moov, end));
        // Readers follow a last one that claims to pass the end, too.
        let cut = Atom::read(self.source, end, moov.end(), true)?;
        for part in parts.iter().chain(&cut) {
            match &part.name {
                b"trak" => self.track(part, 0)?,
                b"cmov" => self.hidden = Some("its movie atom is compressed"),
                b"udta" => {}
                _ if part.end() > end => {}
                _ if is_free(part) => self.skeleton.frees.push(Free { range: part.range, level: 0 }),
                _ => {}
            }
        }
        // The first that leads to a list; where none does, the first there is.
        let candidates: Vec<&Atom> = parts.iter().filter(|part| part.name == *b"udta").collect();
        let mut chosen = None;
        for candidate in &candidates {
            if let Some((meta, skip)) = self.metadata_of(candidate)?
                && self.list_of(&meta, skip)?.is_some()
            {
                chosen = Some(**candidate);
                break;
            }
        }
        match chosen.or(candidates.first().map(|first| **first)) {
            Some(udta) => self.user_data(&udta),
            None => Ok(()),
        }
    }

    fn user_data(&mut self, udta: &Atom) -> io::Result<()> {
        let row = self.children_of(udta, false)?;
        self.skeleton.path.push(Node::new(udta, row.end));
        for free in row.atoms.iter().filter(|part| is_free(part)) {
            self.skeleton.frees.push(Free { range: free.range, level: 1 });
        }
        let Some((meta, skip)) = self.metadata_of(udta)? else { return Ok(()) };
        let row = children(self.source, meta.content() + skip, meta.end(), false, MOST_CHILDREN)?;
        self.look_at_all(&row);
        self.skeleton.path.push(Node::new(&meta, row.end));
        for free in row.atoms.iter().filter(|part| is_free(part)) {
            self.skeleton.frees.push(Free { range: free.range, level: 2 });
        }
        let Some(list) = self.list_of(&meta, skip)? else { return Ok(()) };
        self.list(&list)
    }

    fn list(&mut self, list: &Atom) -> io::Result<()> {
        let most = limits::MAX_ELEMENTS / 2;
        let row = children(self.source, list.content(), list.end(), false, most)?;
        self.look_at_all(&row);
        self.skeleton.path.push(Node::new(list, row.end));
        for item in &row.atoms {
            self.found.item(self.source, item)?;
        }
        if row.end < list.end() {
            // What follows the last well-formed item stays behind whatever is written.
            let rest = ByteRange::new(row.end, list.end() - row.end);
            self.found.elements.push(Element { role: role::REST, range: rest, ..Element::default() });
        }
        Ok(())
    }

    /// The `meta` atom of `udta`, with the length of its version and flags: 4, or 0 as QuickTime writes it.
    fn metadata_of(&mut self, udta: &Atom) -> io::Result<Option<(Atom, u64)>> {
        let parts = self.children_of(udta, false)?.atoms;
        let Some(meta) = parts.into_iter().find(|part| part.name == *b"meta") else { return Ok(None) };
        let mut head = [0; 8];
        let available = meta.content_len().min(8) as usize;
        let n = read_up_to(self.source, meta.content(), &mut head[..available])?;
        let quicktime = n == 8 && matches!(&head[4..8], b"hdlr" | b"ilst" | b"keys" | b"free");
        let skip = if quicktime { 0 } else { 4 };
        Ok((meta.content_len() >= skip).then_some((meta, skip)))
    }

    fn list_of(&self, meta: &Atom, skip: u64) -> io::Result<Option<Atom>> {
        let row = children(self.source, meta.content() + skip, meta.end(), false, MOST_CHILDREN)?;
        Ok(row.atoms.into_iter().find(|part| part.name == *b"ilst"))
    }

    /// Follows a track down to its sample tables.
    fn track(&mut self, atom: &Atom, depth: usize) -> io::Result<()> {
        if depth >= limits::MAX_DEPTH {
            self.hidden = Some("its atoms are nested too deeply");
            return Ok(());
        }
        // A table counts however much of it there is: readers follow one that claims to pass what holds it, too.
        for part in &self.children_of(atom, true)?.atoms {
            match &part.name {
                b"mdia" | b"minf" | b"stbl" => self.track(part, depth + 1)?,
                b"stco" => self.table(part, 4, 4)?,
                b"co64" => self.table(part, 4, 8)?,
                b"saio" => self.auxiliary_offsets(part)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A table whose count stands `before` bytes into the content.
    fn table(&mut self, atom: &Atom, before: u64, width: u64) -> io::Result<()> {
        let mut count = [0; 4];
        if atom.content_len() < before + 4 || read_up_to(self.source, atom.content() + before, &mut count)? < 4 {
            return Ok(());
        }
        let room = (atom.content_len() - before - 4) / width;
        let entries = u64::from(u32::from_be_bytes(count)).min(room);
        if entries > 0 {
            let entries = ByteRange::new(atom.content() + before + 4, entries * width);
            self.skeleton.tables.push(Table { entries, width });
        }
        Ok(())
    }

    /// `saio`: ISO/IEC 14496-12, section 8.7.9. Version 0 has entries of 32 bits; flag 1 announces two more fields.
    fn auxiliary_offsets(&mut self, atom: &Atom) -> io::Result<()> {
        let mut head = [0; 4];
        if read_up_to(self.source, atom.content(), &mut head[..atom.content_len().min(4) as usize])? < 4 {
            return Ok(());
        }
        let before = if head[3] & 1 != 0 { 12 } else { 4 };
        self.table(atom, before, if head[0] == 0 { 4 } else { 8 })
    }

    fn children_of(&mut self, atom: &Atom, clip: bool) -> io::Result<Row> {
        let row = children(self.source, atom.content(), atom.end(), clip, MOST_CHILDREN)?;
        self.look_at_all(&row);
        Ok(row)
    }

    fn look_at_all(&mut self, row: &Row) {
        if row.has_more {
            self.hidden = Some(TOO_MANY);
        }
    }
}

fn is_free(atom: &Atom) -> bool {
    matches!(&atom.name, b"free" | b"skip") && atom.header_len == 8
}
