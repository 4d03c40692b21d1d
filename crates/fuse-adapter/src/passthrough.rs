//! Handing backing files to the kernel.

use std::fs::File;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use fuser::{BackingId, ReplyOpen};
use musefs_contracts::meter::{Gauge, GaugeGuard, Meter};
use musefs_contracts::metric::{PASSTHROUGH_ACTIVE, PASSTHROUGH_DISABLED};

use crate::open_table::FileId;

/// Whether files are handed to the kernel, and how many are.
#[derive(Default)]
pub(crate) struct Passthrough {
    offered: AtomicBool,
    on: AtomicBool,
    gauges: OnceLock<Gauges>,
}

struct Gauges {
    disabled: Gauge,
    active: Gauge,
}

/// A backing file registered with the kernel; dropping it takes the registration back.
pub(crate) struct Registration {
    pub(crate) id: BackingId,
    _active: Option<GaugeGuard>,
}

impl Passthrough {
    /// The kernel offers it; `on` if it was asked for and granted.
    pub(crate) fn offered(&self, on: bool) {
        self.offered.store(true, Ordering::Relaxed);
        self.on.store(on, Ordering::Relaxed);
    }

    /// Reports the metrics, if the kernel has passthrough at all.
    pub(crate) fn report(&self, meter: &dyn Meter) {
        if self.offered.load(Ordering::Relaxed) {
            self.gauges.get_or_init(|| Gauges {
                disabled: meter.gauge(&PASSTHROUGH_DISABLED),
                active: meter.gauge(&PASSTHROUGH_ACTIVE),
            });
        }
    }

    /// Registers a file, or turns passthrough off for the rest of the session: what fails once (a backing file system that
    /// cannot, a missing capability) fails for each file, and would be tried at each open.
    pub(crate) fn register(&self, reply: &ReplyOpen, file: &File) -> Option<Registration> {
        if !self.on.load(Ordering::Relaxed) {
            return None;
        }
        match reply.open_backing(file) {
            Ok(id) => Some(Registration { id, _active: self.gauges.get().map(|gauges| gauges.active.hold()) }),
            Err(error) => {
                if self.on.swap(false, Ordering::Relaxed) {
                    tracing::warn!(%error, "the kernel takes no backing file: passthrough is off for this session");
                }
                if let Some(gauges) = self.gauges.get() {
                    gauges.disabled.set(1);
                }
                None
            }
        }
    }
}

/// Which file it is; `None` if it cannot be told, and then it is not handed over.
pub(crate) fn identity(file: &File) -> Option<FileId> {
    let stat = rustix::fs::fstat(file).ok()?;
    Some((stat.st_dev, stat.st_ino))
}
