//! Requests to calls, answers to replies.
//!
//! Each handler runs under [`guarded`]: a reply that is dropped unsent, as a panic does, answers EIO by itself.

use std::ffi::OsStr;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use fuser::{
    AccessFlags, BsdFileFlags, Errno, FileHandle, Filesystem, INodeNo, InitFlags, IoctlFlags, KernelConfig, LockOwner,
    OpenAccMode, OpenFlags, PollEvents, PollFlags, PollNotifier, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLseek, ReplyOpen, ReplyPoll,
    ReplyStatfs, ReplyWrite, ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use musefs_contracts::executor::{Class, Executor};
use musefs_contracts::limits::MAX_NAME_BYTES;

use crate::core::Core;
use crate::reads::Reads;
use crate::requests::Requests;
use crate::session::Ended;
use crate::{MountOptions, checks};

/// Largest request: what the kernel's page limit allows as a rule.
const MAX_REQUEST: u32 = 1 << 20;
/// The file system as `fuser` calls it.
pub(crate) struct Adapter {
    core: Arc<Core>,
    reads: Reads,
    requests: Requests,
    executor: Arc<dyn Executor>,
    /// Receiving threads that may be waiting for storage, and how many of them may.
    busy: AtomicUsize,
    inline_max: usize,
    may_pass_through: bool,
    options: MountOptions,
    ended: Arc<Ended>,
}

/// One receiving thread that may be waiting, until dropped.
struct Busy<'a> {
    count: &'a AtomicUsize,
    others: usize,
}

impl<'a> Busy<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        Self { count, others: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs a handler. A panic ends the request, not the session.
fn guarded(request: &'static str, handle: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(handle)).is_err() {
        tracing::error!(request, "a request's handler panicked; it was answered EIO");
    }
}

impl Adapter {
    pub(crate) fn new(
        core: Arc<Core>,
        reads: Reads,
        requests: Requests,
        executor: Arc<dyn Executor>,
        options: &MountOptions,
        ended: Arc<Ended>,
    ) -> Self {
        Self {
            core,
            reads,
            requests,
            executor,
            busy: AtomicUsize::new(0),
            // A single thread has no other that receives meanwhile, but sending each request to the executor would cost
            // every request what few need.
            inline_max: options.threads.saturating_sub(1).max(1),
            may_pass_through: checks::may_mount(),
            options: options.clone(),
            ended,
        }
    }

    /// Answers a request that may wait for storage: on this thread as long as another is left to receive, otherwise on the
    /// executor, so that requests whose answers are at hand never wait behind it.
    fn answer(&self, request: &'static str, handle: impl FnOnce(&Core) + Send + 'static) {
        let busy = Busy::one_more(&self.busy);
        if busy.others < self.inline_max {
            return guarded(request, || handle(&self.core));
        }
        drop(busy);
        let core = Arc::clone(&self.core);
        let job = Box::new(move || guarded(request, || handle(&core)));
        // Metadata is never refused; if it were, the dropped reply would answer EIO.
        drop(self.executor.submit(Class::Metadata, job));
    }

    fn set_read_ahead(&self, config: &mut KernelConfig) {
        let wanted = self.options.max_readahead_kib.saturating_mul(1024).max(4096);
        if let Err(offered) = config.set_max_readahead(wanted) {
            // What lies above the kernel's offer is set once mounted, where root may.
            let _ = config.set_max_readahead(offered);
        }
    }

    fn ask_for_passthrough(&self, config: &mut KernelConfig) {
        if !config.capabilities().contains(InitFlags::FUSE_PASSTHROUGH) {
            return self.core.fs.passthrough_is_off();
        }
        let granted = self.may_pass_through
            && self.options.passthrough
            && config.set_max_stack_depth(1).is_ok()
            && config.add_capabilities(InitFlags::FUSE_PASSTHROUGH).is_ok();
        self.core.passthrough.offered(granted);
        if !granted {
            self.core.fs.passthrough_is_off();
        }
    }
}

