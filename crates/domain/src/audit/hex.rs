//! Bytes as hexadecimal digits, in the one spelling that hashes, keys and signatures have.

use std::fmt::Write as _;

/// Two digits a byte, in lower case.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads exactly `N` bytes, and only what [`text`] would write.
pub fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_spelling() {
        assert_eq!(text(&[0, 0xa5, 0xff]), "00a5ff");
        assert_eq!(read("00a5ff"), Some([0, 0xa5, 0xff]));
        for wrong in ["00A5ff", "00a5f", "00a5ff0", "00a5fg", "+0a5ff"] {
            assert_eq!(read::<3>(wrong), None, "{wrong}");
        }
    }
}
