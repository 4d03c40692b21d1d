//! Audio pages with other sequence numbers, made while they are read.
//!
//! What counts as a page is decided by the page alone: a header of the stream whose checksum is right. So any part of a
//! file can be read without knowing what stands before it, and every read gives the same bytes. A page whose checksum is
//! wrong, or that is cut off, passes as it is: no reader that looks at sequence numbers takes it for a page.

use crate::crc;
use crate::page::{CHECKSUM, FIXED, MAX_LACING, Page, SEQUENCE};
use memchr::memmem;
use musefs_contracts::anatomy::ByteRange;
use musefs_contracts::layout::{Computed, SegmentIo};
use std::io;

/// A range of the backing file in which the pages of one stream are renumbered.
pub(crate) struct Renumbered {
    pub(crate) range: ByteRange,
    pub(crate) serial: u32,
    /// Added to each sequence number, modulo 2³².
    pub(crate) shift: u32,
}

/// Whether the bytes are those of this page, by its checksum.
pub(crate) fn is_sound_page(page: &Page, bytes: &[u8]) -> bool {
    let checksum = crc::update(0, &bytes[..CHECKSUM.start]);
    let checksum = crc::update(checksum, &[0; 4]);
    crc::update(checksum, &bytes[CHECKSUM.end..]) == page.checksum
}

/// The checksum that a page of `len` bytes has once its sequence number is changed.
fn repaired(page: &Page, len: usize, sequence: u32) -> u32 {
    let difference = crc::update(0, &(page.sequence ^ sequence).to_le_bytes());
    page.checksum ^ crc::update_zeros(difference, (len - SEQUENCE.end) as u64)
}

/// The bytes that a read needs: those asked for, and those around them as they are needed.
struct View<'a> {
    io: &'a dyn SegmentIo,
    range: ByteRange,
    /// Offset in the range of what is asked for.
    offset: u64,
    asked: &'a [u8],
}

impl View<'_> {
    /// Fills `out` from `offset` of the range; `false` if the range ends before.
    fn get(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        let len = out.len() as u64;
        if offset + len > self.range.len {
            return Ok(false);
        }
        let end = offset + len;
        let asked_end = self.offset + self.asked.len() as u64;
        let (from, to) = (offset.clamp(self.offset, asked_end), end.clamp(self.offset, asked_end));
        if from >= to {
            self.io.backing(self.range.offset + offset, out)?;
            return Ok(true);
        }
        let (before, rest) = out.split_at_mut((from - offset) as usize);
        let (within, behind) = rest.split_at_mut((to - from) as usize);
        within.copy_from_slice(&self.asked[(from - self.offset) as usize..(to - self.offset) as usize]);
        if !before.is_empty() {
            self.io.backing(self.range.offset + offset, before)?;
        }
        if !behind.is_empty() {
            self.io.backing(self.range.offset + to, behind)?;
        }
        Ok(true)
    }

    /// The page at `offset` and its length, if there is a sound one of this stream.
    fn page(&self, offset: u64, serial: u32) -> io::Result<Option<(Page, usize)>> {
        let mut header = [0; FIXED + MAX_LACING];
        if !self.get(offset, &mut header[..FIXED])? {
            return Ok(None);
        }
        let header_len = FIXED + usize::from(header[FIXED - 1]);
        if !self.get(offset, &mut header[..header_len])? {
            return Ok(None);
        }
        let Some(page) = Page::parse(&header[..header_len]).filter(|page| page.serial == serial) else {
            return Ok(None);
        };
        let len = page.len();
        if let Some(bytes) = self.asked_for(offset, len) {
            return Ok(is_sound_page(&page, bytes).then_some((page, len)));
        }
        let mut bytes = vec![0; len];
        let is_page = self.get(offset, &mut bytes)? && is_sound_page(&page, &bytes);
        Ok(is_page.then_some((page, len)))
    }

    /// These bytes, if all of them are asked for.
    fn asked_for(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        self.asked.get(from..from.checked_add(len)?)
    }
}

impl Computed for Renumbered {
    fn len(&self) -> u64 {
        self.range.len
    }

    fn read_at(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        io.backing(self.range.offset + offset, buf)?;
        let view = View { io, range: self.range, offset, asked: buf };
        // A page that begins up to so far before the buffer has changed bytes in it.
        let reach = (CHECKSUM.end as u64 - 1).min(offset);
        let mut lead = [0; CHECKSUM.end + 2];
        let lead_len = (reach as usize + 3).min(reach as usize + buf.len());
        view.get(offset - reach, &mut lead[..lead_len])?;
        let captures = |bytes: &[u8]| memmem::find_iter(bytes, b"OggS").collect::<Vec<_>>();
        let before = captures(&lead[..lead_len]).into_iter().map(|at| offset - reach + at as u64);
        let within = captures(buf).into_iter().map(|at| offset + at as u64);
        let mut patches = Vec::new();
        for start in before.chain(within) {
            if start + SEQUENCE.start as u64 >= offset + buf.len() as u64 {
                continue;
            }
            if let Some((page, len)) = view.page(start, self.serial)? {
                let sequence = page.sequence.wrapping_add(self.shift);
                patches.push((start + SEQUENCE.start as u64, sequence, repaired(&page, len, sequence)));
            }
        }
        for (at, sequence, checksum) in patches {
            let fields = sequence.to_le_bytes().into_iter().chain(checksum.to_le_bytes());
            for (position, byte) in (at..).zip(fields) {
                let index = position.checked_sub(offset).and_then(|index| usize::try_from(index).ok());
                if let Some(place) = index.and_then(|index| buf.get_mut(index)) {
                    *place = byte;
                }
            }
        }
        Ok(())
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

#[cfg(test)]
#[path = "renumber_tests.rs"]
mod tests;
