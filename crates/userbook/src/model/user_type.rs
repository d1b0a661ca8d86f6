//! The four kinds of user, authentik's `UserTypes`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The kind of a user, authentik's `UserTypeEnum`.
///
/// Exhaustive: authentik defines the types, and a store keeps each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserType {
    /// A person of the organisation.
    Internal,
    /// A person outside of the organisation.
    External,
    /// A machine account created by an administrator.
    ServiceAccount,
    /// A machine account created by the software; it cannot be changed.
    InternalServiceAccount,
}

/// The text is not the name of a user type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown user type {0:?}")]
pub struct UnknownUserType(pub String);

impl UserType {
    /// All types, in authentik's order.
    pub const ALL: [Self; 4] =
        [Self::Internal, Self::External, Self::ServiceAccount, Self::InternalServiceAccount];

    /// Returns whether no person acts.
    pub const fn is_service_account(self) -> bool {
        matches!(self, Self::ServiceAccount | Self::InternalServiceAccount)
    }

    /// Returns the name in JSON and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::External => "external",
            Self::ServiceAccount => "service_account",
            Self::InternalServiceAccount => "internal_service_account",
        }
    }
}

impl fmt::Display for UserType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UserType {
    type Err = UnknownUserType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownUserType(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_nothing_else_parses() {
        for kind in UserType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for text in ["", "INTERNAL", " internal", "robot"] {
            assert_eq!(text.parse::<UserType>(), Err(UnknownUserType(text.to_owned())));
        }
    }
}
