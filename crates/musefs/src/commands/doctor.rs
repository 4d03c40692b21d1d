//! `musefs doctor`: what is wrong, and what to do.

use crate::cli::DoctorArgs;
use crate::doctor::{Machine, Subject, Verdict, examine};
use crate::errors::{CommandResult, Ending, FAILED, Failure};
use crate::output::say;
use crate::usual_store::usual_store;
use serde_json::Value;

/// Runs the command.
pub(crate) fn run(args: DoctorArgs) -> CommandResult {
    let mountpoint = args.mountpoint.map(std::path::absolute).transpose();
    let mountpoint = mountpoint.map_err(|error| Failure::new(format!("the mountpoint has no name: {error}")))?;
    let store = args.db.or_else(|| usual_store().filter(|path| path.exists()));
    let findings = examine(&Machine::here(), &Subject::new(store, mountpoint));
    if args.json {
        say(Value::Array(findings.iter().map(crate::doctor::Finding::json).collect()));
    } else {
        for finding in &findings {
            say(finding);
        }
    }
    let is_broken = findings.iter().any(|finding| finding.verdict == Verdict::Broken);
    Ok(if is_broken { Ending::Told(FAILED) } else { Ending::Done })
}
