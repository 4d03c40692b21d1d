//! Every metric is reported where it should be, and moves with what it counts, through real mounts.
//!
//! A library that can be made to stand still is a mount of its own beneath: its process is stopped and let go on.

#![allow(clippy::float_cmp, reason = "what is compared are counts")]

mod common;

use common::{Mount, World, eventually, fixture, is_root, musefs, require_root};
use musefs_contracts::metric::{ALL, Presence};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::time::Duration;

const EXPOSED: &[&str] = &["--expose-metrics", "--template", "$title"];

fn value(mount: &Mount, name: &str) -> f64 {
    mount.metric(&format!("musefs_{name}")).unwrap_or_else(|| panic!("{name} is not reported"))
}

/// Waits until a metric is what it should be.
fn becomes(mount: &Mount, name: &str, wanted: impl Fn(f64) -> bool) {
    eventually(name, || wanted(value(mount, name)));
}

#[test]
fn what_this_build_has_is_reported_and_nothing_else() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(EXPOSED);
    let text = fs::read_to_string(mount.path(".musefs-metrics/metrics")).unwrap();
    let names = |prefix: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
        lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    let expected: BTreeSet<String> = ALL
        .iter()
        .filter(|metric| match metric.presence {
            Presence::Always => true,
            Presence::Passthrough => is_root(),
            Presence::Jemalloc => cfg!(feature = "jemalloc"),
            Presence::Syscalls => cfg!(feature = "syscalls"),
        })
        .map(|metric| metric.name.to_owned())
        .collect();
    assert_eq!(names("# TYPE "), expected);
    assert_eq!(names("# HELP "), expected);
    assert_eq!(names("musefs_").into_iter().map(|name| format!("musefs_{name}")).collect::<BTreeSet<_>>(), expected);
    drop(mount);
    let plain = world.mount(&["--template", "$title"]);
    assert!(!plain.path(".musefs-metrics").exists());
}

/// Some readers go by the size, and some open it while others read.
#[test]
fn every_open_reads_a_whole_document_of_its_own_as_long_as_its_size_says() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(EXPOSED);
    let path = mount.path(".musefs-metrics/metrics");
    let opens = |text: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix("musefs_requests_open_total "));
        line.unwrap().parse().unwrap()
    };
    let mut last = 0;
    for _ in 0..20 {
        // The kernel gives a handle back a moment after it was closed.
        let mut text = String::new();
        eventually("nobody else has it open", || {
            let mut file = File::open(&path).unwrap();
            let len = file.metadata().unwrap().len();
            text.clear();
            file.read_to_string(&mut text).unwrap() as u64 == len
        });
        assert!(opens(&text) > last);
        last = opens(&text);
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let (mut file, mut text, mut part) = (File::open(&path).unwrap(), Vec::new(), [0; 700]);
                    while let n @ 1.. = file.read(&mut part).unwrap() {
                        text.extend(&part[..n]);
                    }
                    let text = String::from_utf8(text).unwrap();
                    let named = text.lines().filter(|line| line.starts_with("# TYPE ")).collect::<BTreeSet<_>>().len();
                    assert!(text.ends_with('\n') && !text.contains('\0'));
                    assert_eq!((text.matches("# TYPE ").count(), text.matches("# HELP ").count()), (named, named));
                }
            });
        }
    });
}

#[test]
fn handles_listings_sizes_and_layouts_are_counted() {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Edited");
    let mount = world.mount(&["--expose-metrics", "--template", "Nina/$title"]);
    let uptime = value(&mount, "uptime_seconds");
    // The kernel gives handles back some moments after they are closed, that of the metrics' own file too.
    becomes(&mount, "handles_open", |open| open == 0.0);
    // The root, a folder, its files, and no file of the mount's own.
    assert_eq!(value(&mount, "tree_nodes"), 4.0);
    assert!(value(&mount, "inode_paths") >= 1.0);

    let edited = mount.path("Nina/Edited.flac");
    assert_eq!(value(&mount, "cache_header_entries"), 0.0);
    let misses = value(&mount, "cache_header_misses_total");
    let mut file = File::open(&edited).unwrap();
    file.read_exact(&mut [0; 16]).unwrap();
    becomes(&mount, "handles_open", |open| open == 1.0);
    assert_eq!(value(&mount, "cache_header_entries"), 1.0);
    let held = value(&mount, "cache_header_bytes");
    assert!(held > 0.0 && held <= value(&mount, "cache_header_bytes_max"));
    assert!(value(&mount, "cache_header_misses_total") > misses);
    let hits = value(&mount, "cache_header_hits_total");
    drop(file);
    becomes(&mount, "handles_open", |open| open == 0.0);
    File::open(&edited).unwrap().read_exact(&mut [0; 16]).unwrap();
    assert!(value(&mount, "cache_header_hits_total") > hits);
    fs::metadata(&edited).unwrap();
    assert!(value(&mount, "cache_size_entries") >= 1.0);

    becomes(&mount, "dir_handles", |open| open == 0.0);
    let mut listing = fs::read_dir(&mount.mnt).unwrap();
    listing.next();
    becomes(&mount, "dir_handles", |open| open == 1.0);
    assert!(value(&mount, "dir_handles_max") >= 2000.0);
    drop(listing);
    becomes(&mount, "dir_handles", |open| open == 0.0);

    assert!(value(&mount, "uptime_seconds") > uptime);
    assert!(value(&mount, "process_resident_bytes") > 1e6);
    assert!(value(&mount, "sqlite_memory_bytes") > 1e3);
}

