//! Who hears that the view changed, when, and of how much.

mod common;

use common::World;
use musefs_contracts::change::{Change, ChangeListener};
use musefs_contracts::writer::CatalogWriter;
use std::sync::{Arc, Mutex};

/// Notes each change with what the kernel had been told by then.
struct Ear {
    heard: Mutex<Vec<(u64, usize)>>,
    recorder: Arc<common::Recorder>,
}

impl Ear {
    fn take(&self) -> Vec<(u64, usize)> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

impl ChangeListener for Ear {
    fn changed(&self, change: Change) {
        self.heard.lock().unwrap().push((change.tracks, self.recorder.take().len()));
    }
}

#[test]
fn a_change_is_heard_once_and_after_the_kernel_was_told() {
    let world = World::default();
    let tracks: Vec<_> =
        ["a", "b", "c"].map(|n| world.add(&format!("{n}.flac"), &[("artist", "A"), ("title", n)], b"audio")).into();
    let mount = world.mount();
    let ear = Arc::new(Ear { heard: Mutex::default(), recorder: world.recorder.clone() });
    mount.set_listener(ear.clone());

    mount.refresh();
    assert!(ear.take().is_empty(), "nothing changed");
    world.edit(tracks[0], &[("artist", "A"), ("title", "renamed")]);
    world.edit(tracks[1], &[("artist", "A"), ("title", "b"), ("mood", "blue")]);
    mount.refresh();
    let heard = ear.take();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].0, 2);
    assert!(heard[0].1 >= 4, "two contents, two names and a listing: {heard:?}");
    mount.refresh();
    assert!(ear.take().is_empty(), "it was told already");

    world.store.memory().writer().remove(&[tracks[2]]).unwrap();
    mount.refresh();
    assert_eq!(ear.take().iter().map(|(tracks, _)| *tracks).collect::<Vec<_>>(), [1]);
}
