//! Putting a file system together and keeping it mounted.

use crate::cli::{self, Mode, ServeArgs, ViewArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::say;
use crate::wiring::{formats, scan_backing};
use musefs_backing::{FileBacking, Purpose};
use musefs_cache::{BudgetedLayoutCache, CompactSizeCache};
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::clock::SystemClock;
use musefs_contracts::meter::Meter;
use musefs_contracts::sidecars::SidecarRules;
use musefs_contracts::splicer::{NoSplicer, Splicer};
use musefs_contracts::template::PathTemplate;
use musefs_fuse_adapter::{MountOptions, Mounted};
use musefs_hooks::Hooks;
use musefs_pool::WorkerPool;
use musefs_readahead::AdaptiveReadAhead;
use musefs_reflink::ReflinkSplicer;
use musefs_telemetry::Registry;
use musefs_template::{Names, Template, Views};
use musefs_tree::ArenaTree;
use musefs_vfs::{Refresher, Vfs, VfsOptions, VfsParts};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sd_notify::NotifyState;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Memory for layouts: the generated heads of some thousand edited files.
const LAYOUT_BYTES: usize = 16 << 20;
/// Reads that may be queued or running; more are answered EAGAIN.
const READS_INFLIGHT: usize = 1024;
/// Files that may be open. No more, as children inherit it, and there are programs that close each that they might have.
const OPEN_FILES: u64 = 65_536;
/// How long open files may hold up an unmount.
const GRACE: Duration = Duration::from_secs(3);
/// How often the signals' flag is looked at.
const SIGNAL_TICK: Duration = Duration::from_millis(100);

/// The template the user wants, or `default`; views beside it, or alone where only they are wanted.
pub(crate) fn template(view: &ViewArgs, default: &str) -> Result<Arc<dyn PathTemplate>, Failure> {
    let options = musefs_template::Options {
        default_fallback: view.default_fallback.clone(),
        fallbacks: view.fallback.clone(),
        skip_on_missing: view.skip_on_missing,
        names: names(view.names),
    };
    let text = view.template.as_deref().or_else(|| view.views.is_empty().then_some(default));
    let root = text.map(|text| Template::parse(text, options.clone())).transpose()?;
    match root {
        Some(root) if view.views.is_empty() => Ok(Arc::new(root)),
        root => Ok(Arc::new(Views::new(root, &view.views, &options)?)),
    }
}

fn names(names: cli::Names) -> Names {
    match names {
        cli::Names::Posix => Names::Posix,
        cli::Names::Windows => Names::Windows,
        cli::Names::Ascii => Names::Ascii,
    }
}

/// What edited tracks are made plain files with, for the kernel to read.
fn splicer(serve: &ServeArgs, meter: &dyn Meter) -> Result<Arc<dyn Splicer>, Failure> {
    if let Some(folder) = serve.splice_dir.as_ref().filter(|folder| !folder.is_dir()) {
        let remedy = "--splice-dir wants a folder in the music's own file system";
        return Err(Failure::new(format!("{} is not a folder; {remedy}", folder.display())));
    }
    // Made in any case, so that its numbers are reported.
    let splicer = ReflinkSplicer::new(serve.splice_dir.clone(), meter);
    Ok(if serve.reflink { Arc::new(splicer) } else { Arc::new(NoSplicer) })
}

/// What is done after the view changed.
fn hooks(serve: &ServeArgs, mountpoint: &Path, meter: &dyn Meter) -> Result<Hooks, Failure> {
    let options = musefs_hooks::Options {
        command: serve.on_change.clone(),
        url: serve.notify_url.clone(),
        delay: Duration::from_millis(serve.on_change_delay_ms),
        ..musefs_hooks::Options::new(mountpoint.to_owned())
    };
    Hooks::start(options, meter)
        .map_err(|error| Failure::new(format!("cannot start the hooks after a change: {error}")))
}

/// Raises the number of files that may be open, as far as the system allows: each file that somebody has open in the mount is
/// open here, too, and programs that share music keep thousands open. What is usual is kept low for programs that call
/// `select`, which this is not.
fn allow_many_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(OPEN_FILES, |allowed| allowed.min(OPEN_FILES));
    if limit.current.is_none_or(|present| present >= wanted) {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }) {
        tracing::debug!(%error, "the number of files that may be open stays as it is");
    }
}

/// A file system that is not mounted.
pub(crate) struct Prepared {
    pub(crate) vfs: Arc<Vfs>,
    registry: Arc<Registry>,
    scan_backing: Arc<dyn Backing>,
    source: Option<PathBuf>,
}

