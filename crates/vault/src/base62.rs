//! Base62 text: letters and digits only, so that a double click selects a whole secret.

use crate::random;
use zeroize::Zeroizing;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The largest multiple of 62 that fits a byte. Bytes above it are thrown away, because `byte % 62` alone
/// would make the first eight letters more likely than the rest.
const UNBIASED: u8 = 248;

/// Appends `count` characters, each of them drawn evenly and independently.
pub(crate) fn push_random(text: &mut String, count: usize) {
    let mut pool = Zeroizing::new([0u8; 64]);
    let mut missing = count;
    while missing > 0 {
        random::fill(&mut *pool);
        for byte in pool.iter().filter(|byte| **byte < UNBIASED).take(missing) {
            text.push(char::from(ALPHABET[usize::from(byte % 62)]));
            missing -= 1;
        }
    }
}

/// A number as exactly six characters; 62⁶ is larger than any `u32`.
pub(crate) fn six_chars(mut number: u32) -> [u8; 6] {
    let mut chars = [b'0'; 6];
    for place in chars.iter_mut().rev() {
        *place = ALPHABET[(number % 62) as usize];
        number /= 62;
    }
    chars
}

pub(crate) fn is_base62(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_fixed_width_spelling() {
        assert_eq!(&six_chars(0), b"000000");
        assert_eq!(&six_chars(61), b"00000z");
        assert_eq!(&six_chars(62), b"000010");
        assert_eq!(&six_chars(u32::MAX), b"4gfFC3");
    }

    #[test]
    fn every_character_is_about_equally_likely() {
        let mut text = String::new();
        push_random(&mut text, 62_000);
        let mut counts = [0u32; 62];
        for byte in text.bytes() {
            let place = ALPHABET.iter().position(|letter| *letter == byte);
            counts[place.expect("only base62 is drawn")] += 1;
        }
        // 1,000 each is expected, with a standard deviation of 31; eight of them is out of reach of chance.
        assert!(
            counts.iter().all(|count| (750..1250).contains(count)),
            "{counts:?}"
        );
    }
}
