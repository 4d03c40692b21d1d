use super::*;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn options_are_read_and_mistakes_named() {
    let options = parse(&words("--seconds 5 --target flac --target ogg")).unwrap();
    assert_eq!(options, Options { seconds: 5, targets: words("flac ogg"), self_test: false });
    assert_eq!(parse(&[]).unwrap().seconds, 120);
    for wrong in ["--seconds", "--seconds soon", "flac"] {
        assert!(parse(&words(wrong)).unwrap_err().contains("usage: cargo xtask fuzz"), "{wrong}");
    }
}

#[test]
fn a_log_tells_what_was_found() {
    let log = "#9 NEW\nthread '<unnamed>' panicked at a.rs:1:2:\nthe audio is another\nstack backtrace:\n\
        SUMMARY: libFuzzer: deadly signal\nartifact_prefix='x/'; Test unit written to x/crash-1\n\
        stat::number_of_executed_units: 812\n";
    let outcome = Outcome::read(log);
    assert_eq!((outcome.runs, outcome.artifact.as_deref()), (812, Some("x/crash-1")));
    assert_eq!(outcome.reason, "a.rs:1:2: the audio is another");
    let slow = Outcome::read("==1== ERROR: libFuzzer: timeout after 10 seconds\n");
    assert_eq!(slow.reason, "timeout after 10 seconds");
}

#[test]
fn a_stable_compiler_will_do_where_there_is_no_nightly_one() {
    let nightly = "stable-x86_64-unknown-linux-gnu (active, default)\nnightly-x86_64-unknown-linux-gnu\n";
    assert_eq!(Compiler::among(nightly), Compiler::Nightly);
    assert_eq!(Compiler::among("stable-x86_64-unknown-linux-gnu (active, default)\n"), Compiler::StableUnlocked);
    assert_eq!(Compiler::among(""), Compiler::StableUnlocked);
}
