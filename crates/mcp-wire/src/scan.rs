//! How deep JSON nests, found without parsing it.

/// The deepest nesting that is taken: far more than any tool needs, far less than a parser's stack.
pub(crate) const DEEPEST: usize = 64;

/// Whether the text nests deeper than [`DEEPEST`]. Says nothing about whether it is JSON.
pub(crate) fn too_deep(text: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            // Whatever is escaped, it does not end the string.
            b'\\' if in_string => _ = bytes.next(),
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::too_deep;

    #[test]
    fn sixty_four_levels_are_taken_and_one_more_is_not() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(!too_deep(nested(64).as_bytes()));
        assert!(too_deep(nested(65).as_bytes()));
        assert!(too_deep("{\"a\":".repeat(65).as_bytes()));
    }

    #[test]
    fn brackets_within_strings_do_not_count() {
        let text = format!(r#"["\"{}", "\\", {{}}]"#, "[".repeat(100));
        assert!(!too_deep(text.as_bytes()));
    }
}
