//! Budgeted caches of layouts and served sizes.
