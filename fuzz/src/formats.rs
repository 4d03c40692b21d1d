//! Files and stored anatomies.

use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::format::{Format, Formats, Head};
use musefs_format_apetagged::ApeTagged;
use musefs_format_dsf::Dsf;
use musefs_format_flac::Flac;
use musefs_format_mp4::Mp4;
use musefs_format_mpeg::Mpeg;
use musefs_format_ogg::Ogg;
use musefs_format_riff::{Aiff, Wave};
use musefs_format_verbatim::{Asf, Dsdiff, Matroska};
use musefs_testkit::hostile::{exercise, exercise_stored};
use std::sync::Arc;

/// Every format.
pub(crate) fn all() -> Formats {
    Formats::new(vec![
        Arc::new(Flac::new()),
        Arc::new(Ogg::new()),
        Arc::new(Mp4::new()),
        Arc::new(Wave::new()),
        Arc::new(Aiff::new()),
        Arc::new(Dsf::new()),
        Arc::new(ApeTagged::new()),
        Arc::new(Dsdiff),
        Arc::new(Asf),
        Arc::new(Matroska),
        Arc::new(Mpeg::new()),
    ])
}

/// A file with these bytes and an extension of this format. Every other format looks at it as well, since recognition asks all.
pub fn container(format: &dyn Format, bytes: &[u8]) {
    let extension = format.extensions().first().copied().unwrap_or_default();
    for extension in [extension, ""] {
        let _ = all().candidates(&Head { bytes, content: bytes, content_offset: 0, extension });
    }
    exercise(format, extension, bytes);
}

/// What a store says of a file: an anatomy, whatever wrote it.
pub fn stored(bytes: &[u8]) {
    let Ok(anatomy) = Anatomy::decode(bytes) else { return };
    let again = Anatomy::decode(&anatomy.encode());
    assert_eq!(again.as_ref(), Ok(&anatomy), "what was decoded can be stored again");
    if let Some(format) = all().by_id(&anatomy.format) {
        exercise_stored(format.as_ref(), &anatomy, &[0x5a; 4_096]);
    }
}
