//! The file system's state, and how it comes up.

use crate::advance::Observed;
use crate::complaints::Complaints;
use crate::document::ShownDocument;
use crate::handle::{DirectoryHandle, Handle, HandleTable};
use crate::load::load;
use crate::made::{Asked, Playlists};
use crate::metrics::Metrics;
use crate::opens::Opens;
use crate::options::{Mode, VfsOptions, VfsParts};
use crate::pending::Pending;
use crate::placing::stored_fields;
use crate::plain_files::PlainFiles;
use crate::refresh::RefreshState;
use crate::sizes::SizeState;
use crate::sync::{ArcSwap, AtomicBool, Mutex, RwLock, Signal, write};
use crate::track_table::Entry;
use crate::view::{View, generation};
use crate::work_ahead::Backlog;
use hashbrown::HashMap;
use musefs_contracts::cache::ContentKey;
use musefs_contracts::catalog::CatalogError;
use musefs_contracts::change::{ChangeListener, NoListener};
use musefs_contracts::ids::{FileId, Ino};
use musefs_contracts::metric;
use musefs_contracts::notifier::{KernelNotifier, NoNotifier};
use std::sync::Arc;

/// The file system.
pub struct Vfs {
    pub(crate) parts: VfsParts,
    pub(crate) options: VfsOptions,
    /// The fields the store streams for the template.
    pub(crate) fields: Vec<String>,
    pub(crate) view: ArcSwap<View>,
    /// Held by whoever makes the next view from the last one.
    pub(crate) swap: Mutex<()>,
    /// Held by the one refresh that runs.
    pub(crate) refreshing: Mutex<RefreshState>,
    pub(crate) opens: Mutex<Opens>,
    /// What edited tracks are handed to the kernel as.
    pub(crate) plain_files: PlainFiles,
    /// Cleared once it is known that the kernel takes no files.
    pub(crate) kernel_reads: AtomicBool,
    pub(crate) handles: HandleTable<Handle>,
    pub(crate) directories: HandleTable<DirectoryHandle>,
    /// What the kernel has not been told yet.
    pub(crate) pending: Mutex<Pending>,
    /// Wakes the refresher.
    pub(crate) signal: Signal,
    /// Files whose backing file is not the one that the store knows.
    pub(crate) observed: Mutex<HashMap<FileId, Observed>>,
    pub(crate) size_state: Mutex<SizeState>,
    /// Tracks whose size nobody has worked out yet.
    pub(crate) backlog: Mutex<Backlog>,
    /// What was found out of directories.
    pub(crate) asked: Mutex<Asked>,
    /// Playlists that were written.
    pub(crate) playlists: Mutex<Playlists>,
    /// When the listings of directories changed; those not named here have not changed since the mount came up.
    pub(crate) directory_times: RwLock<HashMap<Ino, i64>>,
    pub(crate) mounted_ns: i64,
    pub(crate) notifier: RwLock<Arc<dyn KernelNotifier>>,
    pub(crate) listener: RwLock<Arc<dyn ChangeListener>>,
    pub(crate) complaints: Complaints,
    pub(crate) metrics: Metrics,
    /// The document that the kernel knows.
    pub(crate) shown_document: Mutex<ShownDocument>,
}

impl Vfs {
    /// Reads the store and builds the tree.
    pub fn new(parts: VfsParts, options: VfsOptions) -> Result<Arc<Self>, CatalogError> {
        let fields = stored_fields(&*parts.template);
        let metrics = Metrics::new(&*parts.meter, options.dir_handles_max);
        let loaded = load(&parts, &fields, &|_, recorded| recorded.stamp)?;
        let view = View { store: loaded.store, tree: loaded.tree, tracks: loaded.tracks };
        let catalog = Arc::clone(&parts.catalog);
        parts.meter.observe(&metric::SQLITE_MEMORY_BYTES, Box::new(move || catalog.memory_bytes() as f64));
        let vfs = Self {
            fields,
            view: ArcSwap::from_pointee(view),
            swap: Mutex::default(),
            refreshing: Mutex::new(RefreshState::new(loaded.store, loaded.revision, loaded.sidecars)),
            opens: Mutex::default(),
            plain_files: PlainFiles::default(),
            kernel_reads: AtomicBool::new(options.passthrough),
            handles: HandleTable::default(),
            directories: HandleTable::default(),
            pending: Mutex::default(),
            signal: Signal::default(),
            observed: Mutex::default(),
            size_state: Mutex::new(SizeState::new(parts.clock.now_ns())),
            backlog: Mutex::default(),
            asked: Mutex::default(),
            playlists: Mutex::default(),
            directory_times: RwLock::default(),
            mounted_ns: parts.clock.now_ns(),
            notifier: RwLock::new(Arc::new(NoNotifier)),
            listener: RwLock::new(Arc::new(NoListener)),
            complaints: Complaints::default(),
            metrics,
            shown_document: Mutex::default(),
            parts,
            options,
        };
        vfs.recall_sizes();
        vfs.count_nodes();
        Ok(Arc::new(vfs))
    }

    /// Names who tells the kernel what to forget. Until then nobody is told.
    pub fn set_notifier(&self, notifier: Arc<dyn KernelNotifier>) {
        *write(&self.notifier) = notifier;
    }

    /// Names who hears of changes. Until then nobody does.
    pub fn set_listener(&self, listener: Arc<dyn ChangeListener>) {
        *write(&self.listener) = listener;
    }

    /// Tells contents of a file apart.
    pub(crate) fn generation(&self, view: &View, entry: &Entry) -> ContentKey {
        generation(view.store, self.options.mode, entry)
    }

    pub(crate) fn is_structure_only(&self) -> bool {
        self.options.mode == Mode::StructureOnly
    }

    /// Brings the gauges of the tree up to date.
    pub(crate) fn count_nodes(&self) {
        let view = self.view.load();
        self.metrics.tree_nodes.set(view.tree.nodes());
        self.metrics.inode_paths.set(view.tree.remembered_paths());
    }
}
