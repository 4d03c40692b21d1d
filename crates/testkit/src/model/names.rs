//! Where each track stands, by the rules of names as a user knows them.

use super::{Tags, Track};
use std::collections::{BTreeMap, BTreeSet};

/// Longest name of a file or folder, in bytes.
const NAME_BYTES: usize = 255;
/// What stands for what a track does not say.
const UNKNOWN: &str = "Unknown";

/// Where a view wants a track: the folders on the way, and the name without extension. As it is rendered; nothing is cut.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From the root on.
    pub folders: Vec<String>,
    /// Name without extension.
    pub stem: String,
}

/// What [`super::TEMPLATE`] makes of a track.
pub fn by_album(track: &Track) -> Vec<Place> {
    vec![Place { folders: artist_and_album(track).into(), stem: title(track) }]
}

/// What [`super::VIEWS`] make of a track.
pub fn by_album_and_genre(track: &Track) -> Vec<Place> {
    let mut genres: Vec<String> = values(&track.tags, "genre").iter().map(|genre| component(genre)).collect();
    if genres.is_empty() {
        genres.push(UNKNOWN.into());
    }
    let by_genre = |genre: String| Place { folders: vec!["by-genre".into(), genre], stem: title(track) };
    let [artist, album] = artist_and_album(track);
    let by_album = Place { folders: vec!["by-album".into(), artist, album], stem: title(track) };
    std::iter::once(by_album).chain(genres.into_iter().map(by_genre)).collect()
}

/// Every file's path in the mount, with its track.
pub fn tree(tracks: &[Track], places: fn(&Track) -> Vec<Place>) -> BTreeMap<String, i64> {
    let mut folders = BTreeSet::new();
    // By folder: the name that is wanted, by whom, and what it is made of. A track wants no name twice.
    let mut wanted: BTreeMap<String, BTreeSet<(i64, String, Place)>> = BTreeMap::new();
    for track in tracks {
        let mut met = BTreeSet::new();
        let extension = extension(track);
        let mut all = places(track);
        all.sort();
        for place in all {
            let mut folder = String::new();
            for name in &place.folders {
                folder = below(&folder, cut(name, NAME_BYTES));
                folders.insert(folder.clone());
            }
            let name = below(&folder, &name(&place.stem, "", &extension));
            if met.insert(name.clone()) {
                wanted.entry(folder).or_default().insert((track.id, name, place));
            }
        }
    }
    let extensions: BTreeMap<i64, String> = tracks.iter().map(|track| (track.id, extension(track))).collect();
    let mut taken = BTreeMap::new();
    for (folder, wanted) in wanted {
        let mut others = Vec::new();
        for (id, name, place) in wanted {
            if taken.contains_key(&name) || folders.contains(&name) {
                others.push((id, place));
            } else {
                taken.insert(name, id);
            }
        }
        for (id, place) in others {
            let numbered =
                (2..).map(|number| below(&folder, &name(&place.stem, &format!(" ({number})"), &extensions[&id])));
            let free = numbered.into_iter().find(|path| !taken.contains_key(path) && !folders.contains(path));
            taken.extend(free.map(|path| (path, id)));
        }
    }
    taken
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.into() } else { format!("{folder}/{name}") }
}

/// A name with its suffix and extension whole.
fn name(stem: &str, suffix: &str, extension: &str) -> String {
    format!("{}{suffix}{extension}", cut(stem, NAME_BYTES - suffix.len() - extension.len()))
}

fn extension(track: &Track) -> String {
    track.file.extension().map_or_else(String::new, |bare| format!(".{}", bare.to_string_lossy()))
}

fn artist_and_album(track: &Track) -> [String; 2] {
    let shown = |key: &str| text(&track.tags, key);
    let artist = shown("albumartist").or_else(|| shown("artist")).unwrap_or_else(|| UNKNOWN.into());
    let album = shown("album").unwrap_or_else(|| UNKNOWN.into());
    [component(&artist), component(&album)]
}

fn title(track: &Track) -> String {
    let stem = track.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    component(&text(&track.tags, "title").unwrap_or(stem))
}

fn values<'a>(tags: &'a Tags, key: &str) -> Vec<&'a str> {
    let values = tags.get(key).into_iter().flatten();
    values.map(|value| value.trim()).filter(|value| !value.is_empty()).collect()
}

fn text(tags: &Tags, key: &str) -> Option<String> {
    let values = values(tags, key);
    (!values.is_empty()).then(|| values.join("; "))
}

fn component(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c == '/' || c.is_control() { '_' } else { c }).collect();
    match clean.trim() {
        "." => "_".into(),
        ".." => "__".into(),
        clean => clean.into(),
    }
}

fn cut(name: &str, bytes: usize) -> &str {
    let mut end = bytes.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(id: i64, title: &str, file: &str) -> Track {
        let tags = [("artist", "A/B"), ("title", title)].map(|(key, value)| (key.into(), vec![value.into()]));
        Track { id, tags: tags.into(), file: file.into(), ..Track::default() }
    }

    #[test]
    fn the_lowest_id_keeps_a_name_and_the_others_are_numbered() {
        let tracks = [track(3, "x", "/m/3.flac"), track(1, "x (2)", "/m/1.flac"), track(2, "x", "/m/2.flac")];
        let paths: Vec<_> = tree(&tracks, by_album).into_iter().collect();
        let at = |name: &str, id| (format!("A_B/Unknown/{name}.flac"), id);
        assert_eq!(paths, [at("x (2)", 1), at("x (3)", 3), at("x", 2)]);
    }

    #[test]
    fn names_are_cut_with_their_extension_kept() {
        let paths: Vec<String> = tree(&[track(1, &"é".repeat(200), "/m/1.flac")], by_album).into_keys().collect();
        assert_eq!(paths, [format!("A_B/Unknown/{}.flac", "é".repeat(125))]);
    }

    #[test]
    fn a_track_stands_in_each_view_and_genre() {
        let mut both = track(1, "x", "/m/1.flac");
        both.tags.insert("genre".into(), ["Jazz", "Soul", " Jazz ", ""].map(String::from).into());
        let paths: Vec<_> = tree(&[both, track(2, "x", "/m/2.flac")], by_album_and_genre).into_iter().collect();
        let at = |path: &str, id| (path.to_owned(), id);
        let expected = [
            at("by-album/A_B/Unknown/x (2).flac", 2),
            at("by-album/A_B/Unknown/x.flac", 1),
            at("by-genre/Jazz/x.flac", 1),
            at("by-genre/Soul/x.flac", 1),
            at("by-genre/Unknown/x.flac", 2),
        ];
        assert_eq!(paths, expected);
    }
}
