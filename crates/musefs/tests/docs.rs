//! Every command that the documentation shows is run as it stands there: blocks marked `sh` by bash, blocks marked `sql` on the
//! store. A page's blocks run one after the other, in a music folder of its own, so that a later one may go on from an earlier
//! one. What cannot be run in a test says why, in a comment `<!-- not run: … -->` above its block.
#![allow(unreachable_pub, missing_docs)]

#[path = "docs/blocks.rs"]
mod blocks;
mod common;
#[path = "docs/named.rs"]
mod named;

use blocks::{Block, Language, blocks};
use common::{World, fixture};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The mountpoint that the documentation uses.
const MOUNTPOINT: &str = "/mnt/music";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository().join("README.md")];
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// A store of the music, with two edits in its history. Rows that follow each other at once would be one edit.
const PREPARATION: &str = r#"
musefs scan ~/Music --db library.db
sqlite3 library.db "UPDATE tags SET value = 'First' WHERE key = 'title' AND track_id = 1"
sleep 0.5
sqlite3 library.db "UPDATE tags SET value = 'Second' WHERE key = 'title' AND track_id = 2"
"#;

/// Enough of a library for what the pages speak of.
fn fill(music: &Path) {
    let picture = fs::read(repository().join("crates/musefs/tests/docs/cover.png")).unwrap();
    for number in 1..=8u16 {
        let (title, track) = (format!("Song {number}"), number.to_string());
        let comments = [
            ("ARTIST", "Nina"),
            ("ALBUM", "Greatest Hits"),
            ("TITLE", &*title),
            ("TRACKNUMBER", &*track),
            ("DATE", "1964"),
            ("GENRE", "Jazz"),
        ];
        let bytes = fixture::flac_of(&comments, Some(&picture), number, 4);
        fs::write(music.join(format!("Album/0{number}.flac")), bytes).unwrap();
    }
    fs::write(music.join("song.flac"), fixture::flac(&[("ARTIST", "John"), ("TITLE", "Song")], 20)).unwrap();
    fs::write(music.join("song.mp3"), fixture::mp3(&[("TPE1", "John"), ("TIT2", "Other song")], 21)).unwrap();
    fs::write(music.join("cover.png"), picture).unwrap();
}

/// A user's machine as the documentation takes it to be.
struct Machine {
    world: World,
    home: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let world = World::new();
        let home = world.root.join("home");
        let (music, programs) = (home.join("Music"), home.join("bin"));
        fs::create_dir_all(music.join("Album")).unwrap();
        fs::create_dir_all(&programs).unwrap();
        for (name, script) in [("musefs", MUSEFS), ("cargo", CARGO)] {
            let path = programs.join(name);
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let machine = Self { world, home };
        fill(&music);
        let prepared = machine.run(PREPARATION);
        assert!(prepared.status.success(), "{}", text(&prepared));
        machine
    }

    fn music(&self) -> PathBuf {
        self.home.join("Music")
    }

