//! How many pages the header packets of an edited file take, and how much padding goes into the comment packet.

use crate::page::{FIXED, MAX_LACING};

/// Served and backing offset of the audio are kept congruent modulo this, the page of the kernel's cache.
const CACHE_PAGE: u64 = 4096;
/// Most padding that is added to keep something in its place.
const MAX_PADDING: u64 = 256 << 10;

/// The choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Zero bytes at the end of the comment packet.
    pub(crate) padding: u64,
    /// Number of pages.
    pub(crate) pages: u64,
}

/// The packets to be paged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packets {
    /// Length of the comment packet without padding.
    pub(crate) comments: u64,
    /// Longest that the comment packet may become; its own length where it takes no padding.
    pub(crate) most: u64,
    /// Sum of the lengths of the others.
    pub(crate) others: u64,
    /// Sum of the numbers of lacing values of the others.
    pub(crate) others_lacing: u64,
}

/// Number of lacing values of a packet.
pub(crate) fn lacing(len: u64) -> u64 {
    len / 255 + 1
}

impl Packets {
    fn lacing(self, padding: u64) -> u64 {
        self.others_lacing + lacing(self.comments + padding)
    }

    fn fewest_pages(self, padding: u64) -> u64 {
        self.lacing(padding).div_ceil(MAX_LACING as u64)
    }

    fn size(self, fit: Fit) -> u64 {
        FIXED as u64 * fit.pages + self.lacing(fit.padding) + self.others + self.comments + fit.padding
    }

    /// Whether that many pages can hold the packets with none of them empty.
    fn is_possible(self, fit: Fit) -> bool {
        let padded = self.comments + fit.padding;
        let may_pad = fit.padding == 0 || (padded <= self.most && fit.padding <= MAX_PADDING);
        may_pad && (self.fewest_pages(fit.padding)..=self.lacing(fit.padding)).contains(&fit.pages)
    }

    /// The padding with which `pages` pages have just `size` bytes.
    fn exactly(self, pages: u64, size: u64) -> Option<Fit> {
        let (mut low, mut high) = (0, size);
        while low < high {
            let padding = low.midpoint(high);
            if self.size(Fit { padding, pages }) < size {
                low = padding + 1;
            } else {
                high = padding;
            }
        }
        let fit = Fit { padding: low, pages };
        (self.size(fit) == size && self.is_possible(fit)).then_some(fit)
    }

    /// The first choice with these pages whose size is congruent to `size` and that has at least `padding`.
    fn congruent(self, pages: u64, size: u64, padding: u64) -> Option<Fit> {
        let least = self.size(Fit { padding, pages });
        let target = least + (size % CACHE_PAGE + CACHE_PAGE - least % CACHE_PAGE) % CACHE_PAGE;
        self.exactly(pages, target)
    }
}

/// Chooses, in this order: pages and size as in the file; pages as in the file and audio at a congruent offset; pages as in
/// the file; any number of pages with a congruent offset; the fewest pages.
pub(crate) fn fit(packets: Packets, pages: u64, size: u64) -> Fit {
    let lacking = pages.saturating_sub(packets.lacing(0)).saturating_mul(255);
    let same_pages = Fit { padding: lacking, pages };
    let fewest = packets.fewest_pages(0);
    packets
        .exactly(pages, size)
        .or_else(|| packets.is_possible(same_pages).then(|| packets.congruent(pages, size, lacking)).flatten())
        .or_else(|| packets.is_possible(same_pages).then_some(same_pages))
        .or_else(|| packets.congruent(fewest, size, 0))
        .unwrap_or(Fit { padding: 0, pages: fewest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padding_takes_up_what_the_edit_leaves() {
        let packets = Packets { comments: 100, most: u64::MAX, others: 3000, others_lacing: lacing(3000) };
        let before = packets.size(Fit { padding: 900, pages: 1 });
        assert_eq!(fit(packets, 1, before), Fit { padding: 900, pages: 1 });
        let larger = Packets { comments: 1200, ..packets };
        let grown = fit(larger, 1, before);
        assert_eq!((grown.pages, larger.size(grown) - before), (1, CACHE_PAGE));
    }

    #[test]
    fn without_padding_the_pages_are_kept_where_they_can_be() {
        let packets = Packets { comments: 70_000, most: 70_000, others: 0, others_lacing: 0 };
        assert_eq!(fit(packets, 3, 80_000), Fit { padding: 0, pages: 3 });
        assert_eq!(fit(packets, 1, 60_000), Fit { padding: 0, pages: 2 });
        assert_eq!(fit(packets, 300, 80_000), Fit { padding: 0, pages: 2 });
    }

    #[test]
    fn a_large_picture_that_went_leaves_its_pages_but_not_its_size() {
        let packets = Packets { comments: 500, most: u64::MAX, others: 0, others_lacing: 0 };
        let chosen = fit(packets, 300, 19_500_000);
        assert_eq!(chosen.pages, 300);
        assert!(chosen.padding < 90_000);
        assert_eq!(packets.size(chosen) % CACHE_PAGE, 19_500_000 % CACHE_PAGE);
    }

    proptest! {
        #[test]
        fn every_choice_can_be_paged(
            comments in 0u64..300_000, room in 0u64..300_000, others in prop::collection::vec(0u64..70_000, 0..3),
            pages in 1u64..20, size in 0u64..700_000,
        ) {
            let others_lacing = others.iter().map(|len| lacing(*len)).sum();
            let packets = Packets { comments, most: comments + room, others: others.iter().sum(), others_lacing };
            prop_assert!(packets.is_possible(fit(packets, pages, size)));
        }
    }
}
