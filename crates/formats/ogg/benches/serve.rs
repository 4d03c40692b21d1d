//! What an edited Ogg file costs: its length, its layout, and its bytes where pages are numbered anew.

#![allow(missing_docs, reason = "criterion's macros define what they need")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use musefs_contracts::backing::{MemorySource, Source, read_exact_at};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::{Format, Head};
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use musefs_contracts::probe::Probe;
use musefs_contracts::tags::ArtLink;
use musefs_format_ogg::Ogg;
use musefs_testkit::fixtures::{OggWriter, Random, vorbis_comment};
use std::hint::black_box;
use std::io;

const AUDIO: usize = 8 << 20;
const STEP: usize = 128 << 10;
const COVER: u64 = 1 << 20;

/// An Opus file with pages of 4 KiB.
fn file() -> Vec<u8> {
    let head = [b"OpusHead\x01\x02".as_slice(), &312u16.to_le_bytes(), &48_000u32.to_le_bytes(), &[0; 3]].concat();
    let tags = [("TITLE", "Title"), ("ARTIST", "Artist")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let comments = [b"OpusTags".as_slice(), &vorbis_comment("musefs bench", &tags)].concat();
    let mut writer = OggWriter::new(1);
    writer.packets(&[head], 0);
    writer.packets(&[comments], 0);
    for (at, page) in Random::new(1).bytes(AUDIO).chunks(4080).enumerate() {
        writer.packets(&[page], (at as u64 + 1) * 960);
    }
    writer.finish()
}

fn probe(source: &MemorySource) -> Probe {
    let mut bytes = vec![0; 64 << 10];
    read_exact_at(source, 0, &mut bytes).expect("the file is longer");
    let head = Head { bytes: &bytes, content: &bytes[..4096], content_offset: 0, extension: "opus" };
    Ogg::new().probe(source, &head).expect("a file of its kind")
}

struct Io<'a>(&'a MemorySource);

impl SegmentIo for Io<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        read_exact_at(self.0, offset, buf)
    }
    fn art(&self, _: ArtId, _: u64, buf: &mut [u8]) -> io::Result<()> {
        buf.fill(7);
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Ok(())
    }
}

fn read_through(layout: &Layout, source: &MemorySource, buffer: &mut [u8]) -> u64 {
    let mut at = 0;
    while at < layout.len() {
        at += layout.read_at(&Io(source), at, buffer).expect("bytes in memory") as u64;
    }
    at
}

fn serve(c: &mut Criterion) {
    let source = MemorySource(file());
    let probe = probe(&source);
    let change = |key: &str, value: &str| KeyChange { key: key.into(), values: vec![EditValue::Text(value.into())] };
    let title = Edit { changes: vec![change("title", "Another title")], art: None };
    // Longer than a page holds, so that every page behind it is numbered anew.
    let lyrics = Edit { changes: vec![change("lyrics", &"words ".repeat(20_000))], art: None };
    let cover = ArtLink {
        art: ArtId(1),
        mime: "image/jpeg".into(),
        width: Some(1),
        height: Some(1),
        byte_len: COVER,
        picture_type: 3,
        description: String::new(),
    };
    let cover = Edit { changes: Vec::new(), art: Some(vec![cover]) };
    let (ogg, anatomy) = (Ogg::new(), &probe.anatomy);
    c.bench_function("length with another title", |b| b.iter(|| ogg.served_len(anatomy, black_box(&title))));
    c.bench_function("length with a cover", |b| b.iter(|| ogg.served_len(anatomy, black_box(&cover))));
    c.bench_function("layout with a cover", |b| b.iter(|| ogg.layout(anatomy, black_box(&cover))));
    let mut group = c.benchmark_group("the whole file in steps of 128 KiB");
    let mut buffer = vec![0; STEP];
    for (name, edit) in [("another title", &title), ("every page numbered anew", &lyrics), ("a cover", &cover)] {
        let layout = ogg.layout(anatomy, edit).expect("it can be edited");
        group.throughput(Throughput::Bytes(layout.len())).sample_size(10);
        group.bench_function(name, |b| b.iter(|| read_through(&layout, &source, &mut buffer)));
    }
    group.bench_function("the file itself", |b| {
        b.iter(|| {
            let (mut at, size) = (0, source.stamp().map_or(0, |stamp| stamp.size));
            while at < size {
                at += source.read_at(at, &mut buffer).map_or(size, |read| read as u64);
            }
        });
    });
}

criterion_group!(benches, serve);
criterion_main!(benches);
