//! A library, its store and its mounts, for tests that run the program as its users do.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod fixture;

use rusqlite::Connection;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// Long enough for any machine; what passes ends much earlier.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The program.
pub fn musefs() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musefs"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MUSEFS_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Waits until `condition` holds; fails the test if it does not in time.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < DEADLINE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// For tests of what only root can bring about. They fail rather than pass without having looked.
pub fn require_root() {
    assert!(is_root(), "this test mounts file systems, opens files by handle or lowers limits: run it as root");
}

/// Whether something is mounted on this folder.
pub fn is_mounted(path: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    mounts.lines().any(|line| line.split(' ').nth(4) == path.to_str())
}

/// Runs a command that must succeed; a missing program fails the test with what to do about it.
pub fn tool(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; run: cargo xtask setup"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The Python that has mutagen.
pub fn python() -> String {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python");
    match std::env::var("MUSEFS_TEST_PYTHON") {
        Ok(python) => python,
        Err(_) if venv.exists() => venv.to_string_lossy().into_owned(),
        Err(_) => "python3".to_owned(),
    }
}

/// What mutagen reads of a file.
pub fn mutagen(path: &Path) -> serde_json::Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/read.py");
    let text = tool(&python(), &[script.to_str().unwrap(), path.to_str().unwrap()]);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text:?}; run: cargo xtask setup"))
}

