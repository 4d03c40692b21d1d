//! Budgeted caches of layouts and served sizes.
//!
//! **Must never know** what a layout means, which format made it, or what the tree looks like: it keeps values by track and
//! generation, counts bytes, and lets go.
//!
//! [`BudgetedLayoutCache`] holds a byte budget by explicit tokens, given back when an entry is dropped. [`CompactSizeCache`]
//! spends eight bytes on a track. [`NullLayoutCache`] and [`NullSizeCache`] remember nothing.

mod budget;
mod layouts;
mod lru;
mod null;
mod sizes;
mod sync;

pub use layouts::BudgetedLayoutCache;
pub use null::{NullLayoutCache, NullSizeCache};
pub use sizes::CompactSizeCache;
