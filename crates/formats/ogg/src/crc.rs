//! The checksum of a page (RFC 3533, section 6): CRC-32 with the polynomial 0x04c11db7, neither reflected nor inverted,
//! starting from 0. It is linear: the checksum of the bitwise difference of two pages is the difference of their checksums.

const POLYNOMIAL: u32 = 0x04c1_1db7;

/// `TABLES[k][b]` is the checksum of the byte `b` followed by `k` zero bytes.
const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000_0000 == 0 { crc << 1 } else { crc << 1 ^ POLYNOMIAL };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut zeros = 1;
    while zeros < 8 {
        let mut byte = 0;
        while byte < 256 {
            let crc = tables[zeros - 1][byte];
            tables[zeros][byte] = crc << 8 ^ tables[0][(crc >> 24) as usize];
            byte += 1;
        }
        zeros += 1;
    }
    tables
}

/// Extends a checksum by more bytes.
pub(crate) fn update(mut crc: u32, bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let [a, b, c, d] = crc.to_be_bytes();
        crc = TABLES[7][(a ^ word[0]) as usize]
            ^ TABLES[6][(b ^ word[1]) as usize]
            ^ TABLES[5][(c ^ word[2]) as usize]
            ^ TABLES[4][(d ^ word[3]) as usize]
            ^ TABLES[3][word[4] as usize]
            ^ TABLES[2][word[5] as usize]
            ^ TABLES[1][word[6] as usize]
            ^ TABLES[0][word[7] as usize];
    }
    for byte in rest {
        crc = crc << 8 ^ TABLES[0][((crc >> 24) as u8 ^ byte) as usize];
    }
    crc
}

/// The checksum extended by `count` zero bytes, in steps of the logarithm of `count`.
pub(crate) fn update_zeros(crc: u32, count: u64) -> u32 {
    // A zero byte multiplies by x⁸ modulo the polynomial.
    let mut result = crc;
    let mut power = 1 << 8;
    let mut count = count;
    while count > 0 {
        if count & 1 == 1 {
            result = multiply(result, power);
        }
        power = multiply(power, power);
        count >>= 1;
    }
    result
}

/// The product of two polynomials over GF(2), modulo the checksum's.
fn multiply(mut a: u32, mut b: u32) -> u32 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = if a & 0x8000_0000 == 0 { a << 1 } else { a << 1 ^ POLYNOMIAL };
        b >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bit_by_bit(bytes: &[u8]) -> u32 {
        bytes.iter().fold(0, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
                if crc & 0x8000_0000 == 0 { crc << 1 } else { crc << 1 ^ POLYNOMIAL }
            })
        })
    }

    #[test]
    fn the_check_value_is_that_of_the_catalogue_without_its_inversions() {
        assert_eq!(update(0, b"123456789"), bit_by_bit(b"123456789"));
        assert_eq!(update(0, b"123456789"), 0x89a1_897f);
    }

    proptest! {
        #[test]
        fn pieces_and_zeros_agree_with_the_definition(
            bytes in prop::collection::vec(any::<u8>(), 0..100), cut in 0usize..100, zeros in 0u64..3000,
        ) {
            let cut = cut.min(bytes.len());
            let crc = update(update(0, &bytes[..cut]), &bytes[cut..]);
            prop_assert_eq!(crc, bit_by_bit(&bytes));
            prop_assert_eq!(update_zeros(crc, zeros), update(crc, &vec![0; zeros as usize]));
        }
    }
}
