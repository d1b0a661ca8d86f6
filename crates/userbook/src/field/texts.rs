//! The text fields: username, display name, path, and the name of a group.

use std::fmt;

use super::{
    FieldErrors,
    text::{into_trimmed, trim},
};
use crate::violation::ViolationKind;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Trims the text and checks it.
            ///
            /// # Errors
            /// All violations of the value.
            pub fn parse(text: &str) -> Result<Self, FieldErrors> {
                Self::check(trim(text).to_owned())
            }

            fn check(text: String) -> Result<Self, FieldErrors> {
                match FieldErrors::new($check(&text)) {
                    Some(faults) => Err(faults),
                    None => Ok(Self(text)),
                }
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = FieldErrors;

            fn try_from(text: &str) -> Result<Self, FieldErrors> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = FieldErrors;

            fn try_from(text: String) -> Result<Self, FieldErrors> {
                Self::check(into_trimmed(text))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

text_type!(
    /// A login name: trimmed, not blank, at most 150 code points, without U+0000 (authentik's `User.username`). All
    /// other characters are allowed, and case matters.
    Username,
    |text: &str| {
        if text.is_empty() {
            return vec![ViolationKind::Blank];
        }
        let mut faults = too_long(text, Username::MAX_LENGTH);
        faults.extend(nul(text));
        faults
    }
);

text_type!(
    /// A display name: trimmed, possibly blank, of any length, without U+0000 (authentik's `User.name`).
    Name,
    |text: &str| nul(text).into_iter().collect()
);

text_type!(
    /// A folder in the tree of users: trimmed, not blank, segments separated by single slashes, no leading or trailing
    /// slash (authentik's `User.path`).
    UserPath,
    |text: &str| {
        if text.is_empty() {
            return vec![ViolationKind::Blank];
        }
        // As recorded, the shape is checked only without other violations: a path has at most one violation.
        let shape = || {
            if text.starts_with('/') || text.ends_with('/') {
                Some(ViolationKind::EdgeSlash)
            } else {
                text.contains("//").then_some(ViolationKind::EmptySegment)
            }
        };
        nul(text).or_else(shape).into_iter().collect()
    }
);

text_type!(
    /// A group's name: trimmed, not blank, without U+0000 (authentik's `Group.name`).
    GroupName,
    |text: &str| {
        if text.is_empty() {
            return vec![ViolationKind::Blank];
        }
        nul(text).into_iter().collect()
    }
);

impl Username {
    /// The maximum length of a username in code points.
    pub const MAX_LENGTH: usize = 150;

    /// Checks length and U+0000 only. As recorded, a service account is named as sent: neither trimmed nor required to
    /// have a name.
    ///
    /// # Errors
    /// All violations of the value.
    pub fn verbatim(text: impl Into<String>) -> Result<Self, FieldErrors> {
        let text = text.into();
        let mut faults = too_long(&text, Self::MAX_LENGTH);
        faults.extend(nul(&text));
        FieldErrors::new(faults).map_or(Ok(Self(text)), Err)
    }
}

impl Name {
    /// Checks U+0000 only, for names as [`Username::verbatim`].
    ///
    /// # Errors
    /// All violations of the value.
    pub fn verbatim(text: impl Into<String>) -> Result<Self, FieldErrors> {
        let text = text.into();
        FieldErrors::new(nul(&text).into_iter().collect()).map_or(Ok(Self(text)), Err)
    }
}

pub(super) fn too_long(text: &str, limit: usize) -> Vec<ViolationKind> {
    // A text of at most `limit` bytes has at most `limit` code points, so most texts need no counting.
    if text.len() > limit && text.chars().count() > limit {
        vec![ViolationKind::MaxLength { limit }]
    } else {
        Vec::new()
    }
}

pub(super) fn nul(text: &str) -> Option<ViolationKind> {
    text.contains('\0').then_some(ViolationKind::NullCharacter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults<T>(result: Result<T, FieldErrors>) -> Vec<ViolationKind> {
        result.err().map(FieldErrors::into_vec).unwrap_or_default()
    }

    #[test]
    fn usernames() {
        let long = ViolationKind::MaxLength { limit: 150 };
        for (text, expected) in [
            ("bob".to_owned(), vec![]),
            ("\u{200b}".to_owned(), vec![]),
            ("a/b<>\"'\n".repeat(2), vec![]),
            ("😀".repeat(150), vec![]),
            (format!("  {}\t", "b".repeat(150)), vec![]),
            (String::new(), vec![ViolationKind::Blank]),
            ("\t\u{a0}\u{3000}\u{1f}\u{85}".to_owned(), vec![ViolationKind::Blank]),
            ("😀".repeat(151), vec![long.clone()]),
            ("\0".to_owned(), vec![ViolationKind::NullCharacter]),
            ("\0".repeat(151), vec![long, ViolationKind::NullCharacter]),
        ] {
            assert_eq!(faults(Username::parse(&text)), expected, "{text:?}");
        }
        assert_eq!(Username::parse("\u{2003}carol\u{3000} ").unwrap().as_str(), "carol");
    }

    #[test]
    fn names_may_be_blank_and_long() {
        for text in ["", "   ", &"n".repeat(100_000)] {
            assert_eq!(faults(Name::parse(text)), vec![]);
        }
        assert_eq!(faults(Name::parse("a\0")), vec![ViolationKind::NullCharacter]);
    }

    #[test]
    fn paths() {
        for (text, expected) in [
            ("users", vec![]),
            ("../ /ü", vec![]),
            (" a/b ", vec![]),
            ("", vec![ViolationKind::Blank]),
            ("/", vec![ViolationKind::EdgeSlash]),
            (" /a", vec![ViolationKind::EdgeSlash]),
            ("a/", vec![ViolationKind::EdgeSlash]),
            ("//", vec![ViolationKind::EdgeSlash]),
            ("a//b", vec![ViolationKind::EmptySegment]),
            ("/a\0", vec![ViolationKind::NullCharacter]),
        ] {
            assert_eq!(faults(UserPath::parse(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn group_names() {
        assert_eq!(faults(GroupName::parse(" ")), vec![ViolationKind::Blank]);
        assert_eq!(faults(GroupName::parse("a\0")), vec![ViolationKind::NullCharacter]);
        assert_eq!(GroupName::parse(" staff ").unwrap().as_str(), "staff");
    }

    #[test]
    fn service_accounts_are_named_as_sent() {
        assert_eq!(Username::verbatim("  x ").unwrap().as_str(), "  x ");
        assert_eq!(Username::verbatim("").unwrap().as_str(), "");
        assert_eq!(Name::verbatim(" ").unwrap().as_str(), " ");
        assert_eq!(
            faults(Username::verbatim("s".repeat(151))),
            vec![ViolationKind::MaxLength { limit: 150 }]
        );
        assert_eq!(faults(Username::verbatim("a\0")), vec![ViolationKind::NullCharacter]);
        assert_eq!(faults(Name::verbatim("a\0")), vec![ViolationKind::NullCharacter]);
    }
}
