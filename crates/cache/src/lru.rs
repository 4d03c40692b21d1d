//! A map that knows in which order its entries were used: a slab of nodes linked into a list, newest first.

use hashbrown::HashMap;
use musefs_contracts::ids::TrackId;

/// No node.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Node<V> {
    track: TrackId,
    /// When it was last used, on a clock that all maps of one cache share.
    tick: u64,
    newer: u32,
    older: u32,
    /// `None` while the slot is free.
    value: Option<V>,
}

/// Entries by track, in order of use.
#[derive(Debug)]
pub(crate) struct LruMap<V> {
    index: HashMap<TrackId, u32>,
    nodes: Vec<Node<V>>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
}

impl<V> Default for LruMap<V> {
    fn default() -> Self {
        Self { index: HashMap::new(), nodes: Vec::new(), free: Vec::new(), newest: NONE, oldest: NONE }
    }
}

impl<V> LruMap<V> {
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// The entry, without counting as use.
    pub(crate) fn peek(&self, track: TrackId) -> Option<&V> {
        self.nodes.get(*self.index.get(&track)? as usize)?.value.as_ref()
    }

    /// Makes the entry the newest.
    pub(crate) fn touch(&mut self, track: TrackId, tick: u64) {
        if let Some(&slot) = self.index.get(&track) {
            self.unlink(slot);
            self.nodes[slot as usize].tick = tick;
            self.link_newest(slot);
        }
    }

    /// Puts an entry in place as the newest, and gives back the one that stood there.
    pub(crate) fn insert(&mut self, track: TrackId, tick: u64, value: V) -> Option<V> {
        let replaced = self.remove(track);
        let node = Node { track, tick, newer: NONE, older: NONE, value: Some(value) };
        let slot = if let Some(slot) = self.free.pop() {
            self.nodes[slot as usize] = node;
            slot
        } else {
            self.nodes.push(node);
            (self.nodes.len() - 1) as u32
        };
        self.index.insert(track, slot);
        self.link_newest(slot);
        replaced
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, track: TrackId) -> Option<V> {
        let slot = self.index.remove(&track)?;
        self.unlink(slot);
        self.free.push(slot);
        self.nodes[slot as usize].value.take()
    }

    /// When the least recently used entry was used; `u64::MAX` if there is none.
    pub(crate) fn oldest_tick(&self) -> u64 {
        self.nodes.get(self.oldest as usize).map_or(u64::MAX, |node| node.tick)
    }

    /// Takes the least recently used entry out.
    pub(crate) fn pop_oldest(&mut self) -> Option<V> {
        let track = self.nodes.get(self.oldest as usize)?.track;
        self.remove(track)
    }

    fn link_newest(&mut self, slot: u32) {
        let former = std::mem::replace(&mut self.newest, slot);
        let node = &mut self.nodes[slot as usize];
        (node.newer, node.older) = (NONE, former);
        match self.nodes.get_mut(former as usize) {
            Some(former) => former.newer = slot,
            None => self.oldest = slot,
        }
    }

    fn unlink(&mut self, slot: u32) {
        let (newer, older) = (self.nodes[slot as usize].newer, self.nodes[slot as usize].older);
        match self.nodes.get_mut(newer as usize) {
            Some(node) => node.older = older,
            None => self.newest = older,
        }
        match self.nodes.get_mut(older as usize) {
            Some(node) => node.newer = newer,
            None => self.oldest = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_as_a_list_kept_in_order_of_use(steps in prop::collection::vec((0..4u8, 0..8i64), 0..200)) {
            let mut map = LruMap::default();
            let mut model: Vec<i64> = Vec::new();
            for (tick, (step, id)) in steps.into_iter().enumerate() {
                let track = TrackId(id);
                match step {
                    0 => {
                        let replaced = map.insert(track, tick as u64, id);
                        prop_assert_eq!(replaced.is_some(), model.contains(&id));
                        model.retain(|known| *known != id);
                        model.push(id);
                    }
                    1 => {
                        map.touch(track, tick as u64);
                        if model.contains(&id) {
                            model.retain(|known| *known != id);
                            model.push(id);
                        }
                    }
                    2 => {
                        prop_assert_eq!(map.remove(track).is_some(), model.contains(&id));
                        model.retain(|known| *known != id);
                    }
                    _ => {
                        let oldest = (!model.is_empty()).then(|| model.remove(0));
                        prop_assert_eq!(map.pop_oldest(), oldest);
                    }
                }
                prop_assert_eq!(map.len(), model.len());
                prop_assert_eq!(map.oldest_tick() == u64::MAX, model.is_empty());
                prop_assert_eq!(map.peek(track).is_some(), model.contains(&id));
            }
        }
    }
}
