//! Builds MP4 files, splices edits into them, and follows their offset tables to the audio.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::layout::Layout;
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::ArtLink;
use musefs_format_mp4::Mp4;
use musefs_testkit::splicing::{self, Changes};
pub(crate) use musefs_testkit::splicing::{check_splits, link, ramp, read, rows};

pub(crate) fn atom(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = (content.len() as u32 + 8).to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(content);
    bytes
}

pub(crate) fn data(kind: u32, value: &[u8]) -> Vec<u8> {
    atom(b"data", &[&kind.to_be_bytes()[..], &[0; 4], value].concat())
}

pub(crate) fn text(name: &[u8; 4], values: &[&str]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| data(1, value.as_bytes())).collect();
    atom(name, &values)
}

pub(crate) fn freeform(mean: &str, name: &str, values: &[Vec<u8>]) -> Vec<u8> {
    let mut content = atom(b"mean", &[&[0; 4], mean.as_bytes()].concat());
    content.extend(atom(b"name", &[&[0; 4], name.as_bytes()].concat()));
    content.extend(values.concat());
    atom(b"----", &content)
}

/// What stands between `ftyp` and the end.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Items of the list; `None` leaves out `udta` altogether.
    pub(crate) items: Option<Vec<Vec<u8>>>,
    /// Content length of a `free` behind the list.
    pub(crate) free: Option<usize>,
    /// Audio before and behind `moov`.
    pub(crate) before: Vec<u8>,
    pub(crate) behind: Vec<u8>,
    /// Offsets of 64 bits.
    pub(crate) wide: bool,
    /// A 64-bit size in `moov`'s header.
    pub(crate) wide_moov: bool,
    pub(crate) handler: [u8; 4],
}

impl Default for File {
    fn default() -> Self {
        Self {
            items: Some(vec![text(b"\xa9nam", &["Song"])]),
            free: None,
            before: Vec::new(),
            behind: ramp(5_000),
            wide: false,
            wide_moov: false,
            handler: *b"soun",
        }
    }
}

/// Each chunk of audio is this long; tables have an entry for each.
pub(crate) const CHUNK: usize = 500;

impl File {
    pub(crate) fn build(&self) -> Vec<u8> {
        let ftyp = atom(b"ftyp", b"M4A \0\0\0\0");
        let before = if self.before.is_empty() { Vec::new() } else { atom(b"mdat", &self.before) };
        let moov_at = ftyp.len() + before.len();
        // The table's values do not change its length, so the second pass knows where everything stands.
        let moov_len = self.movie(&[0; 0], moov_at).len();
        let chunks = |start: usize, audio: &[u8]| -> Vec<u64> {
            (0..audio.len().div_ceil(CHUNK)).map(|chunk| (start + chunk * CHUNK) as u64).collect()
        };
        let mut offsets = chunks(ftyp.len() + 8, &self.before);
        let entries = offsets.len() + self.behind.len().div_ceil(CHUNK);
        let entry_len = if self.wide { 8 } else { 4 };
        // Two tracks, each with the whole table.
        let grown = moov_len + 2 * entries * entry_len;
        offsets.extend(chunks(moov_at + grown + 8, &self.behind));
        let moov = self.movie(&offsets, moov_at);
        assert_eq!(moov.len(), grown);
        let behind = if self.behind.is_empty() { Vec::new() } else { atom(b"mdat", &self.behind) };
        [ftyp, before, moov, behind].concat()
    }

    fn movie(&self, offsets: &[u64], _at: usize) -> Vec<u8> {
        let mut content = atom(b"mvhd", &[7; 20]);
        content.extend(self.track(self.handler, offsets));
        content.extend(self.track(*b"text", offsets));
        if let Some(items) = &self.items {
            let mut meta = vec![0; 4];
            meta.extend(atom(b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0"));
            meta.extend(atom(b"ilst", &items.concat()));
            if let Some(free) = self.free {
                meta.extend(atom(b"free", &vec![0; free]));
            }
            let udta = [atom(b"chpl", b"chapters"), atom(b"meta", &meta)].concat();
            content.extend(atom(b"udta", &udta));
        }
        if self.wide_moov {
            let mut bytes = 1u32.to_be_bytes().to_vec();
            bytes.extend(b"moov");
            bytes.extend((content.len() as u64 + 16).to_be_bytes());
            bytes.extend(content);
            return bytes;
        }
        atom(b"moov", &content)
    }

    fn track(&self, handler: [u8; 4], offsets: &[u64]) -> Vec<u8> {
        let mut table = vec![0; 4];
        table.extend((offsets.len() as u32).to_be_bytes());
        for offset in offsets {
            if self.wide { table.extend(offset.to_be_bytes()) } else { table.extend((*offset as u32).to_be_bytes()) }
        }
        let stbl = atom(b"stbl", &atom(if self.wide { b"co64" } else { b"stco" }, &table));
        let hdlr = atom(b"hdlr", &[&[0; 8], &handler[..], &[0; 13]].concat());
        atom(b"trak", &atom(b"mdia", &[hdlr, atom(b"minf", &stbl)].concat()))
    }
}

pub(crate) fn probe(bytes: &[u8]) -> Probe {
    try_probe(bytes, "m4a").unwrap()
}

/// Where an atom's content stands, by its path of names.
pub(crate) fn find(bytes: &[u8], path: &[&[u8; 4]]) -> Option<ByteRange> {
    let mut within = ByteRange::new(0, bytes.len() as u64);
    for name in path {
        let mut at = within.offset as usize;
        let end = within.end() as usize;
        within = loop {
            let size = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
            let (size, head) = match size {
                1 => (u64::from_be_bytes(bytes.get(at + 8..at + 16)?.try_into().ok()?) as usize, 16),
                size => (size, 8),
            };
            if at + size > end || size < 8 {
                return None;
            }
            if bytes[at + 4..at + 8] == name[..] {
                let skip = if *name == b"meta" { head + 4 } else { head };
                break ByteRange::new((at + skip) as u64, (size - skip) as u64);
            }
            at += size;
        };
    }
    Some(within)
}

/// The audio that the first track's table leads to, chunk by chunk.
pub(crate) fn audio_by_table(bytes: &[u8], len: usize) -> Vec<u8> {
    let stbl: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];
    let (table, width) = match find(bytes, &[&stbl[..], &[b"stco"]].concat()) {
        Some(table) => (table, 4),
        None => (find(bytes, &[&stbl[..], &[b"co64"]].concat()).unwrap(), 8),
    };
    let table = &bytes[table.offset as usize..table.end() as usize];
    let mut audio = Vec::new();
    for entry in table[8..].chunks_exact(width) {
        let at = entry.iter().fold(0usize, |sum, byte| sum << 8 | *byte as usize);
        let n = CHUNK.min(len - audio.len());
        audio.extend_from_slice(&bytes[at..at + n]);
    }
    audio
}

pub(crate) fn try_probe(bytes: &[u8], extension: &str) -> Result<Probe, ProbeError> {
    splicing::try_probe(&Mp4::new(), bytes, extension)
}

pub(crate) fn layout(bytes: &[u8], changes: Changes<'_>, art: &[ArtLink]) -> Layout {
    let probe = probe(bytes);
    splicing::layout(&Mp4::new(), &probe, &splicing::edit_between(&probe, changes, art))
}

pub(crate) fn splice(bytes: &[u8], changes: Changes<'_>, art: &[ArtLink]) -> Vec<u8> {
    read(&layout(bytes, changes, art), bytes)
}
