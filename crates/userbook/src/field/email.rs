//! E-mail addresses.

use std::fmt;

use super::{
    FieldErrors,
    email_syntax::{has_rfc_domain, has_tagged_ipv6_literal, is_django_email},
    text::{into_trimmed, trim},
    texts::{nul, too_long},
};
use crate::violation::ViolationKind;

/// An e-mail address or an empty text: trimmed, at most 254 code points, without U+0000, and valid by Django's rule,
/// which the recorded contract applies (authentik's `User.email`), or with an IPv6 literal in the notation of RFC
/// 5321. The case is kept; addresses need not be unique.
///
/// Policies differ on IPv6 literals: see [`is_rfc`](Self::is_rfc) and [`is_django`](Self::is_django).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The maximum length of an address in code points.
    pub const MAX_LENGTH: usize = 254;

    /// Trims the text and checks it.
    ///
    /// # Errors
    /// All violations of the value.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        Self::check(trim(text).to_owned())
    }

    fn check(text: String) -> Result<Self, FieldErrors> {
        if text.is_empty() {
            return Ok(Self(text));
        }
        let mut faults = too_long(&text, Self::MAX_LENGTH);
        faults.extend(nul(&text));
        if !(is_django_email(&text) || has_tagged_ipv6_literal(&text)) {
            faults.push(ViolationKind::InvalidEmail);
        }
        match FieldErrors::new(faults) {
            Some(faults) => Err(faults),
            None => Ok(Self(text)),
        }
    }

    /// Returns the address, possibly empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the address satisfies RFC 5321 and RFC 5322, the check of
    /// [`Safeguard::RfcEmail`](crate::Safeguard::RfcEmail). A local part has at most 64 octets, and an IPv6 literal is
    /// written `[IPv6:::1]`. A blank address is valid.
    pub fn is_rfc(&self) -> bool {
        let options = email_address::Options::default().without_display_text();
        let parses = email_address::EmailAddress::parse_with_options(&self.0, options).is_ok();
        self.0.is_empty() || parses && has_rfc_domain(&self.0)
    }

    /// Returns whether the address satisfies Django's rule, the check of policies without
    /// [`Safeguard::RfcEmail`](crate::Safeguard::RfcEmail). An IPv6 literal is written `[::1]`. A blank address is
    /// valid.
    pub fn is_django(&self) -> bool {
        self.0.is_empty() || is_django_email(&self.0)
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
        Self::check(into_trimmed(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_as_they_are() {
        assert_eq!(EmailAddress::parse(" Ada@example.com ").unwrap().to_string(), "Ada@example.com");
    }

    #[test]
    fn faults_run_together_and_blank_is_right() {
        for (text, expected) in [
            ("", vec![]),
            ("  ", vec![]),
            (" a@b.co ", vec![]),
            ("x", vec![ViolationKind::InvalidEmail]),
            ("a\0@b.co", vec![ViolationKind::NullCharacter, ViolationKind::InvalidEmail]),
            (&format!("{}@b.co", "a".repeat(250)), vec![ViolationKind::MaxLength { limit: 254 }]),
            (
                &format!("{}@b.co", "a".repeat(316)),
                vec![ViolationKind::MaxLength { limit: 254 }, ViolationKind::InvalidEmail],
            ),
            (&"a".repeat(255), vec![ViolationKind::MaxLength { limit: 254 }, ViolationKind::InvalidEmail]),
        ] {
            let faults = EmailAddress::parse(text).err().map(FieldErrors::into_vec).unwrap_or_default();
            assert_eq!(faults, expected, "{text:?}");
        }
    }

    #[test]
    fn django_and_the_rfcs_differ() {
        for (text, django, rfc) in [
            ("", true, true),
            ("a@localhost", true, true),
            ("a@b.co", true, true),
            ("a@[127.0.0.1]", true, true),
            ("a@[::1]", true, false),
            ("a@[::ffff:1.2.3.4]", true, false),
            ("a@[IPv6:::1]", false, true),
            ("a@[ipv6:2001:db8::1]", false, true),
            ("a@[IPv6:::ffff:1.2.3.4]", false, true),
            (&format!("{}@b.co", "a".repeat(65)), true, false),
            (&format!("{}@[IPv6:::1]", "a".repeat(65)), false, false),
        ] {
            let email = EmailAddress::parse(text).unwrap();
            assert_eq!((email.is_django(), email.is_rfc()), (django, rfc), "{text:?}");
        }
        for text in
            ["a@[IPv6:]", "a@[IPv6:1.2.3.4]", "a@[IPv6:::1", "a@[IPv6:::g]", "a b@[IPv6:::1]", "a@[x:::1]"]
        {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }
}