impl Filesystem for Adapter {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        let mut wanted = vec![InitFlags::FUSE_PARALLEL_DIROPS, InitFlags::FUSE_EXPORT_SUPPORT];
        // A listing with attributes spares the requests for them, unless they may not be remembered.
        if !self.core.fs.lifetime().is_zero() {
            wanted.push(InitFlags::FUSE_DO_READDIRPLUS);
        }
        for capability in wanted {
            if config.add_capabilities(capability).is_err() {
                tracing::debug!(?capability, "the kernel does not have it");
            }
        }
        let _ = config.set_max_write(MAX_REQUEST);
        let _ = config.set_max_background(self.options.max_background.max(1));
        self.set_read_ahead(config);
        self.ask_for_passthrough(config);
        Ok(())
    }

    fn destroy(&mut self) {
        self.ended.set();
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.requests.lookups.increment();
        let name = name.to_owned();
        self.answer("lookup", move |core| core.lookup(parent, &name, reply));
    }

    fn forget(&self, _: &Request, _: INodeNo, _: u64) {}

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        self.requests.getattrs.increment();
        self.answer("getattr", move |core| core.attributes(ino, reply));
    }

    fn open(&self, _: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        self.requests.opens.increment();
        if flags.acc_mode() != OpenAccMode::O_RDONLY {
            return reply.error(Errno::EROFS);
        }
        self.answer("open", move |core| core.open(ino, reply));
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.requests.reads.increment();
        guarded("read", || self.reads.read(handle.0, offset, size as usize, reply));
    }

    fn release(
        &self,
        _: &Request,
        ino: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        guarded("release", || self.core.release(ino, handle));
        reply.ok();
    }

    fn opendir(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.requests.opendirs.increment();
        self.answer("opendir", move |core| core.open_directory(ino, reply));
    }

    fn readdir(&self, _: &Request, _: INodeNo, handle: FileHandle, offset: u64, reply: ReplyDirectory) {
        self.requests.readdirs.increment();
        self.answer("readdir", move |core| core.list(handle, offset, reply));
    }

    fn readdirplus(&self, _: &Request, _: INodeNo, handle: FileHandle, offset: u64, reply: ReplyDirectoryPlus) {
        self.requests.readdirs.increment();
        self.answer("readdirplus", move |core| core.list_with_attributes(handle, offset, reply));
    }

    fn releasedir(&self, _: &Request, _: INodeNo, handle: FileHandle, _: OpenFlags, reply: ReplyEmpty) {
        guarded("releasedir", || self.core.fs.release_directory(handle.0));
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        guarded("statfs", || {
            // No blocks: what the files fill is accounted for where they lie.
            reply.statfs(0, 0, 0, self.core.fs.file_count(), 0, 4096, MAX_NAME_BYTES as u32, 4096);
        });
    }

    // There are no extended attributes. ENOSYS tells the kernel so for the whole mount: it answers EOPNOTSUPP by itself from
    // then on, as for any file system without them, and the programs that ask for access control lists and labels at each
    // file (`ls -l`, `cp -a`) cost no request.
    fn getxattr(&self, _: &Request, _: INodeNo, _: &OsStr, _: u32, reply: ReplyXattr) {
        reply.error(Errno::ENOSYS);
    }

    fn listxattr(&self, _: &Request, _: INodeNo, _: u32, reply: ReplyXattr) {
        reply.error(Errno::ENOSYS);
    }

    // To these ENOSYS means that the kernel's own answer will do, and that it need not ask again.
    fn access(&self, _: &Request, _: INodeNo, _: AccessFlags, reply: ReplyEmpty) {
        reply.error(Errno::ENOSYS);
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.error(Errno::ENOSYS);
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.error(Errno::ENOSYS);
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.error(Errno::ENOSYS);
    }

    fn lseek(&self, _: &Request, _: INodeNo, _: FileHandle, _: i64, _: i32, reply: ReplyLseek) {
        reply.error(Errno::ENOSYS);
    }

    fn poll(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: PollNotifier,
        _: PollEvents,
        _: PollFlags,
        reply: ReplyPoll,
    ) {
        reply.error(Errno::ENOSYS);
    }

    fn ioctl(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        _: u32,
        _: &[u8],
        _: u32,
        reply: ReplyIoctl,
    ) {
        reply.error(Errno::ENOTTY);
    }

    fn readlink(&self, _: &Request, _: INodeNo, reply: ReplyData) {
        reply.error(Errno::EINVAL);
    }

    // Nothing is written. A read-only mount has the kernel say so; a remount could ask us.
    fn setattr(
        &self,
        _: &Request,
        _: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        reply.error(Errno::EROFS);
    }

    fn mknod(&self, _: &Request, _: INodeNo, _: &OsStr, _: u32, _: u32, _: u32, reply: ReplyEntry) {
        reply.error(Errno::EROFS);
    }

    fn mkdir(&self, _: &Request, _: INodeNo, _: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        reply.error(Errno::EROFS);
    }

    fn unlink(&self, _: &Request, _: INodeNo, _: &OsStr, reply: ReplyEmpty) {
        reply.error(Errno::EROFS);
    }

    fn rmdir(&self, _: &Request, _: INodeNo, _: &OsStr, reply: ReplyEmpty) {
        reply.error(Errno::EROFS);
    }

    fn symlink(&self, _: &Request, _: INodeNo, _: &OsStr, _: &Path, reply: ReplyEntry) {
        reply.error(Errno::EROFS);
    }

    fn rename(&self, _: &Request, _: INodeNo, _: &OsStr, _: INodeNo, _: &OsStr, _: RenameFlags, reply: ReplyEmpty) {
        reply.error(Errno::EROFS);
    }

    fn link(&self, _: &Request, _: INodeNo, _: INodeNo, _: &OsStr, reply: ReplyEntry) {
        reply.error(Errno::EROFS);
    }

    fn create(&self, _: &Request, _: INodeNo, _: &OsStr, _: u32, _: u32, _: i32, reply: ReplyCreate) {
        reply.error(Errno::EROFS);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: u64,
        _: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        reply.error(Errno::EROFS);
    }

    fn fallocate(&self, _: &Request, _: INodeNo, _: FileHandle, _: u64, _: u64, _: i32, reply: ReplyEmpty) {
        reply.error(Errno::EROFS);
    }

    fn setxattr(&self, _: &Request, _: INodeNo, _: &OsStr, _: &[u8], _: i32, _: u32, reply: ReplyEmpty) {
        reply.error(Errno::EROFS);
    }

    fn removexattr(&self, _: &Request, _: INodeNo, _: &OsStr, reply: ReplyEmpty) {
        reply.error(Errno::EROFS);
    }
}
