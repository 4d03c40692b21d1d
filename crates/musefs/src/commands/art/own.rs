//! Reading the pictures that a file itself holds.

use crate::wiring::formats;
use musefs_contracts::anatomy::{Anatomy, PictureLocation};
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::layout::OfFile;
use musefs_contracts::limits::MAX_ART_BYTES;
use std::io;

/// The image, or why it cannot be had.
pub(super) fn read(
    backing: &dyn Backing,
    record: &TrackRecord,
    anatomy: &Anatomy,
    picture: &PictureLocation,
) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| error.to_string();
    let source = backing.open(&record.row.path).map_err(failed)?;
    let stamp = source.stamp().map_err(failed)?;
    if !stamp.same_contents(&record.row.stamp) {
        return Err("the file changed since it was scanned; run musefs revalidate first".to_owned());
    }
    let formats = formats();
    let image = match formats.by_id(&anatomy.format) {
        Some(format) => format.picture(&*source, anatomy, picture).map_err(failed)?,
        None => None,
    };
    let image = image.ok_or("one of its pictures is stored in a form that cannot be taken out of it")?;
    if image.len() > MAX_ART_BYTES as u64 {
        return Err("one of its pictures is too large for the store".to_owned());
    }
    let mut bytes = vec![0; image.len() as usize];
    image.read_at(&OfFile(&*source), 0, &mut bytes).map_err(failed)?;
    Ok(bytes)
}
