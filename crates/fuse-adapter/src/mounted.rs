//! A mount and its session.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fuser::{BackgroundSession, Config, Session, SessionACL};
use musefs_contracts::executor::Executor;
use musefs_contracts::filesystem::FileSystem;
use musefs_contracts::meter::Meter;
use musefs_contracts::notifier::KernelNotifier;
use rustix::io::Errno;

use crate::adapter::Adapter;
use crate::core::Core;
use crate::flights::Flights;
use crate::notifier::Notifications;
use crate::open_table::OpenTable;
use crate::passthrough::Passthrough;
use crate::reads::Reads;
use crate::requests::Requests;
use crate::session::Ended;
use crate::{MountError, MountOptions, checks, mountinfo, mounting};

/// How often a busy mount is tried again.
const RETRY: Duration = Duration::from_millis(20);
/// How long the session's threads are waited for once the kernel has let go of the mount.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A running mount. Dropping it unmounts at once, with open files lazily.
pub struct Mounted {
    place: Place,
    ended: Arc<Ended>,
    notifier: Arc<Notifications>,
    session: Option<BackgroundSession>,
}

/// Where the mount stands, and which it is among those that may stand there.
struct Place {
    path: PathBuf,
    mount: Option<mountinfo::Mount>,
}

/// How a mount ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmounted {
    /// The kernel has let go of it: no file is open.
    Cleanly,
    /// The path is free, but files are open; they end with this process.
    Lazily,
}

/// Mounts `fs` on `mountpoint` and serves it until it is unmounted, by anyone. When this returns, the mount answers.
///
/// The checks of [`crate::check_mountpoint`] and [`crate::check_options`] are made first.
pub fn mount(
    fs: Arc<dyn FileSystem>,
    executor: Arc<dyn Executor>,
    meter: &dyn Meter,
    mountpoint: &Path,
    options: &MountOptions,
) -> Result<Mounted, MountError> {
    checks::check_options(options)?;
    checks::check_mountpoint(mountpoint)?;
    let path = mountpoint.canonicalize().map_err(|e| MountError::Unusable(mountpoint.into(), e))?;
    let (ended, passthrough) = (Arc::new(Ended::default()), Arc::new(Passthrough::default()));
    let reads = Reads::new(Arc::clone(&fs), Arc::clone(&executor), meter, options.reads_inflight_max);
    let core = Arc::new(Core {
        fs,
        flights: Arc::default(),
        opens: OpenTable::new(),
        passthrough: Arc::clone(&passthrough),
        keep_cache: options.keep_cache,
    });
    let flights = Arc::clone(&core.flights);
    let adapter = Adapter::new(core, reads, Requests::new(meter), executor, options, Arc::clone(&ended));
    let connection = mounting::attach(&path, options)?;
    let place = Place { mount: mountinfo::top_at(&path), path };
    let started = start(adapter, connection, options, flights, || passthrough.report(meter));
    let (session, notifier) = started.map_err(|error| {
        // Nobody can use it: the connection that it needs is closed.
        let _ = place.detach(true);
        MountError::Session(place.path.clone(), error)
    })?;
    place.raise_read_ahead(options.max_readahead_kib);
    Ok(Mounted { place, ended, notifier, session: Some(session) })
}

fn start(
    adapter: Adapter,
    connection: std::os::fd::OwnedFd,
    options: &MountOptions,
    flights: Arc<Flights>,
    greeted: impl FnOnce(),
) -> io::Result<(BackgroundSession, Arc<Notifications>)> {
    let mut config = Config::default();
    config.n_threads = Some(options.threads.max(1));
    // Who may enter is for the kernel to say: it lets in the owner alone unless the mount allows others.
    let session = Session::from_fd(adapter, connection, SessionACL::All, config)?;
    greeted();
    let notifier = Notifications::start(session.notifier(), flights)?;
    Ok((session.spawn()?, notifier))
}

impl Mounted {
    /// Tells the kernel what to forget. To be called from a thread that serves no request and holds no lock that a handler
    /// takes: the kernel waits for requests under way on the inode or directory, and they would wait for the caller.
    pub fn notifier(&self) -> Arc<dyn KernelNotifier> {
        Arc::clone(&self.notifier) as Arc<dyn KernelNotifier>
    }

    /// Where it is mounted, as an absolute path without symbolic links.
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// Waits until the kernel has let go of the mount, whoever took it away.
    pub fn wait(&self) {
        self.ended.wait();
    }

    /// As [`Self::wait`], but no longer than `time`; whether it ended.
    pub fn wait_for(&self, time: Duration) -> bool {
        self.ended.wait_for(time)
    }

    /// Whether it still stands at its place and is served.
    pub fn is_mounted(&self) -> bool {
        !self.ended.is_set() && self.place.is_ours()
    }

    /// Unmounts. While files are open this waits up to `grace` for them, then detaches the mount lazily: the path is free,
    /// and the open files are served for as long as this process lives.
    pub fn unmount(mut self, grace: Duration) -> Result<Unmounted, MountError> {
        self.take_away(grace)
    }

    fn take_away(&mut self, grace: Duration) -> Result<Unmounted, MountError> {
        let Some(session) = self.session.take() else { return Ok(Unmounted::Cleanly) };
        let until = Instant::now() + grace;
        while self.is_mounted() {
            let Err(error) = self.place.detach(false) else { break };
            let busy = error.raw_os_error() == Some(Errno::BUSY.raw_os_error());
            if busy && Instant::now() < until {
                // Ends early if someone else unmounts meanwhile.
                self.ended.wait_for(RETRY);
                continue;
            }
            if !self.is_mounted() {
                break;
            }
            if busy {
                tracing::warn!(path = %self.place.path.display(), "files are still open: the mount is detached lazily");
            }
            self.place.detach(true).map_err(|error| self.place.failed(error))?;
            return Ok(self.finish(session, RETRY));
        }
        if self.place.mount.as_ref().is_some_and(mountinfo::stands) && !self.ended.is_set() {
            return Err(self.place.failed(io::Error::other("another mount lies over it, or it was moved")));
        }
        Ok(self.finish(session, LAST_WORDS))
    }

    /// A session whose mount is gone ends by itself; one that is detached lazily lives on without us.
    fn finish(&self, session: BackgroundSession, patience: Duration) -> Unmounted {
        if !self.ended.wait_for(patience) {
            return Unmounted::Lazily;
        }
        if let Err(error) = session.join() {
            tracing::warn!(%error, "the FUSE session ended with an error");
        }
        Unmounted::Cleanly
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = self.take_away(Duration::ZERO) {
            tracing::error!(%error, "the mount was left behind");
        }
    }
}

impl Place {
    /// Whether the uppermost mount at the path is the one made here. Without `/proc` that is taken for granted.
    fn is_ours(&self) -> bool {
        self.mount.is_none() || mountinfo::top_at(&self.path) == self.mount
    }

    fn failed(&self, error: io::Error) -> MountError {
        MountError::Unmount(self.path.clone(), error)
    }

    fn detach(&self, lazy: bool) -> io::Result<()> {
        mounting::detach(&self.path, lazy)
    }

    /// The kernel offers little read-ahead in the conversation, but root may set more for the mounted device. Where that
    /// cannot be had, reads are smaller, nothing else.
    fn raise_read_ahead(&self, kib: u32) {
        let Some(mount) = &self.mount else { return };
        let knob = format!("/sys/class/bdi/{}/read_ahead_kb", mount.device);
        if let Err(error) = std::fs::write(&knob, kib.to_string()) {
            tracing::debug!(%error, knob, "the read-ahead of the mount stays as it is");
        }
    }
}
