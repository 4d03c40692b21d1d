//! Genres by number (ID3v1 with the extensions of Winamp 5.6) and the forms of `TCON`.

/// The name of a genre number; `None` if it has none.
pub fn genre_name(index: u8) -> Option<&'static str> {
    GENRES.get(usize::from(index)).copied()
}

/// The number of a genre name, compared without case.
pub fn genre_index(name: &str) -> Option<u8> {
    GENRES.iter().position(|known| known.eq_ignore_ascii_case(name)).map(|index| index as u8)
}

/// The genres that one value of `TCON` names: `17`, `(17)`, `(4)Eurodisco`, `(RX)`, `((text)`, or a name.
pub(crate) fn parse_genre(value: &str) -> Vec<String> {
    if let Some(name) = reference(value) {
        return vec![name];
    }
    let mut genres = Vec::new();
    let mut rest = value;
    while let Some((inside, behind)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        let Some(name) = reference(inside) else { break };
        genres.push(name);
        rest = behind;
    }
    if rest.starts_with("((") {
        rest = &rest[1..];
    }
    if !rest.is_empty() && !genres.iter().any(|known| known == rest) {
        genres.push(rest.to_owned());
    }
    genres
}

/// A genre name as `TCON` holds it: one that begins like a reference has its parenthesis doubled.
pub(crate) fn escape_genre(name: &str) -> String {
    let inside = name.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let looks_like_reference = name.starts_with("((") || inside.is_some_and(|(inside, _)| reference(inside).is_some());
    if looks_like_reference { format!("({name}") } else { name.to_owned() }
}

/// What stands for a genre: a number up to 255, `RX` or `CR`.
fn reference(text: &str) -> Option<String> {
    match text {
        "RX" => return Some("Remix".to_owned()),
        "CR" => return Some("Cover".to_owned()),
        _ => {}
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let index = digits.then(|| text.parse::<u8>().ok())??;
    Some(genre_name(index).unwrap_or("Unknown").to_owned())
}

#[rustfmt::skip]
const GENRES: [&str; 192] = [
    "Blues", "Classic Rock", "Country", "Dance", "Disco", "Funk", "Grunge", "Hip-Hop", "Jazz", "Metal", "New Age",
    "Oldies", "Other", "Pop", "R&B", "Rap", "Reggae", "Rock", "Techno", "Industrial", "Alternative", "Ska",
    "Death Metal", "Pranks", "Soundtrack", "Euro-Techno", "Ambient", "Trip-Hop", "Vocal", "Jazz+Funk", "Fusion",
    "Trance", "Classical", "Instrumental", "Acid", "House", "Game", "Sound Clip", "Gospel", "Noise", "Alt. Rock",
    "Bass", "Soul", "Punk", "Space", "Meditative", "Instrumental Pop", "Instrumental Rock", "Ethnic", "Gothic",
    "Darkwave", "Techno-Industrial", "Electronic", "Pop-Folk", "Eurodance", "Dream", "Southern Rock", "Comedy",
    "Cult", "Gangsta Rap", "Top 40", "Christian Rap", "Pop/Funk", "Jungle", "Native American", "Cabaret", "New Wave",
    "Psychedelic", "Rave", "Showtunes", "Trailer", "Lo-Fi", "Tribal", "Acid Punk", "Acid Jazz", "Polka", "Retro",
    "Musical", "Rock & Roll", "Hard Rock", "Folk", "Folk-Rock", "National Folk", "Swing", "Fast-Fusion", "Bebop",
    "Latin", "Revival", "Celtic", "Bluegrass", "Avantgarde", "Gothic Rock", "Progressive Rock", "Psychedelic Rock",
    "Symphonic Rock", "Slow Rock", "Big Band", "Chorus", "Easy Listening", "Acoustic", "Humour", "Speech", "Chanson",
    "Opera", "Chamber Music", "Sonata", "Symphony", "Booty Bass", "Primus", "Porn Groove", "Satire", "Slow Jam",
    "Club", "Tango", "Samba", "Folklore", "Ballad", "Power Ballad", "Rhythmic Soul", "Freestyle", "Duet", "Punk Rock",
    "Drum Solo", "A Cappella", "Euro-House", "Dance Hall", "Goa", "Drum & Bass", "Club-House", "Hardcore", "Terror",
    "Indie", "BritPop", "Afro-Punk", "Polsk Punk", "Beat", "Christian Gangsta Rap", "Heavy Metal", "Black Metal",
    "Crossover", "Contemporary Christian", "Christian Rock", "Merengue", "Salsa", "Thrash Metal", "Anime", "JPop",
    "Synthpop", "Abstract", "Art Rock", "Baroque", "Bhangra", "Big Beat", "Breakbeat", "Chillout", "Downtempo", "Dub",
    "EBM", "Eclectic", "Electro", "Electroclash", "Emo", "Experimental", "Garage", "Global", "IDM", "Illbient",
    "Industro-Goth", "Jam Band", "Krautrock", "Leftfield", "Lounge", "Math Rock", "New Romantic", "Nu-Breakz",
    "Post-Punk", "Post-Rock", "Psytrance", "Shoegaze", "Space Rock", "Trop Rock", "World Music", "Neoclassical",
    "Audiobook", "Audio Theatre", "Neue Deutsche Welle", "Podcast", "Indie Rock", "G-Funk", "Dubstep", "Garage Rock",
    "Psybient",
];

#[cfg(test)]
#[path = "genre_tests.rs"]
mod tests;
