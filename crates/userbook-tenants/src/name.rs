//! The name of a tenant.

use std::{fmt, str::FromStr, sync::Arc};

/// The name of a tenant: a DNS label of 1 to 48 of the characters `a` to `z`, `0` to `9` and `-`, which neither starts
/// nor ends with `-`.
///
/// Every name is safe as a label of a host name, a segment of a path, a file name, and a quoted SQL identifier.
///
/// ```
/// use userbook_tenants::TenantName;
///
/// let name: TenantName = "acme-2".parse()?;
/// assert_eq!(name.as_str(), "acme-2");
/// assert!("../acme".parse::<TenantName>().is_err());
/// assert!("Acme".parse::<TenantName>().is_err());
/// # Ok::<_, userbook_tenants::InvalidTenantName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantName(Arc<str>);

/// The text is no name of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tenant name has 1 to {} of the characters a to z, 0 to 9 and '-', and neither starts nor ends with '-'",
    TenantName::MAX
)]
pub struct InvalidTenantName;

impl TenantName {
    /// The maximum length in bytes. With a prefix of 15, a name fits into the 63 bytes of an identifier of PostgreSQL.
    pub const MAX: usize = 48;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantName {
    type Err = InvalidTenantName;

    fn from_str(text: &str) -> Result<Self, InvalidTenantName> {
        let is_valid = is_plain(text, Self::MAX, b'-') && !text.starts_with('-') && !text.ends_with('-');
        if is_valid { Ok(Self(text.into())) } else { Err(InvalidTenantName) }
    }
}

/// Whether the text has 1 to `max` of the characters `a` to `z`, `0` to `9` and the separator.
pub(crate) fn is_plain(text: &str, max: usize, separator: u8) -> bool {
    let is_known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9') || byte == separator;
    (1..=max).contains(&text.len()) && text.bytes().all(is_known)
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels() {
        let longest = "a".repeat(TenantName::MAX);
        for valid in ["a", "0", "acme", "acme-2", "a--b", "xn--bcher-kva", longest.as_str()] {
            assert_eq!(valid.parse::<TenantName>().unwrap().to_string(), valid);
        }
        let too_long = "a".repeat(TenantName::MAX + 1);
        for invalid in [
            "",
            "-",
            "-a",
            "a-",
            "A",
            "a_b",
            "a.b",
            ".",
            "..",
            "a/b",
            "a\\b",
            "a%2e",
            "a b",
            "a\0",
            "a\n",
            "é",
            "a\"b",
            "a'; DROP SCHEMA b",
            "a:1",
            "a@b",
            "аcme",
            too_long.as_str(),
        ] {
            assert!(invalid.parse::<TenantName>().is_err(), "{invalid:?}");
        }
    }
}
