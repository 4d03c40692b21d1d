//! The `musefs` program: the command line, and the one place that links implementations together.
//!
//! **Must never know** how anything is done: it reads what the user wants, puts components together, and says in one line
//! what went wrong and what to do.

#[cfg(feature = "jemalloc")]
mod allocator;
mod cli;
mod commands;
mod daemon;
mod doctor;
mod dry_run;
mod edits;
mod errors;
mod logging;
mod mount_helper;
mod output;
mod progress;
mod selection;
mod serve;
mod sidecars;
mod signals;
mod status;
mod tree_walk;
mod usual_store;
mod watching;
mod wiring;

use clap::Parser;
use cli::{Cli, Command};
use errors::{Failure, usage};
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words = match words() {
        Ok(Some(words)) => words,
        // mount(8) only rehearses.
        Ok(None) => return ExitCode::SUCCESS,
        Err(failure) => return fail(&failure),
    };
    let cli = match Cli::try_parse_from(std::iter::once("musefs".into()).chain(words.iter().cloned())) {
        Ok(cli) => cli,
        // Help and version are asked for, and are no errors.
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&usage(&error)),
    };
    let result = match cli.command {
        Command::Scan(args) => commands::scan::run(args),
        Command::Revalidate(args) => commands::revalidate::run(args),
        Command::Mount(args) if args.goes_on_alone() => daemon::detach(&words),
        Command::Mount(args) => commands::mount::run(args),
        Command::Up(args) => commands::up::run(args),
        Command::Tag(args) => commands::tag::run(&args),
        Command::Art(args) => commands::art::run(&args),
        Command::Ls(args) => commands::ls::run(&args),
        Command::Query(args) => commands::query::run(&args),
        Command::Why(args) => commands::why::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::Inspect(args) => commands::inspect::run(&args),
        Command::History(args) => commands::history::run(&args),
        Command::Undo(args) => commands::undo::run(&args),
        Command::Revert(args) => commands::revert::run(args),
        Command::Doctor(args) => commands::doctor::run(args),
        Command::Status(args) => commands::status::run(&args),
        Command::Generate(args) => commands::generate::run(&args),
    };
    match (result, output::finish()) {
        (Ok(_), Some(reason)) => fail(&Failure::new(format!(
            "standard output: {reason}; what is there is not complete: free some space, or send it elsewhere"
        ))),
        (Ok(ending), None) => ending.into(),
        (Err(failure), _) => fail(&failure),
    }
}

/// What the user, or mount(8), says; `None` where nothing is to be done.
fn words() -> Result<Option<Vec<OsString>>, Failure> {
    let mut words = std::env::args_os();
    if words.next().is_some_and(|program| mount_helper::is_called(&program)) {
        return mount_helper::words(words);
    }
    let words: Vec<OsString> = words.collect();
    match words.split_first() {
        Some((first, rest)) if first == "mount-helper" => mount_helper::words(rest.iter().cloned()),
        _ => Ok(Some(words)),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    output::complain(format!("{}{}", logging::failure_prefix(), failure.line()));
    ExitCode::from(errors::FAILED)
}
