//! What a reader of one file must get.

use super::audio::{Parts, parts};
use super::{Tags, Track, without_empty};
use std::collections::BTreeSet;

/// What a file of the mount must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The backing file is gone: the name is there, and cannot be opened.
    Gone,
    /// Exactly these bytes, with the backing file's mtime.
    AsBacking(Vec<u8>),
    /// The backing file's audio and other metadata, with these tags and images.
    Edited(Box<Parts>),
}

/// What must be served of a track whose backing file holds `file` now. `scanned` is what it said when it was scanned last:
/// what the store has otherwise is curated and wins; all else follows the file.
pub fn expected(track: &Track, file: Option<&[u8]>, scanned: &Tags) -> Content {
    let Some(file) = file else { return Content::Gone };
    let Some(of_file) = parts(file) else { return Content::AsBacking(file.to_vec()) };
    let keys: BTreeSet<&String> = track.tags.keys().chain(scanned.keys()).chain(of_file.tags.keys()).collect();
    let mut tags = Tags::new();
    for key in keys {
        let (stored, scanned) = (track.tags.get(key), scanned.get(key));
        let value = if stored == scanned { of_file.tags.get(key) } else { stored };
        tags.extend(value.map(|value| (key.clone(), value.clone())));
    }
    if tags == of_file.tags && track.art.is_empty() {
        return Content::AsBacking(file.to_vec());
    }
    let pictures = if track.art.is_empty() { of_file.pictures.clone() } else { track.art.clone() };
    Content::Edited(Box::new(Parts { tags: without_empty(&tags), pictures, ..of_file }))
}

impl Content {
    /// Whether bytes that were read are this content; what is wrong otherwise.
    pub fn check(&self, read: Result<&[u8], &str>) -> Result<(), String> {
        match (self, read) {
            (Self::Gone, Err(error)) if error.contains("No such file") => Ok(()),
            (Self::Gone, Ok(bytes)) => Err(format!("{} bytes of a file that is gone", bytes.len())),
            (_, Err(error)) => Err(error.to_owned()),
            (Self::AsBacking(wanted), Ok(bytes)) if wanted == bytes => Ok(()),
            (Self::AsBacking(wanted), Ok(bytes)) => {
                let at = wanted.iter().zip(bytes).take_while(|(a, b)| a == b).count();
                Err(format!("differs from the backing file at {at}: {} bytes for {}", bytes.len(), wanted.len()))
            }
            (Self::Edited(wanted), Ok(bytes)) => {
                let mut read = parts(bytes).ok_or("it does not come apart")?;
                read.tags = without_empty(&read.tags);
                for (what, same) in [
                    ("audio", read.audio == wanted.audio),
                    ("other metadata", read.kept == wanted.kept),
                    ("pictures", read.pictures == wanted.pictures),
                ] {
                    if !same {
                        return Err(format!("its {what} is not what it should be"));
                    }
                }
                if read.tags != wanted.tags {
                    return Err(format!("says {:?} instead of {:?}", read.tags, wanted.tags));
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::FlacBuilder;

    fn tags(title: &str) -> Tags {
        [("title".to_owned(), vec![title.to_owned()])].into()
    }

    fn file(title: &str) -> Vec<u8> {
        FlacBuilder::new(1).tag("title", title).build()
    }

    #[test]
    fn curated_tags_win_and_others_follow_the_file() {
        let track = |title: &str| Track { tags: tags(title), ..Track::default() };
        let (old, new) = (file("old"), file("new"));
        assert_eq!(expected(&track("old"), Some(&old), &tags("old")), Content::AsBacking(old.clone()));
        assert_eq!(expected(&track("old"), Some(&new), &tags("old")), Content::AsBacking(new.clone()));
        let edited = expected(&track("mine"), Some(&new), &tags("old"));
        edited.check(Ok(&file("mine"))).unwrap();
        assert!(edited.check(Ok(&new)).unwrap_err().contains("says"));
        assert!(edited.check(Ok(&FlacBuilder::new(2).tag("title", "mine").build())).unwrap_err().contains("audio"));
        assert!(expected(&track("old"), None, &tags("old")).check(Ok(&old)).is_err());
    }
}
