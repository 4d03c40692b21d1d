//! One stream from a library behind reads that take 10 ms each.

use super::figures::{Figures, Work};
use super::options::Options;
use super::sequential::{find, read_at_least};
use super::system::{Mount, System, scan};
use super::{Places, files, remove_store, store};
use musefs_contracts::executor::{Class, Executor, Job, Overloaded};
use musefs_contracts::meter::NoMeter;
use musefs_fuse_adapter::{MountOptions, Mounted};
use musefs_testkit::doubles::SlowFolder;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What each read takes.
const DELAY: Duration = Duration::from_millis(10);
/// How far the kernel reads ahead on the slow file system, in KiB: its default.
const READ_AHEAD: u32 = 128;

/// Each job on a thread of its own: reads wait side by side.
struct Threads;

impl Executor for Threads {
    fn submit(&self, _: Class, job: Job) -> Result<(), Overloaded> {
        std::thread::spawn(job);
        Ok(())
    }
}

/// Measures one system once.
pub(super) fn measure(
    system: &System,
    places: &Places,
    options: &Options,
    figures: &mut Figures,
) -> Result<(), String> {
    if !options.wants("slow") {
        return Ok(());
    }
    let (folder, point) = (places.scratch.join("slow-originals"), places.scratch.join("slow"));
    for path in [&folder, &point] {
        fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    files::write_stream(&folder)?;
    let db = places.scratch.join(format!("{}-slow.db", system.name()));
    remove_store(&db);
    if let Some(program) = system.program() {
        let _slow = mount(&folder, &point)?;
        scan(program, &point, &db)?;
        store::retitle_all(&db)?;
    }
    // Mounted afresh, so that nothing of it is in the page cache.
    let slow = mount(&folder, &point)?;
    let seconds = match system.program() {
        None => timed(&point)?,
        Some(program) => {
            let mount = Mount::new(program, &db, &places.scratch.join(format!("mnt-{}", system.name())))?;
            timed(mount.path())?
        }
    };
    drop(slow);
    figures.note(Work::SlowStream, system.name(), seconds);
    remove_store(&db);
    Ok(())
}

fn mount(folder: &Path, point: &Path) -> Result<Mounted, String> {
    let options = MountOptions { max_readahead_kib: READ_AHEAD, passthrough: false, ..MountOptions::default() };
    let slow = SlowFolder::new(folder, DELAY);
    musefs_fuse_adapter::mount(slow, Arc::new(Threads), &NoMeter, point, &options).map_err(|error| error.to_string())
}

/// Seconds that reading the one file takes.
fn timed(folder: &Path) -> Result<f64, String> {
    let file = find(folder, "flac")?;
    let began = Instant::now();
    read_at_least(&file, files::STREAM_BYTES)?;
    Ok(began.elapsed().as_secs_f64())
}
