//! Header pages made anew.

use crate::crc;
use crate::page::{CHECKSUM, CONTINUED, FIXED, MAX_LACING, NewPage};
use musefs_contracts::layout::{Computed, Layout, SegmentIo};
use std::io;
use std::ops::Range;

/// Granule position of a page on which no packet ends.
const NO_PACKET_ENDS: u64 = u64::MAX;

/// Pages around packets, made when they are read: a page header needs its whole payload for the checksum, everything else
/// is passed on. Holds at most one page in memory, whatever the packets hold.
pub(crate) struct NewPages {
    payload: Layout,
    lacing: Box<[u8]>,
    pages: Box<[Place]>,
    serial: u32,
    sequence: u32,
    first_flags: u8,
    last_flags: u8,
}

/// Where a page lies.
struct Place {
    /// Its lacing values.
    lacing: Range<usize>,
    /// Where its payload begins.
    payload: u64,
    /// Where the page ends.
    end: u64,
    /// Whether it continues a packet of the page before.
    continued: bool,
}

impl Place {
    fn header_len(&self) -> u64 {
        (FIXED + self.lacing.len()) as u64
    }
}

impl NewPages {
    /// Pages `payload`, which consists of packets of these lengths, on `count` pages, numbered from `sequence`. Every page
    /// gets at least one lacing value, for which there must be enough, and none more than 255.
    pub(crate) fn new(payload: Layout, packets: &[u64], count: u64, serial: u32, sequence: u32) -> Self {
        let mut lacing = Vec::new();
        for len in packets {
            lacing.resize(lacing.len() + (len / 255) as usize, 255);
            lacing.push((len % 255) as u8);
        }
        let mut pages: Vec<Place> = Vec::with_capacity(count as usize);
        let (mut at, mut payload_at, mut end, mut continued) = (0, 0, 0, false);
        for page in 0..count {
            let later = (count - page - 1) as usize;
            let values = at..at + MAX_LACING.min((lacing.len() - at).saturating_sub(later));
            let body = lacing[values.clone()].iter().map(|value| u64::from(*value)).sum::<u64>();
            end += (FIXED + values.len()) as u64 + body;
            at = values.end;
            let goes_on = values.clone().next_back().map_or(continued, |last| lacing[last] == 255);
            pages.push(Place { lacing: values, payload: payload_at, end, continued });
            payload_at += body;
            continued = goes_on;
        }
        Self { payload, lacing: lacing.into(), pages: pages.into(), serial, sequence, first_flags: 0, last_flags: 0 }
    }

    /// The same with these flags on the first and on the last page.
    pub(crate) fn with_flags(self, first_flags: u8, last_flags: u8) -> Self {
        Self { first_flags, last_flags, ..self }
    }

    /// The page's header with a checksum of 0.
    fn header(&self, index: usize) -> Vec<u8> {
        let page = &self.pages[index];
        let lacing = &self.lacing[page.lacing.clone()];
        let first = if index == 0 { self.first_flags } else { 0 };
        let last = if index + 1 == self.pages.len() { self.last_flags } else { 0 };
        let fields = NewPage {
            flags: first | last | if page.continued { CONTINUED } else { 0 },
            granule: if lacing.iter().any(|value| *value < 255) { 0 } else { NO_PACKET_ENDS },
            serial: self.serial,
            sequence: self.sequence.wrapping_add(index as u32),
        };
        fields.header(lacing)
    }

    /// Fills `buf` from `offset` of a page.
    fn read_page(&self, io: &dyn SegmentIo, index: usize, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let page = &self.pages[index];
        let header_len = page.header_len();
        let start = if index == 0 { 0 } else { self.pages[index - 1].end };
        let body_len = page.end - start - header_len;
        if offset >= header_len {
            return self.payload(io, page.payload + offset - header_len, buf);
        }
        let in_header = (header_len - offset).min(buf.len() as u64) as usize;
        let (header_buf, body_buf) = buf.split_at_mut(in_header);
        let mut header = self.header(index);
        let blank = crc::update(0, &header);
        let checksum = if body_buf.len() as u64 == body_len {
            self.payload(io, page.payload, body_buf)?;
            crc::update(blank, body_buf)
        } else {
            let mut body = vec![0; body_len as usize];
            self.payload(io, page.payload, &mut body)?;
            body_buf.copy_from_slice(&body[..body_buf.len()]);
            crc::update(blank, &body)
        };
        header[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
        let from = offset as usize;
        header_buf.copy_from_slice(&header[from..from + in_header]);
        Ok(())
    }

    fn payload(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        if self.payload.read_at(io, offset, buf)? == buf.len() {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Computed for NewPages {
    fn len(&self) -> u64 {
        self.pages.last().map_or(0, |page| page.end)
    }

    fn read_at(&self, io: &dyn SegmentIo, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut at = offset;
        let mut rest = buf;
        let mut index = self.pages.partition_point(|page| page.end <= at);
        while !rest.is_empty() {
            let end = self.pages.get(index).ok_or(io::ErrorKind::UnexpectedEof)?.end;
            let start = if index == 0 { 0 } else { self.pages[index - 1].end };
            let (now, later) = rest.split_at_mut((end - at).min(rest.len() as u64) as usize);
            self.read_page(io, index, at - start, now)?;
            at = end;
            rest = later;
            index += 1;
        }
        Ok(())
    }

    fn heap_bytes(&self) -> usize {
        self.payload.heap_bytes() + self.lacing.len() + self.pages.len() * size_of::<Place>() + size_of::<Self>()
    }
}

#[cfg(test)]
#[path = "paginate_tests.rs"]
mod tests;
