//! What happens to a library. Numbers are taken modulo what there is, so that every part of a sequence is one as well.

use musefs_testkit::fixtures::Random;

#[derive(Clone, Debug)]
pub enum Operation {
    /// One transaction of an external program: each of these tracks gets these values, numbers of [`VALUES`], of a key.
    Edit {
        tracks: Vec<u8>,
        key: u8,
        values: Vec<u8>,
        commit: bool,
    },
    /// The only picture of a track becomes this one, or none.
    Art {
        track: u8,
        image: Option<u8>,
    },
    /// The published Python library syncs these tracks: one title and one album, numbers of [`VALUES`], and one picture at most.
    Sync {
        tracks: Vec<u8>,
        title: u8,
        album: u8,
        image: Option<u8>,
        merge: bool,
    },
    /// An external program deletes the row of a track.
    DeleteRow {
        track: u8,
    },
    /// A new file.
    Add {
        mp3: bool,
        title: u8,
    },
    /// A tagger writes other tags to a file, by way of a new file of the same name.
    Retag {
        file: u8,
        title: u8,
        album: u8,
    },
    /// Another recording takes a file's name.
    Replace {
        file: u8,
    },
    /// Something that is no music takes a file's name.
    Spoil {
        file: u8,
    },
    /// The file's mtime moves.
    Touch {
        file: u8,
    },
    /// A file moves to another folder and name.
    Move {
        file: u8,
    },
    /// A file goes away, and may come back.
    Remove {
        file: u8,
    },
    /// The file that went last comes back.
    Restore,
    Scan,
    Revalidate {
        prune: bool,
    },
    /// The mount ends and comes up again; `hard`: it is killed.
    Remount {
        hard: bool,
    },
    /// A reader opens a file and reads its first half.
    Open {
        track: u8,
    },
    /// The readers read on and close.
    ReadOn,
}

pub const KEYS: [&str; 6] = ["title", "album", "artist", "albumartist", "genre", "custom"];

/// Longer than a name may be.
const LONG: &str = "Ein langer Name, Ein langer Name, Ein langer Name, Ein langer Name, Ein langer Name, Ein langer Name, Ein langer \
                    Name, Ein langer Name, Ein langer Name, Ein langer Name, Ein langer Name, Ein langer Name, Ein langer Name, Größe";

pub const VALUES: [&str; 9] = ["One", "Two", "Zürich – 日本", "AC/DC", "..", "  blanks  ", "", LONG, "One (2)"];

/// The operations of a seed.
pub fn sequence(seed: u64, length: usize) -> Vec<Operation> {
    let mut random = Random::new(seed);
    (0..length).map(|_| operation(&mut random)).collect()
}

fn operation(random: &mut Random) -> Operation {
    let mut any = || random.next_u64() as u8;
    match any() % 29 {
        0..8 => {
            let tracks = (0..=any() % 6).map(|_| any()).collect();
            let values = (0..any() % 3).map(|_| any()).collect();
            Operation::Edit { tracks, key: any(), values, commit: any() % 8 > 0 }
        }
        8 | 9 => Operation::Art { track: any(), image: Some(any()).filter(|image| image % 3 > 0) },
        10 => Operation::DeleteRow { track: any() },
        11 => Operation::Add { mp3: any() % 2 > 0, title: any() },
        12 | 13 => Operation::Retag { file: any(), title: any(), album: any() },
        14 => Operation::Replace { file: any() },
        15 => Operation::Spoil { file: any() },
        16 => Operation::Touch { file: any() },
        17 => Operation::Move { file: any() },
        18 => Operation::Remove { file: any() },
        19 => Operation::Restore,
        20 | 21 => Operation::Scan,
        22 | 23 => Operation::Revalidate { prune: any() % 3 == 0 },
        24 => Operation::Remount { hard: any() % 3 == 0 },
        25 | 26 => Operation::Open { track: any() },
        27 => Operation::Sync {
            tracks: (0..=any() % 4).map(|_| any()).collect(),
            title: any(),
            album: any(),
            image: Some(any()).filter(|image| image % 3 > 0),
            merge: any() % 2 > 0,
        },
        _ => Operation::ReadOn,
    }
}
