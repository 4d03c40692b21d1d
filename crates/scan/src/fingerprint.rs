//! A cheap identity of a file's contents, for finding moved files: it holds across any change of the file's tags.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Source, read_exact_at};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io;

/// Bytes hashed at either end of the audio. Small enough that a scan stays within its reads per file.
const SAMPLE: u64 = 4096;

/// SHA-256 over the audio's length, its first and its last 4 KiB, as 64 hex digits; `None` if there is no audio.
pub(crate) fn fingerprint(source: &dyn Source, audio: ByteRange) -> io::Result<Option<String>> {
    if audio.len == 0 {
        return Ok(None);
    }
    let mut hash = Sha256::new();
    hash.update(audio.len.to_le_bytes());
    let mut sample = vec![0; audio.len.min(SAMPLE) as usize];
    read_exact_at(source, audio.offset, &mut sample)?;
    hash.update(&sample);
    if audio.len > SAMPLE {
        read_exact_at(source, audio.end() - SAMPLE, &mut sample)?;
        hash.update(&sample);
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(Some(hex))
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::backing::MemorySource;

    fn of(bytes: &[u8], offset: u64, len: u64) -> Option<String> {
        fingerprint(&MemorySource(bytes.to_vec()), ByteRange::new(offset, len)).unwrap()
    }

    #[test]
    fn it_depends_on_the_audio_alone() {
        let audio: Vec<u8> = (0..20_000u32).map(|i| (i % 251) as u8).collect();
        let tagged = [b"a tag".as_slice(), &audio, b"another"].concat();
        let plain = of(&audio, 0, 20_000);
        assert_eq!(plain, of(&tagged, 5, 20_000));
        assert_eq!(plain.as_ref().map(String::len), Some(64));
        assert_ne!(plain, of(&audio, 0, 19_999));
    }

    #[test]
    fn a_change_at_either_end_shows() {
        let audio = vec![7; 10_000];
        for at in [0, 4095, 5904, 9_999] {
            let mut other = audio.clone();
            other[at] = 8;
            assert_ne!(of(&audio, 0, 10_000), of(&other, 0, 10_000), "byte {at}");
        }
    }

    #[test]
    fn no_audio_has_no_identity_and_audio_past_the_end_is_an_error() {
        assert_eq!(of(b"abc", 1, 0), None);
        assert!(fingerprint(&MemorySource(vec![0; 10]), ByteRange::new(5, 10)).is_err());
    }
}
