//! `musefs generate`: man pages, shell completions and the dashboard, made from what the program itself declares, so that
//! none of them can say anything else than the program does. Packages are built with them.

mod dashboard;

use crate::cli::{Cli, GenerateArgs};
use crate::errors::{CommandResult, Ending, Failure};
use clap::CommandFactory;
use clap_complete::Shell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What man pages say they belong to.
const SOURCE: &str = concat!("musefs ", env!("CARGO_PKG_VERSION"));

/// Runs the command.
pub(crate) fn run(args: &GenerateArgs) -> CommandResult {
    let write = |at: &Path, bytes: &[u8]| write(&args.folder.join(at), bytes);
    let mut cli = Cli::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let (name, mut script) = (completion(shell), Vec::new());
        clap_complete::generate(shell, &mut cli, "musefs", &mut script);
        write(&Path::new("completions").join(name), &script)?;
    }
    for (name, page) in pages().map_err(|error| Failure::new(format!("a man page cannot be written: {error}")))? {
        write(&Path::new("man").join(name), &page)?;
    }
    write(Path::new("grafana/musefs.json"), dashboard::text().as_bytes())?;
    Ok(Ending::Done)
}

/// What a shell wants its completions to be called.
fn completion(shell: Shell) -> &'static str {
    match shell {
        Shell::Zsh => "_musefs",
        Shell::Fish => "musefs.fish",
        _ => "musefs.bash",
    }
}

/// A man page for the program and one for each command, by file name.
fn pages() -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, "musefs", &mut pages)?;
    Ok(pages)
}

fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(PathBuf, Vec<u8>)>) -> io::Result<()> {
    let mut page = Vec::new();
    // A date would make every page differ from day to day.
    let titled = command.clone().display_name(name.to_owned());
    clap_mangen::Man::new(titled).title(name.to_uppercase()).date("").source(SOURCE).render(&mut page)?;
    pages.push((format!("{name}.1").into(), page));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        collect(inner, &format!("{name}-{}", inner.get_name()), pages)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(format!("{}: {error}; name a folder you may write", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)
}
