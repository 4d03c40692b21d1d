//! What a track is served as: its backing file, or that with an edit spliced in.

use crate::Vfs;
use crate::complaints::Complaint;
use crate::probe_on_demand::{Probed, probe};
use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::{Source, Stamp};
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::edit::Edit;
use musefs_contracts::format::{Format, LayoutError};
use musefs_contracts::layout::{Layout, Segment};
use musefs_contracts::tags::TagRow;
use musefs_contracts::writer::refreshed_tags;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The recorded anatomy is of no use: the file has to be probed.
struct Unfit;

/// What is made of a format, an anatomy and an edit: a size or a layout.
pub(crate) type Make<'a, T> = &'a dyn Fn(&dyn Format, &Anatomy, &Edit) -> Result<T, LayoutError>;

impl Vfs {
    /// Makes something of a track's edit; `None` if the track is served as its backing file is, because nothing is
    /// edited or the edit cannot be spliced in.
    ///
    /// `stamp` is the backing file's present one; `source` opens it, should it have to be probed. An error is one of reading
    /// that file.
    pub(crate) fn splice<T>(
        &self,
        record: &TrackRecord,
        stamp: &Stamp,
        source: &dyn Fn() -> io::Result<Arc<dyn Source>>,
        make: Make<'_, T>,
    ) -> io::Result<Option<T>> {
        let unchanged = record.row.stamp.same_contents(stamp);
        if unchanged && record.row.is_certainly_pristine() {
            return Ok(None);
        }
        if unchanged
            && let Some(anatomy) = &record.anatomy
            && anatomy.size == stamp.size
            && let Some(format) = self.parts.formats.by_id(&anatomy.format)
            && format.prober() == anatomy.prober
            && let Ok(made) = self.attempt(record, &**format, anatomy, &record.tags, make)
        {
            return Ok(made);
        }
        let Probed { probe, format, reason } = probe(&self.parts.formats, &record.row.path, &*source()?, stamp)?;
        if let Some(reason) = reason {
            self.complain_once(record, &reason);
        }
        let Some(format) = format else { return Ok(None) };
        let tags = refreshed_tags(record.anatomy.as_ref(), &record.tags, &probe);
        let made = self.attempt(record, &*format, &probe.anatomy, &tags, make);
        Ok(made.unwrap_or_else(|Unfit| {
            self.complain_once(record, "its format does not accept the anatomy it has just made");
            None
        }))
    }

    fn attempt<T>(
        &self,
        record: &TrackRecord,
        format: &dyn Format,
        anatomy: &Anatomy,
        tags: &[TagRow],
        make: Make<'_, T>,
    ) -> Result<Option<T>, Unfit> {
        if !anatomy.is_editable() {
            return Ok(None);
        }
        let edit = Edit::between(record.row.id, anatomy, tags, &record.art, self.parts.template.path_fields());
        if edit.is_empty() {
            return Ok(None);
        }
        match catch_unwind(AssertUnwindSafe(|| make(format, anatomy, &edit))) {
            Ok(Ok(made)) => Ok(Some(made)),
            Ok(Err(LayoutError::StaleAnatomy)) => Err(Unfit),
            Ok(Err(LayoutError::TooLarge(element))) => {
                self.complain_once(record, &format!("the edit does not fit into the file: {element}"));
                Ok(None)
            }
            Err(_) => {
                self.complain_once(record, "its format failed on the edit");
                Ok(None)
            }
        }
    }

    fn complain_once(&self, record: &TrackRecord, reason: &str) {
        if self.complaints.is_new(Complaint::Verbatim(record.row.id)) {
            tracing::warn!(path = %record.row.path.display(), reason, "served as it is, without the store's edits");
        }
    }
}

/// The layout of an edited track; an anatomy that reaches beyond the backing file is stale.
pub(crate) fn layout_within(
    format: &dyn Format,
    anatomy: &Anatomy,
    edit: &Edit,
    size: u64,
) -> Result<Layout, LayoutError> {
    let layout = format.layout(anatomy, edit)?;
    let fits = layout.segments().all(|segment| match segment {
        Segment::Backing(range) => range.offset.checked_add(range.len).is_some_and(|end| end <= size),
        _ => true,
    });
    if fits { Ok(layout) } else { Err(LayoutError::StaleAnatomy) }
}
