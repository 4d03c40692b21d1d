//! The checksum of a page (RFC 3533, section 6): CRC-32 with the polynomial 0x04c11db7, neither reflected nor inverted,
//! starting from 0. It is linear: the checksum of the bitwise difference of two pages is the difference of their checksums.

use crc_fast::{CrcAlgorithm, Digest};

const POLYNOMIAL: u32 = 0x04c1_1db7;

/// Extends a checksum by more bytes.
pub(crate) fn update(crc: u32, bytes: &[u8]) -> u32 {
    // The same polynomial with another start and an inversion at the end.
    let mut digest = Digest::new_with_init_state(CrcAlgorithm::Crc32Bzip2, crc.into());
    digest.update(bytes);
    !(digest.finalize() as u32)
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
