//! `cargo xtask fuzz`: every probe, layout and template against input that a fuzzer makes up.
//!
//! The targets stand in `fuzz/`, a workspace of its own because libFuzzer needs compiler flags that are not stable: a nightly
//! compiler is taken where there is one, else the stable one is told to allow them. Each begins with seeds that it writes itself. What was learnt is kept in `target/fuzz/corpus`, so that the next run goes on from there.

use crate::process::{self, cargo, command, is_installed, root, target};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const USAGE: &str = "usage: cargo xtask fuzz [--seconds N] [--target NAME]... [--self-test]";

/// Seconds for each target unless told otherwise.
const SECONDS: u64 = 120;

/// The target with a fault in it, built for the self-test alone.
const PLANTED: &str = "planted";

/// The target that differs from [`PLANTED`] by that fault and nothing else.
const SOUND: &str = "flac";

/// Beyond these, an input is a finding: memory of the process, and time for one input.
const LIMITS: &[&str] = &["-rss_limit_mb=1024", "-timeout=10", "-max_len=65536"];

/// What to run.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    seconds: u64,
    targets: Vec<String>,
    self_test: bool,
}

/// Runs the targets one after the other; an error names every finding, and how to see it again.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = parse(arguments)?;
    let fuzzer = Fuzzer::new()?;
    if options.self_test {
        return fuzzer.self_test(options.seconds);
    }
    let known = fuzzer.targets()?;
    if let Some(unknown) = options.targets.iter().find(|name| !known.contains(name)) {
        return Err(format!("there is no target {unknown}; there are {}", known.join(", ")));
    }
    let targets = if options.targets.is_empty() { known } else { options.targets };
    fuzzer.build(&[])?;
    let mut findings = Vec::new();
    for name in &targets {
        findings.extend(fuzzer.fuzz(name, options.seconds)?);
    }
    if findings.is_empty() {
        eprintln!("fuzz: no finding in {} targets", targets.len());
        return Ok(());
    }
    Err(format!("{} of {} targets have a finding\n{}", findings.len(), targets.len(), findings.join("\n")))
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options { seconds: SECONDS, targets: Vec::new(), self_test: false };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--seconds" => {
                let text = value()?;
                options.seconds =
                    text.parse().map_err(|_| format!("--seconds {text}: not a number of seconds\n{USAGE}"))?;
            }
            "--target" => options.targets.push(value()?.clone()),
            "--self-test" => options.self_test = true,
            other => return Err(format!("unknown option {other}\n{USAGE}")),
        }
    }
    Ok(options)
}

/// What compiles the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compiler {
    Nightly,
    /// The compiler of the rest of the project, told to accept flags that are not stable.
    StableUnlocked,
}

impl Compiler {
    /// Chooses among the toolchains that rustup lists; none are listed where there is no rustup.
    fn among(toolchains: &str) -> Self {
        let nightly = toolchains.lines().any(|line| line.starts_with("nightly"));
        if nightly { Self::Nightly } else { Self::StableUnlocked }
    }
}

/// The tools, and the folder that everything is put into.
struct Fuzzer {
    cargo_fuzz: PathBuf,
    compiler: Compiler,
    folder: PathBuf,
}

impl Fuzzer {
    fn new() -> Result<Self, String> {
        let toolchains = process::output(&mut command("rustup", &["toolchain", "list"])).unwrap_or_default();
        if !is_installed("c++") {
            return Err("libFuzzer is C++: install a compiler, as with apt-get install g++".into());
        }
        let tools = target().join("tools");
        let cargo_fuzz = tools.join("bin/cargo-fuzz");
        if !cargo_fuzz.exists() {
            process::run(cargo(&["install", "cargo-fuzz", "--locked", "--root"]).arg(&tools))?;
        }
        Ok(Self { cargo_fuzz, compiler: Compiler::among(&toolchains), folder: target().join("fuzz") })
    }

