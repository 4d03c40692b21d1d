//! Mounts whose daemon is gone or does not answer.

use super::machine::Answer;
use super::{Check, Finding, Machine, Subject};

/// The mount at the mountpoint in question, or every mount of musefs.
pub(super) struct Mounts;

impl Check for Mounts {
    fn look(&self, machine: &Machine, subject: &Subject) -> Vec<Finding> {
        const NAME: &str = "mounts";
        let mounts = machine.mounts().into_iter().filter(|mount| {
            let is_asked_for = subject.mountpoint.as_ref().is_none_or(|place| *place == mount.at);
            mount.kind == "fuse.musefs" && is_asked_for
        });
        let mut findings: Vec<Finding> = mounts
            .map(|mount| {
                let at = mount.at.display();
                let remedy = format!("umount -l {at}, or fusermount3 -uz {at}; the next mount there clears it, too");
                match (machine.ask)(&mount.at) {
                    Answer::Alive => Finding::fine(NAME, format!("{at} answers")),
                    Answer::Dead => Finding::broken(NAME, format!("{at} is dead: its daemon is gone"), remedy),
                    Answer::Hanging => Finding::broken(NAME, format!("{at} does not answer"), remedy),
                }
            })
            .collect();
        if findings.is_empty() {
            findings.push(Finding::fine(NAME, "none"));
        }
        findings
    }
}
