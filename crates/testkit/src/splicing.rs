//! Drives a format as the file system does: probe, edit, lay out, read. What every format's tests have in common.

use musefs_contracts::backing::MemorySource;
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::format::{Format, Head, leading_id3v2_len};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::layout::{Layout, SegmentIo, TagValueRef};
use musefs_contracts::probe::{Probe, ProbeError};
use musefs_contracts::tags::{ArtLink, TagRow, TagValue};
use std::io;

/// Keys with the values they are to have; an empty list removes the key.
pub type Changes<'a> = &'a [(&'a str, &'a [&'a str])];

/// Probes bytes, as a scan does.
pub fn try_probe(format: &dyn Format, bytes: &[u8], extension: &str) -> Result<Probe, ProbeError> {
    let offset = leading_id3v2_len(bytes.len() as u64, |at, header| {
        let found = bytes.get(at as usize..at as usize + header.len());
        found.inspect(|found| header.copy_from_slice(found)).is_some()
    });
    let head = Head { bytes, content: &bytes[offset as usize..], content_offset: offset, extension };
    format.probe(&MemorySource(bytes.to_vec()), &head)
}

/// The rows that a store holds after `changes` to what the file says.
pub fn rows(probe: &Probe, changes: Changes<'_>) -> Vec<TagRow> {
    let mut rows = probe.tags.rows();
    for (key, values) in changes {
        rows.retain(|row| row.key != *key);
        for (ordinal, value) in values.iter().enumerate() {
            let value = TagValue::Text((*value).to_owned());
            rows.push(TagRow { key: (*key).to_owned(), value, ordinal: ordinal as i64 });
        }
    }
    rows
}

/// The edit that a store with such rows makes.
pub fn edit_between(probe: &Probe, changes: Changes<'_>, art: &[ArtLink]) -> Edit {
    Edit::between(TrackId(1), &probe.anatomy, &rows(probe, changes), art, &[])
}

/// An edit that gives keys these values, whatever the file says.
pub fn edit(changes: Changes<'_>) -> Edit {
    let change = |(key, values): &(&str, &[&str])| KeyChange {
        key: (*key).to_owned(),
        values: values.iter().map(|value| EditValue::Text((*value).to_owned())).collect(),
    };
    let mut changes: Vec<KeyChange> = changes.iter().map(change).collect();
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    Edit { changes, art: None }
}

/// A link to a picture whose bytes [`StoreBytes`] makes up.
pub fn link(id: i64, mime: &str, byte_len: u64) -> ArtLink {
    ArtLink {
        art: ArtId(id),
        mime: mime.to_owned(),
        width: Some(2),
        height: Some(3),
        byte_len,
        picture_type: 3,
        description: String::new(),
    }
}

/// The bytes of a picture: a ramp that differs by id, so that a wrong offset or picture shows.
pub fn image(art: ArtId, offset: u64, len: usize) -> Vec<u8> {
    (offset..).take(len).map(|at| (at * 13 % 241) as u8 ^ art.0 as u8).collect()
}

/// A backing file, and a store whose pictures are [`image`]s and whose binary values are ramps downwards.
pub struct StoreBytes<'a>(pub &'a [u8]);

impl SegmentIo for StoreBytes<'_> {
    fn backing(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(self.0.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn art(&self, art: ArtId, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        buf.copy_from_slice(&image(art, offset, buf.len()));
        Ok(())
    }

    fn tag_value(&self, _: &TagValueRef, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        (offset..).zip(buf).for_each(|(at, byte)| *byte = !at as u8);
        Ok(())
    }
}

/// The layout of a file with an edit, after checking what every format promises of it.
pub fn layout(format: &dyn Format, probe: &Probe, edit: &Edit) -> Layout {
    assert!(probe.anatomy.is_editable(), "{:?}", probe.anatomy.editability);
    assert!(probe.anatomy.lies_inside(), "the anatomy points outside its file");
    let layout = format.layout(&probe.anatomy, edit).expect("the edit fits");
    assert_eq!(format.served_len(&probe.anatomy, edit).as_ref(), Ok(&layout.len()));
    layout
}

/// The whole served file.
pub fn read(layout: &Layout, backing: &[u8]) -> Vec<u8> {
    let mut served = vec![0; layout.len() as usize];
    assert_eq!(layout.read_at(&StoreBytes(backing), 0, &mut served).expect("the layout reads"), served.len());
    served
}

/// Checks that reads split at `cuts` give the bytes of one read from start to end.
pub fn check_splits(layout: &Layout, backing: &[u8], served: &[u8], cuts: impl IntoIterator<Item = usize>) {
    let mut offsets: Vec<usize> = cuts.into_iter().chain([0, served.len()]).collect();
    offsets.sort_unstable();
    for pair in offsets.windows(2) {
        let mut part = vec![0; pair[1] - pair[0]];
        layout.read_at(&StoreBytes(backing), pair[0] as u64, &mut part).expect("the layout reads");
        assert!(part == served[pair[0]..pair[1]], "bytes {}..{} differ from those of one read", pair[0], pair[1]);
    }
}

/// Where some bytes stand in others.
pub fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Bytes that tell where they stood.
pub fn ramp(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

/// An ID3v2.4 tag of text frames in UTF-8, padded with zeros.
pub fn id3v2_4(frames: &[(&[u8; 4], &str)], padding: usize) -> Vec<u8> {
    let synchsafe = |len: usize| [21, 14, 7, 0].map(|shift| (len >> shift) as u8 & 0x7f);
    let mut body = Vec::new();
    for (name, text) in frames {
        body.extend(*name);
        body.extend(synchsafe(text.len() + 1));
        body.extend([0, 0, 3]);
        body.extend(text.as_bytes());
    }
    body.resize(body.len() + padding, 0);
    [b"ID3\x04\0\0".to_vec(), synchsafe(body.len()).to_vec(), body].concat()
}
