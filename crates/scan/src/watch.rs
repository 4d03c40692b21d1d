//! Watching the library's folders: tells which changed, some moments after they did.

use crate::notifications::Notifications;
use crate::places::may_change_unseen;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// Changes are told once nothing happened for this long, so that a copied album is one change,
    pub settle: Duration,
    /// or this long after the first of them, if changes do not cease.
    pub patience: Duration,
    /// Where the kernel does not tell all changes, all folders count as changed this often, or less often if looking at them takes
    /// long.
    pub poll: Duration,
    /// Whether to ask the kernel for changes at all.
    pub notifications: bool,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(500),
            patience: Duration::from_secs(5),
            poll: Duration::from_secs(60),
            notifications: true,
        }
    }
}

/// Watches folders until it is dropped.
pub struct Watcher {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Watches `roots`, and calls `on_change` on a thread of its own with the folders that changed. No folder among them
    /// lies in another, and each was there a moment ago.
    ///
    /// A root that is not there, because its disk is away, is waited for. Where notifications do not tell all (a network file
    /// system, or the limit of watches is met) it says so in the log and polls, too.
    pub fn spawn(
        roots: Vec<PathBuf>,
        options: WatchOptions,
        on_change: impl FnMut(&[PathBuf]) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = unbounded();
        let thread = std::thread::Builder::new()
            .name("musefs-watch".to_owned())
            .spawn(move || watch(&roots, options, on_change, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Looks now and then whether something has been told: at once is not called for, since changes have to settle anyway.
const TICK: Duration = Duration::from_millis(100);
/// How often it is asked whether the roots are still what is watched.
const PLACES: Duration = Duration::from_secs(2);
/// A look at all folders takes at most one part of the time in so many.
const PART_OF_THE_TIME: u32 = 10;

fn watch(roots: &[PathBuf], options: WatchOptions, mut on_change: impl FnMut(&[PathBuf]), stopped: &Receiver<()>) {
    let mut eyes = Eyes::open(roots, options);
    let mut asked = Instant::now();
    let mut look = Instant::now() + options.poll;
    while goes_on(stopped, TICK.min(options.poll)) {
        let mut changed = BTreeSet::new();
        if eyes.read(&mut changed) && !gather(&mut eyes, stopped, options, &mut changed) {
            return;
        }
        if asked.elapsed() >= PLACES || eyes.is_lost_for_sure() {
            asked = Instant::now();
            if eyes.are_lost() {
                tracing::info!("what the library's folders are has changed; they are watched anew and looked at");
                eyes = Eyes::open(roots, options);
                changed.extend(roots.iter().cloned());
            }
        }
        if eyes.miss_something && Instant::now() >= look {
            changed.extend(roots.iter().cloned());
        }
        let is_whole = changed.len() >= roots.len() && roots.iter().all(|root| changed.contains(root));
        let changed = outermost(changed.into_iter().filter(|folder| folder.is_dir()).collect());
        let begun = Instant::now();
        if !changed.is_empty() {
            on_change(&changed);
        }
        if is_whole {
            look = Instant::now() + options.poll.max(begun.elapsed() * PART_OF_THE_TIME);
        }
    }
}

/// Waits; `false` if watching ends.
fn goes_on(stopped: &Receiver<()>, wait: Duration) -> bool {
    matches!(stopped.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
}

/// Takes further events until they cease; `false` if watching ends.
fn gather(eyes: &mut Eyes, stopped: &Receiver<()>, options: WatchOptions, changed: &mut BTreeSet<PathBuf>) -> bool {
    let since = Instant::now();
    let mut quiet_since = since;
    loop {
        let left = options.settle.saturating_sub(quiet_since.elapsed());
        let left = left.min(options.patience.saturating_sub(since.elapsed()));
        if !goes_on(stopped, left.min(TICK)) {
            return false;
        }
        if left.is_zero() {
            return true;
        }
        if eyes.read(changed) {
            quiet_since = Instant::now();
        }
    }
}

/// What sees changes.
struct Eyes {
    notifications: Option<Notifications>,
    /// Whether there are changes that the kernel does not tell.
    miss_something: bool,
}

impl Eyes {
    fn open(roots: &[PathBuf], options: WatchOptions) -> Self {
        if !options.notifications {
            return Self { notifications: None, miss_something: true };
        }
        let seconds = options.poll.as_secs();
        let notifications = Notifications::new(roots)
            .inspect_err(|error| tracing::warn!("{}; looking for changes every {seconds} s instead", explain(*error)))
            .ok();
        if notifications.as_ref().is_some_and(Notifications::limit_is_met) {
            tracing::warn!("{}; looking for changes every {seconds} s, too", explain(Errno::NOSPC));
        }
        let elsewhere = roots.iter().find(|root| may_change_unseen(root));
        if let Some(root) = elsewhere {
            let root = root.display();
            tracing::info!("{root} may change elsewhere; looking for changes every {seconds} s, too");
        }
        let is_complete = notifications.as_ref().is_some_and(|notifications| !notifications.limit_is_met());
        Self { notifications, miss_something: elsewhere.is_some() || !is_complete }
    }

    /// Adds the folders that were told; whether anything was told.
    fn read(&mut self, changed: &mut BTreeSet<PathBuf>) -> bool {
        let Some(notifications) = &mut self.notifications else { return false };
        let any = notifications.read(changed);
        if notifications.limit_is_met() && !self.miss_something {
            tracing::warn!("{}; looking for changes now and then, too", explain(Errno::NOSPC));
            self.miss_something = true;
        }
        any
    }

    fn is_lost_for_sure(&self) -> bool {
        self.notifications.as_ref().is_some_and(Notifications::lost_events)
    }

    fn are_lost(&self) -> bool {
        self.notifications.as_ref().is_some_and(Notifications::are_lost)
    }
}

fn explain(error: Errno) -> String {
    match error {
        Errno::NOSPC => "the library has more folders than the kernel lets be watched; raise the limit with \
                         sysctl fs.inotify.max_user_watches=1048576"
            .to_owned(),
        Errno::MFILE => "the kernel lets no more programs watch folders; raise the limit with \
                         sysctl fs.inotify.max_user_instances=1024"
            .to_owned(),
        error => format!("the library's folders cannot be watched: {error}"),
    }
}

/// The folders of the set that lie in no other of it.
fn outermost(changed: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in changed {
        if folders.last().is_none_or(|last| !folder.starts_with(last)) {
            folders.push(folder);
        }
    }
    folders
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
