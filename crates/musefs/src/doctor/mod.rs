//! What may be wrong with a machine, a store or a mount, and what to do about it. Each check looks at one thing.

mod container;
mod device;
mod kernel;
mod library;
mod machine;
mod mounts;

pub(crate) use machine::Machine;

use musefs_catalog::StoreHealth;
use musefs_contracts::catalog::CatalogResult;
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::path::PathBuf;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As it should be.
    Fine,
    /// It works, but something is slower or narrower than it could be.
    Notice,
    /// It will not work.
    Broken,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Verdict::Fine => "fine",
            Verdict::Notice => "notice",
            Verdict::Broken => "broken",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) check: &'static str,
    /// How it is.
    pub(crate) verdict: Verdict,
    /// The facts.
    pub(crate) what: String,
    /// What to do.
    pub(crate) remedy: Option<String>,
}

/// One line, whatever the library that found something says.
fn line(text: impl Display) -> String {
    text.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Finding {
    fn fine(check: &'static str, what: impl Display) -> Self {
        Self { check, verdict: Verdict::Fine, what: line(what), remedy: None }
    }

    fn notice(check: &'static str, what: impl Display, remedy: impl Display) -> Self {
        Self { check, verdict: Verdict::Notice, what: line(what), remedy: Some(line(remedy)) }
    }

    fn broken(check: &'static str, what: impl Display, remedy: impl Display) -> Self {
        Self { check, verdict: Verdict::Broken, what: line(what), remedy: Some(line(remedy)) }
    }

    /// As an object for programs.
    pub(crate) fn json(&self) -> Value {
        json!({ "check": self.check, "verdict": self.verdict.name(), "what": self.what, "remedy": self.remedy })
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Fine => "ok",
            Verdict::Notice => "notice",
            Verdict::Broken => "BROKEN",
        };
        write!(f, "{verdict:<7} {}: {}", self.check, self.what)?;
        self.remedy.iter().try_for_each(|remedy| write!(f, "\n        → {remedy}"))
    }
}

/// What is looked at.
#[derive(Default)]
pub(crate) struct Subject {
    /// The store, if one is known, and how it is.
    store: Option<(PathBuf, CatalogResult<StoreHealth>)>,
    /// Where something is, or is to be, mounted.
    mountpoint: Option<PathBuf>,
}

impl Subject {
    /// Looks at the store, once for all checks.
    pub(crate) fn new(store: Option<PathBuf>, mountpoint: Option<PathBuf>) -> Self {
        let look = |path: PathBuf| {
            let health = StoreHealth::of(&path);
            (path, health)
        };
        Self { store: store.map(look), mountpoint }
    }

    fn health(&self) -> Option<&StoreHealth> {
        self.store.as_ref()?.1.as_ref().ok()
    }
}

/// Looks at one thing.
trait Check {
    fn look(&self, machine: &Machine, subject: &Subject) -> Vec<Finding>;
}

/// Makes every check, in the order in which one trouble hides the next.
pub(crate) fn examine(machine: &Machine, subject: &Subject) -> Vec<Finding> {
    let checks: [&dyn Check; 10] = [
        &device::Device,
        &device::Fusermount,
        &device::FuseConf,
        &device::AppArmor,
        &kernel::Passthrough,
        &mounts::Mounts,
        &container::Propagation,
        &library::StoreIsSound,
        &library::Roots,
        &library::Watches,
    ];
    checks.iter().flat_map(|check| check.look(machine, subject)).collect()
}

#[cfg(test)]
mod tests;
