//! Judging what a mount serves by independent readers, over a folder of odd audio files.
//!
//! `tools/fidelity.py` does the work: it scans, mounts, and compares decoded audio, tags and pictures of each served file with
//! its original's. Here its findings are held against the list of known exceptions, each of which names its reason.

use crate::process::{self, command, root, target};
use crate::setup;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// One known exception a line: path suffix, tab, class of the finding, tab, reason.
const EXCEPTIONS: &str = "xtask/fidelity-exceptions.txt";

/// Serves every audio file below `folder` through `musefs`, as it is and with an edit, and fails on any difference that is
/// not a known exception.
pub(crate) fn check(musefs: &Path, folder: &Path) -> Result<(), String> {
    let known = Exceptions::load()?;
    let mut failures = Vec::new();
    for edit in [false, true] {
        let findings = findings(&measure(musefs, folder, edit)?, edit);
        if findings.files == 0 {
            return Err(format!("no audio file was served from {}", folder.display()));
        }
        eprintln!(
            "fidelity{}: {} files served, {} findings",
            if edit { " --edit" } else { "" },
            findings.files,
            findings.found.len()
        );
        failures.extend(findings.found.into_iter().filter(|finding| !known.explain(finding)));
    }
    if failures.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> =
        failures.iter().map(|finding| format!("{}\t{}\t{}", finding.path, finding.class, finding.detail)).collect();
    Err(format!("served files differ from their originals (see {EXCEPTIONS} for known ones):\n{}", lines.join("\n")))
}

fn measure(musefs: &Path, folder: &Path, edit: bool) -> Result<Value, String> {
    let work = target().join("fidelity/work");
    let report = target().join("fidelity/report.json");
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let mut python = command(&setup::python().to_string_lossy(), &[]);
    python.arg(root().join("xtask/tools/fidelity.py")).arg(musefs).arg(folder);
    python.arg("--work").arg(&work).arg("--json").arg(&report).args(["--fail-limit", "0"]);
    if edit {
        python.arg("--edit");
    }
    process::run(&mut python)?;
    let text = fs::read_to_string(&report).map_err(|error| format!("{}: {error}", report.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", report.display()))
}

#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    class: String,
    detail: String,
}

#[derive(Debug, Default)]
struct Findings {
    files: usize,
    found: Vec<Finding>,
}

/// What is wrong in a report. Differences of lesser weight (classes that begin with `minor`) are left to the eye.
fn findings(report: &Value, edit: bool) -> Findings {
    let mut findings = Findings::default();
    for file in report.as_array().into_iter().flatten() {
        let path = file["path"].as_str().unwrap_or_default().to_owned();
        let mut add = |class: &str, detail: &str| {
            findings.found.push(Finding { path: path.clone(), class: class.into(), detail: detail.into() });
        };
        for fail in file["fails"].as_array().into_iter().flatten() {
            let class = fail[0].as_str().unwrap_or("?");
            if !class.starts_with("minor") {
                add(class, fail[1].as_str().unwrap_or_default());
            }
        }
        let ingested = file["ingested"].as_bool().unwrap_or(false);
        let served = file["served"].as_bool().unwrap_or(false);
        if !ingested {
            add("not-ingested", file["reason"].as_str().unwrap_or_default());
        } else if !served {
            add("not-served", "");
        } else if !edit && !file["ident"].as_bool().unwrap_or(false) {
            add("not-identical", "");
        }
        findings.files += usize::from(served);
    }
    findings
}

#[derive(Debug, Default)]
struct Exceptions(Vec<(String, String)>);

impl Exceptions {
    fn load() -> Result<Self, String> {
        let text = fs::read_to_string(root().join(EXCEPTIONS)).map_err(|error| format!("{EXCEPTIONS}: {error}"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
                [path, class, reason] if !reason.trim().is_empty() => Ok((path.to_owned(), class.to_owned())),
                _ => Err(format!("{EXCEPTIONS}: a line is path, tab, class, tab, reason; this is none: {line}")),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn explain(&self, finding: &Finding) -> bool {
        self.0.iter().any(|(path, class)| finding.path.ends_with(path.as_str()) && *class == finding.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn losses_and_differences_are_findings() {
        let report = report(
            r#"[{"path":"a.mp3","ingested":true,"served":true,"ident":false,"fails":[["tag-lost:title","x"],["minor-tag-lost:x","y"]]},
                {"path":"b.mp3","ingested":false,"fails":[]},
                {"path":"c.mp3","ingested":true,"fails":[]}]"#,
        );
        let classes = |edit| findings(&report, edit).found.into_iter().map(|finding| finding.class).collect::<Vec<_>>();
        assert_eq!(classes(true), ["tag-lost:title", "not-ingested", "not-served"]);
        assert_eq!(classes(false), ["tag-lost:title", "not-identical", "not-ingested", "not-served"]);
    }

    #[test]
    fn an_exception_explains_one_class_of_one_file_and_needs_a_reason() {
        let known = Exceptions::parse("# comment\nx/a.mp3\ttag-lost:title\tthe title is no text\n").unwrap();
        let finding =
            |path: &str, class: &str| Finding { path: path.into(), class: class.into(), detail: String::new() };
        assert!(known.explain(&finding("data/x/a.mp3", "tag-lost:title")));
        assert!(!known.explain(&finding("data/x/a.mp3", "tag-lost:album")));
        assert!(!known.explain(&finding("data/x/b.mp3", "tag-lost:title")));
        assert!(Exceptions::parse("a.mp3\ttag-lost:title\t ").is_err());
    }
}
