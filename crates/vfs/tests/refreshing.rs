//! Following the store: invariant 9, and what becomes of a failing store.

mod common;

use common::{Mount, World, taken_apart};
use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::filesystem::{FileSystem, FsError};
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::metric;
use musefs_contracts::notifier::NoNotifier;
use musefs_contracts::writer::CatalogWriter;
use musefs_vfs::{Refreshed, Refresher};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn library(tracks: usize) -> (World, Vec<TrackId>) {
    let world = World::default();
    let add = |n: usize| {
        let (artist, title) = (format!("A{}", n / 10), format!("T{n}"));
        world.add(&format!("{n}.flac"), &[("artist", &artist), ("title", &title)], b"audio")
    };
    let tracks = (0..tracks).map(add).collect();
    (world, tracks)
}

#[test]
fn an_edit_is_visible_after_a_refresh_that_costs_what_changed() {
    let (world, tracks) = library(300);
    let mount = world.mount();
    let streamed = world.store.rows_streamed.load(Ordering::Relaxed);
    assert_eq!(mount.refresh(), Refreshed::Unchanged);
    world.edit(tracks[7], &[("artist", "A0"), ("title", "renamed")]);
    world.edit(tracks[9], &[("artist", "B"), ("title", "T9")]);
    assert_eq!(mount.refresh(), Refreshed::Changed(2));
    assert_eq!(world.store.rows_streamed.load(Ordering::Relaxed), streamed, "the others were not read");
    assert_eq!(world.store.rows_asked.load(Ordering::Relaxed), 2);
    assert_eq!(world.numbers.get(&metric::REFRESH_GENERATION), 1);
    assert!(mount.ls("A0").contains(&"renamed.flac".to_owned()));
    assert_eq!(mount.ls("B"), ["T9.flac"]);
    assert_eq!(mount.at("A0/T9.flac").err(), Some(FsError::NotFound));
}

/// What a refresh of the same ten edits does in a library of this size: rows streamed, rows asked for, records read, and
/// what the kernel is told, with the directories' own numbers left out.
fn work_of_ten_edits(size: usize) -> (u64, u64, u64, Vec<String>) {
    let (world, tracks) = library(size);
    let mount = world.mount();
    let store = &world.store;
    let counts =
        || [&store.rows_streamed, &store.rows_asked, &store.records].map(|count| count.load(Ordering::Relaxed));
    let before = counts();
    for (n, track) in tracks.iter().enumerate().take(10) {
        world.edit(*track, &[("artist", "A0"), ("title", &format!("renamed {n}")), ("mood", "calm")]);
    }
    assert_eq!(mount.refresh(), Refreshed::Changed(10));
    let after = counts();
    (after[0] - before[0], after[1] - before[1], after[2] - before[2], world.recorder.take())
}

#[test]
fn the_work_of_a_refresh_is_that_of_what_changed_however_large_the_library_is() {
    let small = work_of_ten_edits(20);
    assert_eq!((small.0, small.1), (0, 10), "the changed rows alone are read");
    assert_eq!(small.3.len(), 10 + 20 + 1, "ten contents, a former and a new name of each, one listing: {:?}", small.3);
    assert_eq!(work_of_ten_edits(2_000), small);
}

#[test]
fn the_kernel_is_told_exactly_what_changed_and_after_the_swap() {
    let (world, tracks) = library(20);
    let mount = world.mount();
    let ino = Ino::of_track(tracks[3], 0);
    let before = mount.attributes(ino).unwrap().size;
    world.edit(tracks[3], &[("artist", "A0"), ("title", "T3"), ("mood", "a value")]);
    mount.refresh();
    assert_eq!(world.recorder.take(), ["contents 4.0"], "only contents changed");
    let seen = world.recorder.sizes.lock().unwrap()[&ino].unwrap();
    assert!(seen > before, "when the kernel was told, the new state was in place");

    world.edit(tracks[4], &[("artist", "A0"), ("title", "moved")]);
    mount.refresh();
    assert_eq!(world.recorder.take(), ["contents 5.0", "contents dir", "name dir T4.flac", "name dir moved.flac"]);

    world.edit(tracks[5], &[("artist", "New"), ("title", "T5")]);
    mount.refresh();
    let told = world.recorder.take();
    let expected = ["contents 6.0", "contents dir", "contents root", "name dir T5.flac", "name root New"];
    assert_eq!(told, expected, "the absence of the new folder may be cached too");

    world.add("late.flac", &[("artist", "A1"), ("title", "late")], b"audio");
    mount.refresh();
    assert_eq!(world.recorder.take(), ["contents dir", "name dir late.flac"]);

    world.store.memory().writer().remove(&[tracks[5]]).unwrap();
    mount.refresh();
    let told = world.recorder.take();
    assert!(told.contains(&"name root New".to_owned()) && told.contains(&"contents 6.0".to_owned()), "{told:?}");
    assert_eq!(mount.refresh(), Refreshed::Unchanged);
    assert!(world.recorder.take().is_empty());
}

