//! Which item of the metadata list carries which key, by the convention of iTunes and of MusicBrainz Picard's tag mapping.

/// How an item's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8 text, one `data` atom a value.
    Text,
    /// Number and total: 16-bit each behind two zero bytes; eight bytes for a track, six for a disc.
    Pair {
        /// Bytes of the value.
        len: usize,
    },
    /// A flag of one byte.
    Flag,
    /// A signed number of this many bytes.
    Integer {
        /// Bytes of the value.
        len: usize,
    },
    /// Index in the list of ID3v1 genres, from 1. Read only: an edit writes text.
    GenreIndex,
}

/// Item, key, kind. The first item of a key is the one that an edit writes.
const ITEMS: &[(&[u8; 4], &str, Kind)] = &[
    (b"\xa9nam", "title", Kind::Text),
    (b"\xa9ART", "artist", Kind::Text),
    (b"\xa9alb", "album", Kind::Text),
    (b"aART", "albumartist", Kind::Text),
    (b"\xa9day", "date", Kind::Text),
    (b"\xa9gen", "genre", Kind::Text),
    (b"gnre", "genre", Kind::GenreIndex),
    (b"\xa9cmt", "comment", Kind::Text),
    (b"\xa9wrt", "composer", Kind::Text),
    (b"\xa9lyr", "lyrics", Kind::Text),
    (b"\xa9grp", "grouping", Kind::Text),
    (b"\xa9too", "encodedby", Kind::Text),
    (b"\xa9wrk", "work", Kind::Text),
    (b"\xa9mvn", "movementname", Kind::Text),
    (b"\xa9mvi", "movement", Kind::Integer { len: 2 }),
    (b"\xa9mvc", "movementtotal", Kind::Integer { len: 2 }),
    (b"shwm", "showmovement", Kind::Flag),
    (b"trkn", "tracknumber", Kind::Pair { len: 8 }),
    (b"disk", "discnumber", Kind::Pair { len: 6 }),
    (b"cpil", "compilation", Kind::Flag),
    (b"pgap", "gapless", Kind::Flag),
    (b"pcst", "podcast", Kind::Flag),
    (b"tmpo", "bpm", Kind::Integer { len: 2 }),
    (b"cprt", "copyright", Kind::Text),
    (b"desc", "description", Kind::Text),
    (b"soar", "artistsort", Kind::Text),
    (b"soal", "albumsort", Kind::Text),
    (b"sonm", "titlesort", Kind::Text),
    (b"soaa", "albumartistsort", Kind::Text),
    (b"soco", "composersort", Kind::Text),
    (b"sosn", "showsort", Kind::Text),
    (b"tvsh", "show", Kind::Text),
    (b"catg", "podcastcategory", Kind::Text),
    (b"keyw", "podcastkeywords", Kind::Text),
];

/// Key and kind of an item.
pub(crate) fn by_item(item: [u8; 4]) -> Option<(&'static str, Kind)> {
    ITEMS.iter().find(|(name, ..)| **name == item).map(|(_, key, kind)| (*key, *kind))
}

/// Item and kind that an edit of a key writes; `None` for keys that go into freeform items.
pub(crate) fn by_key(key: &str) -> Option<([u8; 4], Kind)> {
    ITEMS.iter().find(|(_, known, _)| *known == key).map(|(name, _, kind)| (**name, *kind))
}

/// The genre of an ID3v1 index, 0 to 79 as in ID3v1 (specification of 1996) and 80 to 147 as Winamp added them.
pub(crate) fn genre(index: usize) -> Option<&'static str> {
    GENRES.get(index).copied()
}

const GENRES: &[&str] = &[
    "Blues",
    "Classic Rock",
    "Country",
    "Dance",
    "Disco",
    "Funk",
    "Grunge",
    "Hip-Hop",
    "Jazz",
    "Metal",
    "New Age",
    "Oldies",
    "Other",
    "Pop",
    "R&B",
    "Rap",
    "Reggae",
    "Rock",
    "Techno",
    "Industrial",
    "Alternative",
    "Ska",
    "Death Metal",
    "Pranks",
    "Soundtrack",
    "Euro-Techno",
    "Ambient",
    "Trip-Hop",
    "Vocal",
    "Jazz+Funk",
    "Fusion",
    "Trance",
    "Classical",
    "Instrumental",
    "Acid",
    "House",
    "Game",
    "Sound Clip",
    "Gospel",
    "Noise",
    "Alt. Rock",
    "Bass",
    "Soul",
    "Punk",
    "Space",
    "Meditative",
    "Instrumental Pop",
    "Instrumental Rock",
    "Ethnic",
    "Gothic",
    "Darkwave",
    "Techno-Industrial",
    "Electronic",
    "Pop-Folk",
    "Eurodance",
    "Dream",
    "Southern Rock",
    "Comedy",
    "Cult",
    "Gangsta Rap",
    "Top 40",
    "Christian Rap",
    "Pop/Funk",
    "Jungle",
    "Native American",
    "Cabaret",
    "New Wave",
    "Psychedelic",
    "Rave",
    "Showtunes",
    "Trailer",
    "Lo-Fi",
    "Tribal",
    "Acid Punk",
    "Acid Jazz",
    "Polka",
    "Retro",
    "Musical",
    "Rock & Roll",
    "Hard Rock",
    "Folk",
    "Folk-Rock",
    "National Folk",
    "Swing",
    "Fast-Fusion",
    "Bebop",
    "Latin",
    "Revival",
    "Celtic",
    "Bluegrass",
    "Avantgarde",
    "Gothic Rock",
    "Progressive Rock",
    "Psychedelic Rock",
    "Symphonic Rock",
    "Slow Rock",
    "Big Band",
    "Chorus",
    "Easy Listening",
    "Acoustic",
    "Humour",
    "Speech",
    "Chanson",
    "Opera",
    "Chamber Music",
    "Sonata",
    "Symphony",
    "Booty Bass",
    "Primus",
    "Porn Groove",
    "Satire",
    "Slow Jam",
    "Club",
    "Tango",
    "Samba",
    "Folklore",
    "Ballad",
    "Power Ballad",
    "Rhythmic Soul",
    "Freestyle",
    "Duet",
    "Punk Rock",
    "Drum Solo",
    "A Cappella",
    "Euro-House",
    "Dance Hall",
    "Goa",
    "Drum & Bass",
    "Club-House",
    "Hardcore",
    "Terror",
    "Indie",
    "BritPop",
    "Afro-Punk",
    "Polsk Punk",
    "Beat",
    "Christian Gangsta Rap",
    "Heavy Metal",
    "Black Metal",
    "Crossover",
    "Contemporary Christian",
    "Christian Rock",
    "Merengue",
    "Salsa",
    "Thrash Metal",
    "Anime",
    "JPop",
    "Synthpop",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_to_the_item_that_is_written() {
        assert_eq!(by_key("genre"), Some((*b"\xa9gen", Kind::Text)));
        assert_eq!(by_item(*b"gnre"), Some(("genre", Kind::GenreIndex)));
        assert_eq!(by_key("musicbrainz_albumid"), None);
    }

    #[test]
    fn the_list_of_genres_is_whole() {
        assert_eq!(GENRES.len(), 148);
        assert_eq!((genre(17), genre(79), genre(147)), (Some("Rock"), Some("Hard Rock"), Some("Synthpop")));
    }
}
