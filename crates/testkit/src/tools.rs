//! The programs of others that tests read music files with. One that is missing ends the test with a line that says how to
//! install it: a test that passes over what it cannot check proves nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs a program to its end. Panics if it is not installed.
pub fn output<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = S>) -> Output {
    let program = program.as_ref();
    match Command::new(program).args(arguments).output() {
        Ok(output) => output,
        Err(error) => panic!("cannot run {}: {error}; `cargo xtask setup` installs it", program.display()),
    }
}

/// As [`output`], but answers what the program wrote, or its complaint if it failed.
pub fn run<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Vec<u8>, String> {
    let output = output(program, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{}: {complaint}", output.status)) }
}

/// The samples that ffmpeg decodes from the first audio stream of a file, as 16 bits. Any error it reports on the way is one.
pub fn decode(path: &Path) -> Result<Vec<i16>, String> {
    let before = ["-nostdin", "-v", "error", "-xerror", "-i"].map(OsStr::new);
    let behind = ["-map", "0:a:0", "-f", "s16le", "-"].map(OsStr::new);
    let arguments = before.into_iter().chain([path.as_os_str()]).chain(behind);
    let output = output("ffmpeg", arguments);
    if !output.status.success() || !output.stderr.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(output.stdout.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}

/// What ffprobe says of a file, as JSON.
pub fn probe(path: &Path) -> Result<String, String> {
    let options = ["-v", "error", "-show_format", "-show_streams", "-of", "json"].map(OsStr::new);
    run("ffprobe", options.into_iter().chain([path.as_os_str()]))
        .map(|json| String::from_utf8_lossy(&json).into_owned())
}

/// What a Python program with mutagen at hand prints.
pub fn python<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Result<String, String> {
    let arguments: Vec<S> = arguments.into_iter().collect();
    let all = [OsStr::new("-c"), OsStr::new(program)].into_iter().chain(arguments.iter().map(AsRef::as_ref));
    run(python_path(), all).map(|printed| String::from_utf8_lossy(&printed).into_owned())
}

/// The Python of the environment that `cargo xtask setup` makes in the target folder.
fn python_path() -> PathBuf {
    let python = |target: PathBuf| target.join("venv/bin/python");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(|target| python(root.join(target)));
    chosen.filter(|python| python.exists()).unwrap_or_else(|| python(root.join("target")))
}