#[test]
fn refreshes_gaps_and_owed_rebuilds_are_counted() {
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(EXPOSED);
    let generation = value(&mount, "refresh_generation");
    world.set_tag("one.flac", "title", "First");
    becomes(&mount, "refresh_generation", |now| now == generation + 1.0);
    assert_eq!(value(&mount, "refresh_gap_fallbacks_total"), 0.0);

    mount.pause();
    world.set_tag("one.flac", "title", "Second");
    let forget = "UPDATE musefs_meta SET value = (SELECT max(seq) FROM musefs_changes) WHERE key = 'changes_floor'";
    world.sql().execute_batch(forget).unwrap();
    mount.resume();
    becomes(&mount, "refresh_gap_fallbacks_total", |gaps| gaps == 1.0);
    eventually("the edit behind the gap", || mount.path("Second.flac").exists());

    assert_eq!(value(&mount, "refresh_needs_rebuild"), 0.0);
    world.sql().execute_batch("ALTER TABLE tags RENAME TO tags_away").unwrap();
    world.sql().execute_batch("UPDATE tags_away SET value = 'Third' WHERE value = 'Second'").unwrap();
    becomes(&mount, "refresh_needs_rebuild", |owed| owed == 1.0);
    assert!(mount.path("Second.flac").exists(), "the last good view stays");
    world.sql().execute_batch("ALTER TABLE tags_away RENAME TO tags").unwrap();
    becomes(&mount, "refresh_needs_rebuild", |owed| owed == 0.0);
    eventually("the edit that could not be read", || mount.path("Third.flac").exists());
}

#[test]
fn files_the_kernel_reads_by_itself_are_counted() {
    require_root();
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(EXPOSED);
    assert_eq!((value(&mount, "passthrough_disabled"), value(&mount, "passthrough_active")), (0.0, 0.0));
    let file = File::open(mount.path("One.flac")).unwrap();
    assert_eq!(value(&mount, "passthrough_active"), 1.0);
    drop(file);
    becomes(&mount, "passthrough_active", |active| active == 0.0);
}

/// A library on a mount that can be stopped, and a mount of that library.
struct Stoppable {
    upper: Mount,
    lower: Mount,
    _worlds: [World; 2],
}

impl Drop for Stoppable {
    /// While the lower mount stands still, nobody who reads from it can end.
    fn drop(&mut self) {
        if matches!(self.lower.child.try_wait(), Ok(None)) {
            self.lower.resume();
        }
    }
}

fn stoppable(tracks: u16, words: &[&str]) -> Stoppable {
    let below = World::new();
    for n in 0..tracks {
        // Most of the file is a picture, which neither a scan nor an edit of tags reads.
        let file = fixture::flac_of(&[("title", &format!("T{n}"))], Some(&vec![n as u8; 6 << 20]), n, 4);
        below.put(&format!("{n}.flac"), file);
    }
    below.scan();
    // What is edited is not read by the kernel alone, so that the daemon can hold it up.
    for n in 0..tracks {
        below.set_tag(&format!("{n}.flac"), "comment", "edited below");
    }
    let lower = below.mount(&["--template", "$title", "--max-readahead-kib", "0"]);
    let mut above = World::new();
    above.music.clone_from(&lower.mnt);
    above.scan();
    for n in 1..tracks {
        above.set_tag(&format!("T{n}.flac"), "comment", "edited");
    }
    let upper = above.mount(&[EXPOSED, &["--max-readahead-kib", "0"], words].concat());
    Stoppable { upper, lower, _worlds: [below, above] }
}

