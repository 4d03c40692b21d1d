//! What the other commands need beyond Rust: installed with apt where we are root, named in one clear line elsewhere.

use crate::process::{self, command, is_installed, root, target};
use std::fs;
use std::path::{Path, PathBuf};

/// A program that must be on the search path, with the Debian package that brings it.
struct Tool {
    program: &'static str,
    package: &'static str,
}

const fn tool(program: &'static str, package: &'static str) -> Tool {
    Tool { program, package }
}

/// What a mount needs.
const FOR_MOUNT: &[Tool] = &[tool("fusermount3", "fuse3"), tool("cc", "gcc")];

/// What a benchmark makes its file system with reflinks with, its edits, and its walk on one processor.
const FOR_BENCH: &[Tool] = &[tool("mkfs.xfs", "xfsprogs"), tool("python3", "python3"), tool("taskset", "util-linux")];

/// What the tests read served files with, and run unprivileged mounts with.
const FOR_TESTS: &[Tool] = &[
    tool("ffmpeg", "ffmpeg"),
    tool("ffprobe", "ffmpeg"),
    tool("flac", "flac"),
    tool("metaflac", "flac"),
    tool("vorbiscomment", "vorbis-tools"),
    tool("ogginfo", "vorbis-tools"),
    tool("opusinfo", "opus-tools"),
    tool("AtomicParsley", "atomicparsley"),
    tool("wvtag", "wavpack"),
    tool("python3", "python3"),
    tool("setpriv", "util-linux"),
    tool("unshare", "util-linux"),
    tool("findmnt", "util-linux"),
    tool("prlimit", "util-linux"),
    tool("c++", "g++"),
    tool("bash", "bash"),
    tool("curl", "curl"),
    tool("sqlite3", "sqlite3"),
    tool("mpd", "mpd"),
    tool("rsync", "rsync"),
    tool("mkfs.xfs", "xfsprogs"),
    tool("mkfs.btrfs", "btrfs-progs"),
];

/// The tests' Python environment is made from this list.
const REQUIREMENTS: &str = "xtask/requirements.txt";

/// The packages whose source distributions hold the odd audio files that the fidelity test serves.
const TEST_DATA: &[&str] = &["mutagen==1.48.1", "beets==2.14.1"];

/// `cargo xtask setup [--check]`.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => for_tests(),
        [flag] if flag == "--check" => check(),
        _ => Err("usage: cargo xtask setup [--check]".into()),
    }
}

fn check() -> Result<(), String> {
    let missing: Vec<_> = missing(FOR_MOUNT).chain(missing(FOR_TESTS)).map(|tool| tool.program).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("missing: {}", missing.join(", "))) }
}

/// Makes sure that a mount can be made.
pub(crate) fn for_mount() -> Result<(), String> {
    install(FOR_MOUNT, &[])?;
    if Path::new("/dev/fuse").exists() {
        return Ok(());
    }
    Err("/dev/fuse is missing: load the kernel module with `modprobe fuse` (in a container, pass --device /dev/fuse)"
        .into())
}

/// Makes sure that every part of a benchmark can run.
pub(crate) fn for_bench() -> Result<(), String> {
    for_mount()?;
    install(FOR_BENCH, &[])
}

/// Makes sure that every test can run, and answers nothing but an error that says what is missing.
pub(crate) fn for_tests() -> Result<(), String> {
    for_mount()?;
    // pytaglib compiles against TagLib's headers; venv is a package of its own on Debian.
    let mut packages = Vec::new();
    if !Path::new("/usr/include/taglib/tag.h").exists() {
        packages.push("libtag1-dev");
    }
    install(FOR_TESTS, &packages)?;
    python_environment()?;
    test_data()
}

/// The Python of the tests' environment.
pub(crate) fn python() -> PathBuf {
    target().join("venv/bin/python")
}

/// The folder with the odd audio files of the source distributions.
pub(crate) fn test_data_folder() -> PathBuf {
    target().join("testdata")
}

fn missing(tools: &'static [Tool]) -> impl Iterator<Item = &'static Tool> {
    tools.iter().filter(|tool| !is_installed(tool.program))
}

fn install(tools: &'static [Tool], extra: &[&str]) -> Result<(), String> {
    let mut packages: Vec<&str> = missing(tools).map(|tool| tool.package).chain(extra.iter().copied()).collect();
    packages.sort_unstable();
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    let by_hand = format!("install what is missing with: apt-get install {}", packages.join(" "));
    if !is_root() || !is_installed("apt-get") {
        return Err(by_hand);
    }
    process::run(command("apt-get", &["update", "-q"]).env("DEBIAN_FRONTEND", "noninteractive"))
        .map_err(|_| by_hand.clone())?;
    let mut install = command("apt-get", &["install", "-y", "-q", "--no-install-recommends"]);
    process::run(install.args(&packages).env("DEBIAN_FRONTEND", "noninteractive")).map_err(|_| by_hand)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Makes the environment once for each state of the list of requirements.
fn python_environment() -> Result<(), String> {
    let wanted = fs::read_to_string(root().join(REQUIREMENTS)).map_err(|error| format!("{REQUIREMENTS}: {error}"))?;
    let venv = target().join("venv");
    let stamp = venv.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    let make = || process::run(command("python3", &["-m", "venv", "--clear"]).arg(&venv));
    if make().is_err() {
        install(&[], &["python3-venv"])?;
        make()?;
    }
    let pip = venv.join("bin/pip");
    process::run(&mut command(
        &pip.to_string_lossy(),
        &["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS],
    ))
    .map_err(|error| format!("{error}\nthe tests need these Python packages; see {REQUIREMENTS}"))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Fetches the source distributions once and unpacks them.
fn test_data() -> Result<(), String> {
    let folder = test_data_folder();
    for package in TEST_DATA {
        let unpacked = folder.join(package.replace("==", "-"));
        if unpacked.exists() {
            continue;
        }
        let archives = folder.join("archives");
        fs::create_dir_all(&archives).map_err(|error| format!("{}: {error}", archives.display()))?;
        let pip = target().join("venv/bin/pip");
        process::run(
            command(&pip.to_string_lossy(), &["download", "--quiet", "--disable-pip-version-check", "--no-deps"])
                .args(["--no-binary", ":all:", "--dest"])
                .arg(&archives)
                .arg(package),
        )?;
        let archive = archives.join(format!("{}.tar.gz", package.replace("==", "-")));
        process::run(command("tar", &["--extract", "--file"]).arg(&archive).arg("--directory").arg(&folder))?;
    }
    Ok(())
}
