//! Characters that `PlainNames` rejects, because people compare texts by eye.

use icu_properties::props::{EnumeratedProperty, GeneralCategory};

use crate::violation::ViolationKind;

/// Returns the first character that a username or path must not contain: a control character (Cc) or a format
/// character (Cf). Format characters are invisible or change the direction of the text, so that different names look
/// equal.
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
    let is_format = !character.is_ascii() && GeneralCategory::for_char(character) == GeneralCategory::Format;
    is_format.then_some(ViolationKind::FormatCharacter { character })
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
            // The first character counts.
            ("\u{200b}\u{1}", format('\u{200b}'), control('\u{1}')),
        ] {
            assert_eq!(username_or_path(text), in_path, "{text:?}");
            assert_eq!(name(text), in_name, "{text:?}");
        }
        let message = ViolationKind::FormatCharacter { character: '\u{202e}' }.to_string();
        assert_eq!(message, "format character U+202E is not allowed");
    }
}
