//! How people work on musefs: `cargo xtask mount`, `test`, `matrix`, `tidy`, `corpus`, `generate`, `setup`,
//! `dist`.
//!
//! **Must never know** how musefs works inside: it builds, runs and checks the program from outside.

mod bench;
mod corpus;
mod dist;
mod fidelity;
mod fuzz;
mod generate;
mod matrix;
mod mount;
mod process;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  mount MUSIC... MOUNTPOINT   build musefs, scan MUSIC and mount the view, until Ctrl-C
        [--catalog sqlite|memory] [--features LIST] [--no-jemalloc] [-- FLAGS FOR musefs up]
  test  [--soak] [FILTER]     everything that proves the program: unit, property, mount and reader tests
  matrix                      every combination of features: build, lint with warnings denied, test
  tidy                        crate edges, module docs, formatting, licences
  corpus DIR --tracks N       write a synthetic library of N tracks [--formats LIST] [--seed S] [--art-kib K]
  bench [--tracks N] ...      musefs beside the native file system and its peer; --only NAME,... --rounds R --json FILE
  fuzz  [--seconds N] ...     every probe and layout against a fuzzer; --target NAME, --self-test
  generate                    man pages, completions and the dashboard anew, from what the program declares
  setup [--check]             install (as root, with apt) or name what the other commands need
  dist                        release binaries, a static archive and a Debian package into target/dist
        [--deb] [--check [FILE]] ... only the package; install, try and remove it as root; --profile PROFILE
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return ExitCode::from(1);
    };
    let result = match command.as_str() {
        "mount" => mount::run(rest),
        "test" => test::run(rest),
        "matrix" => matrix::run(rest),
        "tidy" => tidy::run(rest),
        "corpus" => corpus::run(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "generate" => generate::run(rest),
        "setup" => setup::run(rest),
        "dist" => dist::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        unknown => Err(format!("there is no command {unknown:?}\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {command}: {message}");
            ExitCode::FAILURE
        }
    }
}
