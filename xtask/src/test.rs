//! `cargo xtask test`: everything that proves the program.

use crate::process::{self, cargo, target};
use crate::{fidelity, setup};

/// Runs every test, or with a filter the cargo tests whose names contain it.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let soak = arguments.iter().any(|word| word == "--soak");
    let filters: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--soak").collect();
    if let Some(flag) = filters.iter().find(|word| word.starts_with('-')) {
        return Err(format!("unknown flag {flag}\nusage: cargo xtask test [--soak] [FILTER]"));
    }
    setup::for_tests()?;
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    with_environment(&mut tests, soak).args(&filters);
    process::run(&mut tests)?;
    if filters.is_empty() {
        process::run(&mut cargo(&["build", "--package", "musefs"]))?;
        fidelity::check(&target().join("debug/musefs"), &setup::test_data_folder())?;
    }
    Ok(())
}

/// Tells the tests where their tools are, and how long they may look for trouble.
pub(crate) fn with_environment(command: &mut std::process::Command, soak: bool) -> &mut std::process::Command {
    command.env("MUSEFS_TEST_PYTHON", setup::python());
    if soak {
        command.env("MUSEFS_TEST_SOAK", "1").env("PROPTEST_CASES", "4096");
    }
    command
}
