//! Reading a layout of many segments.

#![allow(missing_docs, reason = "criterion's macros define what they need")]

use criterion::{Criterion, criterion_group, criterion_main};
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::ids::ArtId;
use musefs_contracts::layout::{LayoutBuilder, SegmentIo, TagValueRef};
use std::hint::black_box;
use std::io;

/// Bytes that cost nothing, so that finding the segments is what is measured.
struct Free;

impl SegmentIo for Free {
    fn backing(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
        Ok(())
    }
    fn art(&self, _: ArtId, _: u64, _: &mut [u8]) -> io::Result<()> {
        Ok(())
    }
    fn tag_value(&self, _: &TagValueRef, _: u64, _: &mut [u8]) -> io::Result<()> {
        Ok(())
    }
}

fn read(c: &mut Criterion) {
    for segments in [2_u64, 1_000] {
        let mut builder = LayoutBuilder::new();
        for at in 0..segments / 2 {
            builder.bytes(&[1; 64]).backing(ByteRange::new(at * 8192, 4096));
        }
        let layout = builder.finish();
        let mut buffer = vec![0; 4096];
        let middle = layout.len() / 2;
        c.bench_function(&format!("4 KiB of {segments} segments"), |b| {
            b.iter(|| layout.read_at(&Free, black_box(middle), &mut buffer));
        });
    }
}

criterion_group!(benches, read);
criterion_main!(benches);
