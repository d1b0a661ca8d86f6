//! Texts without the difference of upper and lower case.

/// A text in which each letter is replaced by its upper case, one for one: `ß` stays, and accents count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded(String);

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self(text.to_ascii_uppercase());
        }
        Self(text.chars().map(upper).collect())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn contains(&self, word: &Self) -> bool {
        self.0.contains(&word.0)
    }
}

/// The simple upper case of Unicode. `char::to_uppercase` returns the full one, which may be several characters; of
/// these, only Greek letters with iota have a simple upper case.
fn upper(letter: char) -> char {
    let mut full = letter.to_uppercase();
    match (full.next(), full.next()) {
        (Some(upper), None) => upper,
        _ => with_iota(letter).unwrap_or(letter),
    }
}

/// Returns the upper case of a small Greek letter with iota subscript.
fn with_iota(letter: char) -> Option<char> {
    let distance = match letter {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return None,
    };
    char::from_u32(u32::from(letter) + distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_alphabets_have_one_case() {
        for (text, expected) in [
            ("", ""),
            ("aZ_1%", "AZ_1%"),
            ("zoë Ångström", "ZOË ÅNGSTRÖM"),
            ("straße", "STRAßE"),
            ("ﬁ ŉ ǰ", "ﬁ ŉ ǰ"),
            ("дžσς", "ДŽΣΣ"),
            ("ıſµ", "ISΜ"),
            ("ᾳ ᾀ ᾗ ᾷ", "ᾼ ᾈ ᾟ ᾷ"),
        ] {
            assert_eq!(Folded::new(text).as_str(), expected, "{text}");
            assert_eq!(Folded::new(expected).as_str(), expected, "{expected}");
        }
    }
}