#[test]
fn reads_that_wait_queue_and_fail_are_counted() {
    // Of two workers, one never takes a read.
    let mut mounts = stoppable(4, &["--workers", "2", "--read-ahead-budget-mib", "0"]);
    let Stoppable { upper, lower, .. } = &mut mounts;
    assert_eq!(value(upper, "pool_workers"), 2.0);
    assert_eq!(value(upper, "readahead_budget_bytes"), 0.0);
    assert!(value(upper, "reads_inflight_max") >= 3.0);
    let errors = value(upper, "read_errors_total");
    let files: Vec<File> = (1..4).map(|n| File::open(upper.path(&format!("T{n}.flac"))).unwrap()).collect();
    for file in &files {
        file.read_exact_at(&mut [0; 16], 0).unwrap();
    }
    lower.pause();
    let readers: Vec<_> =
        files.into_iter().map(|file| std::thread::spawn(move || file.read_at(&mut [0; 4096], 3 << 20))).collect();
    becomes(upper, "reads_inflight", |reads| reads >= 3.0);
    becomes(upper, "pool_active", |active| active == 1.0);
    becomes(upper, "pool_queued", |queued| queued >= 2.0);
    lower.child.kill().unwrap();
    lower.child.wait().unwrap();
    for reader in readers {
        assert!(reader.join().unwrap().is_err(), "the library is gone");
    }
    becomes(upper, "read_errors_total", |now| now >= errors + 3.0);
    for name in ["reads_inflight", "pool_active", "pool_queued"] {
        becomes(upper, name, |now| now == 0.0);
    }
}

#[test]
fn a_file_that_the_kernel_does_not_take_turns_passthrough_off() {
    require_root();
    let Stoppable { upper, .. } = &stoppable(1, &[]);
    // Stacked twice: the kernel refuses to read a file by itself that it would have to ask another daemon for.
    let file = File::open(upper.path("T0.flac")).unwrap();
    file.read_exact_at(&mut [0; 16], 0).unwrap();
    assert_eq!(value(upper, "passthrough_disabled"), 1.0);
    assert_eq!(value(upper, "passthrough_active"), 0.0);
}

#[test]
fn reading_ahead_of_slow_storage_is_charged_and_given_back() {
    let Stoppable { upper, lower, .. } = &stoppable(2, &["--read-ahead-budget-mib", "8"]);
    assert_eq!(value(upper, "readahead_budget_bytes"), f64::from(8 << 20));
    let file = File::open(upper.path("T1.flac")).unwrap();
    let size = file.metadata().unwrap().len();
    let mut at = 0;
    // Each read finds the library standing still for a while, as a slow one does.
    while value(upper, "readahead_charged_bytes") == 0.0 {
        assert!(at < size, "the file was read to its end with nothing read ahead");
        lower.pause();
        let reader = std::thread::scope(|scope| {
            let reader = scope.spawn(|| file.read_at(&mut vec![0; 64 << 10], at).unwrap());
            std::thread::sleep(Duration::from_millis(15));
            lower.resume();
            reader.join().unwrap()
        });
        at += reader as u64;
    }
    if cfg!(feature = "syscalls") {
        assert!(value(upper, "readahead_misses_total") > 0.0);
    }
    while at < size {
        at += file.read_at(&mut vec![0; 64 << 10], at).unwrap() as u64;
    }
    if cfg!(feature = "syscalls") {
        assert!(value(upper, "readahead_hits_total") > 0.0);
    }
    drop(file);
    becomes(upper, "readahead_charged_bytes", |charged| charged == 0.0);
}

