//! Probing a backing file while it is served: for tracks without an anatomy, and for files that changed under the mount.
//!
//! The same detection as the scan's: by content first, by extension second, and a format that does not understand the file
//! after all hands on to the next.

use crate::sync::{Mutex, lock};
use musefs_contracts::anatomy::{Anatomy, FormatId};
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::format::{Format, Formats, Head, leading_id3v2_len};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::TagSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Most bytes of the file's head that formats are shown.
const HEAD_BYTES: usize = 64 << 10;
/// Most bytes behind leading tags that they are shown.
const CONTENT_BYTES: usize = 4 << 10;

/// What probing found.
pub(crate) struct Probed {
    /// The file taken apart. Of an anatomy that is served as it is, if no format understood it.
    pub(crate) probe: Probe,
    /// The format that made the anatomy.
    pub(crate) format: Option<Arc<dyn Format>>,
    /// Why no format understood it.
    pub(crate) reason: Option<String>,
}

/// Probes an open file of this name, whose stamp is `stamp`. Fails only where the file cannot be read.
pub(crate) fn probe(formats: &Formats, path: &Path, source: &dyn Source, stamp: &Stamp) -> io::Result<Probed> {
    let source = &Windowed::new(source, stamp.size);
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let bytes = read_up_to(source, 0, HEAD_BYTES.min(stamp.size as usize))?;
    let content_offset = leading_id3v2_len(stamp.size, |offset, header| {
        musefs_contracts::backing::read_exact_at(source, offset, header).is_ok()
    });
    let behind;
    let content = match usize::try_from(content_offset).ok().and_then(|offset| bytes.get(offset..)) {
        Some(rest) if rest.len() >= CONTENT_BYTES || content_offset + rest.len() as u64 == stamp.size => {
            &rest[..rest.len().min(CONTENT_BYTES)]
        }
        _ => {
            behind = read_up_to(source, content_offset, CONTENT_BYTES)?;
            &behind
        }
    };
    let head = Head { bytes: &bytes, content, content_offset, extension: &extension };
    let mut reason = "no format recognises it".to_owned();
    for format in formats.candidates(&head) {
        match catch_unwind(AssertUnwindSafe(|| format.probe(source, &head))) {
            Ok(Ok(probe)) => return Ok(Probed { probe, format: Some(Arc::clone(format)), reason: None }),
            Ok(Err(ProbeError::Io(error))) => return Err(error),
            Ok(Err(ProbeError::NotUnderstood(why))) => reason = why,
            Err(_) => "the prober failed on it".clone_into(&mut reason),
        }
    }
    let anatomy = Anatomy::verbatim(FormatId::new("unknown"), 0, stamp.size, reason.clone());
    Ok(Probed { probe: Probe::new(anatomy, TagSet::new()), format: None, reason: Some(reason) })
}

fn read_up_to(source: &dyn Source, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let n = source.read_at(offset, &mut bytes)?;
    bytes.truncate(n);
    Ok(bytes)
}

/// Bytes read at once for the many small reads of a prober.
const WINDOW_BYTES: usize = 64 << 10;
/// Windows kept, so that a prober may alternate between the front and the back of a file.
const WINDOWS: usize = 3;

/// A source whose small reads are answered from a few windows.
struct Windowed<'a> {
    source: &'a dyn Source,
    size: u64,
    /// Start and bytes, the most recently used last.
    windows: Mutex<Vec<(u64, Vec<u8>)>>,
}

impl<'a> Windowed<'a> {
    fn new(source: &'a dyn Source, size: u64) -> Self {
        Self { source, size, windows: Mutex::default() }
    }

    /// Makes the window that starts at `start` the last one.
    fn load(&self, windows: &mut Vec<(u64, Vec<u8>)>, start: u64) -> io::Result<()> {
        if let Some(at) = windows.iter().position(|(known, _)| *known == start) {
            windows[at..].rotate_left(1);
            return Ok(());
        }
        let len = WINDOW_BYTES.min(usize::try_from(self.size - start).unwrap_or(usize::MAX));
        let bytes = read_up_to(self.source, start, len)?;
        if windows.len() == WINDOWS {
            windows.remove(0);
        }
        windows.push((start, bytes));
        Ok(())
    }
}

impl Source for Windowed<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if buf.len() >= WINDOW_BYTES {
            return self.source.read_at(offset, buf);
        }
        let mut windows = lock(&self.windows);
        let mut done = 0;
        while done < buf.len() {
            let Some(at) = offset.checked_add(done as u64).filter(|at| *at < self.size) else { break };
            let start = at - at % WINDOW_BYTES as u64;
            self.load(&mut windows, start)?;
            let bytes = windows.last().map_or(&[][..], |(_, bytes)| bytes);
            let rest = bytes.get((at - start) as usize..).unwrap_or_default();
            let n = rest.len().min(buf.len() - done);
            if n == 0 {
                break;
            }
            buf[done..done + n].copy_from_slice(&rest[..n]);
            done += n;
        }
        Ok(done)
    }

    fn stamp(&self) -> io::Result<Stamp> {
        self.source.stamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::backing::MemorySource;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_give_the_bytes_of_the_source(reads in prop::collection::vec((0u64..220_000, 0usize..70_000), 1..20)) {
            let file = MemorySource((0..200_000u32).map(|at| (at % 251) as u8).collect());
            let windowed = Windowed::new(&file, 200_000);
            for (offset, len) in reads {
                let (mut got, mut want) = (vec![0; len], vec![0; len]);
                let n = windowed.read_at(offset, &mut got).unwrap();
                prop_assert_eq!(n, file.read_at(offset, &mut want).unwrap());
                prop_assert_eq!(got, want);
            }
        }
    }
}
