//! Characters that `PlainNames` rejects, because people compare texts by eye.

use icu_properties::props::{EnumeratedProperty, GeneralCategory};

use super::fold::is_invisible;
use crate::violation::ViolationKind;

/// Returns whether the text has invisible characters and no visible one: [`fold`](super::fold()) leaves at most white
/// space.
pub(crate) fn is_invisible_name(text: &str) -> bool {
    // Ends at the first visible character, mostly the first one.
    text.chars().all(|letter| letter.is_whitespace() || is_invisible(letter))
        && text.chars().any(is_invisible)
}

/// Returns the first character that a username or path must not contain: a control character (Cc), a format character
/// (Cf), or another invisible one (`Default_Ignorable_Code_Point`). Format characters are invisible or change the
/// direction of the text, so that different names look equal.
pub(crate) fn username_or_path(text: &str) -> Option<ViolationKind> {
    text.chars().find_map(|character| control(character).or_else(|| format(character)))
}

/// Returns the first character that a display name or group name must not contain: a control character (Cc). Format
/// characters are allowed, because Persian and several Indic scripts need joiners.
pub(crate) fn name(text: &str) -> Option<ViolationKind> {
    text.chars().find_map(control)
}

fn control(character: char) -> Option<ViolationKind> {
    character.is_control().then_some(ViolationKind::ControlCharacter { character })
}

fn format(character: char) -> Option<ViolationKind> {
    // No ASCII character is a format character.
    let is_format = || GeneralCategory::for_char(character) == GeneralCategory::Format;
    (!character.is_ascii() && (is_format() || is_invisible(character)))
        .then_some(ViolationKind::FormatCharacter { character })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_format_characters_are_found() {
        let control = |character| Some(ViolationKind::ControlCharacter { character });
        let format = |character| Some(ViolationKind::FormatCharacter { character });
        for (text, in_path, in_name) in [
            ("", None, None),
            ("ada/Ünal 山田 😀", None, None),
            ("a\u{1}b", control('\u{1}'), control('\u{1}')),
            ("a\nb", control('\n'), control('\n')),
            ("\u{7f}", control('\u{7f}'), control('\u{7f}')),
            ("\u{85}", control('\u{85}'), control('\u{85}')),
            // Soft hyphen, zero-width space and joiner, byte order mark.
            ("a\u{ad}", format('\u{ad}'), None),
            ("adm\u{200b}in", format('\u{200b}'), None),
            ("\u{200d}", format('\u{200d}'), None),
            ("\u{feff}", format('\u{feff}'), None),
            // Every bidirectional control is a format character.
            ("\u{61c}", format('\u{61c}'), None),
            ("\u{200f}", format('\u{200f}'), None),
            ("\u{202e}nimda", format('\u{202e}'), None),
            ("\u{2066}", format('\u{2066}'), None),
            // Tag characters hide text.
            ("a\u{e0061}", format('\u{e0061}'), None),
            // Fillers, variation selectors and other invisible letters and marks.
            ("\u{3164}", format('\u{3164}'), None),
            ("\u{115f}", format('\u{115f}'), None),
            ("\u{ffa0}", format('\u{ffa0}'), None),
            ("ada\u{34f}", format('\u{34f}'), None),
            ("ada\u{180b}", format('\u{180b}'), None),
            ("ada\u{fe0f}", format('\u{fe0f}'), None),
            ("ada\u{e0100}", format('\u{e0100}'), None),
            // Marks and letters that are visible.
            ("e\u{301} \u{1100}\u{1161}", None, None),
            // The first character counts.
            ("\u{200b}\u{1}", format('\u{200b}'), control('\u{1}')),
        ] {
            assert_eq!(username_or_path(text), in_path, "{text:?}");
            assert_eq!(name(text), in_name, "{text:?}");
        }
        for (text, expected) in [
            ("", false),
            ("\u{3164}", true),
            ("\u{115f}\u{fe0f}\u{200b}", true),
            ("\u{3164} \u{2003}\u{3164}", true),
            ("\u{3164}a", false),
            ("\u{3164} a", false),
            (" ", false),
            ("\u{1}", false),
        ] {
            assert_eq!(is_invisible_name(text), expected, "{text:?}");
        }
        let message = ViolationKind::FormatCharacter { character: '\u{202e}' }.to_string();
        assert_eq!(message, "format character U+202E is not allowed");
    }
}
