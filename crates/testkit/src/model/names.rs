//! Where each track stands, by the rules of names as a user knows them.

use super::{Tags, Track};
use std::collections::{BTreeMap, BTreeSet};

/// Longest name of a file or folder, in bytes.
const NAME_BYTES: usize = 255;

/// Every file's path in the mount, with its track.
pub fn tree(tracks: &[Track]) -> BTreeMap<String, i64> {
    let mut wanted: BTreeMap<(String, String, String), Vec<i64>> = BTreeMap::new();
    let mut folders = BTreeSet::new();
    for track in tracks {
        let (artist, album, title, extension) = place(track);
        folders.insert(artist.clone());
        folders.insert(format!("{artist}/{album}"));
        wanted.entry((format!("{artist}/{album}"), title, extension)).or_default().push(track.id);
    }
    let mut taken: BTreeMap<String, i64> = BTreeMap::new();
    let mut others = BTreeMap::new();
    for ((folder, stem, extension), mut ids) in wanted {
        ids.sort_unstable();
        let path = format!("{folder}/{}{extension}", cut(&stem, NAME_BYTES - extension.len()));
        // Stems that differ may be cut to the same one.
        let first = if folders.contains(&path) { None } else { Some(ids.remove(0)) };
        match (first, taken.get(&path).copied()) {
            (Some(id), Some(other)) if other < id => ids.push(id),
            (Some(id), other) => {
                ids.extend(other);
                taken.insert(path, id);
            }
            (None, _) => {}
        }
        others.extend(ids.into_iter().map(|id| (id, (folder.clone(), stem.clone(), extension.clone()))));
    }
    for (id, (folder, stem, extension)) in others {
        let numbered = (2..).map(|number| {
            let suffix = format!(" ({number})");
            format!("{folder}/{}{suffix}{extension}", cut(&stem, NAME_BYTES - extension.len() - suffix.len()))
        });
        let free = numbered.into_iter().find(|path| !taken.contains_key(path) && !folders.contains(path));
        taken.extend(free.map(|path| (path, id)));
    }
    taken
}

/// The components of a track's path, and its extension with the dot.
fn place(track: &Track) -> (String, String, String, String) {
    let shown = |key: &str| text(&track.tags, key);
    let stem = track.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = track.file.extension().map_or_else(String::new, |bare| format!(".{}", bare.to_string_lossy()));
    let artist = shown("albumartist").or_else(|| shown("artist")).unwrap_or_else(|| "Unknown".into());
    let album = shown("album").unwrap_or_else(|| "Unknown".into());
    let title = shown("title").unwrap_or(stem);
    (
        cut(&component(&artist), NAME_BYTES).into(),
        cut(&component(&album), NAME_BYTES).into(),
        component(&title),
        extension,
    )
}

fn text(tags: &Tags, key: &str) -> Option<String> {
    let values: Vec<&str> = tags.get(key)?.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
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
        let paths: Vec<_> = tree(&tracks).into_iter().collect();
        let at = |name: &str, id| (format!("A_B/Unknown/{name}.flac"), id);
        assert_eq!(paths, [at("x (2)", 1), at("x (3)", 3), at("x", 2)]);
    }

    #[test]
    fn names_are_cut_with_their_extension_kept() {
        let paths: Vec<String> = tree(&[track(1, &"é".repeat(200), "/m/1.flac")]).into_keys().collect();
        assert_eq!(paths, [format!("A_B/Unknown/{}.flac", "é".repeat(125))]);
    }
}
