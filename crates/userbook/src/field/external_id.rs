//! The identifier that another system uses for a user or a group.

use std::fmt;

use super::{FieldErrors, texts::nul};
use crate::violation::ViolationKind;

/// An identifier of another system: 1 to 1,024 bytes, verbatim, without U+0000. Compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExternalId(String);

impl ExternalId {
    /// The maximum length in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Checks the text.
    ///
    /// # Errors
    /// All violations of the value.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let (limit, size) = (Self::MAX_BYTES, text.len());
        let mut faults = Vec::new();
        if text.is_empty() {
            faults.push(ViolationKind::Blank);
        }
        if size > limit {
            faults.push(ViolationKind::MaxBytes { limit, size });
        }
        faults.extend(nul(text));
        FieldErrors::new(faults).map_or_else(|| Ok(Self(text.to_owned())), Err)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_verbatim_and_bounded_in_bytes() {
        let too_long = ViolationKind::MaxBytes { limit: 1024, size: 1026 };
        for (text, expected) in [
            (" 00u1 ".to_owned(), vec![]),
            ("é".repeat(512), vec![]),
            ("é".repeat(513), vec![too_long]),
            (String::new(), vec![ViolationKind::Blank]),
            ("a\0".to_owned(), vec![ViolationKind::NullCharacter]),
        ] {
            let parsed = ExternalId::parse(&text);
            assert_eq!(
                parsed.as_ref().map_or("", ExternalId::as_str),
                if expected.is_empty() { &*text } else { "" }
            );
            assert_eq!(parsed.err().map(FieldErrors::into_vec).unwrap_or_default(), expected, "{text:?}");
        }
    }
}
