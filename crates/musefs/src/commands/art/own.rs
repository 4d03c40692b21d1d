//! Reading the pictures that a file itself holds.

use musefs_contracts::anatomy::{PictureEncoding, PictureLocation};
use musefs_contracts::backing::{Backing, read_exact_at};
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::limits::MAX_ART_BYTES;
use musefs_format_picture::{PictureHeader, decode_prefix};

/// The image, or why it cannot be had.
pub(super) fn read(backing: &dyn Backing, record: &TrackRecord, picture: &PictureLocation) -> Result<Vec<u8>, String> {
    let source = backing.open(&record.row.path).map_err(|error| error.to_string())?;
    let stamp = source.stamp().map_err(|error| error.to_string())?;
    if !stamp.same_contents(&record.row.stamp) {
        return Err("the file changed since it was scanned; run musefs revalidate first".to_owned());
    }
    if picture.range.len > 2 * MAX_ART_BYTES as u64 {
        return Err("one of its pictures is too large for the store".to_owned());
    }
    let mut bytes = vec![0; picture.range.len as usize];
    read_exact_at(&*source, picture.range.offset, &mut bytes).map_err(|error| error.to_string())?;
    match image(picture.encoding, bytes) {
        Some(image) if image.len() <= MAX_ART_BYTES => Ok(image),
        Some(_) => Err("one of its pictures is too large for the store".to_owned()),
        None => Err("one of its pictures is stored in a form that cannot be taken out of it".to_owned()),
    }
}

fn image(encoding: PictureEncoding, bytes: Vec<u8>) -> Option<Vec<u8>> {
    match encoding {
        PictureEncoding::Raw => Some(bytes),
        PictureEncoding::Base64 => decoded(&bytes),
        PictureEncoding::Unsynchronised => Some(synchronised(&bytes)),
        // A Vorbis comment whose image does not begin where four characters of base64 do holds the structure around it as well.
        PictureEncoding::Opaque => {
            let mut structure = decoded(&bytes)?;
            let header = PictureHeader::parse(&structure)?;
            Some(structure.split_off(usize::try_from(header.image_offset).ok()?.min(structure.len())))
        }
    }
}

/// What base64 stands for; `None` if anything else stands among it.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|byte| *byte != b'=' && !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_ \t\r\n".contains(byte);
    text[..end].iter().all(belongs).then(|| decode_prefix(&text[..end]))
}

/// Takes out the NUL that unsynchronisation puts behind each 0xff.
fn synchronised(bytes: &[u8]) -> Vec<u8> {
    let mut image = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if *byte != 0 || index == 0 || bytes[index - 1] != 0xff {
            image.push(*byte);
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_nul_behind_a_ff_goes() {
        assert_eq!(synchronised(&[0xff, 0, 0xd8, 0, 0xff, 0, 0]), [0xff, 0xd8, 0, 0xff, 0]);
    }

    #[test]
    fn base64_with_anything_else_among_it_is_refused_rather_than_cut() {
        assert_eq!(decoded(b"aGVs\nbG8=\n").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decoded(b"aGVs\0bG8="), None);
        assert_eq!(image(PictureEncoding::Opaque, b"aGVsbG8=".to_vec()), None, "no structure of a picture");
    }
}
