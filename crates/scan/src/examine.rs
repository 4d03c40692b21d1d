//! One file: open, recognise, probe, fingerprint.

use crate::fingerprint::fingerprint;
use crate::window::WindowSource;
use musefs_contracts::anatomy::{Anatomy, Editability};
use musefs_contracts::backing::{Backing, Source, Stamp};
use musefs_contracts::format::{Confidence, Format, Formats, Head, leading_id3v2_len};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::TagSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// How often a file that changes while it is read is read again.
const TRIES: usize = 3;
/// Bytes of content behind leading tags that a format gets to see when it sniffs.
const CONTENT: usize = 4 << 10;

/// What a file was found to be.
#[derive(Debug)]
pub enum Examined {
    /// An audio file, whether understood or not.
    Audio {
        /// Its stamp, the same before and after.
        stamp: Stamp,
        /// What it is made of.
        probe: Box<Probe>,
        /// Its fingerprint.
        fingerprint: Option<String>,
    },
    /// No audio file that any format knows, by content or by name.
    NotAudio,
    /// Gone between the walk and now.
    Vanished,
    /// It could not be read, for the reason given.
    Unreadable(String),
}

/// Examines a file. Reads at most some 64 KiB, however large its tags and pictures are.
pub fn examine(backing: &dyn Backing, formats: &Formats, path: &Path) -> Examined {
    let mut tries = TRIES;
    loop {
        match examine_once(backing, formats, path) {
            Ok(Some(examined)) => return examined,
            Ok(None) if tries > 1 => tries -= 1,
            Ok(None) => return Examined::Unreadable("it keeps changing while it is read; scan again later".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Examined::Vanished,
            Err(error) => return Examined::Unreadable(error.to_string()),
        }
    }
}

/// `None` if the file changed meanwhile.
fn examine_once(backing: &dyn Backing, formats: &Formats, path: &Path) -> io::Result<Option<Examined>> {
    let source = backing.open(path)?;
    let stamp = source.stamp()?;
    let window = WindowSource::new(source.as_ref(), stamp.size)?;
    let extension = extension_of(path);
    let examined = match probe(formats, &window, stamp.size, &extension) {
        Ok(Some(probe)) => {
            // A file cut short after its size was taken fails here, and is then seen to have changed.
            let fingerprint = fingerprint(&window, probe.anatomy.audio).unwrap_or(None);
            Examined::Audio { stamp, probe: Box::new(probe), fingerprint }
        }
        Ok(None) => Examined::NotAudio,
        Err(error) => Examined::Unreadable(error.to_string()),
    };
    Ok((source.stamp()? == stamp).then_some(examined))
}

/// The extension in lower case, without the dot; empty if there is none.
pub(crate) fn extension_of(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

/// Tries the formats in order of confidence; a file whose extension is known but that none understands is verbatim.
fn probe(formats: &Formats, window: &WindowSource<'_>, size: u64, extension: &str) -> io::Result<Option<Probe>> {
    let content_offset =
        leading_id3v2_len(size, |offset, header| window.read_at(offset, header).is_ok_and(|n| n == header.len()));
    let mut content = vec![0; CONTENT.min(size.saturating_sub(content_offset) as usize)];
    let n = window.read_at(content_offset, &mut content)?;
    content.truncate(n);
    let head = Head { bytes: window.head(), content: &content, content_offset, extension };

    let by_name = formats.iter().find(|format| format.extensions().contains(&extension));
    // A format that panics on the head of a file knows nothing of it; the file's name still does.
    let candidates = catch_unwind(AssertUnwindSafe(|| formats.ranked(&head))).unwrap_or_default();
    let strong = candidates.first().filter(|(_, confidence)| *confidence == Confidence::Strong);
    let Some(named) = by_name.or_else(|| strong.map(|(format, _)| *format)) else { return Ok(None) };
    if size == 0 {
        return Ok(Some(verbatim(named, extension, 0, "the file is empty")));
    }
    let mut reason = None;
    for (format, _) in candidates {
        match probe_guarded(format, window, &head) {
            Ok(probe) if fits(format, &probe, size) => return Ok(Some(probe)),
            Ok(_) => reason = reason.or(Some("its structure does not fit its size".to_owned())),
            Err(ProbeError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            Err(error) => reason = reason.or(Some(error.to_string())),
        }
    }
    let reason = reason.unwrap_or_else(|| format!("nothing in it is recognised as {extension}"));
    Ok(Some(verbatim(named, extension, size, &reason)))
}

/// A prober that panics has met bytes it does not understand.
fn probe_guarded(format: &Arc<dyn Format>, source: &dyn Source, head: &Head<'_>) -> Result<Probe, ProbeError> {
    catch_unwind(AssertUnwindSafe(|| format.probe(source, head))).unwrap_or_else(|_| {
        Err(ProbeError::NotUnderstood("its prober failed on it; please report this file".to_owned()))
    })
}

/// Whether what the prober says is within what the store takes.
fn fits(format: &Arc<dyn Format>, probe: &Probe, size: u64) -> bool {
    let Anatomy { audio, size: said, format: id, .. } = &probe.anatomy;
    *said == size && audio.offset.checked_add(audio.len).is_some_and(|end| end <= size) && format.ids().contains(id)
}

fn verbatim(format: &Arc<dyn Format>, extension: &str, size: u64, reason: &str) -> Probe {
    let ids = format.ids();
    let id = ids.iter().find(|id| id.as_str() == extension).or(ids.first());
    let id = id.cloned().unwrap_or_else(|| musefs_contracts::anatomy::FormatId::from_stored(extension.to_owned()));
    Probe::new(Anatomy::verbatim(id, format.prober(), size, reason), TagSet::new())
}

/// Why a probed file will be served as it is, if it will.
pub(crate) fn verbatim_reason(probe: &Probe) -> Option<&str> {
    match &probe.anatomy.editability {
        Editability::Editable => None,
        Editability::Verbatim(reason) => Some(reason),
    }
}
