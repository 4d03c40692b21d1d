//! Limits that keep hostile input harmless. Every parser obeys them; the store's constraints repeat the ones on rows.

/// Longest key of a tag, in characters (a constraint of the store).
pub const MAX_KEY_CHARS: usize = 256;
/// Longest text value of a tag, in bytes (a constraint of the store).
pub const MAX_VALUE_BYTES: usize = 262_144;
/// Longest binary value of a tag, in bytes (a constraint of the store).
pub const MAX_BLOB_BYTES: usize = 16_711_680;
/// Largest picture the store holds, in bytes (a constraint of the store).
pub const MAX_ART_BYTES: usize = 16_711_680;
/// Longest description of a picture, in characters (a constraint of the store).
pub const MAX_ART_DESCRIPTION_CHARS: usize = 1_024;
/// Most elements an anatomy lists. A file with more is served, its remaining elements as one opaque range.
pub const MAX_ELEMENTS: usize = 65_536;
/// Most values that a probe reports for the whole file.
pub const MAX_VALUES: usize = 65_536;
/// Most bytes of tag text that a probe holds at once.
pub const MAX_PROBE_TEXT_BYTES: usize = 8 << 20;
/// Most bytes that inflating one compressed element may give.
pub const MAX_INFLATED_BYTES: usize = 4 << 20;
/// Deepest nesting of containers (atoms, chunks, frames in frames) that is followed.
pub const MAX_DEPTH: usize = 16;
/// Longest name of a directory entry, in bytes (`NAME_MAX`).
pub const MAX_NAME_BYTES: usize = 255;
