//! Watching the library's folders: tells which changed, some moments after they did.

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// Changes are told once nothing happened for this long, so that a copied album is one change,
    pub settle: Duration,
    /// or this long after the first of them, if changes do not cease.
    pub patience: Duration,
    /// Where the kernel tells no changes, all folders count as changed this often.
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
    /// Where notifications cannot be had (a network file system, or the limit of watches is met) it says so in the log and
    /// polls.
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

fn watch(roots: &[PathBuf], options: WatchOptions, mut on_change: impl FnMut(&[PathBuf]), stopped: &Receiver<()>) {
    let (send, events) = unbounded();
    let notifications = if options.notifications { subscribe(roots, send.clone()) } else { Err(String::new()) };
    let watcher = match notifications {
        Ok(watcher) => Some(watcher),
        Err(reason) => {
            if !reason.is_empty() {
                tracing::warn!("{reason}; looking for changes every {} s instead", options.poll.as_secs());
            }
            None
        }
    };
    loop {
        let wait = if watcher.is_some() { Duration::MAX } else { options.poll };
        let changed = match next(&events, stopped, wait) {
            Next::Stopped => return,
            Next::Silence => roots.to_vec(),
            Next::Event(event) => {
                let mut changed = BTreeSet::new();
                add(&event, roots, &mut changed);
                if changed.is_empty() {
                    continue;
                }
                if !gather(&events, stopped, options, roots, &mut changed) {
                    return;
                }
                outermost(changed)
            }
        };
        if !changed.is_empty() {
            on_change(&changed);
        }
    }
}

enum Next {
    Event(Event),
    Silence,
    Stopped,
}

fn next(events: &Receiver<Event>, stopped: &Receiver<()>, wait: Duration) -> Next {
    let timeout = if wait == Duration::MAX { crossbeam_channel::never() } else { crossbeam_channel::after(wait) };
    crossbeam_channel::select! {
        recv(stopped) -> _ => Next::Stopped,
        recv(events) -> event => event.map_or(Next::Stopped, Next::Event),
        recv(timeout) -> _ => Next::Silence,
    }
}

/// Takes further events until they cease; `false` if watching ends.
fn gather(
    events: &Receiver<Event>,
    stopped: &Receiver<()>,
    options: WatchOptions,
    roots: &[PathBuf],
    changed: &mut BTreeSet<PathBuf>,
) -> bool {
    let since = Instant::now();
    let mut quiet_since = since;
    loop {
        let left = options.settle.saturating_sub(quiet_since.elapsed());
        let left = left.min(options.patience.saturating_sub(since.elapsed()));
        if left.is_zero() {
            return !matches!(stopped.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected));
        }
        match events.recv_timeout(left.min(Duration::from_millis(100))) {
            Ok(event) => {
                let before = changed.len();
                add(&event, roots, changed);
                if changed.len() != before || is_change(event.kind) {
                    quiet_since = Instant::now();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                if matches!(stopped.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected)) {
                    return false;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

fn subscribe(roots: &[PathBuf], events: Sender<Event>) -> Result<RecommendedWatcher, String> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
        Ok(event) if is_change(event.kind) || event.need_rescan() => {
            let _ = events.send(event);
        }
        Ok(_) => {}
        Err(error) => tracing::warn!("while watching the library: {}", explain(&error)),
    })
    .map_err(|error| explain(&error))?;
    for root in roots {
        watcher.watch(root, RecursiveMode::Recursive).map_err(|error| explain(&error))?;
    }
    Ok(watcher)
}

fn explain(error: &notify::Error) -> String {
    let no_space =
        matches!(&error.kind, notify::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::StorageFull);
    if no_space || matches!(error.kind, notify::ErrorKind::MaxFilesWatch) {
        return "the library has more folders than the kernel lets be watched; raise the limit with \
                sysctl fs.inotify.max_user_watches=1048576"
            .to_owned();
    }
    format!("the library's folders cannot be watched: {error}")
}

/// Opening and reading change nothing, and a mount does both all the time.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Adds the folders an event is about: a folder that is there, else the nearest one above that is.
fn add(event: &Event, roots: &[PathBuf], changed: &mut BTreeSet<PathBuf>) {
    if event.need_rescan() || event.paths.is_empty() {
        changed.extend(roots.iter().cloned());
    }
    for path in &event.paths {
        let inside = |path: &&Path| roots.iter().any(|root| path.starts_with(root));
        let folder = path.ancestors().take_while(inside).find(|path| path.is_dir());
        changed.extend(folder.map(Path::to_owned));
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
