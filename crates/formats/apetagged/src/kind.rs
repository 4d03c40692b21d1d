//! The containers, and how they are told apart.

use musefs_contracts::anatomy::FormatId;
use musefs_contracts::format::Head;

/// A container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Index in [`IDS`].
    pub(crate) id: usize,
    /// First bytes of a file; empty where there is nothing to go by.
    magic: &'static [u8],
    /// The extension that goes with it.
    extension: &'static str,
    /// Bytes of zeros or junk in front of the stream.
    pub(crate) junk: u64,
}

/// What the store calls the containers.
pub(crate) const IDS: &[FormatId] = &[
    FormatId::new("wv"),
    FormatId::new("ape"),
    FormatId::new("mpc"),
    FormatId::new("tak"),
    FormatId::new("ofr"),
    FormatId::new("ofs"),
];

/// Extensions of the files.
pub(crate) const EXTENSIONS: &[&str] = &["wv", "ape", "mac", "mpc", "mp+", "mpp", "tak", "ofr", "ofs"];

const fn kind(id: usize, magic: &'static [u8], extension: &'static str) -> Kind {
    Kind { id, magic, extension, junk: 0 }
}

/// WavPack 4 and 5 blocks; Monkey's Audio, the second with floats; Musepack stream versions 7 and 8; TAK; OptimFROG, of
/// which DualStream files differ by name alone.
const KINDS: &[Kind] = &[
    kind(0, b"wvpk", "wv"),
    kind(1, b"MAC ", "ape"),
    kind(1, b"MACF", "ape"),
    kind(2, b"MP+", "mpc"),
    kind(2, b"MPCK", "mpc"),
    kind(3, b"tBaK", "tak"),
    kind(5, b"OFR ", "ofs"),
    kind(4, b"OFR ", "ofr"),
];

/// Musepack before stream version 7.
const OLD_MUSEPACK: Kind = kind(2, b"", "mpc");

impl Kind {
    /// The first bytes speak for it, not the extension alone.
    pub(crate) fn is_certain(&self) -> bool {
        !self.magic.is_empty()
    }
}

/// The container of a file.
pub(crate) fn of(head: &Head<'_>) -> Option<Kind> {
    let matching = || KINDS.iter().copied().filter(|kind| head.content.starts_with(kind.magic));
    let named = matching().find(|kind| kind.extension == head.extension);
    named.or_else(|| matching().next_back()).or_else(|| old_musepack(head)).or_else(|| behind_junk(head))
}

/// Four bytes anywhere are chance, unless the file's name says the same.
fn behind_junk(head: &Head<'_>) -> Option<Kind> {
    let mut named = KINDS.iter().filter(|kind| kind.extension == head.extension);
    named.find_map(|kind| {
        let at = head.beginning(|bytes| bytes.starts_with(kind.magic))?;
        Some(Kind { magic: b"", junk: at - head.content_offset, ..*kind })
    })
}

/// Stream versions 4 to 6 begin with a word of bit fields, of which the version is the one that can be checked.
fn old_musepack(head: &Head<'_>) -> Option<Kind> {
    let word = u32::from_le_bytes(*head.content.first_chunk::<4>()?);
    let is_named = matches!(head.extension, "mpc" | "mp+" | "mpp");
    (is_named && (4..=6).contains(&(word >> 11 & 0x3ff))).then_some(OLD_MUSEPACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(content: &[u8], extension: &str) -> Option<&'static str> {
        let head = Head { bytes: content, content, content_offset: 0, extension };
        of(&head).map(|kind| IDS[kind.id].as_str())
    }

    #[test]
    fn every_container_is_known_by_its_first_bytes() {
        for (content, id) in [
            (&b"wvpk...."[..], "wv"),
            (b"MAC ....", "ape"),
            (b"MACF....", "ape"),
            (b"MP+\x07....", "mpc"),
            (b"MPCK....", "mpc"),
            (b"tBaK....", "tak"),
            (b"OFR ....", "ofr"),
        ] {
            assert_eq!(id_of(content, "mp3"), Some(id));
        }
        assert_eq!(id_of(b"OFR ....", "ofs"), Some("ofs"));
        assert_eq!(id_of(b"RIFF", "wv"), None);
        assert_eq!(id_of(b"", "ape"), None);
    }

    #[test]
    fn a_tag_that_passes_the_end_of_the_file_hides_what_is_in_it() {
        assert_eq!(id_of(b"junkwvpk....", "wv"), Some("wv"));
        assert_eq!(id_of(b"ID3\x03\0\0\0\0\x04\x09wvpk....", "wv"), None);
    }

    #[test]
    fn old_musepack_needs_its_extension_and_a_version() {
        let version = |version: u32| (version << 11).to_le_bytes();
        assert_eq!(id_of(&version(5), "mpc"), Some("mpc"));
        assert_eq!(id_of(&version(5), "bin"), None);
        assert_eq!(id_of(&version(3), "mpc"), None);
        assert_eq!(id_of(&version(8), "mpc"), None);
    }
}
