//! The served file: header pages made anew, and the audio.

use crate::codec::Codec;
use crate::fit::{Packets, fit, lacing};
use crate::headers::{CommentPacket, Headers};
use crate::page::{BEGINS_STREAM, ENDS_STREAM};
use crate::paginate::NewPages;
use crate::renumber::Renumbered;
use crate::{PROBER, role};
use musefs_contracts::anatomy::{Anatomy, ByteRange, Element};
use musefs_contracts::edit::Edit;
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{Layout, LayoutBuilder, Segment};
use musefs_format_vorbis_comment::{PictureHome, Rewriter, role as comment};
use std::sync::Arc;

/// What a file without a vendor string says of who wrote its comments.
const VENDOR: &str = "musefs";
/// Block types of FLAC.
const FLAC_COMMENT: u8 = 4;
const FLAC_PICTURE: u8 = 6;
/// Longest FLAC metadata block, header included.
const MAX_FLAC_BLOCK: u64 = 4 + (1 << 24) - 1;

pub(crate) fn layout(anatomy: &Anatomy, edit: &Edit) -> Result<Layout, LayoutError> {
    if edit.is_empty() {
        return Ok(Layout::verbatim(anatomy.size));
    }
    if anatomy.prober != PROBER || !anatomy.lies_inside() {
        return Err(LayoutError::StaleAnatomy);
    }
    let headers = Headers::decode(&anatomy.private).map_err(|_| LayoutError::StaleAnatomy)?;
    if !headers.lie_inside(anatomy.size) {
        return Err(LayoutError::StaleAnatomy);
    }
    let packets = packets(anatomy, edit, &headers)?;
    let (packets, pages) = fitted(packets, &headers)?;
    let mut out = LayoutBuilder::new();
    out.backing(ByteRange::new(0, headers.identification.offset));
    identification(&headers, packets.len(), &mut out)?;
    let lengths: Vec<u64> = packets.iter().map(LayoutBuilder::len).collect();
    let mut payload = LayoutBuilder::new();
    for packet in packets {
        payload.append(packet);
    }
    let sequence = headers.sequence.wrapping_add(1);
    let new = NewPages::new(payload.finish(), &lengths, pages, headers.serial, sequence)
        .with_flags(0, if headers.ends_stream { ENDS_STREAM } else { 0 });
    out.push(Segment::Computed(Arc::new(new)));
    let shift = (pages as u32).wrapping_sub(headers.pages.count() as u32);
    if shift == 0 {
        out.backing(anatomy.audio);
    } else {
        let renumbered = Renumbered { range: anatomy.audio, serial: headers.serial, shift };
        out.push(Segment::Computed(Arc::new(renumbered)));
    }
    Ok(out.finish())
}

/// A header packet of the served file.
struct Packet {
    body: LayoutBuilder,
    /// Whether it is the comment packet, and may be padded.
    comments: Option<bool>,
    /// The type, if it is a FLAC metadata block, of which `body` has the header.
    flac: Option<FlacBlock>,
}

struct FlacBlock {
    kind: u8,
    /// Where the block lies in the file's header pages, and whether it has the last-block flag; `None` if it is new.
    old: Option<(ByteRange, bool)>,
}

fn packets(anatomy: &Anatomy, edit: &Edit, headers: &Headers) -> Result<Vec<Packet>, LayoutError> {
    let mut rewriter = Rewriter::new(anatomy, edit, PictureHome::Comments);
    let is_flac = headers.codec == Codec::Flac;
    let is_packet = |element: &&Element| matches!(element.role, role::COMMENTS | role::SETUP);
    let elements = anatomy.elements.iter().filter(is_packet);
    let mut packets = Vec::new();
    for (index, (element, range)) in elements.zip(headers.packet_ranges()).enumerate() {
        let is_comments = element.role == role::COMMENTS;
        if let Some(known) = headers.comments.as_ref().filter(|_| is_comments) {
            packets.push(comment_packet(anatomy, headers, known, range, &mut rewriter)?);
        } else if !(is_flac && edit.art.is_some() && element.id[3] == FLAC_PICTURE) {
            let was_last = index + 1 == headers.packets.len();
            let flac = is_flac.then_some(FlacBlock { kind: element.id[3], old: Some((range, was_last)) });
            let mut body = LayoutBuilder::new();
            if !is_flac {
                headers.pages.keep(range, &mut body);
            }
            packets.push(Packet { body, comments: None, flac });
        }
    }
    if headers.comments.is_none() {
        packets.insert(0, new_comment_packet(&mut rewriter)?);
    }
    Ok(packets)
}

