//! The served file: blocks kept, made anew or added, and the audio.

use crate::block::{self, BlockHeader, HEADER, MAX_BODY, PADDING, PICTURE, STREAMINFO, VORBIS_COMMENT, is_block, role};
use crate::{PROBER, fallback, padding};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element, PictureEncoding, PictureLocation};
use musefs_contracts::codec::{DecodeError, Decoder};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_contracts::tags::ArtLink;
use musefs_format_picture::header_for;
use musefs_format_vorbis_comment::{PictureHome, Rewriter, role as comment};

/// What a file without a vendor string says of who wrote its comments.
const VENDOR: &str = "musefs";

/// A block of the served file.
struct Block {
    kind: u8,
    /// The length its header states; differs from the body's only in a kept block whose file says so.
    stated: u64,
    /// The header in the file, and whether it has the last-block flag.
    header: Option<(ByteRange, bool)>,
    body: LayoutBuilder,
}

pub(crate) fn layout(anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
    if edit.is_empty() {
        return Ok(Layout::verbatim(anatomy.size));
    }
    if anatomy.prober != PROBER || anatomy.format != crate::ID || !anatomy.lies_inside() {
        return Err(LayoutError::StaleAnatomy);
    }
    let marker = Decoder(&anatomy.private).int().map_err(stale)?;
    if marker >= anatomy.size {
        return Err(LayoutError::StaleAnatomy);
    }
    let mut out = LayoutBuilder::new();
    for junk in anatomy.elements.iter().filter(|element| element.role == role::JUNK) {
        out.backing(junk.range);
    }
    out.backing(ByteRange::new(marker, 4));
    let blocks = blocks(anatomy, edit)?;
    let used = out.len() + blocks.iter().map(|block| HEADER + block.body.len()).sum::<u64>();
    let padding = padding::amount(used, anatomy.audio.offset);
    let count = blocks.len();
    for (index, block) in blocks.into_iter().enumerate() {
        let last = padding == 0 && index + 1 == count;
        match block.header {
            Some((range, was_last)) if was_last == last => out.backing(range),
            _ => out.bytes(&BlockHeader { last, block_type: block.kind, len: block.stated }.bytes()),
        };
        out.append(block.body);
    }
    padding::write(&mut out, padding);
    out.backing(anatomy.audio);
    Ok(out.finish())
}

/// All blocks but padding, in order.
fn blocks(anatomy: &Anatomy, edit: &Edit) -> Result<Vec<Block>, LayoutError> {
    let mut rewriter = Rewriter::new(anatomy, edit, PictureHome::Blocks);
    let last_block = anatomy.elements.iter().rposition(is_block);
    let mut blocks = Vec::new();
    let mut comments_at = None;
    let mut pictures_at = None;
    for (index, element) in anatomy.elements.iter().enumerate().filter(|(_, element)| is_block(element)) {
        match (element.role, block::block_type(element)) {
            (role::COMMENTS, _) => {
                let following = anatomy.elements.get(index + 1..).unwrap_or_default();
                blocks.push(comment_block(anatomy, element, following, &mut rewriter, comments_at.is_none())?);
                comments_at = Some(blocks.len());
            }
            (_, PADDING) => {}
            (_, PICTURE) if edit.art.is_some() => {
                pictures_at.get_or_insert(blocks.len());
            }
            (_, kind) => {
                let mut body = LayoutBuilder::new();
                body.backing(body_of(element));
                let stated = if element.private.is_empty() {
                    body.len()
                } else {
                    Decoder(&element.private).int().map_err(stale)?
                };
                let header = ByteRange::new(element.range.offset, HEADER);
                let header = Some((header, last_block == Some(index)));
                blocks.push(Block { kind, stated, header, body });
            }
        }
    }
    let pictures = match &edit.art {
        Some(art) => art.iter().map(art_block).collect::<Result<_, _>>()?,
        None => carried_pictures(anatomy)?,
    };
    let at = pictures_at.unwrap_or(blocks.len());
    blocks.splice(at..at, pictures);
    if comments_at.is_none()
        && let Some(block) = new_comment_block(anatomy, &mut rewriter)?
    {
        let behind_streaminfo = blocks.iter().position(|block| block.kind == STREAMINFO).map_or(0, |at| at + 1);
        blocks.insert(behind_streaminfo, block);
    }
    Ok(blocks)
}

fn body_of(element: &Element) -> ByteRange {
    ByteRange::new(element.range.offset + HEADER, element.range.len.saturating_sub(HEADER))
}

