//! Hooks run after changes, one after the other, and end with the mount.
#![allow(missing_docs)]

use musefs_contracts::change::Change;
use musefs_contracts::meter::{Counter, Gauge, Meter};
use musefs_contracts::metric::{CHANGE_HOOK_FAILURES_TOTAL, CHANGE_HOOKS_TOTAL, Metric};
use musefs_hooks::{Hooks, Options};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Numbers(Mutex<HashMap<&'static str, Counter>>);

impl Numbers {
    fn get(&self, metric: &'static Metric) -> u64 {
        self.0.lock().unwrap()[metric.name].get()
    }
}

impl Meter for Numbers {
    fn counter(&self, metric: &'static Metric) -> Counter {
        self.0.lock().unwrap().entry(metric.name).or_default().clone()
    }
    fn gauge(&self, _: &'static Metric) -> Gauge {
        Gauge::default()
    }
    fn observe(&self, _: &'static Metric, _: Box<dyn Fn() -> f64 + Send + Sync>) {}
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < DEADLINE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn options(mountpoint: &Path, delay_ms: u64) -> Options {
    Options { delay: Duration::from_millis(delay_ms), ..Options::new(mountpoint.to_owned()) }
}

fn start(options: Options) -> (Hooks, Numbers) {
    let numbers = Numbers::default();
    (Hooks::start(options, &numbers).unwrap(), numbers)
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn a_command_is_told_where_and_how_much_once_for_changes_that_follow_closely() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let line = format!("echo \"$MUSEFS_MOUNTPOINT $MUSEFS_CHANGED_TRACKS\" >> '{}'", out.display());
    let (hooks, numbers) = start(Options { command: Some(line), ..options(Path::new("/mnt/music"), 500) });
    for _ in 0..20 {
        hooks.listener().changed(Change { tracks: 2 });
    }
    eventually("the command", || !lines(&out).is_empty());
    hooks.listener().changed(Change { tracks: 1 });
    eventually("a second run", || lines(&out).len() > 1);
    assert_eq!(lines(&out), ["/mnt/music 40", "/mnt/music 1"]);
    drop(hooks);
    assert_eq!((numbers.get(&CHANGE_HOOKS_TOTAL), numbers.get(&CHANGE_HOOK_FAILURES_TOTAL)), (2, 0));
}

#[test]
fn commands_never_overlap_in_a_storm_and_every_track_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (out, busy) = (folder.path().join("out"), folder.path().join("busy"));
    let (o, b) = (out.display(), busy.display());
    let line =
        format!("mkdir '{b}' || echo overlap >> '{o}'; sleep 0.05; rmdir '{b}'; echo $MUSEFS_CHANGED_TRACKS >> '{o}'");
    let longest = Duration::from_millis(20);
    let (hooks, _) = start(Options { command: Some(line), longest, ..options(folder.path(), 5) });
    for _ in 0..300 {
        hooks.listener().changed(Change { tracks: 1 });
        std::thread::sleep(Duration::from_millis(1));
    }
    let told = || lines(&out).iter().map(|line| line.parse::<u64>().expect("no overlap")).sum::<u64>();
    eventually("all the changes", || told() == 300);
    assert!(lines(&out).len() > 1, "the storm was told of while it lasted");
}

#[test]
fn a_command_that_fails_is_counted_and_the_next_one_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (hooks, numbers) = start(Options { command: Some("exit 3".to_owned()), ..options(folder.path(), 1) });
    hooks.listener().changed(Change { tracks: 1 });
    eventually("a failure", || numbers.get(&CHANGE_HOOK_FAILURES_TOTAL) == 1);
    hooks.listener().changed(Change { tracks: 1 });
    eventually("another", || numbers.get(&CHANGE_HOOK_FAILURES_TOTAL) == 2);
    assert_eq!(numbers.get(&CHANGE_HOOKS_TOTAL), 2);
}

#[test]
fn a_command_that_runs_is_ended_with_everything_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    // Deaf to the polite signal, with a child that sleeps.
    let line = format!("trap '' TERM; sleep 600 & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait; wait", pid.display());
    let (hooks, _) = start(Options { command: Some(line), ..options(folder.path(), 1) });
    hooks.listener().changed(Change { tracks: 1 });
    eventually("the command's child", || pid.exists());
    drop(hooks);
    let child = lines(&pid).remove(0);
    let state = || fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    // Dead, or waiting for whoever inherits it.
    eventually("the end of the child", || state().is_empty() || state().contains(") Z "));
}

/// Answers requests with these status lines, one each; the bodies.
fn server(answers: &'static [&'static str]) -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/rescan", listener.local_addr().unwrap());
    let (send, received) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let (mut first, mut length) = (String::new(), 0);
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                match line.trim().to_ascii_lowercase().split_once(':') {
                    Some(("content-length", value)) => length = value.trim().parse().unwrap(),
                    Some(_) => {}
                    None => break,
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            send.send((first, String::from_utf8(body).unwrap())).unwrap();
        }
    });
    (url, received)
}

#[test]
fn a_request_is_posted_and_tried_again_while_the_server_is_in_trouble() {
    let (url, received) = server(&["503 Busy", "204 No Content"]);
    let (hooks, numbers) = start(Options { url: Some(url.parse().unwrap()), ..options(Path::new("/mnt/m"), 1) });
    hooks.listener().changed(Change { tracks: 7 });
    for _ in 0..2 {
        let (first, body) = received.recv_timeout(DEADLINE).unwrap();
        assert_eq!(first.trim_end(), "POST /rescan HTTP/1.1");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body, serde_json::json!({ "event": "changed", "mountpoint": "/mnt/m", "tracks": 7 }));
    }
    eventually("the count", || numbers.get(&CHANGE_HOOKS_TOTAL) == 1);
    assert_eq!(numbers.get(&CHANGE_HOOK_FAILURES_TOTAL), 0);
}

#[test]
fn a_request_that_is_refused_is_a_failure_and_not_repeated() {
    let (url, received) = server(&["404 Not Found"]);
    let (hooks, numbers) = start(Options { url: Some(url.parse().unwrap()), ..options(Path::new("/mnt/m"), 1) });
    hooks.listener().changed(Change { tracks: 1 });
    received.recv_timeout(DEADLINE).unwrap();
    eventually("the failure", || numbers.get(&CHANGE_HOOK_FAILURES_TOTAL) == 1);
}

#[test]
fn a_server_that_never_answers_holds_nobody_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (hooks, _) = start(Options { url: Some(url.parse().unwrap()), ..options(Path::new("/mnt/m"), 1) });
    hooks.listener().changed(Change { tracks: 1 });
    let _held = listener.accept().unwrap();
    // Ends although the request does not.
    drop(hooks);
}
