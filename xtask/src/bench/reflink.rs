//! An edited file on a file system with reflinks: how fast it is read, and what it takes on the disk.

use super::figures::{Figures, Work};
use super::options::Options;
use super::sequential::{find, read};
use super::system::{Mount, System, scan};
use super::{Places, drop_caches, files, remove_store, store};
use crate::process::{command, output};
use musefs_testkit::loopback::{Kind, Loopback};
use std::fs::{self, File};
use std::path::Path;

/// Room for the file, sparse.
const IMAGE: u64 = 1 << 30;

/// Measures one system once.
pub(super) fn measure(
    system: &System,
    places: &Places,
    options: &Options,
    figures: &mut Figures,
) -> Result<(), String> {
    if !options.wants("reflink") {
        return Ok(());
    }
    files::write(&places.large)?;
    let folder = places.scratch.join("reflink");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let disk = Loopback::new(Kind::Xfs, IMAGE, &places.scratch.join("reflink.img"), &folder)
        .map_err(|error| format!("{}: {error}; this needs root, loop devices and xfsprogs", folder.display()))?;
    let original = disk.path().join(files::FLAC);
    fs::copy(places.large.join(files::FLAC), &original).map_err(|error| format!("{}: {error}", original.display()))?;
    used(disk.path())?;
    let mut note = |work, value| figures.note(work, system.name(), value);
    let Some(program) = system.program() else {
        drop_caches();
        note(Work::ReflinkFirst, read(&original)?);
        note(Work::ReflinkLater, read(&original)?);
        return Ok(());
    };
    let db = places.scratch.join(format!("{}-reflink.db", system.name()));
    remove_store(&db);
    scan(program, disk.path(), &db)?;
    store::retitle_all(&db)?;
    let before = used(disk.path())?;
    {
        let mount = Mount::new(program, &db, &places.scratch.join(format!("mnt-{}", system.name())))?;
        let served = find(mount.path(), "flac")?;
        let _open = File::open(&served).map_err(|error| format!("{}: {error}", served.display()))?;
        // Pages belong to files: what is cached of the original is of no use to one that shares its extents.
        drop_caches();
        note(Work::ReflinkFirst, read(&served)?);
        note(Work::ReflinkLater, read(&served)?);
        note(Work::ReflinkDisk, (used(disk.path())? - before) as f64);
    }
    remove_store(&db);
    Ok(())
}

/// KiB in use, what is still in memory written out.
fn used(folder: &Path) -> Result<i64, String> {
    output(&mut command("sync", &["--file-system", &folder.to_string_lossy()]))?;
    let text = output(&mut command("df", &["--output=used", &folder.to_string_lossy()]))?;
    let number = text.lines().nth(1).and_then(|line| line.trim().parse().ok());
    number.ok_or_else(|| format!("df says {text:?}"))
}
