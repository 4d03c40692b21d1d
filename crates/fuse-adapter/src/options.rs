//! How to mount.

use std::path::PathBuf;

/// How to mount. The default suits a local library.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, set by name")]
pub struct MountOptions {
    /// What stands as the source of the mount in `/proc/self/mountinfo`; its type is `fuse.` and this name. Letters, digits,
    /// `-` and `_`.
    pub fs_name: String,
    /// What stands as the source instead, such as the store's path. Where the mount is made by `fusermount3`, only a path
    /// that needs no escaping there.
    pub source: Option<PathBuf>,
    /// Users other than the one who mounts may enter. Permission bits are enforced by the kernel in either case.
    pub allow_other: bool,
    /// Threads that receive requests, at least 1. More than processors, because an open or a look-up may wait for storage.
    pub threads: usize,
    /// Requests the kernel keeps under way on its own account (read-ahead), at least 1.
    pub max_background: u16,
    /// How far the kernel reads ahead, in KiB. Above what it offers (128 as a rule) only root can set it.
    pub max_readahead_kib: u32,
    /// Reads queued or running at once, at least 1. Any above are answered EAGAIN.
    pub reads_inflight_max: usize,
    /// The kernel keeps the pages of a file from one open to the next. They are dropped by notification.
    pub keep_cache: bool,
    /// Files that may be read by the kernel itself are handed to it. Without CAP_SYS_ADMIN, or on a kernel before 6.9, all
    /// are read through the daemon whatever stands here.
    pub passthrough: bool,
    /// Mounted read-only, so that the kernel refuses writes without asking. If not, each is refused when it comes.
    pub read_only: bool,
}

impl Default for MountOptions {
    fn default() -> Self {
        Self {
            fs_name: "musefs".into(),
            source: None,
            allow_other: false,
            threads: 4,
            max_background: 64,
            max_readahead_kib: 1024,
            reads_inflight_max: 1024,
            keep_cache: true,
            passthrough: true,
            read_only: true,
        }
    }
}
