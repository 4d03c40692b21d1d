//! Requests to calls, answers to replies.
//!
//! Each handler runs under [`guarded`]: a reply that is dropped unsent, as a panic does, answers EIO by itself.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fuser::{
    AccessFlags, BsdFileFlags, Errno, FileHandle, Filesystem, FopenFlags, Generation, INodeNo, InitFlags, IoctlFlags,
    KernelConfig, LockOwner, OpenAccMode, OpenFlags, PollEvents, PollFlags, PollNotifier, RenameFlags, ReplyAttr,
    ReplyCreate, ReplyData, ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLseek,
    ReplyOpen, ReplyPoll, ReplyStatfs, ReplyWrite, ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use musefs_contracts::filesystem::{FileSystem, FsResult, Opened};
use musefs_contracts::ids::Ino;
use musefs_contracts::limits::MAX_NAME_BYTES;

use crate::MountOptions;
use crate::convert::{attributes, errno, kind};
use crate::flights::Flights;
use crate::open_table::{Entered, OpenTable};
use crate::passthrough::{Passthrough, Registration, identity};
use crate::reads::Reads;
use crate::session::Ended;

/// Largest request: what the kernel's page limit allows as a rule.
const MAX_REQUEST: u32 = 1 << 20;
/// Inode numbers are never given to something else, so there is one generation.
const GENERATION: Generation = Generation(0);

/// The file system as `fuser` calls it.
pub(crate) struct Adapter {
    pub(crate) fs: Arc<dyn FileSystem>,
    pub(crate) reads: Reads,
    pub(crate) flights: Arc<Flights>,
    pub(crate) opens: OpenTable<Registration>,
    pub(crate) passthrough: Arc<Passthrough>,
    pub(crate) may_pass_through: bool,
    pub(crate) options: MountOptions,
    pub(crate) ended: Arc<Ended>,
}

/// Runs a handler. A panic ends the request, not the session.
fn guarded(request: &'static str, handle: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(handle)).is_err() {
        tracing::error!(request, "a request's handler panicked; it was answered EIO");
    }
}

impl Adapter {
    fn answer_open(&self, ino: INodeNo, opened: Opened, reply: ReplyOpen) {
        let handle = FileHandle(opened.handle);
        let file = opened.passthrough.as_ref().filter(|_| !opened.direct).and_then(|source| source.file());
        let entered = self.opens.enter(ino.0, file.and_then(identity), || self.passthrough.register(&reply, file?));
        match entered {
            Entered::Passthrough(registration) => {
                // Told before the reply: after it the handle may be released at any moment.
                self.fs.passed_through(opened.handle);
                reply.opened_passthrough(handle, FopenFlags::FOPEN_NOFLUSH, &registration.id);
            }
            Entered::Cached => {
                let mut flags = FopenFlags::FOPEN_NOFLUSH;
                if opened.direct {
                    flags |= FopenFlags::FOPEN_DIRECT_IO;
                } else if self.options.keep_cache {
                    flags |= FopenFlags::FOPEN_KEEP_CACHE;
                }
                reply.opened(handle, flags);
            }
            Entered::Conflict => {
                // The inode changed its contents while its former ones are open by passthrough, and this open came between
                // that and the inode's new number: ESTALE makes the kernel look the name up again.
                self.fs.release(opened.handle);
                reply.error(Errno::ESTALE);
            }
        }
    }

    fn look_up(&self, parent: INodeNo, name: &OsStr) -> FsResult<musefs_contracts::filesystem::Attributes> {
        // An NFS server asks for "." of any inode, a file included, to find it by its number.
        if name == "." { self.fs.attributes(Ino(parent.0)) } else { self.fs.lookup(Ino(parent.0), name) }
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
            return;
        }
        let granted = self.may_pass_through
            && self.options.passthrough
            && config.set_max_stack_depth(1).is_ok()
            && config.add_capabilities(InitFlags::FUSE_PASSTHROUGH).is_ok();
        self.passthrough.offered(granted);
    }
}

