//! What the kernel has to ask for, counted: nothing that it was told before.

#![cfg(feature = "http")]

mod common;

use common::{Mount, World, fixture};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

const ALBUMS: usize = 40;
const TRACKS: usize = 25;

/// Requests by kind, asked for over HTTP: looking at them in the mount would be requests itself.
fn requests(mount: &Mount) -> BTreeMap<String, u64> {
    let line = mount.printed.iter().find(|line| line.contains("metrics at")).unwrap();
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let numbers = text.lines().filter_map(|line| {
        let (kind, number) = line.strip_prefix("musefs_requests_")?.split_once("_total ")?;
        Some((kind.to_owned(), number.parse::<f64>().ok()? as u64))
    });
    numbers.collect()
}

/// How many more there were since `before`, those that there were none of left out.
fn since(mount: &Mount, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut now = requests(mount);
    for (kind, number) in &mut now {
        *number -= before[kind];
    }
    now.retain(|_, number| *number > 0);
    now
}

/// Walks with the status of every entry; folders and files seen.
fn walk(folder: &Path) -> (u64, u64) {
    let mut seen = (1, 0);
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.metadata().unwrap().is_dir() {
            let below = walk(&entry.path());
            seen = (seen.0 + below.0, seen.1 + below.1);
        } else {
            seen.1 += 1;
        }
    }
    seen
}

#[test]
fn a_second_walk_asks_for_no_name_and_no_attributes_and_a_second_read_for_no_bytes() {
    let world = World::new();
    for album in 0..ALBUMS {
        for track in 0..TRACKS {
            let (name, title) = (format!("Album {album}"), format!("Title {track}"));
            let seed = (album * TRACKS + track) as u16;
            let bytes = fixture::flac(&[("ARTIST", "Nina"), ("ALBUM", &name), ("TITLE", &title)], seed);
            world.put(&format!("{album}/{track}.flac"), bytes);
        }
    }
    world.scan();
    world.set_tag("3/7.flac", "comment", "edited, so that the daemon serves it");
    let mount = world.mount(&["--metrics-listen", "127.0.0.1:0", "--template", "$artist/$album/$title"]);
    let start = requests(&mount);
    assert_eq!(start.len(), 6);
    let (folders, files) = walk(&mount.mnt);
    assert_eq!((folders, files), (ALBUMS as u64 + 2, (ALBUMS * TRACKS) as u64));
    let first = since(&mount, &start);
    assert!(first.get("lookup").copied().unwrap_or_default() <= folders, "{first:?}");
    assert!(first.get("getattr").copied().unwrap_or_default() <= folders, "{first:?}");

    let before = requests(&mount);
    assert_eq!(walk(&mount.mnt), (folders, files));
    assert_eq!(since(&mount, &before), BTreeMap::from([("opendir".to_owned(), folders)]));

    let edited = mount.path("Nina/Album 3/Title 7.flac");
    let before = requests(&mount);
    let bytes = fs::read(&edited).unwrap();
    assert!(since(&mount, &before)["read"] > 0);
    let before = requests(&mount);
    assert!(fs::read(&edited).unwrap() == bytes);
    assert_eq!(since(&mount, &before), BTreeMap::from([("open".to_owned(), 1)]));
}
