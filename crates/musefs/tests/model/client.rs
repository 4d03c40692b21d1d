//! The published Python library as an editor of stores: one process for all sequences, asked line by line.

use crate::common::python;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

struct Client {
    _process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// It ends with the tests, as the end of its input is theirs.
static CLIENT: Mutex<Option<Client>> = Mutex::new(None);

impl Client {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/syncs.py");
        let started = Command::new(python()).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.unwrap_or_else(|error| panic!("{error}; run: cargo xtask setup"));
        let (asks, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { _process: process, asks, answers }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.asks, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error} in {answer:?}; run: cargo xtask setup"))
    }
}

/// Gives each of these files the values and pictures; `merge` keeps the keys that are not named. How many it met.
pub fn sync(
    store: &Path,
    files: &[PathBuf],
    pairs: &[(&str, &str)],
    images: &[Vec<u8>],
    merge: bool,
) -> Result<u64, String> {
    let request = json!({ "db": store, "files": files, "pairs": pairs, "images": images, "merge": merge });
    let mut client = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = client.get_or_insert_with(Client::start).ask(&request);
    answer["synced"].as_u64().ok_or_else(|| format!("python-musefs: {answer}"))
}
