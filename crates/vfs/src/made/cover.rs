//! The cover of a directory: the front picture of its tracks.

use super::asked::Finding;
use super::image;
use crate::Vfs;
use crate::open::patiently;
use crate::probe_on_demand::probe;
use crate::sync::lock;
use crate::track_table::Entry;
use crate::view::View;
use hashbrown::HashMap;
use musefs_contracts::anatomy::{Anatomy, ByteRange, PictureEncoding, PictureLocation};
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::catalog::{TrackRecord, TrackRow};
use musefs_contracts::filesystem::{Attributes, FsResult};
use musefs_contracts::format::Format;
use musefs_contracts::ids::{ArtId, Ino, Made, TrackId};
use musefs_contracts::layout::{Layout, LayoutBuilder, OfFile, Segment};
use musefs_contracts::tags::ArtLink;
use musefs_contracts::tree::NodeKind;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Tracks of a directory that are asked for a front picture; were there none, the first picture of any kind is shown.
const LOOKED_AT: usize = 16;
/// Picture type of a front cover.
const FRONT: u8 = 3;

/// A picture that is shown as a file.
pub(crate) struct Cover {
    pub(crate) name: &'static str,
    pub(crate) layout: Layout,
    pub(super) track: TrackId,
    pub(super) path: Box<Path>,
    /// The stamp of the backing file that the picture lies in; `None` for one of the store's.
    pub(super) lies_in: Option<Stamp>,
    mtime_ns: i64,
    ctime_ns: i64,
    picture: Picture,
}

/// What tells pictures apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    Stored(ArtId),
    /// In this state of the track's file, as the first of its bytes and their number.
    Embedded(TrackId, Stamp, ByteRange),
}

impl Cover {
    /// Whether both are the same picture.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.picture == other.picture
    }
}

/// A picture that would do.
enum Choice {
    Stored(ArtLink),
    Embedded { format: Arc<dyn Format>, anatomy: Anatomy, picture: PictureLocation },
}

impl Choice {
    fn is_front(&self) -> bool {
        match self {
            Self::Stored(link) => link.picture_type == FRONT,
            Self::Embedded { picture, .. } => picture.picture_type == FRONT,
        }
    }
}

impl Vfs {
    /// The cover of a directory, if it has one.
    pub(crate) fn cover(&self, directory: Ino) -> FsResult<Option<Arc<Cover>>> {
        if !self.options.covers || !directory.is_directory() {
            return Ok(None);
        }
        let turn = match lock(&self.asked).ask(directory) {
            Ok(known) => return Ok(known),
            Err(turn) => turn,
        };
        let finding = self.find_cover(&self.view.load_full(), directory)?;
        let cover = finding.cover.clone();
        lock(&self.asked).keep(directory, turn, finding);
        Ok(cover)
    }

    pub(super) fn cover_attributes(&self, directory: Ino, cover: &Cover) -> Attributes {
        let ino = Ino::of_made(directory, Made::Cover);
        self.made_file(ino, cover.layout.len(), cover.mtime_ns, cover.ctime_ns)
    }

    fn find_cover(&self, view: &View, directory: Ino) -> FsResult<Finding> {
        let (mut tracks, mut has_picture) = (Vec::new(), false);
        view.tree.children(directory, 0, &mut |child| {
            has_picture = image::is_picture_of_folder(child.name);
            if let NodeKind::Track(track) = child.kind
                && tracks.len() < LOOKED_AT
                // One that stands here twice is as good as any.
                && tracks.last() != Some(&track)
            {
                tracks.push(track);
            }
            !has_picture
        });
        if has_picture || tracks.is_empty() {
            return Ok(Finding::default());
        }
        let mut second_best = None;
        // As a rule the first one has it, and the others need not be read.
        for (from, to) in [(0, 1), (1, tracks.len())] {
            for record in self.in_order(&tracks[from..to])? {
                let is_first = record.row.id == tracks[0];
                let Some(choice) = self.choose(&record, is_first) else { continue };
                if !choice.is_front() {
                    second_best.get_or_insert((record, choice));
                } else if let Some(cover) = self.make_cover(&record.row, choice) {
                    let at = tracks.iter().position(|track| *track == record.row.id);
                    tracks.truncate(at.map_or(to, |at| at + 1));
                    return Ok(Finding { cover: Some(Arc::new(cover)), tracks });
                }
            }
        }
        let cover = second_best.and_then(|(record, choice)| self.make_cover(&record.row, choice)).map(Arc::new);
        Ok(Finding { cover, tracks })
    }

    fn in_order(&self, tracks: &[TrackId]) -> FsResult<Vec<TrackRecord>> {
        let mut records = HashMap::new();
        let mut take = |record: TrackRecord| {
            records.insert(record.row.id, record);
        };
        patiently(|| self.parts.catalog.records(tracks, &mut take)).map_err(|error| self.store_trouble(&error))?;
        Ok(tracks.iter().filter_map(|track| records.remove(track)).collect())
    }

