//! Names for people, albums and songs, a few of them with the characters that trouble file systems and sorting.

use musefs_testkit::fixtures::Random;

const FIRST: [&str; 40] = [
    "Amber", "Azure", "Blind", "Bright", "Broken", "Burning", "Cold", "Crimson", "Distant", "Dizzy", "Electric",
    "Empty", "Faded", "Gentle", "Ghostly", "Golden", "Hidden", "Hollow", "Iron", "Ivory", "Late", "Little", "Lonely",
    "Lost", "Lunar", "Mellow", "Midnight", "Northern", "Paper", "Quiet", "Restless", "Rusty", "Sacred", "Silver",
    "Sleepy", "Solar", "Tender", "Velvet", "Violet", "Wild",
];

const SECOND: [&str; 40] = [
    "Anchors",
    "Arcades",
    "Birds",
    "Bridges",
    "Canyons",
    "Cities",
    "Clouds",
    "Compass",
    "Corners",
    "Dancers",
    "Echoes",
    "Embers",
    "Fields",
    "Foxes",
    "Gardens",
    "Harbours",
    "Hours",
    "Islands",
    "Kites",
    "Lanterns",
    "Letters",
    "Machines",
    "Meadows",
    "Mirrors",
    "Mountains",
    "Oceans",
    "Orchards",
    "Pilots",
    "Rivers",
    "Rooms",
    "Satellites",
    "Shadows",
    "Signals",
    "Stories",
    "Strangers",
    "Tigers",
    "Towers",
    "Trains",
    "Voices",
    "Winters",
];

/// Endings that are not plain letters; each is a legal part of a file name.
const SPICE: [&str; 10] = ["Ä", "café", "№ 9", "(live)", "& Co.", "'78", "東京", "Øst", "feat. Nobody", "…"];

pub(super) const GENRES: [&str; 12] = [
    "Ambient",
    "Blues",
    "Classical",
    "Drum & Bass",
    "Electronic",
    "Folk",
    "Hip-Hop",
    "Jazz",
    "Metal",
    "Pop",
    "Rock",
    "Soul",
];

/// The name with this number, unlike those of all other numbers.
pub(super) fn numbered(number: u64) -> String {
    // A step that shares no factor with the number of pairs visits each pair once, and neighbours look unlike.
    let pairs = (FIRST.len() * SECOND.len()) as u64;
    let pair = (number % pairs * 677) % pairs;
    let name = format!("{} {}", FIRST[(pair % 40) as usize], SECOND[(pair / 40) as usize]);
    match number / pairs {
        0 if number % 11 == 10 => format!("{name} {}", SPICE[(number / 11 % 10) as usize]),
        0 => name,
        round => format!("{name} {}", round + 1),
    }
}

/// A name like many others.
pub(super) fn any(random: &mut Random) -> String {
    let (first, second) = (random.pick(&FIRST), random.pick(&SECOND));
    match random.below(12) {
        0 => format!("{first} {second} {}", random.pick(&SPICE)),
        1..5 => format!("{second} of {first} {}", random.pick(&SECOND)),
        5..8 => format!("The {first} {second}"),
        _ => format!("{first} {second}"),
    }
}
