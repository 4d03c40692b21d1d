//! The `musefs` program: the command line, and the one place that links implementations together.
//!
//! **Must never know** how anything is done: it reads what the user wants, puts components together, and says in one line
//! what went wrong and what to do.

#[cfg(feature = "jemalloc")]
mod allocator;
mod cli;
mod commands;
mod dry_run;
mod edits;
mod errors;
mod logging;
mod output;
mod progress;
mod selection;
mod serve;
mod signals;
mod tree_walk;
mod watching;
mod wiring;

use clap::Parser;
use cli::{Cli, Command};
use errors::{Failure, usage};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
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
        Command::Mount(args) => commands::mount::run(args),
        Command::Up(args) => commands::up::run(args),
        Command::Tag(args) => commands::tag::run(&args),
        Command::Ls(args) => commands::ls::run(&args),
        Command::Query(args) => commands::query::run(&args),
        Command::Inspect(args) => commands::inspect::run(&args),
        Command::History(args) => commands::history::run(&args),
        Command::Undo(args) => commands::undo::run(&args),
        Command::Revert(args) => commands::revert::run(args),
        Command::Generate(args) => commands::generate::run(&args),
    };
    match result {
        Ok(ending) => ending.into(),
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    output::complain(failure.line());
    ExitCode::from(errors::FAILED)
}
