//! `musefs status`: how a mount is doing, from its live metrics.

use crate::cli::StatusArgs;
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::say;
use crate::signals::{Second, interrupted};
use crate::status::{Metrics, screen};
use std::io::{IsTerminal, stdout};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often Ctrl-C is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Runs the command.
pub(crate) fn run(args: &StatusArgs) -> CommandResult {
    let Some(seconds) = args.watch else {
        show(args)?;
        return Ok(Ending::Done);
    };
    let interrupted = interrupted(Second::Exits)?;
    while !interrupted.load(Ordering::Relaxed) {
        if stdout().is_terminal() && !args.json {
            // To the upper left corner, and clear.
            say("\x1b[H\x1b[2J");
        }
        if !show(args)? {
            break;
        }
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(seconds.into()) && !interrupted.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
        }
    }
    Ok(Ending::Done)
}

/// Prints it once; `false` if nobody reads it any more.
fn show(args: &StatusArgs) -> Result<bool, Failure> {
    let metrics = read(&args.mountpoint)?;
    Ok(if args.json { say(metrics.json()) } else { say(screen(&args.mountpoint, &metrics)) })
}

fn read(mountpoint: &Path) -> Result<Metrics, Failure> {
    let file = mountpoint.join(".musefs-metrics/metrics");
    let text = std::fs::read_to_string(&file).map_err(|error| {
        let shown = mountpoint.display();
        let remedy = if error.kind() == std::io::ErrorKind::NotFound {
            "mount it with --expose-metrics, or ask the address of --metrics-listen"
        } else {
            "musefs doctor says what is wrong"
        };
        Failure::new(format!("{shown} shows no metrics ({error}); {remedy}"))
    })?;
    Ok(Metrics::parse(&text))
}
