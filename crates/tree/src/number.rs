//! Inode numbers of directories: a hash of the path, the same on every machine and in every release, so that a number
//! means the same directory after a remount with nothing stored.

use crate::name;
use musefs_contracts::ids::Ino;

// FNV-1a with 128 bits (offset basis and prime of its specification). It can be continued from a parent's state.
const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The hash of a path as far as it has been followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathState(u128);

impl PathState {
    /// That of the root.
    pub(crate) const ROOT: Self = Self(OFFSET);

    /// That of a child. Without case it is one hash whatever the case.
    pub(crate) fn child(self, name: &[u8], fold: bool) -> Self {
        let step = |state: u128, byte: u8| (state ^ u128::from(byte)).wrapping_mul(PRIME);
        let state = step(self.0, b'/');
        Self(if fold { name::folded(name).fold(state, step) } else { name.iter().copied().fold(state, step) })
    }
}

/// Gives the number that a path would like to have.
pub(crate) type Number = fn(PathState) -> u64;

/// The number of a path. Its bits are mixed, so that any of them can choose a shard.
pub(crate) fn of_path(path: PathState) -> u64 {
    let mut bits = path.0 as u64 ^ (path.0 >> 64) as u64;
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

/// The inode with the low 62 bits of `number`.
pub(crate) fn ino(number: u64) -> Ino {
    Ino(Ino::DIRECTORY_BIT | (number & (Ino::DIRECTORY_BIT - 1)))
}

/// The inode to try after `ino`.
pub(crate) fn next(taken: Ino) -> Ino {
    ino(taken.0.wrapping_add(1))
}
