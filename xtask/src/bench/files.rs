//! Large files: real heads, and audio that no decoder will look at.

use musefs_testkit::fixtures::{FlacBuilder, OggWriter, Random, vorbis_comment};
use std::fs;
use std::path::Path;

/// How long each is at least.
pub(super) const BYTES: usize = 300 << 20;
pub(super) const WAV: &str = "large.wav";
pub(super) const FLAC: &str = "large.flac";
pub(super) const OGG: &str = "large.opus";

/// How long the stream from slow storage is at least.
pub(super) const STREAM_BYTES: usize = 40 << 20;

const TAGS: [(&str, &str); 3] = [("ARTIST", "Large"), ("ALBUM", "Large"), ("TITLE", "Large")];

/// Writes those that are not there yet.
pub(super) fn write(folder: &Path) -> Result<(), String> {
    write_one(&folder.join(WAV), wav)?;
    write_one(&folder.join(FLAC), flac)?;
    write_one(&folder.join(OGG), ogg)
}

/// Writes the stream, if it is not there yet.
pub(super) fn write_stream(folder: &Path) -> Result<(), String> {
    write_long(&folder.join("stream.flac"), STREAM_BYTES, || flac_of(STREAM_BYTES))
}

fn write_one(path: &Path, build: fn() -> Vec<u8>) -> Result<(), String> {
    write_long(path, BYTES, build)
}

fn write_long(path: &Path, bytes: usize, build: fn() -> Vec<u8>) -> Result<(), String> {
    if fs::metadata(path).is_ok_and(|known| known.len() >= bytes as u64) {
        return Ok(());
    }
    fs::write(path, build()).map_err(|error| format!("{}: {error}", path.display()))
}

/// Random bytes, a MiB again and again.
fn audio(len: usize) -> Vec<u8> {
    Random::new(1).bytes(1 << 20).into_iter().cycle().take(len).collect()
}

fn wav() -> Vec<u8> {
    let mut info = b"INFO".to_vec();
    for (id, value) in [(b"IART", "Large"), (b"IPRD", "Large"), (b"INAM", "Large")] {
        info.extend_from_slice(id);
        info.extend_from_slice(&(value.len() as u32 + 1).to_le_bytes());
        info.extend_from_slice(value.as_bytes());
        info.push(0);
    }
    let mut format = [1u16, 2].map(u16::to_le_bytes).concat();
    format.extend([44_100u32, 176_400].map(u32::to_le_bytes).concat());
    format.extend([4u16, 16].map(u16::to_le_bytes).concat());
    let mut body = b"WAVE".to_vec();
    for (id, content) in [(b"fmt ", format), (b"LIST", info), (b"data", audio(BYTES))] {
        body.extend_from_slice(id);
        body.extend_from_slice(&(content.len() as u32).to_le_bytes());
        body.extend(content);
    }
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

fn flac() -> Vec<u8> {
    flac_of(BYTES)
}

fn flac_of(bytes: usize) -> Vec<u8> {
    let mut builder = FlacBuilder::new(1).padding(4096);
    for (key, value) in TAGS {
        builder = builder.tag(&key.to_lowercase(), value);
    }
    let mut file = builder.build();
    file.extend(audio(bytes));
    file
}

/// Opus with pages of 4 KiB, as encoders write them.
fn ogg() -> Vec<u8> {
    let tags = TAGS.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let head = [b"OpusHead\x01\x02".as_slice(), &312u16.to_le_bytes(), &48_000u32.to_le_bytes(), &[0; 3]].concat();
    let comments = [b"OpusTags".as_slice(), &vorbis_comment("musefs bench", &tags)].concat();
    let mut ogg = OggWriter::new(1);
    ogg.packets(&[head], 0);
    ogg.packets(&[comments], 0);
    let packets = audio(1 << 20);
    let mut granule = 0;
    for page in packets.chunks(4080).cycle().take(BYTES / 4080 + 300) {
        granule += 960;
        ogg.packets(&[page], granule);
    }
    ogg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_are_as_many_as_asked_for() {
        assert_eq!(audio((1 << 20) + 5).len(), (1 << 20) + 5);
        assert_eq!(audio((1 << 20) + 5)[1 << 20..], audio(5));
    }
}
