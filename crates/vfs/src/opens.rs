//! Which contents are open under which inode number.
//!
//! The kernel's cached pages and passthrough registrations belong to an inode number. So while a former content of a file
//! is open, the present one goes by the file's next number, and once the former is closed the file gets its first
//! number back.

use hashbrown::HashMap;
use musefs_contracts::cache::ContentKey;
use musefs_contracts::filesystem::Attributes;
use musefs_contracts::ids::{FileId, Ino};

/// One content open under one number.
#[derive(Clone, Copy, Debug)]
struct Open {
    epoch: u8,
    generation: ContentKey,
    handles: u32,
    /// How many of them the kernel reads by itself.
    passed_through: u32,
    /// What `stat` says of this content.
    attributes: Attributes,
}

/// All open files.
#[derive(Debug, Default)]
pub(crate) struct Opens {
    open: HashMap<FileId, Vec<Open>>,
    /// Files that ever had another number than the first, with the highest they had: the kernel may know all of these.
    highest: HashMap<FileId, u8>,
}

impl Opens {
    /// Counts a handle on a content.
    pub(crate) fn add(&mut self, file: impl Into<FileId>, generation: ContentKey, attributes: Attributes) {
        let epoch = attributes.ino.epoch();
        let opens = self.open.entry(file.into()).or_default();
        match opens.iter_mut().find(|open| open.epoch == epoch && open.generation == generation) {
            Some(open) => open.handles += 1,
            None => opens.push(Open { epoch, generation, handles: 1, passed_through: 0, attributes }),
        }
    }

    /// Notes that one of the counted handles is read by passthrough.
    pub(crate) fn pass_through(&mut self, ino: Ino, generation: ContentKey) {
        if let Some(open) = self.find(ino, generation) {
            open.passed_through += 1;
        }
    }

    /// Takes a handle away. Whether it was the last one on that content.
    pub(crate) fn remove(&mut self, ino: Ino, generation: ContentKey, passed_through: bool) -> bool {
        let Some(file) = ino.file() else { return false };
        let Some(open) = self.find(ino, generation) else { return false };
        open.handles -= 1;
        open.passed_through -= u32::from(passed_through);
        if open.handles > 0 {
            return false;
        }
        if let Some(opens) = self.open.get_mut(&file) {
            opens.retain(|open| open.handles > 0);
            if opens.is_empty() {
                self.open.remove(&file);
            }
        }
        true
    }

    fn find(&mut self, ino: Ino, generation: ContentKey) -> Option<&mut Open> {
        let opens = self.open.get_mut(&ino.file()?)?;
        opens.iter_mut().find(|open| open.epoch == ino.epoch() && open.generation == generation)
    }

    /// The attributes of a content other than `generation` that is open under this number.
    pub(crate) fn former(&self, ino: Ino, generation: Option<ContentKey>) -> Option<Attributes> {
        let mut opens = self.open.get(&ino.file()?)?.iter();
        opens.find(|open| open.epoch == ino.epoch() && Some(open.generation) != generation).map(|open| open.attributes)
    }

    /// The number that `generation`, the file's new content, is to go by, where its last content went by `epoch`.
    ///
    /// `cached` says whether contents count that are read through the kernel's page cache.
    pub(crate) fn epoch_for(&mut self, file: impl Into<FileId>, epoch: u8, generation: ContentKey, cached: bool) -> u8 {
        let file = file.into();
        let Some(opens) = self.open.get(&file) else { return epoch };
        let taken = |epoch: u8| {
            opens
                .iter()
                .any(|open| open.epoch == epoch && open.generation != generation && (cached || open.passed_through > 0))
        };
        // All numbers taken would need as many contents open at once; mixing their pages is the best that is left then.
        let free = (0..=u8::MAX).map(|step| epoch.wrapping_add(step)).find(|epoch| !taken(*epoch)).unwrap_or(epoch);
        if free != 0 {
            let highest = self.highest.entry(file).or_default();
            *highest = free.max(*highest);
        }
        free
    }

    /// Whether the first number of a file is free of contents other than `generation`.
    pub(crate) fn first_is_free(&self, file: impl Into<FileId>, generation: ContentKey) -> bool {
        self.former(Ino::of_file(file.into(), 0), Some(generation)).is_none()
    }

    /// The numbers under which the kernel may have cached something of the file that is not `generation`'s, except those
    /// under which a former content is open on purpose.
    pub(crate) fn cached_numbers(
        &self,
        file: impl Into<FileId>,
        epoch: u8,
        generation: Option<ContentKey>,
    ) -> Vec<Ino> {
        let file = file.into();
        let highest = self.highest.get(&file).copied().unwrap_or_default();
        let numbers = (0..=highest).map(|epoch| Ino::of_file(file, epoch));
        numbers.filter(|ino| ino.epoch() == epoch || self.former(*ino, generation).is_none()).collect()
    }
}

#[cfg(test)]
#[path = "opens_tests.rs"]
mod tests;
