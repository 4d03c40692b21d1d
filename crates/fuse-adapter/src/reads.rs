//! Reads: answered by the thread that received them if the bytes are at hand, otherwise by the executor, or not at all above a
//! limit.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fuser::{Errno, ReplyData};
use musefs_contracts::executor::{Class, Executor};
use musefs_contracts::filesystem::{FileSystem, FsError, FsResult};
use musefs_contracts::meter::{Counter, Meter};
use musefs_contracts::metric::{READ_ERRORS_TOTAL, READS_INFLIGHT, READS_INFLIGHT_MAX};

use crate::convert::errno;

/// A buffer that has grown beyond this is not kept for the next read.
const MAX_KEPT: usize = 2 << 20;

/// The reads of a session.
pub(crate) struct Reads {
    fs: Arc<dyn FileSystem>,
    executor: Arc<dyn Executor>,
    load: Arc<Load>,
}

/// How much is under way, and what went wrong.
struct Load {
    inflight: AtomicUsize,
    max: usize,
    errors: Counter,
}

impl Reads {
    pub(crate) fn new(fs: Arc<dyn FileSystem>, executor: Arc<dyn Executor>, meter: &dyn Meter, max: usize) -> Self {
        let max = max.max(1);
        let load = Arc::new(Load { inflight: AtomicUsize::new(0), max, errors: meter.counter(&READ_ERRORS_TOTAL) });
        let shown = Arc::clone(&load);
        meter.observe(&READS_INFLIGHT, Box::new(move || shown.inflight.load(Ordering::Relaxed) as f64));
        meter.gauge(&READS_INFLIGHT_MAX).set(max as u64);
        Self { fs, executor, load }
    }

    /// Answers a read, now or later.
    pub(crate) fn read(&self, handle: u64, offset: u64, len: usize, reply: ReplyData) {
        let (ticket, may_queue) = self.load.enter();
        let mut read = Read { handle, offset, len, begun: true, answer: Some((reply, ticket)) };
        let mut buffer = Buffer::take();
        match self.fs.read_nowait(handle, offset, len, &mut buffer) {
            // Bytes at hand are answered whatever the load, the numbers about it among them.
            Err(FsError::Again) if !may_queue => read.fail(Errno::EAGAIN),
            Err(FsError::Again) => {
                drop(buffer);
                read.begun = false;
                let fs = Arc::clone(&self.fs);
                // A refused job comes back unrun; dropped, it answers EAGAIN.
                drop(self.executor.submit(Class::Bulk, Box::new(move || read.run(&*fs))));
            }
            result => read.finish(result, &buffer),
        }
    }
}

impl Load {
    /// Counts a read in; whether it may wait for storage, too.
    fn enter(self: &Arc<Self>) -> (Ticket, bool) {
        let may_queue = self.inflight.fetch_add(1, Ordering::Relaxed) < self.max;
        (Ticket(Arc::clone(self)), may_queue)
    }
}

/// One read under way.
struct Ticket(Arc<Load>);

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.inflight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A read that owes an answer. Dropped without one, because its handler panicked or its job was refused, it answers EIO
/// or EAGAIN.
struct Read {
    handle: u64,
    offset: u64,
    len: usize,
    begun: bool,
    answer: Option<(ReplyData, Ticket)>,
}

impl Read {
    fn run(mut self, fs: &dyn FileSystem) {
        self.begun = true;
        let mut buffer = Buffer::take();
        let result = fs.read(self.handle, self.offset, self.len, &mut buffer);
        self.finish(result, &buffer);
    }

    fn finish(mut self, result: FsResult<()>, bytes: &[u8]) {
        match result {
            Ok(()) => self.answer(|reply| reply.data(bytes)),
            Err(error) => self.fail(errno(error)),
        }
    }

    fn fail(&mut self, errno: Errno) {
        if let Some((_, ticket)) = &self.answer {
            ticket.0.errors.increment();
        }
        self.answer(|reply| reply.error(errno));
    }

    /// The numbers are right before the reader goes on.
    fn answer(&mut self, send: impl FnOnce(ReplyData)) {
        if let Some((reply, ticket)) = self.answer.take() {
            drop(ticket);
            send(reply);
        }
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        if self.answer.is_some() {
            self.fail(if self.begun { Errno::EIO } else { Errno::EAGAIN });
        }
    }
}

thread_local! {
    static KEPT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// This thread's buffer, given back when dropped, so that a read allocates nothing.
struct Buffer(Vec<u8>);

impl Buffer {
    fn take() -> Self {
        Self(KEPT.take())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // Not emptied: a reader that fills the buffer whole need not zero what it overwrites.
        if self.0.capacity() <= MAX_KEPT {
            KEPT.set(std::mem::take(&mut self.0));
        }
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}
