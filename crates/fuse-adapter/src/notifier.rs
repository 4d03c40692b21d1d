//! Telling the kernel what to forget.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use fuser::INodeNo;
use musefs_contracts::ids::Ino;
use musefs_contracts::notifier::KernelNotifier;

use crate::flights::Flights;

/// How long the kernel is given to take in the last answer from before a notification.
const TAKEN_IN: Duration = Duration::from_millis(150);
/// How long requests under way are waited for. One that hangs on storage for longer must not keep the others.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most notifications that wait to be sent once more; any above are sent once.
const MAX_ECHOES: usize = 1 << 16;

/// The notifier of a session.
///
/// Each notification is sent at once, and once more when the requests that were under way have been answered. Such a request
/// may have taken its answer from the state before, and a kernel that does not know the inode yet cannot apply the first
/// notification to it: it would remember the old attributes for as long as it may. The second one finds them.
pub(crate) struct Notifications {
    kernel: fuser::Notifier,
    echoes: Sender<Forget>,
    waiting: Arc<AtomicUsize>,
}

enum Forget {
    Name(Ino, Vec<u8>),
    Attributes(Ino),
    Contents(Ino),
}

impl Notifications {
    pub(crate) fn start(kernel: fuser::Notifier, flights: Arc<Flights>) -> std::io::Result<Arc<Self>> {
        let (echoes, received) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (again, left) = (kernel.clone(), Arc::clone(&waiting));
        // Ends by itself with the last handle on the notifier.
        std::thread::Builder::new()
            .name("musefs-forget".into())
            .spawn(move || echo(&received, &again, &flights, &left))?;
        Ok(Arc::new(Self { kernel, echoes, waiting }))
    }

    fn send(&self, forget: Forget) {
        tell(&self.kernel, &forget);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_ECHOES || self.echoes.send(forget).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl KernelNotifier for Notifications {
    fn forget_name(&self, parent: Ino, name: &[u8]) {
        self.send(Forget::Name(parent, name.to_vec()));
    }
    fn forget_attributes(&self, ino: Ino) {
        self.send(Forget::Attributes(ino));
    }
    fn forget_contents(&self, ino: Ino) {
        self.send(Forget::Contents(ino));
    }
}

fn echo(received: &Receiver<Forget>, kernel: &fuser::Notifier, flights: &Flights, waiting: &AtomicUsize) {
    while let Ok(first) = received.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(received.try_iter()).collect();
        flights.settle(PATIENCE);
        std::thread::sleep(TAKEN_IN);
        for forget in &batch {
            tell(kernel, forget);
        }
        waiting.fetch_sub(batch.len(), Ordering::Relaxed);
    }
}

/// An inode or name that the kernel does not hold is no error; a session that has ended is one, and only worth a word when
/// someone looks for it.
fn tell(kernel: &fuser::Notifier, forget: &Forget) {
    let told = match forget {
        Forget::Name(parent, name) => kernel.inval_entry(INodeNo(parent.0), OsStr::from_bytes(name)),
        // A negative offset leaves the pages alone; offset and length 0 drop all of them.
        Forget::Attributes(ino) => kernel.inval_inode(INodeNo(ino.0), -1, 0),
        Forget::Contents(ino) => kernel.inval_inode(INodeNo(ino.0), 0, 0),
    };
    if let Err(error) = told {
        tracing::debug!(%error, "a notification of the kernel failed");
    }
}
