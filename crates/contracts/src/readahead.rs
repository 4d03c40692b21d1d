//! Reading ahead of sequential readers.

use crate::backing::Source;
use std::sync::Arc;

/// Decorates the source of one open handle. One budget stands behind all sources it ever decorated; what a source holds is
/// given back when it is dropped.
pub trait ReadAhead: Send + Sync {
    /// The source to read through. Answers the same bytes as `source` does, and its errors.
    fn decorate(&self, source: Arc<dyn Source>) -> Arc<dyn Source>;
}

/// No read-ahead: the source itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReadAhead;

impl ReadAhead for NoReadAhead {
    fn decorate(&self, source: Arc<dyn Source>) -> Arc<dyn Source> {
        source
    }
}
