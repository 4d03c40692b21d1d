//! `cargo xtask bench`: musefs beside the native file system and, where it is installed, its peer, in turn in one run.
//!
//! Figures of one run can be compared with each other, those of two runs can not: ratios are what counts. "First" is on a
//! fresh mount with the backing files in the page cache, "cold" with the page cache dropped as well.

mod curves;
mod dashboard;
mod figures;
mod files;
mod library;
mod options;
mod reflink;
mod sequential;
mod slow;
mod store;
mod system;

use crate::process::{self, cargo, command, target};
use crate::{corpus, setup};
use figures::Figures;
use options::Options;
use std::fs;
use std::path::{Path, PathBuf};
use system::System;

/// What the peer is installed as.
const PEER_VERSION: &str = "1.3.0";
/// The containers of the library: what both programs know.
const FORMATS: &str = "flac,mp3,m4a,opus,wav";

/// Where a run finds and puts its files.
struct Places {
    /// The library.
    corpus: PathBuf,
    /// The folder for large files.
    large: PathBuf,
    /// The folder for stores and mount points.
    scratch: PathBuf,
}

/// Runs the benchmark.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    if options.wants("parts") {
        process::run(&mut cargo(&["bench", "--workspace", "--bench", "*"]))?;
    }
    if !options.wants_the_program() {
        return Ok(());
    }
    setup::for_bench()?;
    if options.install_peer {
        install_peer()?;
    }
    let binary = if let Some(path) = &options.binary {
        path.clone()
    } else {
        process::run(&mut cargo(&["build", "--release", "--package", "musefs", "--features", "jemalloc"]))?;
        target().join("release/musefs")
    };
    let places = places(&options)?;
    let systems = systems(binary);
    let mut figures = Figures::default();
    if options.wants_library() {
        let tracks = options.tracks.to_string();
        let folder = places.corpus.to_string_lossy().into_owned();
        corpus::run(&[folder, "--tracks".into(), tracks, "--formats".into(), FORMATS.into()])?;
    }
    let anything = ["sequential", "reflink", "slow"].iter().any(|name| options.wants(name));
    let rounds = if options.wants_library() || anything { options.rounds } else { 0 };
    let measured = measure(&systems, &places, &options, rounds, &mut figures);
    if let Err(error) = measured {
        // What was measured until then is not lost.
        println!("{}", figures.table());
        return Err(error);
    }
    if options.wants("curves") {
        curves::measure(&systems, &places)?;
    }
    if options.wants("dashboard") {
        dashboard::measure(&systems, &places)?;
    }
    if rounds > 0 {
        println!("{}", figures.table());
    }
    if let Some(path) = &options.json {
        let json = figures.json(options.tracks, options.rounds);
        fs::write(path, format!("{json:#}\n")).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// All rounds of what is measured side by side.
fn measure(
    systems: &[System],
    places: &Places,
    options: &Options,
    rounds: u32,
    figures: &mut Figures,
) -> Result<(), String> {
    for round in 0..rounds {
        // The native file system comes first, as what it reads is in the page cache for the others.
        for system in systems {
            eprintln!("bench: round {} of {rounds}, {}", round + 1, system.name());
            if options.wants_library() {
                library::measure(system, places, options, round, figures)?;
            }
            sequential::measure(system, places, options, figures)?;
            reflink::measure(system, places, options, figures)?;
            slow::measure(system, places, options, figures)?;
        }
    }
    Ok(())
}

fn places(options: &Options) -> Result<Places, String> {
    let folder = target().join("bench");
    let places = Places {
        corpus: folder.join(format!("corpus-{}", options.tracks)),
        large: folder.join("large"),
        scratch: folder.join("scratch"),
    };
    for folder in [&places.large, &places.scratch] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    Ok(places)
}

fn systems(binary: PathBuf) -> Vec<System> {
    let mut systems = vec![System::Native, System::Musefs(binary)];
    // The peer is installed beside the sources whatever folder cargo builds into.
    let peer = [target(), process::root().join("target")].map(|folder| folder.join("peer/bin/musefs"));
    match peer.into_iter().find(|path| path.is_file()) {
        Some(path) => systems.push(System::Peer(path)),
        None => eprintln!("bench: no peer; --install-peer installs musefs {PEER_VERSION} into target/peer"),
    }
    systems
}

fn install_peer() -> Result<(), String> {
    let root = target().join("peer").to_string_lossy().into_owned();
    process::run(&mut cargo(&["install", "musefs", "--version", PEER_VERSION, "--locked", "--root", &root]))
}

/// Drops the page cache, and dentries and inodes with it. Answers whether that is allowed.
fn drop_caches() -> bool {
    let _ = command("sync", &[]).status();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn remove_store(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
}
