//! Slugs, the names of tokens, as Django makes them.

use unicode_normalization::UnicodeNormalization;

/// Returns the text as lower-case ASCII: compatibility characters and accents decomposed, everything but letters,
/// digits, underscores, white space and hyphens removed, white space and hyphens as single hyphens, none at the ends.
pub(super) fn slugify(text: &str) -> String {
    let ascii: String = text.nfkd().filter(char::is_ascii).collect::<String>().to_ascii_lowercase();
    let mut slug = String::with_capacity(ascii.len());
    for c in ascii.chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' => slug.push(c),
            '-' if slug.ends_with('-') => {}
            c if is_space(c) && slug.ends_with('-') => {}
            c if c == '-' || is_space(c) => slug.push('-'),
            _ => {}
        }
    }
    slug.trim_matches(['-', '_']).to_owned()
}

/// ASCII white space of Python's regular expressions.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r' | '\x1c'..='\x1f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_as_recorded() {
        for (text, expected) in [
            ("service-account-svc-grp-password", "service-account-svc-grp-password"),
            ("service-account--password", "service-account-password"),
            ("service-account-Dienst Grün-password", "service-account-dienst-grun-password"),
            ("service-account-zoë!-password", "service-account-zoe-password"),
            ("service-account- a \t b -password", "service-account-a-b-password"),
            ("a.b@c_d", "abc_d"),
            ("_-x-_", "x"),
            ("Ⅳ ﬁ ½", "iv-fi-12"),
            ("日本", ""),
            ("", ""),
        ] {
            assert_eq!(slugify(text), expected, "{text:?}");
        }
    }
}
