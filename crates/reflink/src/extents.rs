//! The one system call that this crate is about.

use crate::plan::Shared;
use rustix::ioctl::{self, Setter, opcode};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// `struct file_clone_range` of `linux/fs.h`.
#[repr(C)]
struct CloneRange {
    source: i64,
    source_offset: u64,
    source_length: u64,
    offset: u64,
}

/// `FICLONERANGE`.
const CLONE_RANGE: ioctl::Opcode = opcode::write::<CloneRange>(0x94, 13);

/// Lets `to` share whole blocks of `source`.
pub(crate) fn share(to: &File, source: &File, shared: Shared) -> io::Result<()> {
    let range = CloneRange {
        source: source.as_raw_fd().into(),
        source_offset: shared.backing,
        source_length: shared.len,
        offset: shared.served,
    };
    #[expect(unsafe_code, reason = "there is no safe call for a part of a file")]
    // SAFETY: the kernel reads one `struct file_clone_range` through the pointer, which is what is passed, and both
    // descriptors are open as long as the call lasts.
    unsafe {
        ioctl::ioctl(to, Setter::<CLONE_RANGE, CloneRange>::new(range))?;
    }
    Ok(())
}
