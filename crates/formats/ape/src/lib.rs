//! APEv2 tags.
