//! The fields in front of the image.

use musefs_contracts::limits;
use musefs_contracts::tags::ArtLink;

/// Longest MIME type or description that is passed over; a longer one is another structure's bytes or an attack.
const MAX_TEXT: usize = 64 << 10;
/// Most characters of them that are given, as many as the store holds of a description.
const MAX_CHARS: usize = limits::MAX_ART_DESCRIPTION_CHARS;

/// Bits of a pixel of a true-colour image.
const TRUE_COLOUR: u32 = 24;

/// The fields of a picture structure, and where its image lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureHeader {
    /// Picture type of ID3v2 and FLAC; 0 to 20 in well-formed files.
    pub picture_type: u32,
    /// MIME type, with undecodable bytes replaced; no more of it than the store holds of a description.
    pub mime: String,
    /// Description, with undecodable bytes replaced; no more of it than the store holds.
    pub description: String,
    /// Width in pixels; 0 if not known.
    pub width: u32,
    /// Height in pixels; 0 if not known.
    pub height: u32,
    /// Colour depth in bits a pixel; 0 if not known.
    pub depth: u32,
    /// Number of colours of an indexed image; 0 otherwise.
    pub colors: u32,
    /// Where the image begins, counted in bytes from the start of the structure.
    pub image_offset: u32,
    /// Length of the image in bytes, as the structure claims.
    pub image_len: u32,
}

impl PictureHeader {
    /// Reads the fields from the first bytes of a structure. `None` if they do not hold all fields; the image need not be
    /// there.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let picture_type = int(&mut rest)?;
        let mime = text(&mut rest)?;
        let description = text(&mut rest)?;
        let [width, height, depth, colors, image_len] = [(); 5].map(|()| int(&mut rest));
        Some(Self {
            picture_type,
            mime,
            description,
            width: width?,
            height: height?,
            depth: depth?,
            colors: colors?,
            image_len: image_len?,
            image_offset: (bytes.len() - rest.len()) as u32,
        })
    }

    /// Length of the whole structure in bytes, image included, as its fields claim.
    pub fn structure_len(&self) -> u64 {
        u64::from(self.image_offset) + u64::from(self.image_len)
    }
}

/// Length in bytes of what [`header_for`] gives.
pub fn header_len(link: &ArtLink) -> u64 {
    32 + link.mime.len() as u64 + link.description.len() as u64
}

/// The structure of a picture of the catalog up to its image, which follows. `None` if a field does not fit into its 32
/// bits.
///
/// Readers take dimensions only together with a depth, which the catalog does not know. A JPEG's is that of a true-colour
/// image; a PNG may have any, and readers complain about a wrong one, so that of other images all are 0, "not known".
pub fn header_for(link: &ArtLink) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(header_len(link) as usize);
    let int = |out: &mut Vec<u8>, value: u64| {
        out.extend_from_slice(&u32::try_from(value).ok()?.to_be_bytes());
        Some(())
    };
    int(&mut out, u64::from(link.picture_type))?;
    for text in [&link.mime, &link.description] {
        int(&mut out, text.len() as u64)?;
        out.extend_from_slice(text.as_bytes());
    }
    let known = link.width.zip(link.height).filter(|_| link.mime.eq_ignore_ascii_case("image/jpeg"));
    let (width, height, depth) = known.map_or((0, 0, 0), |(width, height)| (width, height, TRUE_COLOUR));
    for value in [width, height, depth, 0] {
        int(&mut out, u64::from(value))?;
    }
    int(&mut out, link.byte_len)?;
    Some(out)
}

fn int(rest: &mut &[u8]) -> Option<u32> {
    let (value, behind) = rest.split_first_chunk::<4>()?;
    *rest = behind;
    Some(u32::from_be_bytes(*value))
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let len = int(rest)? as usize;
    if len > MAX_TEXT {
        return None;
    }
    let (value, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(String::from_utf8_lossy(&value[..value.len().min(4 * MAX_CHARS)]).chars().take(MAX_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use musefs_contracts::ids::ArtId;

    fn link() -> ArtLink {
        ArtLink {
            art: ArtId(1),
            mime: "image/jpeg".into(),
            width: Some(3),
            height: Some(4),
            byte_len: 77,
            picture_type: 4,
            description: "Rückseite".into(),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let bytes = header_for(&link()).unwrap();
        assert_eq!(bytes.len() as u64, header_len(&link()));
        let header = PictureHeader::parse(&bytes).unwrap();
        assert_eq!((header.picture_type, header.width, header.height, header.depth), (4, 3, 4, 24));
        assert_eq!((header.mime.as_str(), header.description.as_str()), ("image/jpeg", "Rückseite"));
        assert_eq!((header.image_offset as usize, header.image_len), (bytes.len(), 77));
        for cut in 0..bytes.len() {
            assert_eq!(PictureHeader::parse(&bytes[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn dimensions_are_given_whole_or_not_at_all() {
        let header = PictureHeader::parse(&header_for(&ArtLink { height: None, ..link() }).unwrap()).unwrap();
        assert_eq!((header.width, header.height, header.depth), (0, 0, 0));
    }

    #[test]
    fn dimensions_of_an_image_of_any_depth_are_left_open() {
        let png = ArtLink { mime: "image/png".into(), ..link() };
        let header = PictureHeader::parse(&header_for(&png).unwrap()).unwrap();
        assert_eq!((header.width, header.height, header.depth), (0, 0, 0));
    }

    #[test]
    fn lying_lengths_allocate_nothing() {
        let mut bytes = vec![0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff];
        bytes.resize(100, b'x');
        assert_eq!(PictureHeader::parse(&bytes), None);
    }

    #[test]
    fn no_more_text_is_given_than_the_store_holds() {
        let long = ArtLink { description: "ä".repeat(3000), ..link() };
        let bytes = header_for(&long).unwrap();
        let header = PictureHeader::parse(&bytes).unwrap();
        assert_eq!(header.description, "ä".repeat(1024));
        assert_eq!(header.image_offset as usize, bytes.len());
    }

    #[test]
    fn an_image_beyond_32_bits_does_not_fit() {
        assert_eq!(header_for(&ArtLink { byte_len: 1 << 32, ..link() }), None);
    }
}
