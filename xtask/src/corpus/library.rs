//! Which albums and tracks a library consists of. Planned from numbers alone, so that threads share nothing.

use super::names::{GENRES, any, numbered};
use musefs_testkit::fixtures::{Content, Kind, Picture, Random};
use std::path::PathBuf;

/// Albums of one artist, on average.
const ALBUMS_OF_ARTIST: u64 = 4;
/// One album in so many is a compilation.
const COMPILATION: u64 = 17;

/// A planned library.
#[derive(Debug)]
pub(super) struct Library {
    seed: u64,
    kinds: Vec<Kind>,
    art_kib: usize,
    albums: Vec<Album>,
}

/// A run of tracks.
#[derive(Debug)]
pub(super) struct Album {
    number: u64,
    first: u64,
    tracks: u64,
}

/// One file of the library.
#[derive(Debug)]
pub(super) struct Track {
    /// Where it stands under the library's root.
    pub(super) path: PathBuf,
    /// Its container.
    pub(super) kind: Kind,
    /// What it says.
    pub(super) content: Content,
}

/// What the tracks of an album have in common.
struct Sleeve {
    artist: String,
    title: String,
    compilation: bool,
    year: u64,
    genre: &'static str,
    discs: u64,
    cover: Option<Picture>,
}

impl Library {
    /// A library of `tracks` tracks, whose covers have about `art_kib` KiB (0: no covers).
    pub(super) fn new(seed: u64, tracks: u64, kinds: Vec<Kind>, art_kib: usize) -> Self {
        let mut random = Random::new(seed);
        let (mut albums, mut first) = (Vec::new(), 0);
        while first < tracks {
            let in_album = (7 + random.below(9)).min(tracks - first);
            albums.push(Album { number: albums.len() as u64, first, tracks: in_album });
            first += in_album;
        }
        Self { seed, kinds, art_kib, albums }
    }

    /// The albums.
    pub(super) fn albums(&self) -> &[Album] {
        &self.albums
    }

    /// The tracks of an album.
    pub(super) fn tracks_of(&self, album: &Album) -> Vec<Track> {
        let mut random = Random::new(self.seed.rotate_left(32) ^ album.number);
        let sleeve = self.sleeve(album, &mut random);
        (0..album.tracks).map(|index| self.track(album, index, &sleeve, &mut random)).collect()
    }

    fn sleeve(&self, album: &Album, random: &mut Random) -> Sleeve {
        let compilation = album.number % COMPILATION == COMPILATION - 1;
        let size = (self.art_kib << 10) + random.below(512) as usize;
        let picture = if random.below(2) == 0 { Picture::jpeg } else { Picture::png };
        Sleeve {
            artist: if compilation { "Various Artists".into() } else { numbered(album.number / ALBUMS_OF_ARTIST) },
            title: any(random),
            compilation,
            year: 1960 + random.below(65),
            genre: random.pick(&GENRES),
            discs: if album.tracks >= 12 && random.below(4) == 0 { 2 } else { 1 },
            cover: (self.art_kib > 0).then(|| picture(random.next_u64(), size)),
        }
    }

    fn track(&self, album: &Album, index: u64, sleeve: &Sleeve, random: &mut Random) -> Track {
        // Whole albums are of one format, as people have them; a library too small for that shows every format all the same.
        let few = (self.albums.len() as u64) < self.kinds.len() as u64 * 2;
        let turn = if few { album.first + index } else { album.number };
        let kind = self.kinds[(turn % self.kinds.len() as u64) as usize];

        let on_disc = album.tracks.div_ceil(sleeve.discs);
        let (disc, number) = (index / on_disc + 1, index % on_disc + 1);
        let title = any(random);
        let artist = if sleeve.compilation { any(random) } else { sleeve.artist.clone() };
        let mut content = Content::new(self.seed.wrapping_mul(0x1_0000_0001) ^ (album.first + index));
        content.blocks = blocks(kind, random);
        content.padding = [0, 256, 1_024][random.below(3) as usize];
        let mut tag = |key: &str, value: &str| content.tags.push(key, value);
        tag("title", &title);
        tag("artist", &artist);
        if random.below(10) == 0 {
            tag("artist", &any(random));
        }
        tag("album", &sleeve.title);
        tag("albumartist", &sleeve.artist);
        tag("tracknumber", &number.to_string());
        if sleeve.discs > 1 {
            tag("discnumber", &disc.to_string());
        }
        tag("date", &sleeve.year.to_string());
        tag("genre", sleeve.genre);
        if random.below(3) == 0 {
            tag("composer", &any(random));
        }
        tag("mood", &format!("track {} of seed {}", album.first + index, self.seed));
        content.pictures.extend(sleeve.cover.clone());

        // The number keeps albums of one name apart.
        let folder = format!("{} ({}) [{}]", sleeve.title, sleeve.year, album.number);
        let number = if sleeve.discs > 1 { format!("{disc}-{number:02}") } else { format!("{number:02}") };
        let name = format!("{number} {title}.{}", kind.extension());
        Track { path: PathBuf::from(&sleeve.artist).join(folder).join(name), kind, content }
    }
}

/// A few KiB of audio: the containers differ in what a block costs.
fn blocks(kind: Kind, random: &mut Random) -> usize {
    let few = random.below(2) as usize;
    match kind {
        Kind::Mp3 => 40 + 20 * few,
        Kind::Aac => 100 + 40 * few,
        Kind::Opus => 80 + 20 * few,
        Kind::Vorbis => 120 + 40 * few,
        _ => 2 + few,
    }
}
