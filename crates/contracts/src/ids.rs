//! Identifiers that cross component borders.

use std::fmt;

/// A track: the row id of its backing file in the catalog. Always at least 1; never reused while the store lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub i64);

/// A file that stands beside the music and is no track, such as a picture or a playlist. Fits 53 bits; whoever brings such
/// files into the tree divides the numbers among their kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompanionId(pub u64);

/// Anything that the tree shows as a file. In order: tracks by id, then companions by id.
///
/// A file has an inode number if its id fits the number space: then, and only then, [`Ino::of_file`] leads back to it by
/// [`Ino::file`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileId {
    /// A track.
    Track(TrackId),
    /// A file that is no track.
    Companion(CompanionId),
}

impl FileId {
    /// The track, if it is one.
    pub fn track(self) -> Option<TrackId> {
        match self {
            Self::Track(track) => Some(track),
            Self::Companion(_) => None,
        }
    }
}

impl From<TrackId> for FileId {
    fn from(track: TrackId) -> Self {
        Self::Track(track)
    }
}

impl From<CompanionId> for FileId {
    fn from(companion: CompanionId) -> Self {
        Self::Companion(companion)
    }
}

/// A picture held by the catalog. The bytes behind an id never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtId(pub i64);

/// A file beside the music that the catalog knows. Always at least 1; never reused while the store lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SidecarId(pub i64);

/// A point in the catalog's history. Grows with every committed change; comparable only within one [`StoreId`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub i64);

/// Which store a [`Revision`] belongs to: differs when the store's file was replaced by another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StoreId(pub u64);

/// A file that is made of what stands in a directory. There is at most one of each kind in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Made {
    /// A picture of the tracks.
    Cover,
    /// A list of the tracks.
    Playlist,
}

/// An inode number of the mount.
///
/// The number space is divided so that nothing needs to be stored for a number to keep its meaning:
///
/// | numbers | meaning |
/// | --- | --- |
/// | 1 | the root |
/// | 2 to 255 | files and folders that the mount itself adds (its metrics) |
/// | `track << 8 \| epoch` | a track; the epoch counts contents that the kernel still held open by passthrough when they changed |
/// | bit 61 set and `companion << 8 \| epoch` | a file that is no track |
/// | bit 62 set, 63 not | a directory, by the hash of its view and path |
/// | bit 63 set | a file that is made of a directory: the directory's number, bit 62 telling which ([`Made`]) |
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

    /// Set in the number of every file that is made of a directory.
    const MADE_BIT: u64 = 1 << 63;
    /// Set in the number of every file that is no track.
    const COMPANION_BIT: u64 = 1 << 61;

    /// The number of `track` in its content epoch `epoch`.
    pub fn of_track(track: TrackId, epoch: u8) -> Self {
        Self((track.0 as u64) << 8 | u64::from(epoch))
    }

    /// The number of `file` in its content epoch `epoch`.
    pub fn of_file(file: FileId, epoch: u8) -> Self {
        match file {
            FileId::Track(track) => Self::of_track(track, epoch),
            FileId::Companion(companion) => Self(Self::COMPANION_BIT | companion.0 << 8 | u64::from(epoch)),
        }
    }

    /// The file this number belongs to, if it is one of a file in the tree.
    pub fn file(self) -> Option<FileId> {
        if self.0 < 256 || self.0 >= Self::DIRECTORY_BIT {
            None
        } else if self.0 & Self::COMPANION_BIT == 0 {
            Some(FileId::Track(TrackId((self.0 >> 8) as i64)))
        } else {
            Some(FileId::Companion(CompanionId((self.0 & !Self::COMPANION_BIT) >> 8)))
        }
    }

    /// The number of what is made of a directory.
    pub fn of_made(directory: Self, made: Made) -> Self {
        let kind = match made {
            Made::Cover => 0,
            Made::Playlist => Self::DIRECTORY_BIT,
        };
        Self(Self::MADE_BIT | kind | directory.0 & !Self::DIRECTORY_BIT)
    }

    /// The directory this number's file is made of, and what it is, if it is one of a made file.
    pub fn made(self) -> Option<(Self, Made)> {
        let made = if self.0 & Self::DIRECTORY_BIT == 0 { Made::Cover } else { Made::Playlist };
        let directory = match self.0 & (Self::DIRECTORY_BIT - 1) {
            root if root == Self::ROOT.0 => Self::ROOT,
            other => Self(Self::DIRECTORY_BIT | other),
        };
        (self.0 & Self::MADE_BIT != 0).then_some((directory, made))
    }

    /// The track this number belongs to, if it is one of a track.
    pub fn track(self) -> Option<TrackId> {
        self.file()?.track()
    }

    /// The content epoch in a file's number.
    pub fn epoch(self) -> u8 {
        self.0 as u8
    }

    /// Whether this is a directory rendered from the library (the root included).
    pub fn is_directory(self) -> bool {
        self == Self::ROOT || self.0 & (Self::MADE_BIT | Self::DIRECTORY_BIT) == Self::DIRECTORY_BIT
    }
}

impl fmt::Display for Ino {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Track(track) => track.fmt(f),
            Self::Companion(companion) => write!(f, "beside {}", companion.0),
        }
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
            assert_eq!(ino.file(), None, "{ino}");
            assert_eq!(ino.track(), None, "{ino}");
        }
    }

    #[test]
    fn companions_have_numbers_of_their_own() {
        for id in [0, 1, 70_000, (1 << 53) - 1] {
            let file = FileId::Companion(CompanionId(id));
            let ino = Ino::of_file(file, 7);
            assert_eq!((ino.file(), ino.track(), ino.epoch()), (Some(file), None, 7));
            assert!(!ino.is_directory());
            assert!(FileId::Track(TrackId(i64::MAX)) < file);
        }
    }

    #[test]
    fn what_is_made_of_a_directory_leads_back_to_it() {
        for directory in [Ino::ROOT, Ino(Ino::DIRECTORY_BIT | 0x999), Ino(Ino::DIRECTORY_BIT | Ino::COMPANION_BIT | 5)]
        {
            assert_eq!(directory.made(), None);
            for made in [Made::Cover, Made::Playlist] {
                let ino = Ino::of_made(directory, made);
                assert_eq!(ino.made(), Some((directory, made)));
                assert_eq!((ino.file(), ino.is_directory()), (None, false));
            }
        }
        assert_eq!(Ino::of_track(TrackId(7), 0).made(), None);
    }

    #[test]
    fn ids_that_do_not_fit_lead_back_to_nothing_or_to_another() {
        let files = [0, -1, 1 << 53, 1 << 54, i64::MAX, i64::MIN].map(|id| FileId::Track(TrackId(id)));
        let companions = [1 << 53, 1 << 54, u64::MAX].map(|id| FileId::Companion(CompanionId(id)));
        for file in files.into_iter().chain(companions) {
            assert_ne!(Ino::of_file(file, 0).file(), Some(file), "{file}");
        }
        let last = FileId::Track(TrackId((1 << 53) - 1));
        assert_eq!(Ino::of_file(last, 255).file(), Some(last));
    }
}
