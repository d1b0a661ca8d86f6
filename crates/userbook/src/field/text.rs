//! White space in received texts.
//!
//! The contract trims like Python: Unicode's `White_Space` and the four information separators U+001C to U+001F. The
//! zero-width characters U+200B and U+FEFF are not white space.

/// Returns whether the contract considers this character white space.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Returns the text without surrounding white space.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Trims the text without a copy if there is no white space.
pub(crate) fn into_trimmed(text: String) -> String {
    let trimmed = trim(&text);
    if trimmed.len() == text.len() { text } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_the_recorded_set() {
        let spaces: Vec<u32> = (0..=0xFFFF).filter(|n| char::from_u32(*n).is_some_and(is_space)).collect();
        let expected: Vec<u32> = [0x09..=0x0D, 0x1C..=0x20, 0x85..=0x85, 0xA0..=0xA0, 0x1680..=0x1680]
            .into_iter()
            .chain([0x2000..=0x200A, 0x2028..=0x2029, 0x202F..=0x202F, 0x205F..=0x205F, 0x3000..=0x3000])
            .flatten()
            .collect();
        assert_eq!(spaces, expected);
    }

    #[test]
    fn white_space_is_trimmed() {
        for (text, trimmed) in [
            ("", ""),
            (" \u{1c}\u{3000}", ""),
            ("\t a\u{1f}b \n", "a\u{1f}b"),
            ("\u{85}a\u{a0}\u{2028}b", "a\u{a0}\u{2028}b"),
            ("\u{200b}a\u{feff}", "\u{200b}a\u{feff}"),
        ] {
            assert_eq!(trim(text), trimmed);
            assert_eq!(into_trimmed(text.to_owned()), trimmed);
        }
    }
}
