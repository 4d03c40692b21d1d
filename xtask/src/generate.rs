//! `cargo xtask generate`: what is packaged with the program and made from its own declarations: man pages, shell
//! completions, the dashboard. The program writes them; here they are put into place, or compared with what is there.

use crate::process::{self, cargo, root, target};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where generated files stand, relative to the root.
const PLACE: &str = "packaging";
/// The folders there that hold nothing else.
const FOLDERS: [&str; 3] = ["completions", "grafana", "man"];

/// Brings the files up to date.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask generate".into());
    }
    let place = root().join(PLACE);
    let made = make()?;
    for stale in stale(&made, &place)? {
        let (from, to) = (made.join(&stale), place.join(&stale));
        let failed = |error: std::io::Error| format!("{}: {error}", to.display());
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap_or(&place)).map_err(failed)?;
            fs::copy(&from, &to).map_err(failed)?;
        } else {
            fs::remove_file(&to).map_err(failed)?;
        }
        println!("{PLACE}/{}", stale.display());
    }
    Ok(())
}

/// A sentence for each file that is not what the program would write now.
pub(crate) fn violations() -> Result<Vec<String>, String> {
    let stale = stale(&make()?, &root().join(PLACE))?;
    Ok(stale
        .iter()
        .map(|file| format!("{PLACE}/{}: not up to date; run cargo xtask generate", file.display()))
        .collect())
}

/// Has the program write everything into a folder of its own.
fn make() -> Result<PathBuf, String> {
    let folder = target().join("generated");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    process::run(&mut cargo(&["build", "--package", "musefs"]))?;
    let program = target().join("debug/musefs");
    process::run(process::command(&program.to_string_lossy(), &["generate"]).arg(&folder))?;
    Ok(folder)
}

/// The files, relative to both folders, that differ between them or are in one of them only.
fn stale(made: &Path, place: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let mut files = BTreeSet::new();
    for side in [made, place] {
        for folder in FOLDERS {
            collect(side, &side.join(folder), &mut files)?;
        }
    }
    files.retain(|file| fs::read(made.join(file)).ok() != fs::read(place.join(file)).ok());
    Ok(files)
}

fn collect(side: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), String> {
    if !folder.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        files.insert(path.strip_prefix(side).unwrap_or(&path).to_path_buf());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("musefs-generate-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        for (file, text) in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn what_differs_is_missing_or_is_left_over_is_stale() {
        let made = folder("made", &[("man/same.1", "a"), ("man/changed.1", "new"), ("man/missing.1", "x")]);
        let place = folder("place", &[("man/same.1", "a"), ("man/changed.1", "old"), ("completions/left-over", "x")]);
        let found = stale(&made, &place).unwrap();
        let names: Vec<_> = found.iter().map(|file| file.to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["completions/left-over", "man/changed.1", "man/missing.1"]);
        assert!(stale(&place, &place).unwrap().is_empty());
        fs::remove_dir_all(made).unwrap();
        fs::remove_dir_all(place).unwrap();
    }
}