    fn run(&self, script: &str) -> Output {
        let mountpoint = self.world.mnt.to_str().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut bash = Command::new("bash");
        bash.args(["-eu", "-o", "pipefail", "-c", &script.replace(MOUNTPOINT, mountpoint)]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MUSEFS_") || name.starts_with("XDG_")) {
            bash.env_remove(name);
        }
        bash.env("HOME", &self.home).env("PATH", format!("{}:{path}", self.home.join("bin").display()));
        bash.env("PROGRAM", env!("CARGO_BIN_EXE_musefs")).env("XTASK", repository().join("xtask/src/main.rs"));
        bash.current_dir(self.music()).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a block; what went wrong with it.
    fn check(&self, block: &Block) -> Result<(), String> {
        let output = match block.language {
            Language::Shell => {
                let mounts = block.text.lines().any(|line| line.contains(" mount ") || line.contains(" up "));
                let seen = block.text.contains(MOUNTPOINT) && !mounts;
                let first = if seen { "musefs mount /mnt/music --db library.db --expose-metrics\n" } else { "" };
                self.run(&format!("{first}{}", block.text))
            }
            Language::Sql => {
                let script = self.home.join("block.sql");
                fs::write(&script, &block.text).unwrap();
                self.run(&format!("sqlite3 -bail library.db < {}", script.display()))
            }
        };
        self.clear();
        if output.status.success() {
            return Ok(());
        }
        Err(format!("line {}: {}\n{}{}", block.line, output.status, block.text, text(&output)))
    }

    /// Ends every mount that a block left, as Ctrl-C would.
    fn clear(&self) {
        let list = self.home.join("mounts");
        for pid in fs::read_to_string(&list).unwrap_or_default().lines() {
            let Some(pid) = pid.parse().ok().and_then(rustix::process::Pid::from_raw) else { continue };
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
            common::eventually("the end of a mount", || {
                let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
                state.is_empty() || state.contains(") Z ")
            });
        }
        let _ = fs::remove_file(list);
        while common::is_mounted(&self.world.mnt) {
            common::tool("umount", &["-l", self.world.mnt.to_str().unwrap()]);
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.clear();
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// `musefs`, but a command that would mount until Ctrl-C does so in the background, and is noted for being ended.
const MUSEFS: &str = r#"#!/bin/bash
case " $* " in
  *" --dry-run "*|*" --help "*|*" --daemon "*) exec "$PROGRAM" "$@" ;;
esac
case "$1" in mount|up) ;; *) exec "$PROGRAM" "$@" ;; esac
# The reader of a page ends one example before the next.
if [ -e "$HOME/mounts" ]; then
  while read -r pid; do
    kill -INT "$pid" 2> /dev/null || true
    for _ in $(seq 400); do kill -0 "$pid" 2> /dev/null || break; sleep 0.05; done
  done < "$HOME/mounts"
  rm "$HOME/mounts"
fi
log=$(mktemp "$HOME/mount.XXXXXX")
"$PROGRAM" "$@" > "$log" 2>&1 < /dev/null &
pid=$!
echo "$pid" >> "$HOME/mounts"
for _ in $(seq 400); do
  if grep -q '^mounted on' "$log"; then exit 0; fi
  if ! kill -0 "$pid" 2> /dev/null; then break; fi
  sleep 0.05
done
cat "$log" >&2
exit 1
"#;

/// `cargo`, but its xtask commands are only known to be there: `.ci/run` runs them. The main job is done by the program.
const CARGO: &str = r#"#!/bin/bash
set -e
[ "$1" = xtask ] || { echo "the documentation uses cargo for xtask alone" >&2; exit 1; }
[ $# -gt 1 ] || exit 0
if [ "$2" = mount ]; then
  shift 2
  words=()
  for word in "$@"; do [ "$word" = -- ] || words+=("$word"); done
  exec musefs up "${words[@]}"
fi
grep -q "^  $2 " "$XTASK" || { echo "there is no cargo xtask $2" >&2; exit 1; }
"#;

#[test]
fn every_command_of_the_documentation_runs() {
    common::tool("sqlite3", &["--version"]);
    let mut failures = Vec::new();
    let mut ran = 0;
    for page in pages() {
        let blocks = blocks(&fs::read_to_string(&page).unwrap()).unwrap_or_else(|error| {
            panic!("{}: {error}", page.display());
        });
        if blocks.is_empty() {
            continue;
        }
        let machine = Machine::new();
        for block in &blocks {
            ran += 1;
            if let Err(error) = machine.check(block) {
                failures.push(format!("{}, {error}", page.strip_prefix(repository()).unwrap().display()));
            }
        }
    }
    assert!(ran > 5, "only {ran} blocks were found");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_command_that_fails_is_seen() {
    let machine = Machine::new();
    for wrong in
        ["musefs no-such-command", "musefs mount /mnt/music --db nothing.db", "cargo xtask no-such", "false | true"]
    {
        let block = Block { language: Language::Shell, text: format!("{wrong}\n"), line: 1 };
        assert!(machine.check(&block).is_err(), "{wrong}");
    }
    let sql = Block { language: Language::Sql, text: "INSERT INTO nowhere VALUES (1);".into(), line: 1 };
    assert!(machine.check(&sql).is_err());
}

#[test]
fn every_page_is_in_the_book_and_every_link_leads_somewhere() {
    let docs = repository().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        if let Ok(inside) = page.strip_prefix(&docs)
            && inside != Path::new("SUMMARY.md")
        {
            assert!(summary.contains(&format!("({})", inside.display())), "{} is not in SUMMARY.md", inside.display());
        }
        for link in blocks::links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            let target = page.parent().unwrap().join(file);
            assert!(file.is_empty() || target.exists(), "{}: {link} leads nowhere", page.display());
        }
    }
}

#[test]
fn every_trap_of_the_formats_names_tests_that_exist() {
    let page = fs::read_to_string(repository().join("docs/format-traps.md")).unwrap();
    let found = named::named(&page).count();
    assert!(found > 100, "only {found} tests are named");
    let wrong = named::complaints(&page, &repository());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fault_and_promise_of_reliability_names_tests_that_exist() {
    let page = fs::read_to_string(repository().join("docs/reliability.md")).unwrap();
    let wrong = named::complaints_by_file(&page, &repository());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
