//! Plain files that hold what an edited track is served as, so that the kernel can read it by itself.

use crate::backing::Source;
use crate::layout::{Layout, SegmentIo};
use std::path::Path;
use std::sync::Arc;

/// What a plain file is to be made of.
#[derive(Clone, Copy)]
pub struct Splicing<'a> {
    /// Where the backing file lies.
    pub path: &'a Path,
    /// The backing file, open.
    pub source: &'a dyn Source,
    /// The bytes wanted.
    pub layout: &'a Layout,
    /// Where the layout's segments are read from.
    pub io: &'a dyn SegmentIo,
}

/// Makes plain files of layouts.
pub trait Splicer: Send + Sync {
    /// A file with exactly the layout's bytes, whose [`Source::file`] is there. It has no name in any folder and is gone with
    /// its descriptor.
    ///
    /// `None` where it cannot be had at a cost that is small and does not grow with the backing file: the implementation tells
    /// and counts why, and the track is served without it. The caller makes sure that the backing file did not change
    /// meanwhile.
    fn splice(&self, splicing: Splicing<'_>) -> Option<Arc<dyn Source>>;
}

/// Makes none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSplicer;

impl Splicer for NoSplicer {
    fn splice(&self, _: Splicing<'_>) -> Option<Arc<dyn Source>> {
        None
    }
}