fn comment_packet<'a>(
    anatomy: &'a Anatomy,
    headers: &Headers,
    known: &CommentPacket,
    range: ByteRange,
    rewriter: &mut Rewriter<'a>,
) -> Result<Packet, LayoutError> {
    let pages = &headers.pages;
    let prefix = headers.codec.prefix_len();
    for element in anatomy.elements.iter().filter(|element| comment::is_comment(element.role)) {
        rewriter.comment(element, |out| pages.keep(pages.logical(element.range), out))?;
    }
    let rewritten = rewriter.finish_header()?;
    let mut body = LayoutBuilder::new();
    let flac = (headers.codec == Codec::Flac).then_some(FlacBlock { kind: FLAC_COMMENT, old: None });
    if flac.is_none() {
        pages.keep(ByteRange::new(range.offset, prefix), &mut body);
    }
    if known.vendor_len == 0 {
        vendor(&mut body);
    } else {
        pages.keep(ByteRange::new(range.offset + prefix, known.vendor_len), &mut body);
    }
    body.bytes(&rewritten.count_field()?).append(rewritten.comments);
    if headers.codec == Codec::Vorbis {
        // The framing bit.
        body.bytes(&[1]);
    }
    pages.keep(ByteRange::new(range.offset.saturating_add(known.kept.offset), known.kept.len), &mut body);
    Ok(Packet { body, comments: Some(known.kept.len == 0), flac })
}

/// The comment block of a FLAC stream that has none.
fn new_comment_packet(rewriter: &mut Rewriter<'_>) -> Result<Packet, LayoutError> {
    let rewritten = rewriter.finish_header()?;
    let mut body = LayoutBuilder::new();
    vendor(&mut body);
    body.bytes(&rewritten.count_field()?).append(rewritten.comments);
    Ok(Packet { body, comments: Some(true), flac: Some(FlacBlock { kind: FLAC_COMMENT, old: None }) })
}

fn vendor(body: &mut LayoutBuilder) {
    body.bytes(&(VENDOR.len() as u32).to_le_bytes()).bytes(VENDOR.as_bytes());
}

/// Pads the comment packet, completes FLAC's block headers, and chooses the number of pages.
fn fitted(packets: Vec<Packet>, headers: &Headers) -> Result<(Vec<LayoutBuilder>, u64), LayoutError> {
    let len = |packet: &Packet| match &packet.flac {
        Some(FlacBlock { old: Some((range, _)), .. }) => range.len,
        Some(_) => 4 + packet.body.len(),
        None => packet.body.len(),
    };
    let comments = packets.iter().find(|packet| packet.comments.is_some());
    let comments_len = comments.map_or(0, len);
    let takes_padding = comments.is_some_and(|packet| packet.comments == Some(true));
    let limit = if headers.codec == Codec::Flac { MAX_FLAC_BLOCK } else { u64::MAX };
    if comments_len > limit {
        return Err(LayoutError::TooLarge("the VORBIS_COMMENT block would pass 16 MiB".into()));
    }
    let others = packets.iter().filter(|packet| packet.comments.is_none()).map(len);
    let sizes = Packets {
        comments: comments_len,
        most: if takes_padding { limit } else { comments_len },
        others: others.clone().sum(),
        others_lacing: others.map(lacing).sum(),
    };
    let old_size = headers.pages.end() - headers.pages.start;
    let chosen = fit(sizes, headers.pages.count(), old_size);
    let count = packets.len();
    let finished = packets.into_iter().enumerate().map(|(index, mut packet)| {
        if packet.comments.is_some() {
            packet.body.zeros(chosen.padding);
        }
        match &packet.flac {
            Some(block) => flac_block(headers, block, packet.body, index + 1 == count),
            None => packet.body,
        }
    });
    Ok((finished.collect(), chosen.pages))
}

fn flac_block(headers: &Headers, block: &FlacBlock, body: LayoutBuilder, last: bool) -> LayoutBuilder {
    let first = block.kind | if last { 0x80 } else { 0 };
    let mut out = LayoutBuilder::new();
    match block.old {
        Some((range, was_last)) if was_last == last => headers.pages.keep(range, &mut out),
        Some((range, _)) => {
            out.bytes(&[first]);
            headers.pages.keep(ByteRange::new(range.offset + 1, range.len.saturating_sub(1)), &mut out);
        }
        None => {
            let [_, len @ ..] = (body.len() as u32).to_be_bytes();
            out.bytes(&[first]).bytes(&len).append(body);
        }
    }
    out
}

/// The identification page; of FLAC, it is made anew where the number of header packets changed, which stands in it.
fn identification(headers: &Headers, packets: usize, out: &mut LayoutBuilder) -> Result<(), LayoutError> {
    let page = headers.identification;
    if headers.codec != Codec::Flac || packets == headers.packets.len() {
        out.backing(page);
        return Ok(());
    }
    // One packet with one lacing value that is not 255: the probe has seen to that.
    let count = u16::try_from(packets).unwrap_or(0);
    let lacing_len = 28 + page.len.saturating_sub(28) / 256;
    let body = ByteRange::new(page.offset + lacing_len, page.len.saturating_sub(lacing_len));
    if body.len < 9 {
        return Err(LayoutError::StaleAnatomy);
    }
    let mut payload = LayoutBuilder::new();
    payload.backing(ByteRange::new(body.offset, 7)).bytes(&count.to_be_bytes());
    payload.backing(ByteRange::new(body.offset + 9, body.len - 9));
    let new =
        NewPages::new(payload.finish(), &[body.len], 1, headers.serial, headers.sequence).with_flags(BEGINS_STREAM, 0);
    out.push(Segment::Computed(Arc::new(new)));
    Ok(())
}
