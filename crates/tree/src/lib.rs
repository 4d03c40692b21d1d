//! The virtual tree of musefs as immutable snapshots.
