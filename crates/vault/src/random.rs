//! Randomness of the operating system, the only source of secrets.

/// Fills an array with random bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give. There is no safe way to go on without it.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has no randomness");
}
