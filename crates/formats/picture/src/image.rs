//! What the first bytes of an image say of it: its kind and, where they are near, its dimensions.

/// Kind and dimensions of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// MIME type.
    pub mime: &'static str,
    /// Width and height in pixels, if the bytes at hand tell.
    pub size: Option<(u32, u32)>,
}

/// Recognises JPEG, PNG, GIF, BMP, WebP and TIFF by their signatures.
pub fn sniff_image(head: &[u8]) -> Option<ImageInfo> {
    let info = |mime, size| Some(ImageInfo { mime, size });
    match head {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => {
            let size = be32(head, 16).zip(be32(head, 20));
            info("image/png", size)
        }
        [0xff, 0xd8, 0xff, ..] => info("image/jpeg", jpeg_size(head)),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => info("image/gif", le16(head, 6).zip(le16(head, 8))),
        [b'B', b'M', ..] if head.len() >= 26 => {
            let absolute = |at| be32(head, at).map(|value| (value.swap_bytes() as i32).unsigned_abs());
            info("image/bmp", absolute(18).zip(absolute(22)))
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => info("image/webp", None),
        [b'I', b'I', 0x2a, 0, ..] | [b'M', b'M', 0, 0x2a, ..] => info("image/tiff", None),
        _ => None,
    }
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|value| u32::from_be_bytes(*value))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|value| u32::from(u16::from_be_bytes(*value)))
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|value| u32::from(u16::from_le_bytes(*value)))
}

/// Walks the marker segments (ITU-T T.81, annex B) to the frame header.
fn jpeg_size(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = *head.get(at + 1)?;
        if head.get(at) != Some(&0xff) {
            return None;
        }
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            // Frame headers are C0 to CF but for the tables DHT (C4), JPG (C8) and DAC (CC).
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return be16(head, at + 7).zip(be16(head, at + 5));
            }
            _ => at += 2 + (be16(head, at + 2)?.max(2) as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_dimensions_are_read_from_the_first_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x02\0\0\0\x03";
        assert_eq!(sniff_image(png), Some(ImageInfo { mime: "image/png", size: Some((258, 3)) }));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc4\0\x02\xff\xc2\0\x0b\x08\0\x05\0\x09";
        assert_eq!(sniff_image(jpeg), Some(ImageInfo { mime: "image/jpeg", size: Some((9, 5)) }));
        assert_eq!(sniff_image(b"GIF89a\x04\0\x02\0").and_then(|info| info.size), Some((4, 2)));
        assert_eq!(sniff_image(b"no image"), None);
    }

    #[test]
    fn a_cut_or_looping_jpeg_has_no_size() {
        for head in [&b"\xff\xd8\xff"[..], b"\xff\xd8\xff\xe0\0\0\0\0", b"\xff\xd8\xff\xff\xff\xff"] {
            assert_eq!(sniff_image(head), Some(ImageInfo { mime: "image/jpeg", size: None }));
        }
    }
}
