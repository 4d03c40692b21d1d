//! How many requests of each kind the kernel made. What it remembers costs none, so these numbers tell whether it does.

use musefs_contracts::meter::{Counter, Meter};
use musefs_contracts::metric;

/// Requests so far.
pub(crate) struct Requests {
    pub(crate) lookups: Counter,
    pub(crate) getattrs: Counter,
    pub(crate) opens: Counter,
    pub(crate) reads: Counter,
    pub(crate) opendirs: Counter,
    pub(crate) readdirs: Counter,
}

impl Requests {
    pub(crate) fn new(meter: &dyn Meter) -> Self {
        Self {
            lookups: meter.counter(&metric::REQUESTS_LOOKUP_TOTAL),
            getattrs: meter.counter(&metric::REQUESTS_GETATTR_TOTAL),
            opens: meter.counter(&metric::REQUESTS_OPEN_TOTAL),
            reads: meter.counter(&metric::REQUESTS_READ_TOTAL),
            opendirs: meter.counter(&metric::REQUESTS_OPENDIR_TOTAL),
            readdirs: meter.counter(&metric::REQUESTS_READDIR_TOTAL),
        }
    }
}
