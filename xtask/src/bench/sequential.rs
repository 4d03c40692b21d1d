//! Large files read from start to end: a pristine one, and edited ones.

use super::figures::{Figures, Work};
use super::options::Options;
use super::system::{Mount, System, scan};
use super::{Places, files, remove_store, store};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Measures one system once.
pub(super) fn measure(
    system: &System,
    places: &Places,
    options: &Options,
    figures: &mut Figures,
) -> Result<(), String> {
    if !options.wants("sequential") {
        return Ok(());
    }
    files::write(&places.large)?;
    let Some(program) = system.program() else {
        for (works, name) in rows() {
            let file = places.large.join(name);
            read(&file)?;
            for work in works {
                figures.note(work, system.name(), read(&file)?);
            }
        }
        return Ok(());
    };
    let db = places.scratch.join(format!("{}-large.db", system.name()));
    let path = places.scratch.join(format!("mnt-{}", system.name()));
    remove_store(&db);
    scan(program, &places.large, &db)?;
    // Whatever ran before, the backing files are in the page cache.
    for (_, name) in rows() {
        read(&places.large.join(name))?;
    }
    {
        let mount = Mount::new(program, &db, &path)?;
        let file = find(mount.path(), "wav")?;
        figures.note(Work::SequentialPristine, system.name(), read(&file)?);
    }
    store::retitle_all(&db)?;
    let mount = Mount::new(program, &db, &path)?;
    for (works, name) in rows().into_iter().skip(1) {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let file = find(mount.path(), extension)?;
        for work in works {
            figures.note(work, system.name(), read(&file)?);
        }
    }
    drop(mount);
    remove_store(&db);
    Ok(())
}

fn rows() -> [(Vec<Work>, &'static str); 3] {
    [
        (vec![Work::SequentialPristine], files::WAV),
        (vec![Work::SequentialFlac, Work::SequentialFlacLater], files::FLAC),
        (vec![Work::SequentialOgg, Work::SequentialOggLater], files::OGG),
    ]
}

/// Reads a large file to its end into one buffer. Answers GB/s.
pub(super) fn read(path: &Path) -> Result<f64, String> {
    read_at_least(path, files::BYTES)
}

/// The same of a file that has so many bytes at least.
pub(super) fn read_at_least(path: &Path, least: usize) -> Result<f64, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut buffer = vec![0; 1 << 20];
    let began = Instant::now();
    let mut file = File::open(path).map_err(failed)?;
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => break,
            some => bytes += some,
        }
    }
    if bytes < least {
        return Err(format!("{}: {bytes} bytes are too few", path.display()));
    }
    Ok(bytes as f64 / 1e9 / began.elapsed().as_secs_f64())
}

/// Any file of the view with this extension.
pub(super) fn find(folder: &Path, extension: &str) -> Result<PathBuf, String> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|its| its == extension) {
                return Ok(path);
            }
        }
    }
    Err(format!("{}: no .{extension} in the view", folder.display()))
}
