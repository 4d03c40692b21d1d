//! `musefs tag`: tags of the store, looked at and changed.

mod change;
mod diff;
mod get;
mod table;
mod transfer;

use crate::cli::{TagArgs, TagCommand};
use crate::errors::CommandResult;
use change::How;

pub(crate) use transfer::tags_of;

/// Runs the command.
pub(crate) fn run(args: &TagArgs) -> CommandResult {
    match &args.command {
        TagCommand::Get(args) => get::run(args),
        TagCommand::Set(args) => change::run(&change::Request::of(args, How::Set)),
        TagCommand::Add(args) => change::run(&change::Request::of(args, How::Add)),
        TagCommand::Remove(args) => change::run(&change::Request::of_removal(args)),
        TagCommand::Export(args) => transfer::export(args),
        TagCommand::Import(args) => transfer::import(args),
    }
}
