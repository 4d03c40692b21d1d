//! Identities of a file's audio, for finding moved files: they hold across any change of the file's tags.

use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::backing::{Backing, Source, Stamp, read_exact_at};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes hashed at each place of the audio. Small enough that a scan stays within its reads per file.
const SAMPLE: u64 = 4096;
/// Between the ends, samples are taken at as many quarters of the audio.
const QUARTERS: [u64; 3] = [1, 2, 3];
/// What is read at once of a whole audio stream.
const CHUNK: usize = 256 << 10;

/// Two halves of 32 hex digits each; `None` if there is no audio.
///
/// The first half is taken from SHA-256 over the audio's length, its first and its last 4 KiB. It finds the files that may be
/// the same, and is not enough to say that they are: uncompressed audio often begins and ends in silence. The second half covers
/// 4 KiB at each quarter besides. It is 0 where those samples are silence too, and so say nothing. Of audio so short that its
/// ends are all of it, both halves are those of one digest.
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
    let ends = hash.clone().finalize();
    if audio.len <= 2 * SAMPLE {
        return Ok(Some(hex(&ends)));
    }
    let mut is_silent = true;
    for quarter in QUARTERS {
        let at = (u128::from(audio.len - SAMPLE) * u128::from(quarter) / 4) as u64;
        read_exact_at(source, audio.offset + at, &mut sample)?;
        is_silent &= sample.iter().all(|byte| *byte == sample[0]);
        hash.update(&sample);
    }
    let inside = if is_silent { hex(&[0; 16]) } else { hex(&hash.finalize()[..16]) };
    Ok(Some(hex(&ends[..16]) + &inside))
}

/// SHA-256 of all of a file's audio; `None` if the file has another stamp, before or after, or if it was cancelled.
pub(crate) fn content_hash(
    backing: &dyn Backing,
    path: &Path,
    (stamp, audio): (&Stamp, ByteRange),
    cancelled: &AtomicBool,
) -> io::Result<Option<[u8; 32]>> {
    let source = backing.open(path)?;
    if !source.stamp()?.same_contents(stamp) {
        return Ok(None);
    }
    let mut hash = Sha256::new();
    let mut chunk = vec![0; audio.len.min(CHUNK as u64) as usize];
    let mut at = audio.offset;
    while at < audio.end() {
        if cancelled.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let len = (audio.end() - at).min(CHUNK as u64) as usize;
        read_exact_at(source.as_ref(), at, &mut chunk[..len])?;
        hash.update(&chunk[..len]);
        at += len as u64;
    }
    Ok(source.stamp()?.same_contents(stamp).then(|| hash.finalize().into()))
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
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
    fn the_first_half_is_of_the_ends_and_the_second_of_the_quarters_too() {
        let audio: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
        let mut other = audio.clone();
        other[50_000] ^= 1;
        let (audio, other) = (of(&audio, 0, 100_000).unwrap(), of(&other, 0, 100_000).unwrap());
        assert_eq!(audio[..32], other[..32]);
        assert_ne!(audio[32..], other[32..]);
        assert_eq!(of(&vec![0; 100_000], 0, 100_000).unwrap()[32..], "0".repeat(32));
        assert_ne!(of(&[0; 8192], 0, 8192).unwrap()[32..], "0".repeat(32), "all of it is covered");
    }

    #[test]
    fn no_audio_has_no_identity_and_audio_past_the_end_is_an_error() {
        assert_eq!(of(b"abc", 1, 0), None);
        assert!(fingerprint(&MemorySource(vec![0; 10]), ByteRange::new(5, 10)).is_err());
    }
}