fn comment_block<'a>(
    anatomy: &'a Anatomy,
    element: &Element,
    following: &'a [Element],
    rewriter: &mut Rewriter<'a>,
    is_first: bool,
) -> Result<Block, LayoutError> {
    let private = &mut Decoder(&element.private);
    let vendor_len = private.int().map_err(stale)?;
    let end = private.int().map_err(stale)?;
    let range = body_of(element);
    if vendor_len > range.len || end > range.len {
        return Err(LayoutError::StaleAnatomy);
    }
    let comments = following.iter().take_while(|element| comment::is_comment(element.role));
    for element in comments {
        rewriter.comment(element, |out| {
            out.backing(element.range);
        })?;
    }
    if is_first {
        carry(anatomy, rewriter)?;
    }
    let rewritten = rewriter.finish_header()?;
    let mut body = LayoutBuilder::new();
    if vendor_len == 0 {
        vendor(&mut body);
    } else {
        body.backing(ByteRange::new(range.offset, vendor_len));
    }
    body.bytes(&rewritten.count_field()?);
    body.append(rewritten.comments);
    body.backing(ByteRange::new(range.offset.saturating_add(end), range.len.saturating_sub(end)));
    sized(VORBIS_COMMENT, body)
}

fn new_comment_block<'a>(anatomy: &'a Anatomy, rewriter: &mut Rewriter<'a>) -> Result<Option<Block>, LayoutError> {
    carry(anatomy, rewriter)?;
    let rewritten = rewriter.finish_header()?;
    if rewritten.count == 0 {
        return Ok(None);
    }
    let mut body = LayoutBuilder::new();
    vendor(&mut body);
    body.bytes(&rewritten.count_field()?);
    body.append(rewritten.comments);
    sized(VORBIS_COMMENT, body).map(Some)
}

fn vendor(body: &mut LayoutBuilder) {
    body.bytes(&(VENDOR.len() as u32).to_le_bytes()).bytes(VENDOR.as_bytes());
}

/// Writes the keys that only the ID3 tags state, which the served file leaves out.
fn carry(anatomy: &Anatomy, rewriter: &mut Rewriter<'_>) -> Result<(), LayoutError> {
    for tag in anatomy.elements.iter().filter(|element| element.role == role::FOREIGN_TAG) {
        for (key, values) in fallback::decode(&tag.private).map_err(stale)?.keys {
            rewriter.carry(&key, &values)?;
        }
    }
    Ok(())
}

fn art_block(link: &ArtLink) -> Result<Block, LayoutError> {
    picture_block(link, Segment::Art(link.art, ByteRange::new(0, link.byte_len)))
}

/// Pictures of the ID3 tags that are left out.
fn carried_pictures(anatomy: &Anatomy) -> Result<Vec<Block>, LayoutError> {
    let of_tag = |picture: &PictureLocation| {
        let element = anatomy.elements.get(picture.element as usize);
        element.filter(|element| element.role == role::FOREIGN_TAG)
    };
    let mut blocks = Vec::new();
    for picture in &anatomy.pictures {
        let Some(tag) = of_tag(picture) else { continue };
        let (byte_len, image) = carried_image(picture, tag)?;
        let link = ArtLink {
            art: musefs_contracts::ids::ArtId(0),
            mime: picture.mime.clone(),
            width: None,
            height: None,
            byte_len,
            picture_type: picture.picture_type,
            description: picture.description.clone(),
        };
        blocks.push(picture_block(&link, image)?);
    }
    Ok(blocks)
}

/// The image of a picture in a tag that is left out, and its length.
fn carried_image(picture: &PictureLocation, tag: &Element) -> Result<(u64, Segment), LayoutError> {
    if picture.encoding == PictureEncoding::Raw {
        return Ok((picture.range.len, Segment::Backing(picture.range)));
    }
    let adopted = fallback::decode(&tag.private).map_err(stale)?;
    let stuffed = adopted.stuffed.into_iter().find(|image| image.raw() == picture.range);
    let deflated = adopted.deflated.into_iter().find(|image| image.raw() == picture.range);
    let stuffed = stuffed.map(|image| (image.decoded_len(), image.segment()));
    let image = stuffed.or_else(|| deflated.map(|image| (image.decoded_len(), image.segment())));
    image.ok_or_else(|| LayoutError::TooLarge("a picture of another tag is too large to be decoded".into()))
}

fn picture_block(link: &ArtLink, image: Segment) -> Result<Block, LayoutError> {
    let mut body = LayoutBuilder::new();
    body.bytes(&header_for(link).ok_or_else(|| too_large(PICTURE))?);
    body.push(image);
    sized(PICTURE, body)
}

fn sized(kind: u8, body: LayoutBuilder) -> Result<Block, LayoutError> {
    let stated = body.len();
    if stated > MAX_BODY {
        return Err(too_large(kind));
    }
    Ok(Block { kind, stated, header: None, body })
}

fn too_large(kind: u8) -> LayoutError {
    let name = if kind == PICTURE { "PICTURE" } else { "VORBIS_COMMENT" };
    LayoutError::TooLarge(format!("the {name} block would pass 16 MiB"))
}

fn stale(_: DecodeError) -> LayoutError {
    LayoutError::StaleAnatomy
}
