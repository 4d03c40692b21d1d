//! A kernel that writes down what it was told to forget.

use super::lock;
use musefs_contracts::ids::Ino;
use musefs_contracts::notifier::KernelNotifier;
use std::sync::Mutex;

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forgotten {
    /// A name in a directory.
    Name(Ino, Vec<u8>),
    /// Attributes.
    Attributes(Ino),
    /// Contents and attributes.
    Contents(Ino),
}

/// Records every notification, in order.
#[derive(Debug, Default)]
pub struct RecordingNotifier(Mutex<Vec<Forgotten>>);

impl RecordingNotifier {
    /// A notifier that was told nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was told since the last call.
    pub fn take(&self) -> Vec<Forgotten> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl KernelNotifier for RecordingNotifier {
    fn forget_name(&self, parent: Ino, name: &[u8]) {
        lock(&self.0).push(Forgotten::Name(parent, name.to_vec()));
    }
    fn forget_attributes(&self, ino: Ino) {
        lock(&self.0).push(Forgotten::Attributes(ino));
    }
    fn forget_contents(&self, ino: Ino) {
        lock(&self.0).push(Forgotten::Contents(ino));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_taken_in_order_and_once() {
        let notifier = RecordingNotifier::new();
        notifier.forget_contents(Ino(300));
        notifier.forget_name(Ino::ROOT, b"a");
        notifier.forget_attributes(Ino(301));
        let told =
            [Forgotten::Contents(Ino(300)), Forgotten::Name(Ino::ROOT, b"a".to_vec()), Forgotten::Attributes(Ino(301))];
        assert_eq!(notifier.take(), told);
        assert!(notifier.take().is_empty());
    }
}
