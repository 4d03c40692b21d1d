//! The store, and the folders it was read from.

use super::{Check, Finding, Machine, Subject};
use crate::output::counted;
use musefs_catalog::StoreHealth;
use std::fs;
use std::path::Path;

/// Free space below which a scan, or the store's log, may soon fail.
const LITTLE_SPACE: u64 = 256 << 20;
/// Logs longer than this were not taken into the store for long.
const LONG_LOG: u64 = 256 << 20;

/// The store itself.
pub(super) struct StoreIsSound;

impl Check for StoreIsSound {
    fn look(&self, _: &Machine, subject: &Subject) -> Vec<Finding> {
        const NAME: &str = "store";
        let Some((path, health)) = &subject.store else {
            return vec![Finding::notice(NAME, "none is named, and there is none of musefs up", "name it with --db")];
        };
        let shown = path.display();
        let health = match health {
            Ok(health) => health,
            Err(_) if path.is_dir() => {
                let what = format!("{shown} is a folder, not a store");
                return vec![Finding::broken(NAME, what, "name the file in it with --db, such as library.db")];
            }
            Err(error) => return vec![Finding::broken(NAME, error, "name another with --db, or bring a backup back")],
        };
        if !health.damage.is_empty() {
            let remedy = "bring a backup back, or save what can be read: sqlite3 STORE .recover | sqlite3 NEW";
            return vec![Finding::broken(NAME, format!("{shown} is damaged: {}", health.damage.join("; ")), remedy)];
        }
        if health.version > StoreHealth::VERSION {
            let what = format!("{shown} has schema version {}, newer than {}", health.version, StoreHealth::VERSION);
            return vec![Finding::broken(NAME, what, "upgrade musefs")];
        }
        let what = format!("{shown} is sound: {}, {} MiB", counted(health.tracks, "track"), health.bytes >> 20);
        let mut findings = vec![Finding::fine(NAME, what)];
        if !health.has_log {
            let remedy = format!("sqlite3 {shown} 'PRAGMA journal_mode = wal'");
            findings.push(Finding::notice(
                NAME,
                "it keeps no write-ahead log: readers and writers wait for each other",
                remedy,
            ));
        }
        findings.extend(space(path));
        findings
    }
}

/// Room beside the store, and the length of its log.
fn space(path: &Path) -> Vec<Finding> {
    const NAME: &str = "store's disk";
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let length = fs::metadata(log).map_or(0, |metadata| metadata.len());
    let mut findings = Vec::new();
    if length > LONG_LOG {
        let what = format!("the store's log has grown to {} MiB", length >> 20);
        findings.push(Finding::notice(NAME, what, "end programs that keep the store open for reading for long"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(disk) = rustix::fs::statvfs(folder) else { return findings };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let what = format!("{} MiB are free", free >> 20);
    findings.push(match free {
        0 => Finding::broken(NAME, "it is full", "free some space; what is in the store is safe"),
        free if free < LITTLE_SPACE => Finding::notice(NAME, what, "free some space before the next scan"),
        _ => Finding::fine(NAME, what),
    });
    findings
}

/// The folders that were scanned.
pub(super) struct Roots;

impl Check for Roots {
    fn look(&self, machine: &Machine, subject: &Subject) -> Vec<Finding> {
        let Some(health) = subject.health() else { return Vec::new() };
        health.roots.iter().flat_map(|root| root_findings(machine, root)).collect()
    }
}

fn root_findings(machine: &Machine, root: &Path) -> Vec<Finding> {
    const NAME: &str = "music";
    let shown = root.display();
    let remedy = "mount the disk; if the music is gone for good: musefs revalidate --prune";
    match fs::metadata(machine.path(root)) {
        Err(error) => return vec![Finding::broken(NAME, format!("{shown}: {error}"), remedy)],
        Ok(metadata) if metadata.is_file() => return vec![Finding::fine(NAME, format!("{shown} is there"))],
        Ok(_) => {}
    }
    let is_empty = fs::read_dir(machine.path(root)).map(|mut entries| entries.next().is_none());
    match is_empty {
        Err(error) => vec![Finding::broken(NAME, format!("{shown}: {error}"), "let the user who mounts read it")],
        Ok(true) => vec![Finding::broken(NAME, format!("{shown} is empty"), remedy)],
        Ok(false) => {
            let kind = machine.mount_of(root).map(|mount| mount.kind).unwrap_or_default();
            let what = format!("{shown} is there");
            vec![Finding::fine(NAME, what), reflinks(&root.display().to_string(), &kind)]
        }
    }
}

/// Which file systems can share extents is known by their names; trying it out would write into the library.
fn reflinks(root: &str, kind: &str) -> Finding {
    const NAME: &str = "reflinks";
    match kind {
        "xfs" | "btrfs" | "bcachefs" => {
            Finding::fine(NAME, format!("{root} lies on {kind}: edited files may share the originals' extents"))
        }
        _ => Finding::fine(
            NAME,
            format!("{root} lies on {kind}, which has none: edited files are read through the daemon"),
        ),
    }
}

/// How many folders can be watched.
pub(super) struct Watches;

impl Check for Watches {
    fn look(&self, machine: &Machine, subject: &Subject) -> Vec<Finding> {
        const NAME: &str = "inotify";
        let Some(health) = subject.health() else { return Vec::new() };
        let limit =
            machine.text("/proc/sys/fs/inotify/max_user_watches").and_then(|text| text.trim().parse::<u64>().ok());
        let Some(limit) = limit else { return Vec::new() };
        let (folders, wanted) = (health.folders, (health.folders * 2).next_power_of_two());
        vec![if folders < limit {
            Finding::fine(NAME, format!("{}, {limit} may be watched", counted(folders, "folder") + " with music"))
        } else {
            Finding::notice(
                NAME,
                format!(
                    "{folders} folders with music, but only {limit} may be watched; others are looked at every minute or so"
                ),
                format!("sysctl fs.inotify.max_user_watches={wanted}"),
            )
        }]
    }
}
