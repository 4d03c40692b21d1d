//! The program as mount(8) calls it, for `mount -t fuse.musefs STORE MOUNTPOINT -o …` and for fstab: its arguments are turned
//! into those of `musefs mount`.

use crate::cli::Cli;
use crate::errors::Failure;
use crate::output::complain;
use clap::CommandFactory;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The names that mount(8) looks for, by type: `fuse.musefs` and `musefs`.
const NAMES: &[&str] = &["mount.fuse.musefs", "mount.musefs"];

/// Flags of `musefs mount` that are no options of a mount: what they say is said otherwise, or makes no sense there.
const NO_OPTIONS: &[&str] = &["db", "daemon", "detached", "dry-run", "help", "source", "version"];

/// Options that are for mount(8), systemd and file systems of any kind, and change nothing here.
const GENERIC: &[&str] = &[
    "_netdev",
    "_rnetdev",
    "async",
    "atime",
    "auto",
    "context",
    "defaults",
    "default_permissions",
    "defcontext",
    "dev",
    "diratime",
    "dirsync",
    "exec",
    "fscontext",
    "fsname",
    "group",
    "iversion",
    "lazytime",
    "loud",
    "mand",
    "max_read",
    "noatime",
    "noauto",
    "nodev",
    "nodiratime",
    "noexec",
    "nofail",
    "noiversion",
    "nolazytime",
    "nomand",
    "norelatime",
    "nostrictatime",
    "nosuid",
    "nouser",
    "owner",
    "private",
    "relatime",
    "ro",
    "rootcontext",
    "rprivate",
    "rshared",
    "rslave",
    "runbindable",
    "rw",
    "shared",
    "silent",
    "slave",
    "strictatime",
    "subtype",
    "suid",
    "sync",
    "unbindable",
    "user",
    "users",
];

/// Whether the program was called by a name that mount(8) looks for.
pub(crate) fn is_called(program: &OsStr) -> bool {
    Path::new(program).file_name().and_then(OsStr::to_str).is_some_and(|name| NAMES.contains(&name))
}

/// What mount(8) says.
#[derive(Debug, Default)]
struct Call {
    places: Vec<OsString>,
    options: Vec<String>,
    /// Options that are not known are passed over.
    sloppy: bool,
    /// Nothing is to be mounted.
    fake: bool,
    verbose: bool,
}

/// The words of the command that does what mount(8) says; `None` where nothing is to be done.
pub(crate) fn words(arguments: impl Iterator<Item = OsString>) -> Result<Option<Vec<OsString>>, Failure> {
    let call = Call::parse(arguments)?;
    let [store, mountpoint] = call.places.as_slice() else {
        return Err(Failure::new("usage: mount -t fuse.musefs STORE MOUNTPOINT [-o OPTIONS]"));
    };
    let mut words: Vec<OsString> = ["mount", "--daemon"].map(OsString::from).into();
    words.extend(["--source".into(), store.clone(), "--db".into(), store.clone()]);
    if call.verbose {
        words.push("--verbose".into());
    }
    let flags = flags();
    for option in &call.options {
        match translate(option, &flags) {
            Ok(flag) => words.extend(flag.map(OsString::from)),
            Err(unknown) if call.sloppy => complain(format!("musefs: {unknown}; passed over")),
            Err(unknown) => return Err(Failure::new(unknown)),
        }
    }
    words.extend(["--".into(), mountpoint.clone()]);
    Ok((!call.fake).then_some(words))
}

impl Call {
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, Failure> {
        let mut call = Self::default();
        while let Some(argument) = arguments.next() {
            let Some(letters) = argument.as_bytes().strip_prefix(b"-").filter(|letters| !letters.is_empty()) else {
                call.places.push(argument);
                continue;
            };
            for (at, letter) in letters.iter().enumerate() {
                match letter {
                    b's' => call.sloppy = true,
                    b'f' => call.fake = true,
                    b'v' => call.verbose = true,
                    // Nothing is written into a table of mounts, and nothing is ever writable.
                    b'n' | b'r' | b'w' => {}
                    b'o' | b't' => {
                        let rest = &letters[at + 1..];
                        let value =
                            if rest.is_empty() { arguments.next() } else { Some(OsStr::from_bytes(rest).into()) };
                        let value = value.ok_or_else(|| Failure::new("-o and -t of a mount want a value"))?;
                        if *letter == b'o' {
                            let text =
                                value.to_str().ok_or_else(|| Failure::new("the mount's options are not text"))?;
                            call.options.extend(split(text));
                        }
                        break;
                    }
                    _ => {
                        let unknown = argument.to_string_lossy();
                        return Err(Failure::new(format!("a mount of type fuse.musefs does not take {unknown}")));
                    }
                }
            }
        }
        Ok(call)
    }
}

/// Options are parted by commas. One that belongs to a value stands behind a backslash or between double quotes.
fn split(text: &str) -> Vec<String> {
    let (mut options, mut option, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek().is_some_and(|next| matches!(next, ',' | '"' | '\\')) => {
                option.extend(letters.next());
            }
            '"' => quoted = !quoted,
            ',' if !quoted => options.push(std::mem::take(&mut option)),
            letter => option.push(letter),
        }
    }
    options.push(option);
    options.retain(|option| !option.is_empty());
    options
}

