//! The counters of calls made, or nothing at all without the feature `syscalls`.

#[cfg(feature = "syscalls")]
pub(crate) use counted::Counts;
#[cfg(not(feature = "syscalls"))]
pub(crate) use uncounted::Counts;

#[cfg(feature = "syscalls")]
mod counted {
    use crate::Purpose;
    use musefs_contracts::meter::{Counter, Meter};
    use musefs_contracts::metric;

    /// Handles on the counters of one purpose.
    #[derive(Clone, Debug)]
    pub(crate) enum Counts {
        Serve { opens: Counter, stats: Counter, preads: Counter, asked: Counter },
        Scan { opens: Counter, preads: Counter, read: Counter },
    }

    impl Counts {
        pub(crate) fn new(purpose: Purpose, meter: &dyn Meter) -> Self {
            match purpose {
                Purpose::Serve => Self::Serve {
                    opens: meter.counter(&metric::BACKING_OPENS_TOTAL),
                    stats: meter.counter(&metric::BACKING_STATS_TOTAL),
                    preads: meter.counter(&metric::BACKING_PREADS_TOTAL),
                    asked: meter.counter(&metric::BACKING_PREAD_BYTES_TOTAL),
                },
                Purpose::Scan => Self::Scan {
                    opens: meter.counter(&metric::SCAN_OPENS_TOTAL),
                    preads: meter.counter(&metric::SCAN_PREADS_TOTAL),
                    read: meter.counter(&metric::SCAN_BYTES_TOTAL),
                },
            }
        }

        pub(crate) fn open(&self) {
            let (Self::Serve { opens, .. } | Self::Scan { opens, .. }) = self;
            opens.increment();
        }

        /// Scanning has no counter of metadata calls: they follow from the files opened.
        pub(crate) fn stat(&self) {
            if let Self::Serve { stats, .. } = self {
                stats.increment();
            }
        }

        /// A positioned read that asked for `asked` bytes and got `got`. Serving reports the bytes asked for, scanning the
        /// bytes that were read.
        pub(crate) fn pread(&self, asked: usize, got: usize) {
            match self {
                Self::Serve { preads, asked: bytes, .. } => {
                    preads.increment();
                    bytes.add(asked as u64);
                }
                Self::Scan { preads, read, .. } => {
                    preads.increment();
                    read.add(got as u64);
                }
            }
        }
    }
}

#[cfg(not(feature = "syscalls"))]
mod uncounted {
    use crate::Purpose;
    use musefs_contracts::meter::Meter;

    /// Takes no room and counts nothing.
    #[derive(Clone, Debug)]
    pub(crate) struct Counts;

    #[expect(clippy::unused_self, reason = "the same calls as the counting kind")]
    impl Counts {
        pub(crate) fn new(_: Purpose, _: &dyn Meter) -> Self {
            Self
        }
        pub(crate) fn open(&self) {}
        pub(crate) fn stat(&self) {}
        pub(crate) fn pread(&self, _asked: usize, _got: usize) {}
    }
}
