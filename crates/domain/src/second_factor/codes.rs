//! Recovery codes: ten, of 80 random bits each, shown once.

use api_types::UserId;

const COUNT: usize = 10;

/// Without letters that look like digits (Crockford's base32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Draws new codes, as people type them: `xxxx-xxxx-xxxx-xxxx`.
pub(super) fn draw() -> Vec<String> {
    (0..COUNT).map(|_| draw_one()).collect()
}

fn draw_one() -> String {
    let letters: Vec<u8> = vault::random_bytes::<16>()
        .iter()
        .map(|byte| LETTERS[usize::from(byte % 32)])
        .collect();
    let groups: Vec<_> = letters.chunks(4).map(String::from_utf8_lossy).collect();
    groups.join("-")
}

/// What is stored of a code; case and hyphens do not matter.
pub(super) fn digest(user: UserId, code: &str) -> vault::Digest {
    let code: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let tied = [user.0.as_bytes(), code.as_bytes()].concat();
    vault::digest("bulkhead/recovery-code/v1", &tied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_are_forgiving() {
        let codes = draw();
        let user = UserId(uuid::Uuid::nil());
        assert_eq!(codes.len(), COUNT);
        assert_ne!(codes[0], codes[1]);
        assert_eq!(codes[0].len(), 19);
        let typed = codes[0].replace('-', "").to_uppercase();
        assert_eq!(digest(user, &codes[0]), digest(user, &typed));
        assert_ne!(digest(user, &codes[0]), digest(user, &codes[1]));
    }
}