/// A music folder, a mountpoint and the name of a store, in a temporary folder that others may enter.
pub struct World {
    dir: tempfile::TempDir,
    pub root: PathBuf,
    pub music: PathBuf,
    pub mnt: PathBuf,
    pub db: PathBuf,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("musefs-test-").tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::set_permissions(&root, PermissionsExt::from_mode(0o755)).unwrap();
        let (music, mnt, db) = (root.join("music"), root.join("mnt"), root.join("library.db"));
        std::fs::create_dir(&music).unwrap();
        std::fs::create_dir(&mnt).unwrap();
        Self { dir, root, music, mnt, db }
    }

    /// With one FLAC and one MP3.
    pub fn with_two_tracks() -> Self {
        let world = Self::new();
        let comments = [("ARTIST", "Nina"), ("Album", "Blue"), ("TITLE", "One"), ("GENRE", "Jazz"), ("CUSTOM", "kept")];
        world.put("one.flac", fixture::flac_of(&comments, Some(b"not quite a png"), 1, 8));
        let frames = [("TPE1", "Nina"), ("TALB", "Blue"), ("TIT2", "Two"), ("TENC", "kept")];
        world.put("sub/two.mp3", fixture::mp3(&frames, 2));
        world
    }

    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.music.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs `musefs` with these words and `--db`.
    pub fn run(&self, words: &[&str]) -> Output {
        musefs().args(words).arg("--db").arg(&self.db).output().unwrap()
    }

    /// The program at a place where other users come. Copied by another process: were the copy open for writing here, a
    /// child started meanwhile by another test would hold it open, and it could not be run.
    pub fn copy_program(&self) -> PathBuf {
        let program = self.root.join("musefs");
        tool("cp", &[env!("CARGO_BIN_EXE_musefs"), program.to_str().unwrap()]);
        program
    }

    /// Scans the music folder.
    pub fn scan(&self) {
        let output = self.run(&["scan", self.music.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }

    /// Mounts with these further words.
    pub fn mount(&self, words: &[&str]) -> Mount {
        let mut command = musefs();
        command.arg("mount").arg(&self.mnt).arg("--db").arg(&self.db).args(words);
        Mount::start(command, &self.mnt)
    }

    /// The store, as an external program opens it.
    pub fn sql(&self) -> Connection {
        let store = Connection::open(&self.db).unwrap();
        store.busy_timeout(Duration::from_secs(5)).unwrap();
        store.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        store
    }

    /// Sets the only value of a key of the track whose backing file has this name.
    pub fn set_tag(&self, file: &str, key: &str, value: &str) {
        let store = self.sql();
        let track: i64 = store
            .query_row("SELECT id FROM tracks WHERE backing_path LIKE '%/' || ?1", [file], |row| row.get(0))
            .unwrap();
        store
            .execute_batch("BEGIN IMMEDIATE")
            .and_then(|()| store.execute("DELETE FROM tags WHERE track_id = ?1 AND lower(key) = ?2", (track, key)))
            .and_then(|_| {
                store.execute("INSERT INTO tags (track_id, key, value) VALUES (?1, ?2, ?3)", (track, key, value))
            })
            .and_then(|_| store.execute_batch("COMMIT"))
            .unwrap();
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Fails unless a command ended with this code and one line that says all of `parts`.
pub fn assert_refused(output: &Output, code: i32, parts: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.starts_with("musefs: ") && text.trim_end().lines().count() == 1, "not one line: {text:?}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

/// A running mount; taken away when dropped, a failed test included.
pub struct Mount {
    pub child: Child,
    pub mnt: PathBuf,
    /// Lines the program printed until it was mounted.
    pub printed: Vec<String>,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Mount {
    /// Starts a command that mounts on `mnt`, and waits until it says that it did.
    pub fn start(mut command: Command, mnt: &Path) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut mount = Self { child, mnt: mnt.to_owned(), printed: Vec::new(), log: Some(log) };
        for line in lines.by_ref().map_while(Result::ok) {
            let up = line.contains("mounted on");
            mount.printed.push(line);
            if up {
                // What is printed later must not fill the pipe.
                std::thread::spawn(move || lines.map_while(Result::ok).count());
                return mount;
            }
        }
        let status = mount.child.wait().unwrap();
        panic!("no mount: {status}, {}", mount.log.take().unwrap().join().unwrap());
    }

    /// A path in the mount.
    pub fn path(&self, name: &str) -> PathBuf {
        self.mnt.join(name)
    }

    /// Every file of the mount, by path, sorted.
    pub fn files(&self) -> Vec<String> {
        self.try_files().unwrap()
    }

    /// The same, for those who look while folders come and go.
    pub fn try_files(&self) -> std::io::Result<Vec<String>> {
        let mut files = Vec::new();
        let mut folders = vec![self.mnt.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    files.push(entry.path().strip_prefix(&self.mnt).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// Waits until these are the files of the mount, sorted by path. The kernel is told of an edit name by name, so that
    /// one name's being there does not mean that another one is, or that a former one is gone.
    pub fn becomes(&self, files: &[&str]) {
        let since = Instant::now();
        loop {
            match self.try_files() {
                Ok(shown) if shown == files => return,
                shown if since.elapsed() > DEADLINE => panic!("shows {shown:?} instead of {files:?}"),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// The value of a metric, from the file in the mount; `None` if it is not reported.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let text = std::fs::read_to_string(self.path(".musefs-metrics/metrics")).unwrap();
        let line = text.lines().find(|line| line.split(' ').next() == Some(name))?;
        Some(line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Makes the program stand still; when this returns, no thread of it runs any more.
    pub fn pause(&self) {
        self.signal(rustix::process::Signal::STOP);
        let stopped = |task: std::io::Result<std::fs::DirEntry>| {
            let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap_or_default();
            status.lines().any(|line| line.starts_with("State:\tT"))
        };
        let tasks = format!("/proc/{}/task", self.child.id());
        eventually("a pause of the program", || std::fs::read_dir(&tasks).unwrap().all(stopped));
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    /// Waits for the program's end.
    pub fn end(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the end of the program", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Ends it with SIGTERM; its exit and what it logged.
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.signal(rustix::process::Signal::TERM);
        let status = self.end();
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // A stopped process takes its signals only when it goes on.
            self.signal(rustix::process::Signal::CONT);
            self.signal(rustix::process::Signal::TERM);
            let since = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && since.elapsed() < DEADLINE {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        for _ in 0..4 {
            if !is_mounted(&self.mnt) {
                break;
            }
            let mut unmount = Command::new(if is_root() { "umount" } else { "fusermount3" });
            unmount.args(if is_root() { ["-l"].as_slice() } else { ["-u", "-z"].as_slice() });
            let _ = unmount.arg(&self.mnt).status();
        }
    }
}
