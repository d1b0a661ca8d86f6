//! The common beginning of the schemas or databases of tenants.

use std::{fmt, str::FromStr};

use crate::{TenantName, name::is_plain};

/// The common beginning of the schemas or databases of tenants: 1 to 15 of the characters `a` to `z`, `0` to `9` and
/// `_`, starting with a letter and not with `pg_`. `tenant_` by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPrefix(String);

/// The text is no prefix of tenants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a prefix of tenants has 1 to {MAX} of the characters a to z, 0 to 9 and '_', starts with a letter and not with pg_"
)]
pub struct InvalidPrefix;

/// With the longest name, an identifier of PostgreSQL (63 bytes) is full.
const MAX: usize = 63 - TenantName::MAX;

impl TenantPrefix {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The schema or database of a tenant.
    pub(crate) fn with(&self, name: &TenantName) -> String {
        format!("{}{name}", self.0)
    }

    /// The tenant with this schema or database, if it is one.
    pub(crate) fn name_in(&self, identifier: &str) -> Option<TenantName> {
        identifier.strip_prefix(&self.0)?.parse().ok()
    }
}

impl Default for TenantPrefix {
    fn default() -> Self {
        Self("tenant_".to_owned())
    }
}

impl FromStr for TenantPrefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPrefix> {
        let is_valid = is_plain(text, MAX, b'_')
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && !text.starts_with("pg_");
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidPrefix) }
    }
}

impl fmt::Display for TenantPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    #[test]
    fn prefixes_fit_with_the_longest_name() {
        for valid in ["t", "tenant_", "a12345678901234"] {
            let prefix: TenantPrefix = valid.parse().unwrap();
            let name: TenantName = "a".repeat(TenantName::MAX).parse().unwrap();
            let identifier = prefix.with(&name);
            assert!(identifier.len() <= 63);
            assert_eq!(prefix.name_in(&identifier), Some(name));
        }
        for invalid in ["", "1", "_a", "pg_a", "A", "a-", "a\"", "a123456789012345"] {
            assert!(invalid.parse::<TenantPrefix>().is_err(), "{invalid}");
        }
    }

    #[test]
    fn other_identifiers_are_no_tenants() {
        let prefix = TenantPrefix::default();
        for other in ["tenant_", "tenant_A", "tenant_a_b", "tenants_a", "public", "tenant_-a"] {
            assert_eq!(prefix.name_in(other), None, "{other}");
        }
    }
}
