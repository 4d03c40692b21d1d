//! Gathers what the tags of one file say, the one that wins first.

use musefs_contracts::anatomy::{Element, PictureLocation};
use musefs_contracts::limits;
use musefs_contracts::tags::TagSet;

/// How many values of one key are compared to find out whether a further one is a repetition.
const REPETITIONS: usize = 64;

/// Elements, tags and pictures of one file, while it is probed.
#[derive(Debug, Default)]
pub struct Collector {
    /// Every key and value so far.
    pub tags: TagSet,
    /// Every element so far.
    pub elements: Vec<Element>,
    /// Every picture so far.
    pub pictures: Vec<PictureLocation>,
    closed: Vec<bool>,
    pictures_before: usize,
}

impl Collector {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with the next tag, which is believed less than those before: keys that have values get no more of them.
    pub fn begin_source(&mut self) {
        self.close_keys();
        self.pictures_before = self.pictures.len();
    }

    /// From here on, keys that have values get no more of them.
    pub(crate) fn close_keys(&mut self) {
        self.closed = self.tags.iter().map(|(_, values)| !values.is_empty()).collect();
    }

    /// Notes that the present tag has `values` under `key`, and answers the key's index for elements.
    ///
    /// A value that the key has already is not repeated. Nor is an empty one kept that only stood before repetitions: at the end of
    /// a text it cannot be told from its terminator, so that no edit could write it again.
    pub fn state(&mut self, key: &str, values: impl IntoIterator<Item = String>) -> Option<u32> {
        let index = self.tags.key(key)?;
        if self.closed.get(index as usize).is_some_and(|closed| *closed) {
            return Some(index);
        }
        let known = musefs_contracts::tags::canonical(key)?;
        let (mut is_parted, mut ends_empty) = (false, false);
        for value in values {
            ends_empty = value.is_empty();
            is_parted |= ends_empty;
            if ends_empty || self.has_value(&known, &value) {
                continue;
            }
            if std::mem::take(&mut is_parted) {
                self.push_new(&known, String::new());
            }
            self.tags.push(&known, value);
        }
        // What gives an empty value last is a container that can tell it from none.
        if is_parted && ends_empty {
            self.push_new(&known, String::new());
        }
        Some(index)
    }

    fn has_value(&self, key: &str, value: &str) -> bool {
        self.tags.get(key).iter().take(REPETITIONS).any(|known| known == value)
    }

    fn push_new(&mut self, key: &str, value: String) {
        if !self.has_value(key, &value) {
            self.tags.push(key, value);
        }
    }

    /// Adds an element; `false` if an anatomy cannot list more of them.
    pub fn element(&mut self, element: Element) -> bool {
        let fits = self.elements.len() < limits::MAX_ELEMENTS;
        if fits {
            self.elements.push(element);
        }
        fits
    }

    /// Adds a picture of the element that was added last. Left out where a tag that is believed more has pictures.
    pub fn picture(&mut self, mut picture: PictureLocation) {
        if self.pictures_before == 0 && !self.elements.is_empty() {
            picture.element = (self.elements.len() - 1) as u32;
            self.pictures.push(picture);
        }
    }

    /// Brings the elements into file order, pictures with them.
    pub fn finish(&mut self) {
        let mut order: Vec<u32> = (0..self.elements.len() as u32).collect();
        order.sort_by_key(|index| self.elements.get(*index as usize).map(|element| element.range.offset));
        let mut place = vec![0u32; order.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(slot) = place.get_mut(*old as usize) {
                *slot = new as u32;
            }
        }
        self.elements.sort_by_key(|element| element.range.offset);
        for picture in &mut self.pictures {
            picture.element = place.get(picture.element as usize).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(statements: &[&[&str]]) -> Vec<String> {
        let mut out = Collector::new();
        for values in statements {
            out.state("title", values.iter().map(|value| (*value).to_owned()));
        }
        out.tags.get("title").to_vec()
    }

    #[test]
    fn an_empty_value_before_repetitions_alone_is_left_out() {
        assert_eq!(stated(&[&["A", "", "", "A"]]), ["A"]);
        assert_eq!(stated(&[&["A"], &["", "A"]]), ["A"]);
        assert_eq!(stated(&[&["A", "", "A", "B"]]), ["A", "", "B"]);
        assert_eq!(stated(&[&["", "A", "A"]]), ["", "A"]);
        assert_eq!(stated(&[&["A", ""]]), ["A", ""]);
        assert_eq!(stated(&[&[""]]), [""]);
    }
}
