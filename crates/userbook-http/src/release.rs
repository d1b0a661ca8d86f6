//! The releases of authentik whose representation the API speaks.

use std::{fmt, str::FromStr};

/// The release of authentik whose representation the API speaks: the fields of requests and responses, and the
/// parameters of lists. No rule differs between releases.
///
/// Every release has fields for roles of users. Userbook has no roles: the lists are empty, and a request that sets a
/// role gets 400.
///
/// | | [`V2025_2`](Release::V2025_2) | [`V2026_8`](Release::V2026_8) |
/// | --- | --- | --- |
/// | source | recorded from a running 2025.2.4 | the models of the published clients, no recording |
/// | user | | also `date_joined`, `last_updated`, `roles`, `roles_obj`; the groups of `groups_obj` have no parent |
/// | group | `parent`, `parent_name` | `parents`, `parents_obj`, `children`, `children_obj`, `inherited_roles_obj` |
/// | list | `pagination`, `results` | also `autocomplete`, an empty object |
/// | `me` | | also `is_current`, `roles` and `users` |
/// | filters of users | | also `date_joined`, `last_updated` (`__gt`, `__lt`), `last_login` (`__gt`, `__lt`, `__isnull`), `roles_by_name`, `roles_by_pk` |
/// | order of users | | also `date_joined`, `last_updated` |
///
/// A group has at most one parent: under 2026.8, `parents` with several groups gets 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Release {
    /// authentik 2025.2, the recorded release.
    #[default]
    V2025_2,
    /// authentik 2026.8.
    V2026_8,
}

/// The name of a release is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown release {name:?}: expected 2025.2 or 2026.8")]
pub struct UnknownRelease {
    name: String,
}

impl Release {
    /// All releases, the oldest first.
    pub const ALL: &'static [Self] = &[Self::V2025_2, Self::V2026_8];

    /// Returns the name: `2025.2`, `2026.8`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2025_2 => "2025.2",
            Self::V2026_8 => "2026.8",
        }
    }

    /// Returns the complete version: that of the recording, or that of the clients.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::V2025_2 => "2025.2.4",
            Self::V2026_8 => "2026.8.5",
        }
    }

    /// Returns whether the release is 2026.8, whose groups have lists of parents and children, and whose users have
    /// roles and dates.
    pub(crate) fn is_2026_8(self) -> bool {
        self == Self::V2026_8
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(name: &str) -> Result<Self, UnknownRelease> {
        let found = Self::ALL.iter().copied().find(|release| release.as_str() == name);
        found.ok_or_else(|| UnknownRelease { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for release in Release::ALL {
            assert_eq!(release.to_string().parse(), Ok(*release));
            assert!(release.version().starts_with(release.as_str()));
        }
        for name in ["", "2025", "2025.2.4", "2026.8 ", "v2026.8"] {
            assert!(name.parse::<Release>().is_err(), "{name}");
        }
    }
}
