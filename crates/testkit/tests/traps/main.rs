//! What files of every container do: each trap here is met in all of them, by the formats as the program has them.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "names read best as byte string literals")]

#[allow(dead_code, reason = "the tests of hostile files use the rest")]
#[path = "../hostile/carriers.rs"]
mod carriers;

mod everywhere;
mod tags;

use musefs_contracts::backing::MemorySource;
use musefs_contracts::format::{Format, Formats, Head, leading_id3v2_len};
use musefs_contracts::probe::Probe;
use musefs_format_apetagged::ApeTagged;
use musefs_format_dsf::Dsf;
use musefs_format_flac::Flac;
use musefs_format_mp4::Mp4;
use musefs_format_mpeg::Mpeg;
use musefs_format_ogg::Ogg;
use musefs_format_riff::{Aiff, Wave};
use musefs_format_verbatim::{Asf, Dsdiff, Matroska};
use musefs_testkit::hostile::{PeakAllocator, exercise};
use musefs_testkit::splicing::{self, Changes};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: PeakAllocator = PeakAllocator;

fn formats() -> Formats {
    Formats::new(vec![
        Arc::new(Flac::new()),
        Arc::new(Mpeg::new()),
        Arc::new(Mp4::new()),
        Arc::new(Ogg::new()),
        Arc::new(Wave::new()),
        Arc::new(Aiff::new()),
        Arc::new(ApeTagged::new()),
        Arc::new(Dsf::new()),
        Arc::new(Dsdiff::new()),
        Arc::new(Asf::new()),
        Arc::new(Matroska::new()),
    ])
}

/// The first format that understands a file, the most confident asked first, as a scan does.
fn understood(bytes: &[u8], extension: &str) -> Option<(Arc<dyn Format>, Probe)> {
    let content_offset = leading_id3v2_len(bytes.len() as u64, |at, header| {
        let found = bytes.get(at as usize..at as usize + header.len());
        found.inspect(|found| header.copy_from_slice(found)).is_some()
    });
    let part = |from: usize, most: usize| &bytes[from..bytes.len().min(from + most)];
    let head =
        Head { bytes: part(0, 16 << 10), content: part(content_offset as usize, 4 << 10), content_offset, extension };
    let formats = formats();
    let candidates = formats.candidates(&head);
    let source = MemorySource(bytes.to_vec());
    candidates.into_iter().find_map(|format| Some((format.clone(), format.probe(&source, &head).ok()?)))
}

/// What a file says after an edit.
fn after(format: &dyn Format, extension: &str, bytes: &[u8], changes: Changes<'_>) -> Probe {
    let before = splicing::try_probe(format, bytes, extension).expect("the file is understood");
    let layout = splicing::layout(format, &before, &splicing::edit_between(&before, changes, &[]));
    splicing::try_probe(format, &splicing::read(&layout, bytes), extension).expect("the served file is understood")
}

/// The usual extension of a container, by its name in the store.
fn extension_of(name: &str) -> &'static str {
    let formats = formats();
    let format = formats.iter().find(|format| format.ids().iter().any(|id| id.as_str() == name)).expect("a name");
    let own = format.extensions().iter().find(|extension| **extension == name);
    own.or(format.extensions().first()).copied().unwrap_or_default()
}
