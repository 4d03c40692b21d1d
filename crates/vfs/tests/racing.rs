//! Readers, editors, exchanged files and the refresher all at once: no reader may ever see two generations in one file.

mod common;

use common::{World, path, taken_apart, toy};
use musefs_contracts::filesystem::FsError;
use musefs_contracts::ids::Ino;
use musefs_vfs::Refresher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const ROUNDS: u32 = 300;

/// A file whose audio repeats what its element says, of a length of its own.
fn numbered(n: u32) -> Vec<u8> {
    let number = format!("number {n}");
    toy::file(&[("artist", "A"), ("title", "T"), ("number", &number)], number.repeat(1 + n as usize % 7).as_bytes())
}

#[test]
fn no_reader_sees_two_generations_however_much_changes() {
    let world = World::default();
    world.shelf.put(&path("a.flac"), numbered(0));
    let track = world.scan("a.flac");
    let mount = world.mount();
    let done = AtomicBool::new(false);
    let refresher = Refresher::spawn(mount.0.clone(), Duration::from_micros(200));
    thread::scope(|scope| {
        let editor = scope.spawn(|| {
            for n in 0..ROUNDS {
                let mood = "m".repeat(n as usize % 30);
                // The number is not curated, so it follows the file.
                world.edit(track, &[("artist", "A"), ("title", "T"), ("number", "number 0"), ("mood", &mood)]);
                thread::yield_now();
            }
        });
        let exchanger = scope.spawn(|| {
            for n in 1..=ROUNDS {
                world.shelf.put(&path("a.flac"), numbered(n));
                thread::yield_now();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let bytes = match mount.cat("A/T.flac") {
                        // It changed at each of several looks: refused, not mixed.
                        Err(FsError::Io | FsError::Stale) => continue,
                        other => other.unwrap(),
                    };
                    let (elements, audio) = taken_apart(&bytes);
                    let number = &elements.iter().find(|(key, _)| key == "number").unwrap().1;
                    assert!(String::from_utf8(audio).unwrap().starts_with(number.as_str()), "{elements:?}");
                }
            });
        }
        editor.join().unwrap();
        exchanger.join().unwrap();
        done.store(true, Ordering::Relaxed);
    });
    drop(refresher);
    mount.refresh();
    let bytes = mount.cat("A/T.flac").unwrap();
    assert_eq!(mount.at("A/T.flac").unwrap().size, bytes.len() as u64);
    assert!(taken_apart(&bytes).1.starts_with(format!("number {ROUNDS}").as_bytes()));
    mount.refresh();
    assert_eq!(mount.at("A/T.flac").unwrap().ino, Ino::of_track(track, 0), "nothing is open, so the first number");
}
