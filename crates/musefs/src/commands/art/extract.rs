//! `musefs art extract`: pictures as files.

use super::{PICTURE_TYPES, last, own};
use crate::cli::ArtExtractArgs;
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{complain, counted, say};
use crate::selection::tracks_to_change;
use crate::wiring::{Store, scan_backing};
use musefs_contracts::anatomy::{Anatomy, PictureLocation};
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::{Catalog, TrackRecord};
use musefs_contracts::ids::ArtId;
use musefs_contracts::limits::MAX_ART_BYTES;
use musefs_contracts::meter::NoMeter;
use musefs_format_picture::sniff_image;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Bytes of a track's name that the names of its pictures begin with, so that these are never too long.
const STEM_BYTES: usize = 200;

/// Writes the pictures of tracks into a folder.
pub(super) fn run(args: &ArtExtractArgs) -> CommandResult {
    let (folder, words) = last(&args.words)?;
    let catalog = Store::File(Store::lasting(&args.store.path()?)?).open()?;
    let tracks = tracks_to_change(catalog.as_ref(), words)?;
    let failed =
        |error: io::Error| Failure::new(format!("{}: {error}; name a folder that you may write", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let backing = scan_backing(&NoMeter);
    let (mut written, mut there, mut missed) = (0, 0, 0);
    for track in tracks {
        let record = catalog.track(track)?;
        let mut stem = record.row.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        while stem.len() > STEM_BYTES {
            stem.pop();
        }
        for (kind, data) in images(catalog.as_ref(), backing.as_ref(), &record) {
            match data {
                Ok(data) if write_image(folder, &stem, kind, &data).map_err(failed)? => written += 1,
                Ok(_) => there += 1,
                Err(reason) => {
                    complain(format!("musefs: {}: {reason}; it is left out", record.row.path.display()));
                    missed += 1;
                }
            }
        }
    }
    if !args.talk.quiet {
        let already = if there > 0 { format!(", {there} there already") } else { String::new() };
        say(format!("{} written to {}{already}", counted(written, "picture"), folder.display()));
    }
    Ok(if missed > 0 { Ending::SomeUnreadable } else { Ending::Done })
}

type Image = (u8, Result<Vec<u8>, String>);

/// The images that a track shows, with their types.
fn images(catalog: &dyn Catalog, backing: &dyn Backing, record: &TrackRecord) -> Vec<Image> {
    if record.art.is_empty() {
        let of_file = |anatomy: &Anatomy| -> Vec<Image> {
            let image =
                move |picture: &PictureLocation| (picture.picture_type, own::read(backing, record, anatomy, picture));
            anatomy.pictures.iter().map(image).collect()
        };
        return record.anatomy.iter().flat_map(of_file).collect();
    }
    let linked = |art: ArtId, len: u64| {
        let mut data = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(MAX_ART_BYTES)];
        catalog.read_art(art, 0, &mut data).map(|()| data).map_err(|error| error.to_string())
    };
    record.art.iter().map(|link| (link.picture_type, linked(link.art, link.byte_len))).collect()
}

/// Writes an image under a name of its own; `false` if the same image is there under such a name already.
fn write_image(folder: &Path, stem: &str, kind: u8, data: &[u8]) -> io::Result<bool> {
    let extension = match sniff_image(data).map_or("", |info| info.mime) {
        "image/jpeg" => "jpg",
        other => other.strip_prefix("image/").unwrap_or("bin"),
    };
    let kind = PICTURE_TYPES.get(usize::from(kind)).unwrap_or(&PICTURE_TYPES[0]);
    let mut number = 1;
    loop {
        let suffix = if number == 1 { String::new() } else { format!(" ({number})") };
        let path = folder.join(format!("{stem}.{kind}{suffix}.{extension}"));
        match File::create_new(&path) {
            Ok(mut file) => return file.write_all(data).map(|()| true),
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) if std::fs::read(&path).is_ok_and(|there| there == data) => return Ok(false),
            Err(_) => number += 1,
        }
    }
}
