//! Writing items of the metadata list.

use crate::anatomy::{freeform_names, role};
use crate::atom::header;
use crate::names::{self, Kind};
use musefs_contracts::anatomy::{ByteRange, Element};
use musefs_contracts::edit::{EditValue, KeyChange};
use musefs_contracts::format::LayoutError;
use musefs_contracts::layout::{LayoutBuilder, Segment};
use musefs_contracts::tags::ArtLink;
use musefs_format_keys::freeform_name;

/// Appends the item of a changed key. `old` is the first element that carried the key; a freeform one keeps its names.
pub(crate) fn write_key(out: &mut LayoutBuilder, change: &KeyChange, old: Option<&Element>) -> Result<(), LayoutError> {
    if change.values.is_empty() {
        return Ok(());
    }
    if let Some((item, kind)) = names::by_key(&change.key) {
        let values: Option<Vec<(u32, Vec<u8>)>> =
            change.values.iter().map(|value| encode(kind, value.text()?)).collect();
        if let Some(values) = values {
            return write_item(out, item, &values, &change.key);
        }
    }
    // A key without an item of its own, or whose value the item cannot hold (a track number that is no number).
    let kept = old.filter(|old| old.role == role::FREEFORM).and_then(|old| freeform_names(&old.private));
    let (mean, name) = kept.unwrap_or_else(|| ("com.apple.iTunes".into(), freeform_name(&change.key).into_owned()));
    write_freeform(out, &mean, &name, change)
}

/// Appends the item with all pictures.
pub(crate) fn write_pictures(out: &mut LayoutBuilder, art: &[ArtLink]) -> Result<(), LayoutError> {
    if art.is_empty() {
        return Ok(());
    }
    let too_large = || LayoutError::TooLarge("the pictures pass 4 GiB".into());
    let content: u64 = art.iter().map(|link| 16 + link.byte_len).sum();
    out.bytes(&header(*b"covr", content, false).ok_or_else(too_large)?);
    for link in art {
        let kind = match link.mime.as_str() {
            "image/jpeg" | "image/jpg" => 13,
            "image/png" => 14,
            "image/gif" => 12,
            "image/bmp" => 27,
            _ => 0u32,
        };
        out.bytes(&data_header(kind, link.byte_len).ok_or_else(too_large)?);
        out.push(Segment::Art(link.art, ByteRange::new(0, link.byte_len)));
    }
    Ok(())
}

fn encode(kind: Kind, text: &str) -> Option<(u32, Vec<u8>)> {
    const UTF8: u32 = 1;
    const IMPLICIT: u32 = 0;
    const SIGNED: u32 = 21;
    Some(match kind {
        Kind::Text => (UTF8, text.as_bytes().to_vec()),
        Kind::GenreIndex => return None,
        Kind::Pair { len } => {
            let (number, total) = text.split_once('/').unwrap_or((text, ""));
            let number: u16 = number.trim().parse().ok()?;
            let total: u16 = if total.trim().is_empty() { 0 } else { total.trim().parse().ok()? };
            let mut bytes = vec![0; len];
            bytes[2..4].copy_from_slice(&number.to_be_bytes());
            bytes[4..6].copy_from_slice(&total.to_be_bytes());
            (IMPLICIT, bytes)
        }
        Kind::Flag => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" => (SIGNED, vec![1]),
            "0" | "false" | "no" => (SIGNED, vec![0]),
            _ => return None,
        },
        Kind::Integer { len } => {
            // Taggers keep beats a minute with a fraction; the item holds whole numbers.
            let number: f64 = text.trim().parse().ok()?;
            let number = number.round();
            let limit = f64::from(1u32 << (len * 8 - 1));
            if !(number >= -limit && number < limit) {
                return None;
            }
            (SIGNED, (number as i64).to_be_bytes()[8 - len..].to_vec())
        }
    })
}

fn write_item(out: &mut LayoutBuilder, item: [u8; 4], values: &[(u32, Vec<u8>)], key: &str) -> Result<(), LayoutError> {
    let too_large = || LayoutError::TooLarge(format!("the values of {key} pass 4 GiB"));
    let content: u64 = values.iter().map(|(_, value)| 16 + value.len() as u64).sum();
    out.bytes(&header(item, content, false).ok_or_else(too_large)?);
    for (kind, value) in values {
        out.bytes(&data_header(*kind, value.len() as u64).ok_or_else(too_large)?).bytes(value);
    }
    Ok(())
}

fn write_freeform(out: &mut LayoutBuilder, mean: &str, name: &str, change: &KeyChange) -> Result<(), LayoutError> {
    let too_large = || LayoutError::TooLarge(format!("the values of {} pass 4 GiB", change.key));
    let mut item = LayoutBuilder::new();
    for (code, text) in [(*b"mean", mean), (*b"name", name)] {
        let content = 4 + text.len() as u64;
        item.bytes(&header(code, content, false).ok_or_else(too_large)?).zeros(4).bytes(text.as_bytes());
    }
    for value in &change.values {
        match value {
            EditValue::Text(text) => {
                item.bytes(&data_header(1, text.len() as u64).ok_or_else(too_large)?).bytes(text.as_bytes());
            }
            EditValue::Binary(value, len) => {
                item.bytes(&data_header(0, *len).ok_or_else(too_large)?);
                item.push(Segment::TagValue(value.clone(), ByteRange::new(0, *len)));
            }
        }
    }
    out.bytes(&header(*b"----", item.len(), false).ok_or_else(too_large)?).append(item);
    Ok(())
}

/// Header, type and locale of a `data` atom.
fn data_header(kind: u32, value_len: u64) -> Option<Vec<u8>> {
    let mut bytes = header(*b"data", value_len.checked_add(8)?, false)?;
    bytes.extend(kind.to_be_bytes());
    bytes.extend([0; 4]);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_the_width_of_their_item() {
        assert_eq!(encode(Kind::Pair { len: 8 }, "3/12"), Some((0, vec![0, 0, 0, 3, 0, 12, 0, 0])));
        assert_eq!(encode(Kind::Pair { len: 6 }, "3"), Some((0, vec![0, 0, 0, 3, 0, 0])));
        assert_eq!(encode(Kind::Integer { len: 2 }, "119.6"), Some((21, vec![0, 120])));
        assert_eq!(encode(Kind::Flag, "Yes"), Some((21, vec![1])));
    }

    #[test]
    fn what_an_item_cannot_hold_is_left_to_a_freeform_one() {
        for (kind, text) in [
            (Kind::Pair { len: 8 }, "A3"),
            (Kind::Pair { len: 8 }, "70000"),
            (Kind::Integer { len: 2 }, "fast"),
            (Kind::Integer { len: 2 }, "40000"),
            (Kind::Integer { len: 2 }, "NaN"),
            (Kind::Flag, "maybe"),
        ] {
            assert_eq!(encode(kind, text), None, "{text}");
        }
    }
}