impl Filesystem for Adapter {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        let mut wanted = vec![InitFlags::FUSE_PARALLEL_DIROPS, InitFlags::FUSE_EXPORT_SUPPORT];
        // A listing with attributes spares the requests for them, unless they may not be remembered.
        if !self.fs.lifetime().is_zero() {
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
        guarded("lookup", || {
            let _flight = self.flights.begin();
            if name.len() > MAX_NAME_BYTES {
                return reply.error(Errno::ENAMETOOLONG);
            }
            match self.look_up(parent, name) {
                // A name that is not there is not remembered as missing: nothing would tell the kernel of its coming.
                Err(error) => reply.error(errno(error)),
                Ok(found) => reply.entry(&self.fs.lifetime(), &attributes(&found), GENERATION),
            }
        });
    }

    fn forget(&self, _: &Request, _: INodeNo, _: u64) {}

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        guarded("getattr", || {
            let _flight = self.flights.begin();
            match self.fs.attributes(Ino(ino.0)) {
                Err(error) => reply.error(errno(error)),
                Ok(found) => reply.attr(&self.fs.lifetime(), &attributes(&found)),
            }
        });
    }

    fn open(&self, _: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        guarded("open", || {
            if flags.acc_mode() != OpenAccMode::O_RDONLY {
                return reply.error(Errno::EROFS);
            }
            match self.fs.open(Ino(ino.0)) {
                Err(error) => reply.error(errno(error)),
                Ok(opened) => self.answer_open(ino, opened, reply),
            }
        });
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
        guarded("release", || {
            self.opens.leave(ino.0);
            self.fs.release(handle.0);
            reply.ok();
        });
    }

    fn opendir(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        guarded("opendir", || {
            let _flight = self.flights.begin();
            match self.fs.open_directory(Ino(ino.0)) {
                Err(error) => reply.error(errno(error)),
                Ok(handle) => {
                    reply.opened(FileHandle(handle), FopenFlags::FOPEN_CACHE_DIR | FopenFlags::FOPEN_KEEP_CACHE);
                }
            }
        });
    }

    fn readdir(&self, _: &Request, _: INodeNo, handle: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        guarded("readdir", || {
            let _flight = self.flights.begin();
            let listed = self.fs.read_directory(handle.0, offset, false, &mut |entry| {
                let at = &entry.attributes;
                !reply.add(INodeNo(at.ino.0), entry.cursor, kind(at.kind), name_of(entry.name))
            });
            match listed {
                Err(error) => reply.error(errno(error)),
                Ok(()) => reply.ok(),
            }
        });
    }

    fn readdirplus(&self, _: &Request, _: INodeNo, handle: FileHandle, offset: u64, mut reply: ReplyDirectoryPlus) {
        guarded("readdirplus", || {
            let _flight = self.flights.begin();
            let lifetime = self.fs.lifetime();
            let listed = self.fs.read_directory(handle.0, offset, true, &mut |entry| {
                let at = &entry.attributes;
                // An entry without links is out of date, or its attributes could not be had: it is listed, not remembered.
                let lifetime = if at.links == 0 { Duration::ZERO } else { lifetime };
                let (ino, name) = (INodeNo(at.ino.0), name_of(entry.name));
                !reply.add(ino, entry.cursor, name, &lifetime, &attributes(at), GENERATION)
            });
            match listed {
                Err(error) => reply.error(errno(error)),
                Ok(()) => reply.ok(),
            }
        });
    }

    fn releasedir(&self, _: &Request, _: INodeNo, handle: FileHandle, _: OpenFlags, reply: ReplyEmpty) {
        guarded("releasedir", || {
            self.fs.release_directory(handle.0);
            reply.ok();
        });
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        guarded("statfs", || {
            // No blocks: what the files fill is accounted for where they lie.
            reply.statfs(0, 0, 0, self.fs.file_count(), 0, 4096, MAX_NAME_BYTES as u32, 4096);
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

fn name_of(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}