#[test]
fn the_time_of_a_directory_moves_with_its_listing() {
    let (world, tracks) = library(20);
    let mount = world.mount();
    world.clock.0.store(9_000, Ordering::Relaxed);
    world.edit(tracks[3], &[("artist", "A0"), ("title", "T3"), ("mood", "x")]);
    mount.refresh();
    assert_eq!(mount.at("A0").unwrap().mtime_ns, 0, "its listing is the same");
    world.edit(tracks[3], &[("artist", "A0"), ("title", "renamed")]);
    mount.refresh();
    assert_eq!(mount.at("A0").unwrap().mtime_ns, 9_000);
    assert_eq!(mount.at("A1").unwrap().mtime_ns, 0);
    world.edit(tracks[3], &[("artist", "Fresh"), ("title", "x")]);
    mount.refresh();
    assert_eq!(mount.at("Fresh").unwrap().mtime_ns, 9_000);
}

#[test]
fn a_gap_in_the_change_log_is_bridged_by_reading_everything() {
    let (world, tracks) = library(30);
    let mount = world.mount();
    world.edit(tracks[3], &[("artist", "A0"), ("title", "renamed")]);
    world.edit(tracks[4], &[("artist", "A0"), ("title", "T4"), ("mood", "x")]);
    world.store.memory().writer().remove(&[tracks[5]]).unwrap();
    world.store.gap.store(true, Ordering::Relaxed);
    assert_eq!(mount.refresh(), Refreshed::Rebuilt);
    assert_eq!(world.numbers.get(&metric::REFRESH_GAP_FALLBACKS_TOTAL), 1);
    let expected = [
        "contents 4.0",
        "contents 5.0",
        "contents 6.0",
        "contents dir",
        "name dir T3.flac",
        "name dir T5.flac",
        "name dir renamed.flac",
    ];
    assert_eq!(world.recorder.take(), expected, "and still only what changed is told");
    assert_eq!(mount.at("A0/renamed.flac").unwrap().ino, Ino::of_track(tracks[3], 0));
}

#[test]
fn a_failing_store_leaves_the_last_good_state_and_recovers() {
    let (world, tracks) = library(10);
    let mount = world.mount();
    world.store.fails.store(true, Ordering::Relaxed);
    assert_eq!(mount.refresh(), Refreshed::Failed);
    assert_eq!(mount.refresh(), Refreshed::Failed);
    assert_eq!(world.numbers.get(&metric::REFRESH_NEEDS_REBUILD), 1);
    assert_eq!(mount.ls("A0").len(), 10);
    assert!(mount.at("A0/T1.flac").is_ok());
    world.edit(tracks[1], &[("artist", "A0"), ("title", "renamed")]);
    world.store.fails.store(false, Ordering::Relaxed);
    assert_eq!(mount.refresh(), Refreshed::Rebuilt);
    assert_eq!(world.numbers.get(&metric::REFRESH_NEEDS_REBUILD), 0);
    assert!(mount.at("A0/renamed.flac").is_ok());
}

