//! Answering the requests that may have to wait for storage: look-ups, attributes, opens and listings.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::Duration;

use fuser::{
    Errno, FileHandle, FopenFlags, Generation, INodeNo, ReplyAttr, ReplyDirectory, ReplyDirectoryPlus, ReplyEntry,
    ReplyOpen,
};
use musefs_contracts::filesystem::{FileSystem, Opened};
use musefs_contracts::ids::Ino;
use musefs_contracts::limits::MAX_NAME_BYTES;

use crate::convert::{attributes, errno, kind};
use crate::flights::Flights;
use crate::open_table::{Entered, OpenTable};
use crate::passthrough::{Passthrough, Registration, identity};

/// Inode numbers are never given to something else, so there is one generation.
const GENERATION: Generation = Generation(0);

/// The file system, and what the kernel was told of it.
pub(crate) struct Core {
    pub(crate) fs: Arc<dyn FileSystem>,
    pub(crate) flights: Arc<Flights>,
    pub(crate) opens: OpenTable<Registration>,
    pub(crate) passthrough: Arc<Passthrough>,
    pub(crate) keep_cache: bool,
}

impl Core {
    pub(crate) fn lookup(&self, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let _flight = self.flights.begin();
        if name.len() > MAX_NAME_BYTES {
            return reply.error(Errno::ENAMETOOLONG);
        }
        // An NFS server asks for "." of any inode, a file included, to find it by its number.
        let parent = Ino(parent.0);
        let found = if name == "." { self.fs.attributes(parent) } else { self.fs.lookup(parent, name) };
        match found {
            // A name that is not there is not remembered as missing: nothing would tell the kernel of its coming.
            Err(error) => reply.error(errno(error)),
            Ok(found) => reply.entry(&self.lifetime(found.ino), &attributes(&found), GENERATION),
        }
    }

    /// How long the kernel may remember what it is told of an inode.
    fn lifetime(&self, ino: Ino) -> Duration {
        if self.fs.is_fleeting(ino) { Duration::ZERO } else { self.fs.lifetime() }
    }

    pub(crate) fn attributes(&self, ino: INodeNo, reply: ReplyAttr) {
        let _flight = self.flights.begin();
        match self.fs.attributes(Ino(ino.0)) {
            Err(error) => reply.error(errno(error)),
            Ok(found) => reply.attr(&self.lifetime(found.ino), &attributes(&found)),
        }
    }

    pub(crate) fn open(&self, ino: INodeNo, reply: ReplyOpen) {
        match self.fs.open(Ino(ino.0)) {
            Err(error) => reply.error(errno(error)),
            Ok(opened) => self.answer_open(ino, opened, reply),
        }
    }

    fn answer_open(&self, ino: INodeNo, opened: Opened, reply: ReplyOpen) {
        let handle = FileHandle(opened.handle);
        let file = opened.passthrough.as_ref().filter(|_| !opened.direct).and_then(|source| source.file());
        let entered = self.opens.enter(ino.0, file.and_then(identity), || {
            let registered = self.passthrough.register(&reply, file?);
            if registered.is_none() {
                self.fs.passthrough_is_off();
            }
            registered
        });
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
                } else if self.keep_cache && !self.fs.is_fleeting(Ino(ino.0)) {
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

    pub(crate) fn release(&self, ino: INodeNo, handle: FileHandle) {
        self.opens.leave(ino.0);
        self.fs.release(handle.0);
    }

    pub(crate) fn open_directory(&self, ino: INodeNo, reply: ReplyOpen) {
        let _flight = self.flights.begin();
        match self.fs.open_directory(Ino(ino.0)) {
            Err(error) => reply.error(errno(error)),
            Ok(handle) => {
                reply.opened(FileHandle(handle), FopenFlags::FOPEN_CACHE_DIR | FopenFlags::FOPEN_KEEP_CACHE);
            }
        }
    }

    pub(crate) fn list(&self, handle: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let _flight = self.flights.begin();
        let listed = self.fs.read_directory(handle.0, offset, false, &mut |entry| {
            let at = &entry.attributes;
            !reply.add(INodeNo(at.ino.0), entry.cursor, kind(at.kind), OsStr::from_bytes(entry.name))
        });
        match listed {
            Err(error) => reply.error(errno(error)),
            Ok(()) => reply.ok(),
        }
    }

    pub(crate) fn list_with_attributes(&self, handle: FileHandle, offset: u64, mut reply: ReplyDirectoryPlus) {
        let _flight = self.flights.begin();
        let listed = self.fs.read_directory(handle.0, offset, true, &mut |entry| {
            let at = &entry.attributes;
            // An entry without links is out of date, or its attributes could not be had: it is listed, not remembered.
            let lifetime = if at.links == 0 { Duration::ZERO } else { self.lifetime(at.ino) };
            let (ino, name) = (INodeNo(at.ino.0), OsStr::from_bytes(entry.name));
            !reply.add(ino, entry.cursor, name, &lifetime, &attributes(at), GENERATION)
        });
        match listed {
            Err(error) => reply.error(errno(error)),
            Ok(()) => reply.ok(),
        }
    }
}
