use super::*;
use clap::CommandFactory;
use std::path::PathBuf;

fn parse(line: &str) -> Result<Command, String> {
    let words = std::iter::once("musefs").chain(line.split(' '));
    Cli::try_parse_from(words).map(|cli| cli.command).map_err(|error| crate::errors::usage(&error).line())
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_flag_with_a_single_value_has_its_variable() {
    let cli = Cli::command();
    let commands = cli.get_subcommands().flat_map(|command| std::iter::once(command).chain(command.get_subcommands()));
    for command in commands {
        for argument in command.get_arguments() {
            let (Some(long), true) = (argument.get_long(), argument.get_action().takes_values()) else { continue };
            // The one names a thing of the moment, which no setting should; hidden ones are what the program tells itself.
            if long == "edit" || argument.is_hide_set() {
                continue;
            }
            // The variable is that of the mount's flag.
            if (command.get_name(), long) == ("status", "watch") {
                continue;
            }
            let variable = format!("MUSEFS_{}", long.replace('-', "_").to_ascii_uppercase());
            let has = argument.get_env().is_some_and(|env| env == variable.as_str());
            assert!(has, "--{long} of {} wants {variable}", command.get_name());
        }
    }
}

#[test]
fn targets_stand_before_the_store_as_external_tools_write_them() {
    let Ok(Command::Scan(scan)) = parse("scan /a /b --db /x.db --force") else { panic!() };
    assert_eq!(scan.targets, ["/a", "/b"].map(PathBuf::from));
    assert!(scan.force);
    let Ok(Command::Revalidate(revalidate)) = parse("revalidate /a --db /x.db --prune") else { panic!() };
    assert!(revalidate.prune && !revalidate.yes);
}

#[test]
fn what_up_is_given_last_is_the_mountpoint() {
    let Ok(Command::Up(up)) = parse("up /a /b /mnt --template $title") else { panic!() };
    assert_eq!(up.paths, ["/a", "/b", "/mnt"].map(PathBuf::from));
    assert!(parse("up /a").is_err());
}

#[test]
fn switches_can_be_turned_off_as_well() {
    let Ok(Command::Mount(mount)) = parse("mount /mnt --db x --keep-cache=false --allow-other --watch=1") else {
        panic!()
    };
    assert!(!mount.serve.keep_cache && mount.serve.allow_other && mount.watch);
    let Ok(Command::Mount(mount)) = parse("mount --watch /mnt --db x") else { panic!() };
    assert!(mount.watch && mount.mountpoint == Some("/mnt".into()));
}

#[test]
fn values_are_checked_where_they_are_read() {
    let Ok(Command::Mount(mount)) = parse("mount /mnt --db x --file-mode 0640 --fallback Genre=a=b") else { panic!() };
    assert_eq!(mount.view.file_mode, 0o640);
    assert_eq!(mount.view.fallback, [("genre".to_owned(), "a=b".to_owned())]);
    for wrong in ["--file-mode 999", "--dir-mode 7777", "--fallback genre", "--mode mixed", "--poll-interval-ms 0"] {
        assert!(parse(&format!("mount /mnt --db x {wrong}")).is_err(), "{wrong}");
    }
    assert!(parse("revalidate /a --db x --yes").unwrap_err().contains("--prune"));
    assert!(parse("mount --db x").is_err(), "a mountpoint is needed");
    assert!(parse("mount --db x --dry-run").is_ok(), "but not to print what would be shown");
}

#[test]
fn a_usage_error_is_one_line_that_names_the_word() {
    let line = parse("scan /a --db x --fast").unwrap_err();
    assert!(line.starts_with("musefs: unexpected argument '--fast' found"), "{line}");
    assert!(!line.contains('\n'));
    assert!(line.ends_with("; musefs scan --help tells what can be said"), "{line}");
    let line = parse("history --db x --limit many").unwrap_err();
    assert!(!line.contains("For more"), "{line}");
    assert!(parse("tag").unwrap_err().ends_with("say what to do; musefs tag --help lists what can be done"));
}