    /// The picture of a track that is likest to a cover: of the store's where it has any, or else of the file's.
    fn choose(&self, record: &TrackRecord, may_probe: bool) -> Option<Choice> {
        if !self.is_structure_only()
            && let Some(first) = record.art.first()
        {
            let front = record.art.iter().find(|link| link.picture_type == FRONT);
            return Some(Choice::Stored(front.unwrap_or(first).clone()));
        }
        let (format, anatomy) = self.taken_apart(record, may_probe)?;
        let front = anatomy.pictures.iter().find(|picture| picture.picture_type == FRONT);
        let picture = front.or(anatomy.pictures.first())?.clone();
        Some(Choice::Embedded { format, anatomy, picture })
    }

    /// What is in the track's file: as the store has it, or, where that is of no use and it may be, found out.
    fn taken_apart(&self, record: &TrackRecord, may_probe: bool) -> Option<(Arc<dyn Format>, Anatomy)> {
        let stamp = self.stamp_of(record.row.id, &record.row);
        if record.row.stamp.same_contents(&stamp)
            && let Some(anatomy) = &record.anatomy
            && anatomy.size == stamp.size
            && anatomy.lies_inside()
            && let Some(format) = self.parts.formats.by_id(&anatomy.format)
            && format.prober() == anatomy.prober
        {
            return Some((Arc::clone(format), anatomy.clone()));
        }
        if !may_probe {
            return None;
        }
        let source = self.open_unchanged(&record.row, &stamp).ok()?;
        let probed = probe(&self.parts.formats, &record.row.path, &*source, &stamp).ok()?;
        Some((probed.format?, probed.probe.anatomy))
    }

    /// Opens a track's backing file if it has this stamp; moves the track ahead if not.
    fn open_unchanged(&self, row: &TrackRow, stamp: &Stamp) -> io::Result<Arc<dyn Source>> {
        let source = self.parts.backing.open(&row.path)?;
        let now = source.stamp()?;
        if now.same_contents(stamp) {
            return Ok(source);
        }
        self.advance(&row.into(), now);
        Err(io::Error::other("it changed meanwhile"))
    }

    /// `None` where the picture cannot be had, or is none that can be shown.
    fn make_cover(&self, row: &TrackRow, choice: Choice) -> Option<Cover> {
        let stamp = self.stamp_of(row.id, row);
        let entry = Entry::new(row, stamp);
        let (name, layout, lies_in, picture) = match choice {
            Choice::Stored(link) => {
                let mut layout = LayoutBuilder::new();
                layout.push(Segment::Art(link.art, ByteRange::new(0, link.byte_len)));
                let mut signature = vec![0; image::SIGNATURE.min(usize::try_from(link.byte_len).ok()?)];
                let read = |buf: &mut [u8]| self.parts.catalog.read_art(link.art, 0, buf).ok();
                let name = image::name_of(&link.mime)
                    .or_else(|| read(&mut signature).and_then(|()| image::name_by(&signature)))?;
                (name, layout.finish(), None, Picture::Stored(link.art))
            }
            Choice::Embedded { format, anatomy, picture } => {
                let (name, layout) = self.embedded(row, &stamp, &*format, &anatomy, &picture)?;
                (name, layout, Some(stamp), Picture::Embedded(row.id, stamp, picture.range))
            }
        };
        let of_file_ns = stamp.mtime_ns;
        (!layout.is_empty()).then(|| Cover {
            name,
            layout,
            track: row.id,
            path: row.path.clone().into_boxed_path(),
            lies_in,
            mtime_ns: if lies_in.is_some() { of_file_ns } else { entry.moved_by_edits(of_file_ns) },
            ctime_ns: entry.moved_by_edits(stamp.ctime_ns),
            picture,
        })
    }

    /// Name and layout of a picture in a file, which is not opened where it stands there as it is and says what it is.
    fn embedded(
        &self,
        row: &TrackRow,
        stamp: &Stamp,
        format: &dyn Format,
        anatomy: &Anatomy,
        picture: &PictureLocation,
    ) -> Option<(&'static str, Layout)> {
        let said = image::name_of(&picture.mime);
        if picture.encoding == PictureEncoding::Raw
            && let Some(name) = said
        {
            let mut layout = LayoutBuilder::new();
            layout.backing(picture.range);
            return Some((name, layout.finish()));
        }
        let source = self.open_unchanged(row, stamp).ok()?;
        let made = catch_unwind(AssertUnwindSafe(|| format.picture(&*source, anatomy, picture)));
        let layout = made.ok()?.ok()??;
        let name = said.or_else(|| {
            let mut signature = [0; image::SIGNATURE];
            let n = layout.read_at(&OfFile(&*source), 0, &mut signature).ok()?;
            image::name_by(&signature[..n])
        })?;
        Some((name, layout))
    }
}
