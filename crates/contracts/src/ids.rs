//! Identifiers that cross component borders.

use std::fmt;

/// A track: the row id of its backing file in the catalog. Always at least 1; never reused while the store lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub i64);

/// A picture held by the catalog. The bytes behind an id never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtId(pub i64);

/// A point in the catalog's history. Grows with every committed change; comparable only within one [`StoreId`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub i64);

/// Which store a [`Revision`] belongs to: differs when the store's file was replaced by another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StoreId(pub u64);

/// An inode number of the mount.
///
/// The number space is divided so that nothing needs to be stored for a number to keep its meaning:
///
/// | numbers | meaning |
/// | --- | --- |
/// | 1 | the root |
/// | 2 to 255 | files and folders that the mount itself adds (its metrics) |
/// | `track << 8 \| epoch` | a track; the epoch counts contents that the kernel still held open by passthrough when they changed |
/// | bit 62 set | a directory, by the hash of its view and path |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ino(pub u64);

impl Ino {
    /// The root of the mount.
    pub const ROOT: Self = Self(1);
    /// The folder `.musefs-metrics`.
    pub const METRICS_DIR: Self = Self(2);
    /// The file `.musefs-metrics/metrics`.
    pub const METRICS_FILE: Self = Self(3);
    /// Set in the number of every directory but the root and the mount's own.
    pub const DIRECTORY_BIT: u64 = 1 << 62;

    /// The number of `track` in its content epoch `epoch`.
    pub fn of_track(track: TrackId, epoch: u8) -> Self {
        Self((track.0 as u64) << 8 | u64::from(epoch))
    }

    /// The track this number belongs to, if it is one of a track.
    pub fn track(self) -> Option<TrackId> {
        (self.0 >= 256 && self.0 & Self::DIRECTORY_BIT == 0).then_some(TrackId((self.0 >> 8) as i64))
    }

    /// The content epoch in a track's number.
    pub fn epoch(self) -> u8 {
        self.0 as u8
    }

    /// Whether this is a directory rendered from the library (the root included).
    pub fn is_directory(self) -> bool {
        self == Self::ROOT || self.0 & Self::DIRECTORY_BIT != 0
    }
}

impl fmt::Display for Ino {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inode_number_leads_back_to_its_track_and_epoch() {
        let ino = Ino::of_track(TrackId(70_000), 3);
        assert_eq!(ino.track(), Some(TrackId(70_000)));
        assert_eq!(ino.epoch(), 3);
        assert!(!ino.is_directory());
    }

    #[test]
    fn reserved_numbers_and_directories_are_no_tracks() {
        for ino in [Ino::ROOT, Ino::METRICS_DIR, Ino::METRICS_FILE, Ino(255), Ino(Ino::DIRECTORY_BIT | 0x999)] {
            assert_eq!(ino.track(), None, "{ino}");
        }
    }
}
