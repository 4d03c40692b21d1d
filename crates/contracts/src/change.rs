//! Telling that what is visible changed.

/// What one refresh changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Tracks that came, went, or are served or placed otherwise than before.
    pub tracks: u64,
}

/// Hears of changes of the view.
///
/// Called after the view was swapped and the kernel was told, so that whoever looks finds the new state, from the thread
/// that follows the store. It must return at once: work is done elsewhere.
pub trait ChangeListener: Send + Sync {
    /// The view changed.
    fn changed(&self, change: Change);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoListener;

impl ChangeListener for NoListener {
    fn changed(&self, _: Change) {}
}
