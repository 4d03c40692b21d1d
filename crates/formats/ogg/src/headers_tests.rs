use super::*;
use proptest::prelude::*;

fn table(pages: &[(u64, u64)]) -> PageTable {
    let mut table = PageTable::new(1000);
    for (header, body) in pages {
        table.push(*header, *body);
    }
    table
}

proptest! {
    #[test]
    fn logical_ranges_lead_to_the_file_and_back(
        pages in prop::collection::vec((27u64..282, 0u64..600), 1..8), from in 0u64..3000, len in 1u64..3000,
    ) {
        let table = table(&pages);
        let total = table.logical_len();
        prop_assume!(total > 0);
        let from = from % total;
        let range = ByteRange::new(from, len.min(total - from));
        let pieces: Vec<_> = table.pieces(range).collect();
        prop_assert_eq!(pieces.iter().map(|piece| piece.len).sum::<u64>(), range.len);
        prop_assert!(pieces.iter().all(|piece| piece.len > 0 && piece.end() <= table.end()));
        prop_assert!(pieces.is_sorted_by(|a, b| a.end() < b.offset));
        prop_assert_eq!(table.logical(table.span(range)), range);
    }
}

#[test]
fn what_is_stored_reads_back() {
    let headers = Headers {
        codec: Codec::Flac,
        identification: ByteRange::new(0, 79),
        serial: u32::MAX,
        sequence: 7,
        ends_stream: true,
        pages: table(&[(28, 17), (282, 65_025)]),
        packets: vec![17, 65_025],
        comments: Some(CommentPacket { index: 1, vendor_len: 20, kept: ByteRange::new(400, 3) }),
    };
    assert_eq!(Headers::decode(&headers.encode()), Ok(headers.clone()));
    let without = Headers { comments: None, ..headers };
    assert_eq!(Headers::decode(&without.encode()), Ok(without));
    assert!(Headers::decode(b"\x09").is_err());
}