impl Prepared {
    /// Reads the store and builds the tree, with those files beside the music that `sidecars` accepts.
    pub(crate) fn new(
        catalog: Arc<dyn Catalog>,
        template: Arc<dyn PathTemplate>,
        view: &ViewArgs,
        serve: &ServeArgs,
        sidecars: Option<Arc<dyn SidecarRules>>,
    ) -> Result<Self, Failure> {
        let registry = Registry::new();
        let meter = registry.as_ref();
        let parts = VfsParts {
            catalog,
            formats: formats(),
            tree: Arc::new(ArenaTree::new(musefs_tree::Options {
                case_insensitive: view.case_insensitive || names(view.names).ignore_case(),
            })),
            template,
            layouts: Arc::new(BudgetedLayoutCache::new(LAYOUT_BYTES, meter)),
            sizes: Arc::new(CompactSizeCache::new(meter)),
            read_ahead: Arc::new(AdaptiveReadAhead::new(serve.read_ahead_budget_mib << 20, meter)),
            splicer: splicer(serve, meter)?,
            sidecars,
            backing: Arc::new(FileBacking::new(Purpose::Serve, meter)),
            clock: Arc::new(SystemClock),
            meter: registry.clone(),
            document: serve.expose_metrics.then(|| registry.document()),
        };
        let options = VfsOptions {
            mode: match view.mode {
                Mode::Synthesis => musefs_vfs::Mode::Synthesis,
                Mode::StructureOnly => musefs_vfs::Mode::StructureOnly,
            },
            uid: view.owner.unwrap_or_else(|| rustix::process::getuid().as_raw()),
            gid: view.group.unwrap_or_else(|| rustix::process::getgid().as_raw()),
            file_mode: view.file_mode,
            dir_mode: view.dir_mode,
            lifetime: Duration::from_millis(serve.attr_ttl_ms),
            passthrough: true,
            covers: serve.made.covers.unwrap_or(false),
            playlists: serve.made.playlists,
            ..VfsOptions::default()
        };
        let scan_backing = scan_backing(meter);
        Ok(Self { vfs: Vfs::new(parts, options)?, registry, scan_backing, source: None })
    }

    /// Names what stands as the source in the table of mounts.
    pub(crate) fn with_source(mut self, source: Option<PathBuf>) -> Self {
        self.source = source;
        self
    }

    /// Mounts it and keeps it fresh.
    pub(crate) fn mount(self, mountpoint: &Path, serve: &ServeArgs) -> Result<Serving, Failure> {
        #[cfg(feature = "http")]
        let http = match serve.metrics_listen {
            Some(address) => {
                let remedy = "choose another address with --metrics-listen";
                let failed = |error| Failure::new(format!("{error}; {remedy}"));
                Some(musefs_telemetry::http::serve(address, self.registry.clone()).map_err(failed)?)
            }
            None => None,
        };
        allow_many_open_files();
        let processors = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        let workers = serve.workers.map_or((processors * 2).clamp(4, 16), usize::from);
        let pool = Arc::new(WorkerPool::new(workers, READS_INFLIGHT, self.registry.as_ref()));
        let defaults = MountOptions::default();
        let options = MountOptions {
            allow_other: serve.allow_other,
            max_background: serve.max_background.unwrap_or(defaults.max_background),
            max_readahead_kib: serve.max_readahead_kib,
            reads_inflight_max: READS_INFLIGHT,
            keep_cache: serve.keep_cache,
            source: self.source,
            ..defaults
        };
        let mounted = musefs_fuse_adapter::mount(self.vfs.clone(), pool, self.registry.as_ref(), mountpoint, &options)?;
        self.vfs.set_notifier(mounted.notifier());
        let hooks = hooks(serve, mounted.path(), self.registry.as_ref())?;
        self.vfs.set_listener(hooks.listener());
        let interval = Duration::from_millis(serve.poll_interval_ms);
        let refresher = Refresher::spawn(self.vfs, interval);
        Ok(Serving {
            refresher,
            hooks,
            mounted,
            scan_backing: self.scan_backing,
            #[cfg(feature = "http")]
            http,
        })
    }
}

/// A mount that is up.
pub(crate) struct Serving {
    refresher: Refresher,
    hooks: Hooks,
    mounted: Mounted,
    /// Opens files for scanning, counted with this mount's numbers.
    pub(crate) scan_backing: Arc<dyn Backing>,
    #[cfg(feature = "http")]
    http: Option<musefs_telemetry::http::HttpServer>,
}

impl Serving {
    /// Tells that it is up: whoever started it, and a service manager that waits for it.
    pub(crate) fn announce(&self, quiet: bool) {
        tell_manager(NotifyState::Ready);
        if quiet {
            return;
        }
        #[cfg(feature = "http")]
        if let Some(http) = &self.http {
            say(format!("metrics at http://{}/metrics", http.address()));
        }
        say(format!("mounted on {}; Ctrl-C unmounts", self.mounted.path().display()));
    }

    /// Serves until someone unmounts it or `interrupted` is set, then takes it away.
    pub(crate) fn until(self, interrupted: &AtomicBool) -> CommandResult {
        while !interrupted.load(Ordering::Relaxed) {
            if self.mounted.wait_for(SIGNAL_TICK) {
                return Ok(Ending::Done);
            }
        }
        tell_manager(NotifyState::Stopping);
        // What is told to a kernel that is being unmounted is of no use.
        drop(self.refresher);
        // A command that still reads the mount would keep it busy.
        drop(self.hooks);
        self.mounted.unmount(GRACE)?;
        Ok(Ending::Done)
    }
}

/// Tells systemd, if it is who started this and wants to know.
fn tell_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("the service manager cannot be told: {error}");
    }
}
