//! A library behind slow reads: what needs none goes on, and those that wait share what there is.

#![allow(clippy::float_cmp, reason = "what is compared are counts")]

mod common;

use common::{DEADLINE, Mount, World, eventually};
use musefs_contracts::executor::{Class, Executor, Job, Overloaded};
use musefs_contracts::meter::NoMeter;
use musefs_fuse_adapter::{MountOptions, Mounted};
use musefs_testkit::doubles::SlowFolder;
use musefs_testkit::fixtures::FlacBuilder;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

/// More than what stands before the audio.
const HEAD: usize = 8 << 10;

/// Each job on a thread of its own.
struct Threads;

impl Executor for Threads {
    fn submit(&self, _: Class, job: Job) -> Result<(), Overloaded> {
        std::thread::spawn(job);
        Ok(())
    }
}

/// A library whose music folder is a mount of slow reads.
struct Library {
    // Taken away before the folders it lies in.
    slow: SlowMount,
    originals: Vec<Vec<u8>>,
    world: World,
}

struct SlowMount {
    folder: Arc<SlowFolder>,
    _mounted: Mounted,
}

impl Drop for SlowMount {
    fn drop(&mut self) {
        // Nobody is kept waiting, also where a test failed meanwhile.
        self.folder.hold(false);
    }
}

impl Library {
    fn new(files: u64, blocks: usize, delay: Duration) -> Self {
        let world = World::new();
        let folder = world.root.join("originals");
        fs::create_dir(&folder).unwrap();
        let build = |seed| FlacBuilder::new(seed).tag("title", &format!("Title {seed}")).blocks(blocks).build();
        let originals: Vec<_> = (0..files).map(build).collect();
        for (at, bytes) in originals.iter().enumerate() {
            fs::write(folder.join(format!("{at}.flac")), bytes).unwrap();
        }
        let slow = SlowFolder::new(&folder, delay);
        let options = MountOptions { max_readahead_kib: 128, passthrough: false, ..MountOptions::default() };
        let mounted = musefs_fuse_adapter::mount(slow.clone(), Arc::new(Threads), &NoMeter, &world.music, &options);
        let slow = SlowMount { folder: slow, _mounted: mounted.unwrap() };
        world.scan();
        // Edited, so that they are read through the daemon.
        let edit = "INSERT INTO tags (track_id, key, value) SELECT id, 'mood', 'edited' FROM tracks";
        world.sql().execute(edit, []).unwrap();
        Self { slow, originals, world }
    }

    /// Whether these are the bytes of an edited original: its audio behind another head.
    fn is_edited(&self, at: usize, bytes: &[u8]) -> bool {
        bytes.starts_with(b"fLaC") && bytes.ends_with(&self.originals[at][HEAD..])
    }

    fn mount(&self, words: &[&str]) -> Mount {
        self.world.mount(&[&["--expose-metrics", "--template", "$title"], words].concat())
    }
}

fn title(at: usize) -> String {
    format!("Title {at}.flac")
}

fn charged(mount: &Mount) -> f64 {
    mount.metric("musefs_readahead_charged_bytes").unwrap()
}

/// Runs something that must not wait for the backing files.
fn in_time<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = channel();
    std::thread::spawn(move || send.send(run()));
    receive.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("{what} waits for slow reads"))
}

#[test]
fn reads_that_wait_hold_up_no_metadata_and_no_open() {
    const FILES: usize = 40;
    let library = Library::new(FILES as u64, 300, Duration::ZERO);
    let mount = library.mount(&[]);
    let folder = &library.slow.folder;
    folder.hold(true);
    let readers: Vec<_> = (0..FILES)
        .map(|at| {
            let path = mount.path(&title(at));
            std::thread::spawn(move || fs::read(path).unwrap())
        })
        .collect();
    eventually("reads that wait", || folder.waiting() > 0);
    let root = mount.mnt.clone();
    let listed = in_time("a walk", move || {
        let entries = fs::read_dir(&root).unwrap().map(Result::unwrap);
        entries.filter(|entry| entry.metadata().unwrap().is_file()).count()
    });
    assert_eq!(listed, FILES);
    let path = mount.path(&title(3));
    in_time("an open", move || File::open(path).map(drop).unwrap());
    let missing = mount.path("no such file");
    assert!(in_time("a look-up", move || !missing.exists()));
    assert!(folder.waiting() > 0);
    folder.hold(false);
    for (at, reader) in readers.into_iter().enumerate() {
        assert!(library.is_edited(at, &reader.join().unwrap()), "file {at}");
    }
    eventually("the budget is given back", || charged(&mount) == 0.0);
}

/// Reads a file in small steps, telling how far it is.
fn stream(path: &Path, done: &AtomicUsize) -> Vec<u8> {
    let mut file = File::open(path).unwrap();
    let mut bytes = Vec::new();
    let mut step = vec![0; 64 << 10];
    loop {
        match file.read(&mut step).unwrap() {
            0 => return bytes,
            n => bytes.extend_from_slice(&step[..n]),
        }
        done.store(bytes.len(), Ordering::SeqCst);
    }
}

#[test]
fn streams_share_a_small_budget_and_give_it_back() {
    const STREAMS: usize = 4;
    let library = Library::new(STREAMS as u64, 5_000, Duration::from_millis(10));
    let mount = library.mount(&["--read-ahead-budget-mib", "2", "--max-readahead-kib", "128"]);
    let budget = mount.metric("musefs_readahead_budget_bytes").unwrap();
    assert_eq!(budget, f64::from(2 << 20));
    let done: Vec<_> = (0..STREAMS).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let streams: Vec<_> = (0..STREAMS)
        .map(|at| {
            let (path, done) = (mount.path(&title(at)), Arc::clone(&done[at]));
            std::thread::spawn(move || stream(&path, &done))
        })
        .collect();
    let progress = || done.iter().map(|done| done.load(Ordering::SeqCst)).collect::<Vec<_>>();
    let mut most = 0.0_f64;
    let mut at_first_end = None;
    while !streams.iter().all(std::thread::JoinHandle::is_finished) {
        if at_first_end.is_none() && streams.iter().any(std::thread::JoinHandle::is_finished) {
            at_first_end = Some(progress());
        }
        most = most.max(charged(&mount));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(most > 0.0 && most <= budget, "{most} of {budget}");
    // Whoever came first, nobody had starved by then.
    let at_first_end = at_first_end.unwrap_or_else(progress);
    let size = library.originals[0].len();
    assert!(at_first_end.iter().all(|done| *done > size / 10), "{at_first_end:?} of {size}");
    for (at, stream) in streams.into_iter().enumerate() {
        assert!(library.is_edited(at, &stream.join().unwrap()), "stream {at}");
    }
    eventually("the budget is given back", || charged(&mount) == 0.0);
}