/// What a flag of `musefs mount` takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    MaybeValue,
    Value,
}

/// The flags of `musefs mount` that are options of a mount, too.
fn flags() -> HashMap<String, Takes> {
    let cli = Cli::command();
    let arguments = cli.find_subcommand("mount").into_iter().flat_map(clap::Command::get_arguments);
    let flags = arguments.filter_map(|argument| {
        let takes = match argument.get_num_args() {
            Some(range) if range.max_values() == 0 => Takes::Nothing,
            Some(range) if range.min_values() == 0 => Takes::MaybeValue,
            None if !argument.get_action().takes_values() => Takes::Nothing,
            _ => Takes::Value,
        };
        Some((argument.get_long()?.to_owned(), takes))
    });
    flags.filter(|(flag, _)| !NO_OPTIONS.contains(&flag.as_str())).collect()
}

/// The flag that an option stands for; `None` for one that changes nothing.
fn translate(option: &str, flags: &HashMap<String, Takes>) -> Result<Option<String>, String> {
    let (key, value) = option.split_once('=').map_or((option, None), |(key, value)| (key, Some(value)));
    let name = match key {
        "uid" => "owner".to_owned(),
        "gid" => "group".to_owned(),
        key => key.replace('_', "-"),
    };
    match (flags.get(&name), value) {
        (Some(Takes::MaybeValue | Takes::Value), Some(value)) => Ok(Some(format!("--{name}={value}"))),
        (Some(Takes::MaybeValue | Takes::Nothing), None) => Ok(Some(format!("--{name}"))),
        _ if is_generic(key) => Ok(None),
        (Some(Takes::Value), None) => Err(format!("the mount option {key} wants a value: {key}=…")),
        (Some(Takes::Nothing), Some(_)) => Err(format!("the mount option {key} takes no value")),
        (None, _) if key == "remount" => {
            Err("a musefs mount cannot be changed: unmount it and mount it again".to_owned())
        }
        (None, _) => Err(format!(
            "there is no mount option {key}; musefs mount --help lists the flags, each of which is an option without its --"
        )),
    }
}

fn is_generic(key: &str) -> bool {
    GENERIC.contains(&key) || key.starts_with("x-") || key.starts_with("X-") || key == "comment"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(arguments: &[&str]) -> Result<Option<Vec<String>>, String> {
        let text = |word: OsString| word.into_string().unwrap();
        match words(arguments.iter().map(OsString::from)) {
            Ok(words) => Ok(words.map(|words| words.into_iter().map(text).collect())),
            Err(failure) => Err(failure.line()),
        }
    }

    #[test]
    fn options_become_flags() {
        let options = "rw,template=$genre/$title,allow_other,uid=7,gid=8,mode=structure-only,watch=true,file_mode=440";
        let words = translated(&["/lib.db", "/mnt/m", "-o", options, "-n"]).unwrap().unwrap();
        let start = ["mount", "--daemon", "--source", "/lib.db", "--db", "/lib.db"];
        assert_eq!(words[..6], start);
        let flags = [
            "--template=$genre/$title",
            "--allow-other",
            "--owner=7",
            "--group=8",
            "--mode=structure-only",
            "--watch=true",
            "--file-mode=440",
        ];
        assert_eq!(words[6..words.len() - 2], flags);
        assert_eq!(words[words.len() - 2..], ["--", "/mnt/m"]);
    }

    #[test]
    fn options_for_others_change_nothing() {
        let generic =
            "defaults,noauto,user,nofail,_netdev,dev,nosuid,noexec,owner,group,x-systemd.automount,X-foo=1,comment=x";
        let words = translated(&["/lib.db", "/mnt/m", "-o", generic]).unwrap().unwrap();
        assert_eq!(words.len(), 8, "{words:?}");
    }

    #[test]
    fn an_unknown_option_is_named_and_passed_over_where_that_is_asked_for() {
        assert!(translated(&["/l", "/m", "-o", "nonsense=1"]).unwrap_err().contains("nonsense"));
        assert!(translated(&["/l", "/m", "-o", "remount,ro"]).unwrap_err().contains("unmount"));
        assert!(translated(&["/l", "/m", "-o", "template"]).unwrap_err().contains("template=…"));
        assert!(translated(&["/l", "/m", "-o", "db=/other"]).is_err());
        assert_eq!(translated(&["/l", "/m", "-s", "-o", "nonsense"]).unwrap().unwrap().len(), 8);
        assert!(translated(&["/l", "/m", "-x"]).is_err());
        assert!(translated(&["/l"]).is_err());
        assert_eq!(translated(&["/l", "/m", "-fv"]).unwrap(), None, "a rehearsal");
    }

    #[test]
    fn commas_belong_to_a_value_behind_a_backslash_or_in_quotes() {
        assert_eq!(split(r"ro,template=a\,b\\c,x"), ["ro", r"template=a,b\c", "x"]);
        assert_eq!(split(r#"template="a,b",,ro"#), ["template=a,b", "ro"]);
        assert_eq!(split(r"template=a\nb"), [r"template=a\nb"]);
    }

    #[test]
    fn the_program_is_a_helper_by_its_name() {
        assert!(is_called(OsStr::new("/sbin/mount.fuse.musefs")) && is_called(OsStr::new("mount.musefs")));
        assert!(!is_called(OsStr::new("/usr/bin/musefs")));
    }
}