#[test]
fn system_calls_are_counted_where_the_build_counts_them() {
    if !cfg!(feature = "syscalls") {
        return;
    }
    let world = World::with_two_tracks();
    world.scan();
    let store = world.sql();
    let (digest, image) = ("cd".repeat(32), vec![1u8; 300_000]);
    let insert = "INSERT INTO art (sha256, mime, byte_len, data) VALUES (?1, 'image/png', ?2, ?3)";
    store.execute(insert, (&digest, image.len() as i64, &image)).unwrap();
    store.execute_batch("INSERT INTO track_art (track_id, art_id, ordinal) SELECT id, 1, 0 FROM tracks").unwrap();
    let binary = "INSERT INTO tags (track_id, key, value, value_blob) SELECT id, 'blob', '', ?1 FROM tracks";
    store.execute(binary, [vec![9u8; 50_000]]).unwrap();
    drop(store);
    let mount = world.mount(EXPOSED);
    let names = ["backing_opens_total", "backing_stats_total", "backing_preads_total", "backing_pread_bytes_total"];
    let before = names.map(|name| value(&mount, name));
    for file in ["One.flac", "Two.mp3"] {
        fs::read(mount.path(file)).unwrap();
    }
    for (name, before) in names.iter().zip(before) {
        assert!(value(&mount, name) > before, "{name}");
    }
    assert!(value(&mount, "art_chunks_total") > 0.0);
    assert!(value(&mount, "binary_tag_chunks_total") > 0.0);
    assert_eq!(value(&mount, "scan_opens_total"), 0.0);
    drop(mount);

    let mut command = musefs();
    command.arg("up").arg(&world.music).arg(&world.mnt).args(["--db", ":memory:"]).args(EXPOSED);
    let mount = Mount::start(command, &world.mnt);
    becomes(&mount, "scan_opens_total", |opens| opens == 2.0);
    becomes(&mount, "scan_preads_total", |reads| reads >= 2.0);
    becomes(&mount, "scan_bytes_total", |bytes| bytes > 1000.0);
}

#[test]
fn the_allocator_tells_what_it_holds_where_the_build_has_it() {
    if !cfg!(feature = "jemalloc") {
        return;
    }
    let world = World::new();
    for n in 0..40 {
        world.put(&format!("{n}.flac"), fixture::flac(&[("title", &format!("T{n}"))], n));
    }
    world.scan();
    for n in 0..40 {
        world.set_tag(&format!("{n}.flac"), "lyrics", &"la ".repeat(60_000));
    }
    let mount = world.mount(EXPOSED);
    let before = value(&mount, "alloc_allocated_bytes");
    for n in 0..40 {
        fs::read(mount.path(&format!("T{n}.flac"))).unwrap();
    }
    // Forty layouts of 180,000 bytes each.
    let allocated = value(&mount, "alloc_allocated_bytes");
    assert!(allocated > before + 5e6, "{before} to {allocated}");
    let (active, resident) = (value(&mount, "alloc_active_bytes"), value(&mount, "alloc_resident_bytes"));
    assert!(active >= 5e6 && resident >= 5e6);
    // Address space stays with the allocator when what stood in it goes: layouts of edits that are taken back.
    let retained = value(&mount, "alloc_retained_bytes");
    for n in 0..40 {
        world.set_tag(&format!("{n}.flac"), "lyrics", "short");
    }
    // A layout is exchanged for the next when its track is opened again.
    becomes(&mount, "cache_header_bytes", |held| {
        (0..40).for_each(|n| drop(fs::read(mount.path(&format!("T{n}.flac"))).unwrap()));
        held < 1e6
    });
    becomes(&mount, "alloc_retained_bytes", |now| now != retained);
}

#[test]
fn memory_of_the_process_and_of_sqlite_moves_with_what_is_held() {
    let world = World::new();
    for n in 0..40 {
        world.put(&format!("{n}.flac"), fixture::flac(&[("title", &format!("T{n}"))], n));
    }
    world.scan();
    for n in 0..40 {
        world.set_tag(&format!("{n}.flac"), "lyrics", &"la ".repeat(80_000));
    }
    let mount = world.mount(EXPOSED);
    let (sqlite, process) = (value(&mount, "sqlite_memory_bytes"), value(&mount, "process_resident_bytes"));
    for n in 0..40 {
        fs::read(mount.path(&format!("T{n}.flac"))).unwrap();
    }
    // Forty layouts of 240,000 bytes each, read through SQLite's page cache.
    assert!(value(&mount, "sqlite_memory_bytes") != sqlite);
    becomes(&mount, "process_resident_bytes", |now| now > process + 5e6);
}

#[test]
fn the_same_document_is_served_over_http() {
    if !cfg!(feature = "http") {
        return;
    }
    let world = World::with_two_tracks();
    world.scan();
    let mount = world.mount(&["--metrics-listen", "127.0.0.1:0"]);
    let line = mount.printed.iter().find_map(|line| line.strip_prefix("metrics at http://")).unwrap();
    let mut stream = TcpStream::connect(line.strip_suffix("/metrics").unwrap()).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("musefs_tree_nodes "), "{text}");
}
