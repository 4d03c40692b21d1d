//! What the anatomy of an MP4 file records beyond its elements: the atoms on the way to the metadata list, the `free` atoms
//! that may absorb an edit, and the tables of absolute offsets.

use crate::atom::Atom;
use musefs_contracts::anatomy::{ByteRange, Element};
use musefs_contracts::codec::{DecodeError, Decoder, Encoder};

/// Roles of elements.
pub(crate) mod role {
    /// An item of the metadata list whose value is understood; `private` is empty.
    pub(crate) const ITEM: u8 = 0;
    /// A freeform item (`----`); `private` holds the encoded `mean` and `name`.
    pub(crate) const FREEFORM: u8 = 1;
    /// The pictures (`covr`).
    pub(crate) const PICTURES: u8 = 2;
    /// An item that every edit keeps.
    pub(crate) const OPAQUE: u8 = 3;
    /// Any other atom, listed for people only.
    pub(crate) const STRUCTURE: u8 = 4;
    /// What follows the last well-formed item.
    pub(crate) const REST: u8 = 5;
}

/// A name for people.
pub(crate) fn element_name(element: &Element) -> String {
    let code: String = element.id.iter().map(|byte| char::from(*byte)).collect();
    match element.role {
        role::STRUCTURE => code,
        role::REST => "moov.udta.meta.ilst (rest)".into(),
        role::FREEFORM => match freeform_names(&element.private) {
            Some((mean, name)) => format!("moov.udta.meta.ilst.----:{mean}:{name}"),
            None => "moov.udta.meta.ilst.----".into(),
        },
        _ => format!("moov.udta.meta.ilst.{code}"),
    }
}

/// The private bytes of a freeform element.
pub(crate) fn encode_freeform(mean: &str, name: &str) -> Box<[u8]> {
    let mut out = Encoder::default();
    out.bytes(mean.as_bytes());
    out.bytes(name.as_bytes());
    out.0.into()
}

/// `mean` and `name` of a freeform element.
pub(crate) fn freeform_names(private: &[u8]) -> Option<(String, String)> {
    let mut input = Decoder(private);
    Some((input.text().ok()?, input.text().ok()?))
}

/// An atom on the way to the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// The whole atom.
    pub(crate) range: ByteRange,
    /// 8 or 16.
    pub(crate) header_len: u64,
    /// Behind the last well-formed child: where a missing child goes.
    pub(crate) insert_at: u64,
}

impl Node {
    /// A node of an atom whose well-formed children end at `insert_at`.
    pub(crate) fn new(atom: &Atom, insert_at: u64) -> Self {
        Self { range: atom.range, header_len: atom.header_len, insert_at }
    }
}

/// A `free` or `skip` atom that may grow and shrink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Free {
    /// The whole atom.
    pub(crate) range: ByteRange,
    /// What holds it, as an index in [`Skeleton::path`]; the file itself is one more than the last index of a full path.
    pub(crate) level: usize,
}

/// The level of a `free` atom that stands in the file itself, right behind `moov`.
pub(crate) const FILE_LEVEL: usize = 4;

/// A table of absolute offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its entries.
    pub(crate) entries: ByteRange,
    /// Bytes of an entry: 4 or 8.
    pub(crate) width: u64,
}

/// What a layout is made of besides the elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skeleton {
    /// `moov`, `udta`, `meta`, `ilst`, as far as they exist.
    pub(crate) path: Vec<Node>,
    /// Atoms that may absorb an edit.
    pub(crate) frees: Vec<Free>,
    /// Tables of offsets, in file order.
    pub(crate) tables: Vec<Table>,
    /// Whether audio stands behind `moov`, so that its size matters.
    pub(crate) data_follows: bool,
}

impl Skeleton {
    /// The stored form.
    pub(crate) fn encode(&self) -> Box<[u8]> {
        let mut out = Encoder::default();
        out.int(self.path.len() as u64);
        for node in &self.path {
            range(&mut out, node.range);
            out.int(node.header_len);
            out.int(node.insert_at);
        }
        out.int(self.frees.len() as u64);
        for free in &self.frees {
            range(&mut out, free.range);
            out.int(free.level as u64);
        }
        out.int(self.tables.len() as u64);
        for table in &self.tables {
            range(&mut out, table.entries);
            out.int(table.width);
        }
        out.int(u64::from(self.data_follows));
        out.0.into()
    }

    /// Reads the stored form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut Decoder(bytes);
        let mut skeleton = Self::default();
        for _ in 0..input.count()? {
            let node = Node { range: take_range(input)?, header_len: input.int()?, insert_at: input.int()? };
            skeleton.path.push(node);
        }
        for _ in 0..input.count()? {
            skeleton.frees.push(Free { range: take_range(input)?, level: input.int()? as usize });
        }
        for _ in 0..input.count()? {
            skeleton.tables.push(Table { entries: take_range(input)?, width: input.int()? });
        }
        skeleton.data_follows = input.int()? != 0;
        Ok(skeleton)
    }
}

fn range(out: &mut Encoder, range: ByteRange) {
    out.int(range.offset);
    out.int(range.len);
}

fn take_range(input: &mut Decoder<'_>) -> Result<ByteRange, DecodeError> {
    Ok(ByteRange { offset: input.int()?, len: input.int()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skeleton_survives_its_stored_form() {
        let skeleton = Skeleton {
            path: vec![Node { range: ByteRange::new(20, 300), header_len: 16, insert_at: 280 }],
            frees: vec![Free { range: ByteRange::new(320, 1024), level: FILE_LEVEL }],
            tables: vec![Table { entries: ByteRange::new(100, 40), width: 8 }],
            data_follows: true,
        };
        let bytes = skeleton.encode();
        assert_eq!(Skeleton::decode(&bytes), Ok(skeleton));
        assert_eq!(Skeleton::decode(&bytes[..bytes.len() - 1]), Err(DecodeError));
    }
}
