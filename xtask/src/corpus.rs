//! `cargo xtask corpus`: a synthetic library, the same one for the same options.

mod library;
mod names;

use library::Library;
use musefs_testkit::fixtures::Kind;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

const USAGE: &str = "usage: cargo xtask corpus DIR --tracks N [--formats LIST] [--seed S] [--art-kib K]";

/// Written last, so that a complete library is known by it, and by which options it was made.
const MARKER: &str = ".musefs-corpus";

/// What library to write.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Options {
    folder: PathBuf,
    tracks: u64,
    kinds: Vec<Kind>,
    seed: u64,
    art_kib: usize,
}

/// Writes the library. A folder that holds the same library already is left as it is; one that holds anything else is
/// refused.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = parse(arguments)?;
    if is_complete(&options)? {
        eprintln!("corpus: {} holds this library already", options.folder.display());
        return Ok(());
    }
    let began = Instant::now();
    let bytes = write(&options)?;
    eprintln!(
        "corpus: {} tracks, {} MiB in {:.1} s in {}",
        options.tracks,
        bytes >> 20,
        began.elapsed().as_secs_f64(),
        options.folder.display()
    );
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let (mut folder, mut tracks, mut seed, mut art_kib) = (None, None, 1, 4);
    let mut kinds = Kind::ALL.to_vec();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        let number =
            |text: &String| text.parse::<u64>().map_err(|_| format!("{argument} {text}: not a number\n{USAGE}"));
        match argument.as_str() {
            "--tracks" => tracks = Some(number(value()?)?),
            "--seed" => seed = number(value()?)?,
            "--art-kib" => art_kib = number(value()?)? as usize,
            "--formats" => kinds = parse_kinds(value()?)?,
            flag if flag.starts_with('-') => return Err(format!("unknown option {flag}\n{USAGE}")),
            path if folder.is_none() => folder = Some(PathBuf::from(path)),
            other => return Err(format!("one folder only, not {other:?} as well\n{USAGE}")),
        }
    }
    match (folder, tracks) {
        (Some(folder), Some(tracks)) => Ok(Options { folder, tracks, kinds, seed, art_kib }),
        _ => Err(USAGE.into()),
    }
}

fn parse_kinds(list: &str) -> Result<Vec<Kind>, String> {
    let known = || Kind::ALL.map(Kind::name).join(",");
    let kind = |name: &str| Kind::from_name(name).ok_or_else(|| format!("no format {name:?}; there are {}", known()));
    list.split(',').map(kind).collect()
}

impl Options {
    fn marker(&self) -> String {
        let kinds: Vec<_> = self.kinds.iter().map(|kind| kind.name()).collect();
        format!("{} tracks, {}, seed {}, art {} KiB\n", self.tracks, kinds.join(","), self.seed, self.art_kib)
    }
}

fn is_complete(options: &Options) -> Result<bool, String> {
    let folder = options.folder.display();
    match fs::read_to_string(options.folder.join(MARKER)) {
        Ok(marker) if marker == options.marker() => return Ok(true),
        Ok(marker) => return Err(format!("{folder} holds another library: {}", marker.trim())),
        Err(_) => {}
    }
    let is_empty = fs::read_dir(&options.folder).map_or(true, |mut entries| entries.next().is_none());
    if is_empty { Ok(false) } else { Err(format!("{folder} is not empty")) }
}

/// Writes album after album on all processors. Answers the number of bytes.
fn write(options: &Options) -> Result<u64, String> {
    let library = Library::new(options.seed, options.tracks, options.kinds.clone(), options.art_kib);
    let (next, bytes, failed) = (AtomicUsize::new(0), AtomicU64::new(0), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(album) = library.albums().get(next.fetch_add(1, Ordering::Relaxed)) {
                    match write_album(&options.folder, &library.tracks_of(album)) {
                        Ok(written) => bytes.fetch_add(written, Ordering::Relaxed),
                        Err(message) => {
                            next.store(library.albums().len(), Ordering::Relaxed);
                            *failed.lock().expect("no thread panics with the lock held") = Some(message);
                            return;
                        }
                    };
                }
            });
        }
    });
    if let Some(message) = failed.into_inner().expect("all threads have ended") {
        return Err(message);
    }
    put(&options.folder.join(MARKER), options.marker().as_bytes())?;
    Ok(bytes.into_inner())
}

fn write_album(root: &Path, tracks: &[library::Track]) -> Result<u64, String> {
    let mut bytes = 0;
    for track in tracks {
        let path = root.join(&track.path);
        let file = track.kind.build(track.content.clone());
        put(&path, &file)?;
        bytes += file.len() as u64;
    }
    Ok(bytes)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let written = fs::write(path, bytes).or_else(|_| {
        // Most often the folder is not there yet, once an album; any other reason shows again.
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)
    });
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
#[path = "corpus/corpus_tests.rs"]
mod tests;
