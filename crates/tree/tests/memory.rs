//! What a tree holds in memory, counted by the allocator.

use musefs_contracts::ids::TrackId;
use musefs_contracts::tree::{Placement, Tree, TreeSnapshot};
use musefs_testkit::hostile::{PeakAllocator, held_by, peak_of};
use musefs_tree::{ArenaTree, Options};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: PeakAllocator = PeakAllocator;

const TRACKS: i64 = 100_000;
const MEGABYTE: usize = 1_000_000;

/// A track's paths in so many views: ten tracks an album, four albums an artist, thirty genres, fifty years.
fn placement(track: i64, views: usize) -> Placement {
    let (album, artist) = (track / 10, track / 40);
    let name = format!("{:02}. Some title of a song {track}", track % 10 + 1);
    let all = [
        format!("by-artist/The Artist {artist}/Album number {album}/{name}"),
        format!("by-genre/Genre {}/The Artist {artist} - Album number {album}/{name}", artist % 30),
        format!("by-year/{}/The Artist {artist} - Album number {album}/{name}", 1970 + album % 50),
    ];
    let paths = all.into_iter().take(views).collect();
    Placement { file: TrackId(track + 1).into(), paths, extension: b".flac".to_vec() }
}

/// The bytes that a tree of so many views holds, and those that building it takes beyond them.
fn measured(case_insensitive: bool, views: usize) -> (usize, usize) {
    let tree = ArenaTree::new(Options { case_insensitive });
    let build = || tree.build(&mut (0..TRACKS).map(|track| placement(track, views)));
    let ((snapshot, held), peak) = peak_of(|| held_by(build));
    assert_eq!(links_of_all(&snapshot), TRACKS as u64 * views as u64);
    (held, peak - held)
}

fn links_of_all(snapshot: &Arc<dyn TreeSnapshot>) -> u64 {
    (1..=TRACKS).map(|track| u64::from(snapshot.links(TrackId(track).into()))).sum()
}

#[test]
fn a_further_view_of_a_hundred_thousand_tracks_holds_less_than_ten_megabytes() {
    for case_insensitive in [false, true] {
        let all = [1, 2, 3].map(|views| measured(case_insensitive, views));
        for (views, (held, beyond)) in (1..).zip(all) {
            println!("without case: {case_insensitive}; views: {views}; held: {held}; to build it: {beyond} more");
        }
        for further in all.windows(2) {
            let (before, after) = (further[0].0, further[1].0);
            assert!(after - before < 10 * MEGABYTE, "{} bytes", after - before);
        }
    }
}