    /// A `cargo fuzz` command.
    fn cargo_fuzz(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.cargo_fuzz);
        match self.compiler {
            // The cargo that runs this program is named by these, and is a stable one.
            Compiler::Nightly => {
                command.env_remove("CARGO").env_remove("RUSTC").env("RUSTUP_TOOLCHAIN", "nightly");
            }
            Compiler::StableUnlocked => {
                command.env("RUSTC_BOOTSTRAP", "1");
            }
        }
        command.arg("fuzz").args(arguments).arg("--fuzz-dir").arg(root().join("fuzz")).current_dir(root());
        command
    }

    /// The targets, without the one for the self-test.
    fn targets(&self) -> Result<Vec<String>, String> {
        let listed = process::output(&mut self.cargo_fuzz(&["list"]))?;
        Ok(listed.lines().map(str::to_owned).filter(|name| name != PLANTED).collect())
    }

    fn build(&self, flags: &[&str]) -> Result<(), String> {
        // The sources have no unsafe code for a sanitizer to watch, and memory is counted by an allocator of our own.
        let mut build = self.cargo_fuzz(&["build", "--sanitizer", "none"]);
        process::run(build.args(flags).arg("--target-dir").arg(&self.folder))
    }

    /// The program of a target.
    fn program(&self, name: &str) -> Result<PathBuf, String> {
        let entries = fs::read_dir(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        let programs = entries.flatten().map(|entry| entry.path().join("release").join(name));
        programs.into_iter().find(|path| path.is_file()).ok_or_else(|| format!("{name} was not built"))
    }

    /// A folder of a target's own.
    fn own(&self, what: &str, name: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(what).join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }

    /// Writes the seeds and runs a target for a while; the finding, if there is one.
    fn fuzz(&self, name: &str, seconds: u64) -> Result<Option<String>, String> {
        let (program, seeds) = (self.program(name)?, self.seeds(name)?);
        let artifacts = self.own("artifacts", name)?;
        let mut fuzz = Command::new(&program);
        fuzz.arg(self.own("corpus", name)?).arg(&seeds).args(LIMITS);
        fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", artifacts.display()));
        fuzz.arg("-print_final_stats=1");
        let log = self.own("logs", name)?.join("last.log");
        let succeeded = logged(&mut fuzz, &log)?;
        let text = fs::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let outcome = Outcome::read(&String::from_utf8_lossy(&text));
        eprintln!("{name}: {} runs in {seconds} s at most", outcome.runs);
        if succeeded {
            return Ok(None);
        }
        let artifact = outcome.artifact.unwrap_or_else(|| format!("none; see {}", log.display()));
        Ok(Some(format!(
            "  {name}: {}\n    input: {artifact}\n    again: {} {artifact}",
            outcome.reason,
            program.display()
        )))
    }

    fn seeds(&self, name: &str) -> Result<PathBuf, String> {
        let seeds = self.own("seeds", name)?;
        let mut write = Command::new(self.program(name)?);
        write.arg("-runs=0").env("MUSEFS_FUZZ_SEEDS", &seeds);
        let log = self.own("logs", name)?.join("seeds.log");
        if logged(&mut write, &log)? {
            return Ok(seeds);
        }
        Err(format!("{name} cannot write its seeds; see {}", log.display()))
    }

    /// Shows that a fault is found: one that no seed reaches, in an otherwise sound format.
    fn self_test(&self, seconds: u64) -> Result<(), String> {
        self.build(&["--features", PLANTED])?;
        for what in ["corpus", "artifacts", "seeds"] {
            let folder = self.own(what, PLANTED)?;
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let seeds = self.seeds(PLANTED)?;
        let mut seeds_alone = Command::new(self.program(PLANTED)?);
        let log = self.own("logs", PLANTED)?.join("seeds-alone.log");
        if !logged(seeds_alone.arg(&seeds).arg("-runs=0"), &log)? {
            return Err(format!("a seed meets the fault already; see {}", log.display()));
        }
        let Some(finding) = self.fuzz(PLANTED, seconds)? else {
            return Err(format!("the planted fault was not found in {seconds} s"));
        };
        eprintln!("{finding}");
        let artifacts = self.own("artifacts", PLANTED)?;
        let inputs = fs::read_dir(&artifacts).map_err(|error| format!("{}: {error}", artifacts.display()))?;
        let inputs: Vec<PathBuf> = inputs.flatten().map(|entry| entry.path()).collect();
        let log = self.own("logs", PLANTED)?.join("sound.log");
        if inputs.is_empty() || !logged(Command::new(self.program(SOUND)?).args(&inputs), &log)? {
            return Err(format!("what was found is not the planted fault: {SOUND} has it too; see {}", log.display()));
        }
        eprintln!("fuzz: the planted fault was found, and {SOUND} does not have it");
        Ok(())
    }
}

/// Runs a program with its output in a file; whether it succeeded.
fn logged(command: &mut Command, log: &Path) -> Result<bool, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", log.display());
    let file = fs::File::create(log).map_err(failed)?;
    let both = file.try_clone().map_err(failed)?;
    let status = command.stdin(Stdio::null()).stdout(both).stderr(file).status();
    status.map(|status| status.success()).map_err(|error| format!("{}: {error}", command.get_program().display()))
}

/// What libFuzzer printed.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    runs: u64,
    reason: String,
    artifact: Option<String>,
}

impl Outcome {
    fn read(log: &str) -> Self {
        let after =
            |mark: &str| log.lines().filter_map(|line| line.split_once(mark)).map(|(_, rest)| rest.trim()).next_back();
        let lines = || log.lines().skip_while(|line| !line.contains("panicked at"));
        let place = lines().next().and_then(|line| line.split_once("panicked at ")).map(|(_, place)| place);
        let message = lines().nth(1).map(|line| line.chars().take(300).collect::<String>());
        let reason = match (place, message) {
            (Some(place), Some(message)) => format!("{place} {message}"),
            _ => after("ERROR: libFuzzer: ").unwrap_or("it failed").to_owned(),
        };
        let runs = after("stat::number_of_executed_units:").and_then(|runs| runs.parse().ok()).unwrap_or(0);
        Self { runs, reason, artifact: after("Test unit written to ").map(str::to_owned) }
    }
}

#[cfg(test)]
#[path = "fuzz/fuzz_tests.rs"]
mod tests;
