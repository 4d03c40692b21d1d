//! A map by inode number, in parts that snapshots share until one of them changes.

use musefs_contracts::ids::Ino;
use std::sync::Arc;

/// Items in a shard, about, when it is made. Copying one must be cheap, and so must be copying the list of them.
const SHARD_ITEMS: usize = 48;
/// Items in a shard, about, at which there should be more shards.
const FULL_SHARD: usize = 4 * SHARD_ITEMS;

/// What has an inode number, by which it is found.
pub(crate) trait Numbered: Clone {
    /// The number.
    fn ino(&self) -> Ino;
    /// The bits of it by which items are spread over the shards.
    fn spread(ino: Ino) -> usize;
}

/// Items by their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Shards<T> {
    /// A power of two of them; the low bits of [`Numbered::spread`] choose. In each the items are in order of number.
    shards: Vec<Arc<Vec<T>>>,
    count: usize,
}

impl<T: Numbered> Shards<T> {
    /// A map with room for `count` items.
    pub(crate) fn new(count: usize) -> Self {
        Self { shards: vec![Arc::default(); (count / SHARD_ITEMS).next_power_of_two()], count: 0 }
    }

    /// The shard of a number. Their count is a power of two, so this is never out of range.
    fn shard_of(&self, ino: Ino) -> usize {
        T::spread(ino) & (self.shards.len() - 1)
    }

    /// The item with this number.
    pub(crate) fn get(&self, ino: Ino) -> Option<&T> {
        let shard = self.shards.get(self.shard_of(ino))?;
        let found = shard.binary_search_by_key(&ino, Numbered::ino).ok()?;
        shard.get(found)
    }

    /// Adds or replaces an item.
    pub(crate) fn put(&mut self, item: T) {
        if self.count >= self.shards.len() * FULL_SHARD {
            self.grow();
        }
        let at = self.shard_of(item.ino());
        let Some(shard) = self.shards.get_mut(at) else { return };
        let shard = Arc::make_mut(shard);
        match shard.binary_search_by_key(&item.ino(), Numbered::ino) {
            Ok(found) => shard[found] = item,
            Err(place) => {
                shard.reserve_exact(1);
                shard.insert(place, item);
                self.count += 1;
            }
        }
    }

    /// Takes an item out.
    pub(crate) fn remove(&mut self, ino: Ino) {
        let at = self.shard_of(ino);
        let Some(shard) = self.shards.get_mut(at) else { return };
        if let Ok(found) = shard.binary_search_by_key(&ino, Numbered::ino) {
            Arc::make_mut(shard).remove(found);
            self.count -= 1;
        }
    }

    /// Makes as many shards as make them small again.
    fn grow(&mut self) {
        let mut wider = Self::new(self.count);
        for item in self.iter() {
            wider.put(item.clone());
        }
        *self = wider;
    }

    /// Every item, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.shards.iter().flat_map(|shard| shard.iter())
    }

    /// Number of items.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}
