//! Packed answers that unpack to far more, made by hand so that they never end.

/// A stream of zeros in DEFLATE (RFC 1951): its beginning, and what follows again and again. 13 bytes unpack to 2,064.
pub fn zeros() -> (Vec<u8>, Vec<u8>) {
    let mut bits = vec![0, 1, 0]; // not the last block; fixed codes
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]); // the byte 0
    while bits.len() < 8 * 8 * 13 {
        // The longest match, 258 bytes, from one byte before.
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }
    let byte = |bits: &[u8]| bits.iter().rev().fold(0_u8, |byte, bit| byte << 1 | bit);
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    (bytes[..26].to_vec(), bytes[26..39].repeat(100))
}

/// The same with a head of gzip (RFC 1952).
pub fn gzip() -> (Vec<u8>, Vec<u8>) {
    let (first, again) = zeros();
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    ([&head[..], &first].concat(), again)
}

/// The same with a head of zlib (RFC 1950), which HTTP calls deflate.
pub fn deflate() -> (Vec<u8>, Vec<u8>) {
    let (first, again) = zeros();
    ([&[0x78, 0x01][..], &first].concat(), again)
}
