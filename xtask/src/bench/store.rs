//! Edits of a store by another program: Python's own SQLite, as the plugins use it.

use crate::process::output;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = include_str!("store.py");

/// What became of edits.
pub(super) struct Edited {
    /// From the commit until the mount showed all of it.
    pub(super) visible_seconds: f64,
}

/// Retitles tracks and waits for them.
pub(super) fn edit(db: &Path, mount: &Path, count: u64) -> Result<Edited, String> {
    let answer = python(&["edit".as_ref(), db.as_ref(), mount.as_ref(), count.to_string().as_ref()])?;
    let visible_seconds = answer["visible"].as_f64().ok_or("the script does not say how long it took")?;
    Ok(Edited { visible_seconds })
}

/// Edits every track.
pub(super) fn touch_all(db: &Path) -> Result<(), String> {
    python(&["touch".as_ref(), db.as_ref()]).map(drop)
}

/// Gives every track another title.
pub(super) fn retitle_all(db: &Path) -> Result<(), String> {
    python(&["retitle".as_ref(), db.as_ref()]).map(drop)
}

/// Repeats tracks until there are `count`.
pub(super) fn clone_up_to(db: &Path, count: u64) -> Result<(), String> {
    let answer = python(&["clone".as_ref(), db.as_ref(), count.to_string().as_ref()])?;
    if answer["tracks"] == count { Ok(()) } else { Err(format!("a store of {count} tracks became {answer}")) }
}

fn python(arguments: &[&OsStr]) -> Result<Value, String> {
    let answer = output(Command::new("python3").arg("-c").arg(SCRIPT).args(arguments))
        .map_err(|error| error.replace(SCRIPT, "store.py"))?;
    serde_json::from_str(&answer).map_err(|error| format!("{answer}: {error}"))
}
