//! Folding of names that must be distinct.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

/// The maximum number of rounds. One suffices for almost every text, and each round after it confirms that the text is
/// stable.
const ROUNDS: usize = 4;

/// Returns the folded text: two names that differ only in case, in compatibility forms or in invisible characters have
/// one result. It is the text without invisible characters, in the form by which the Unicode standard matches
/// identifiers (`NFKC_Casefold` of the canonical decomposition, D147 in section 3.13).
///
/// ```
/// use userbook::field::fold;
/// assert_eq!(fold("Straße"), fold("STRASSE"));
/// assert_eq!(fold("ａｄａ\u{200b}"), "ada");
/// assert_ne!(fold("ada"), fold("áda"));
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composing = const { ComposingNormalizerBorrowed::new_nfkc() };
    let decomposing = const { DecomposingNormalizerBorrowed::new_nfkd() };
    let cases = const { CaseMapper::new() };
    let mut folded = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        let visible: String = folded.chars().filter(|character| !is_invisible(*character)).collect();
        // Decomposition puts U+0345, which folds to a letter, behind the marks of its letter.
        let decomposed = decomposing.normalize(&visible);
        let next = composing.normalize(&cases.fold_string(&decomposed)).into_owned();
        if next == folded {
            break;
        }
        folded = Cow::Owned(next);
    }
    folded.into_owned()
}

/// Returns whether a folded text does not contain the character (Unicode property `Default_Ignorable_Code_Point`).
pub(super) fn is_invisible(character: char) -> bool {
    let ignorable = const { CodePointSetData::new::<DefaultIgnorableCodePoint>() };
    // No ASCII character is ignorable.
    !character.is_ascii() && ignorable.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_alone_fold_to_nothing() {
        // The planes between have ideographs or nothing, and so do the planes above.
        for character in ('\0'..'\u{20000}').chain('\u{e0000}'..'\u{e2000}') {
            let folded = fold(character.encode_utf8(&mut [0; 4]));
            assert_eq!(folded.is_empty(), is_invisible(character), "{character:?}");
        }
    }

    /// The expected texts are those of `NFKC_CF` in the Unicode character database.
    #[test]
    fn names_fold_by_case_form_and_visibility() {
        for (text, expected) in [
            ("", ""),
            ("Ada.Lovelace+1@Example.COM", "ada.lovelace+1@example.com"),
            ("Ada", "ada"),
            ("ADA@Example.ORG", "ada@example.org"),
            ("Straße", "strasse"),
            ("ẞ", "ss"),
            ("ﬁn", "fin"),
            ("Ａ①", "a1"),
            ("É", "é"),
            ("E\u{301}", "é"),
            ("Σίσυφος", "σίσυφοσ"),
            ("İ", "i\u{307}"),
            ("ı", "ı"),
            ("K", "k"),
            ("a\u{ad}d\u{200b}a\u{feff}", "ada"),
            ("\u{115f}x\u{1d173}", "x"),
            ("ͅ", "ι"),
            ("ǅ", "dž"),
            ("㎏", "kg"),
            ("ﷺ", "صلى الله عليه وسلم"),
            ("bob ", "bob "),
        ] {
            assert_eq!(fold(text), expected, "{text:?}");
            assert_eq!(fold(expected), expected, "{expected:?} is folded");
        }
    }
}
