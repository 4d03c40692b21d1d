//! `musefs art`: pictures of the store, set, taken away and written out.

mod change;
mod extract;
mod own;
mod plan;

use crate::cli::{ArtArgs, ArtCommand, PICTURE_TYPES};
use crate::errors::{CommandResult, Failure};
use std::ffi::OsString;
use std::path::Path;

/// Runs the command.
pub(crate) fn run(args: &ArtArgs) -> CommandResult {
    match &args.command {
        ArtCommand::Set(args) => change::set(args),
        ArtCommand::Remove(args) => change::remove(args),
        ArtCommand::Extract(args) => extract::run(args),
    }
}

/// Parts what stands last from the words of the query.
fn last(words: &[OsString]) -> Result<(&Path, &[OsString]), Failure> {
    let (last, words) = words.split_last().ok_or_else(|| Failure::new("say which tracks"))?;
    Ok((Path::new(last), words))
}
