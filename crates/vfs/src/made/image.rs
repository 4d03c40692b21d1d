//! Which images can be shown, and under which names.

/// MIME types as files say them, with the name that a cover of the type has.
const KINDS: [(&str, &str); 7] = [
    ("image/jpeg", "cover.jpg"),
    ("image/png", "cover.png"),
    ("image/gif", "cover.gif"),
    ("image/webp", "cover.webp"),
    ("image/jpg", "cover.jpg"),
    ("image/pjpeg", "cover.jpg"),
    ("image/x-png", "cover.png"),
];
/// Those of them with different names.
const NAMES: usize = 4;
/// First bytes of an image that tell what it is.
pub(super) const SIGNATURE: usize = 12;

/// Names before the extension under which players look for the picture of a folder.
const STEMS: [&str; 3] = ["cover", "folder", "front"];
/// Extensions of images.
const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff"];

/// The names that a cover may have.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS[..NAMES].iter().map(|(_, name)| *name)
}

/// Whether a cover may have this name.
pub(super) fn is_name(name: &[u8]) -> bool {
    names().any(|known| known.as_bytes() == name)
}

/// The name of a cover of this type.
pub(super) fn name_of(mime: &str) -> Option<&'static str> {
    KINDS.iter().find(|(known, _)| mime.trim().eq_ignore_ascii_case(known)).map(|(_, name)| *name)
}

/// The name of a cover that begins with these bytes.
pub(super) fn name_by(signature: &[u8]) -> Option<&'static str> {
    match signature {
        [0xff, 0xd8, 0xff, ..] => name_of("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => name_of("image/png"),
        [b'G', b'I', b'F', b'8', ..] => name_of("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => name_of("image/webp"),
        _ => None,
    }
}

/// Whether a file of this name is what players take as the picture of its folder.
pub(super) fn is_picture_of_folder(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let is_among = |all: &[&str], part: &str| all.iter().any(|known| part.eq_ignore_ascii_case(known));
    is_among(&STEMS, stem) && is_among(&EXTENSIONS, extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_players_take_as_the_picture_of_a_folder_is_known_whatever_its_case() {
        for name in ["cover.jpg", "Folder.JPG", "FRONT.Jpeg", "cover.bmp", "front.tiff"] {
            assert!(is_picture_of_folder(name.as_bytes()), "{name}");
        }
        // Songs have such titles.
        for name in ["Cover.flac", "front.mp3", "cover", "back.jpg", "cover.jpg.txt", "my cover.jpg"] {
            assert!(!is_picture_of_folder(name.as_bytes()), "{name}");
        }
        assert!(!is_picture_of_folder(b"cover\xff.jpg"));
    }

    #[test]
    fn types_and_first_bytes_give_names() {
        assert_eq!(name_of("IMAGE/JPG "), Some("cover.jpg"));
        assert_eq!(name_of("-->"), None, "the address of an image");
        assert_eq!(name_by(b"RIFF\0\0\0\0WEBPVP8 "), Some("cover.webp"));
        assert_eq!(name_by(b"GIF"), None);
        assert!(names().all(|name| is_name(name.as_bytes()) && is_picture_of_folder(name.as_bytes())));
        assert_eq!(KINDS.iter().filter(|(_, name)| !is_name(name.as_bytes())).count(), 0);
    }
}