#[test]
fn another_store_in_the_place_of_the_old_one_is_taken_over_whole() {
    let (world, tracks) = library(3);
    world.edit(tracks[0], &[("artist", "A0"), ("title", "T0"), ("mood", "old store")]);
    let mount = world.mount();
    mount.cat("A0/T0.flac").unwrap();
    *world.store.inner.lock().unwrap() = MemoryCatalog::new();
    world.store.id.store(1, Ordering::Relaxed);
    let track = world.add("0.flac", &[("artist", "A0"), ("title", "T0")], b"other");
    assert_eq!(track, tracks[0], "the same id means another track now");
    world.edit(track, &[("artist", "A0"), ("title", "T0"), ("mood", "the new store")]);
    assert_eq!(mount.refresh(), Refreshed::Rebuilt);
    assert_eq!(mount.ls("A0"), ["T0.flac"]);
    let bytes = mount.cat("A0/T0.flac").unwrap();
    assert_eq!(bytes.len() as u64, mount.at("A0/T0.flac").unwrap().size);
    assert_eq!(taken_apart(&bytes).0[2], ("mood".into(), "the new store".into()));
    assert!(world.recorder.take().contains(&format!("contents {track}.0")));
}

#[test]
fn a_backup_put_back_under_the_mount_is_followed_although_its_versions_are_lower() {
    let (world, tracks) = library(3);
    for _ in 0..3 {
        world.edit(tracks[0], &[("artist", "A0"), ("title", "T0"), ("mood", "in the newer store")]);
    }
    let mount = world.mount();
    mount.cat("A0/T0.flac").unwrap();
    *world.store.inner.lock().unwrap() = MemoryCatalog::new();
    world.scan("0.flac");
    world.edit(tracks[0], &[("artist", "A0"), ("title", "T0"), ("mood", "x")]);
    assert_eq!(mount.refresh(), Refreshed::Rebuilt);
    let bytes = mount.cat("A0/T0.flac").unwrap();
    assert_eq!(bytes.len() as u64, mount.at("A0/T0.flac").unwrap().size);
    assert_eq!(taken_apart(&bytes).0[2], ("mood".into(), "x".into()));
}

#[test]
fn edits_beside_those_that_a_backup_undid_do_not_show_their_sizes() {
    let (world, tracks) = library(3);
    let edit = |mood: &str| world.edit(tracks[0], &[("artist", "A0"), ("title", "T0"), ("mood", mood)]);
    edit("one");
    edit("a much longer value than the one that will stand in its place");
    let mount = world.mount();
    // The recorder would ask for the size.
    mount.set_notifier(Arc::new(NoNotifier));
    mount.at("A0/T0.flac").unwrap();
    *world.store.inner.lock().unwrap() = MemoryCatalog::new();
    world.scan("0.flac");
    edit("one");
    assert_eq!(mount.refresh(), Refreshed::Rebuilt);
    edit("two");
    mount.refresh();
    let size = mount.at("A0/T0.flac").unwrap().size;
    assert_eq!(mount.cat("A0/T0.flac").unwrap().len() as u64, size);
}

#[test]
fn gauges_follow_the_tree() {
    let (world, tracks) = library(20);
    let mount = world.mount();
    assert_eq!(world.numbers.get(&metric::TREE_NODES), 20 + 2 + 1);
    assert_eq!(mount.file_count(), 20);
    world.store.memory().writer().remove(&tracks[..10]).unwrap();
    mount.refresh();
    assert_eq!(world.numbers.get(&metric::TREE_NODES), 10 + 1 + 1);
    let (a, b) = (mount.open_at("A1/T11.flac").unwrap(), mount.open_at("A1/T11.flac").unwrap());
    assert_eq!(world.numbers.get(&metric::HANDLES_OPEN), 2);
    mount.release(a.handle);
    mount.release(b.handle);
    mount.release(b.handle);
    assert_eq!(world.numbers.get(&metric::HANDLES_OPEN), 0);
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}

#[test]
fn the_refresher_follows_by_itself_and_when_woken() {
    let (world, tracks) = library(3);
    let mount: Mount = world.mount();
    let vfs = Arc::clone(&mount.0);
    let refresher = Refresher::spawn(Arc::clone(&vfs), Duration::from_millis(1));
    world.edit(tracks[0], &[("artist", "A0"), ("title", "by itself")]);
    wait_until(|| mount.at("A0/by itself.flac").is_ok());
    drop(refresher);
    let refresher = Refresher::spawn(vfs, Duration::from_secs(3600));
    world.edit(tracks[0], &[("artist", "A0"), ("title", "woken")]);
    refresher.wake();
    wait_until(|| mount.at("A0/woken.flac").is_ok());
}
