//! E-mail addresses.

use std::fmt;

use super::{
    FieldErrors,
    email_syntax::is_django_email,
    text::trim,
    texts::{nul, too_long},
};
use crate::ViolationKind;

/// An e-mail address or nothing: trimmed, at most 254 code points, no U+0000, and right by Django's rule, which
/// the recorded contract asks (authentik's `User.email`). Case is kept; addresses need not be unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// How many code points an address may have.
    pub const MAX_LENGTH: usize = 254;

    /// Trims the text and checks it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let text = trim(text);
        if text.is_empty() {
            return Ok(Self(String::new()));
        }
        let mut faults = too_long(text, Self::MAX_LENGTH);
        faults.extend(nul(text));
        if !is_django_email(text) {
            faults.push(ViolationKind::InvalidEmail);
        }
        match FieldErrors::new(faults) {
            Some(faults) => Err(faults),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The address, possibly empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether RFC 5321 and RFC 5322 take it too, as the `email_address` crate reads them; local parts of more
    /// than 64 octets, for one, are not. Blank counts as right.
    pub fn is_rfc(&self) -> bool {
        let options = email_address::Options::default().without_display_text();
        self.0.is_empty() || email_address::EmailAddress::parse_with_options(&self.0, options).is_ok()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<&str> for EmailAddress {
    type Error = FieldErrors;

    fn try_from(text: &str) -> Result<Self, FieldErrors> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = FieldErrors;

    fn try_from(text: String) -> Result<Self, FieldErrors> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_run_together_and_blank_is_right() {
        for (text, expected) in [
            ("", vec![]),
            ("  ", vec![]),
            (" a@b.co ", vec![]),
            ("x", vec![ViolationKind::InvalidEmail]),
            ("a\0@b.co", vec![ViolationKind::NullCharacter, ViolationKind::InvalidEmail]),
            (&format!("{}@b.co", "a".repeat(250)), vec![ViolationKind::MaxLength { limit: 254 }]),
            (&"a".repeat(255), vec![ViolationKind::MaxLength { limit: 254 }, ViolationKind::InvalidEmail]),
        ] {
            let faults = EmailAddress::parse(text).err().map(FieldErrors::into_vec).unwrap_or_default();
            assert_eq!(faults, expected, "{text:?}");
        }
    }

    #[test]
    fn the_rfc_asks_more() {
        for (text, expected) in [
            ("", true),
            ("a@localhost", true),
            ("a@b.co", true),
            ("a@[127.0.0.1]", true),
            ("a@[::1]", true),
            (&format!("{}@b.co", "a".repeat(65)), false),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().is_rfc(), expected, "{text:?}");
        }
    }
}
