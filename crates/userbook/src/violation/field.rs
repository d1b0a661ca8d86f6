//! The fields that a violation may name.

use std::fmt;

/// A writable field of a user, in the contract's order of violations.
///
/// Exhaustive: an authorizer decides about every field, and a new one changes [`User`](crate::User), too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// `username`
    Username,
    /// `name`
    Name,
    /// `is_active`
    IsActive,
    /// `last_login`
    LastLogin,
    /// `groups`
    Groups,
    /// `email`
    Email,
    /// `attributes`
    Attributes,
    /// `path`
    Path,
    /// `type`
    Type,
    /// The external ids ([`User::external_ids`](crate::User::external_ids)).
    ExternalIds,
}

impl Field {
    /// All fields, in order.
    pub const ALL: [Self; 10] = [
        Self::Username,
        Self::Name,
        Self::IsActive,
        Self::LastLogin,
        Self::Groups,
        Self::Email,
        Self::Attributes,
        Self::Path,
        Self::Type,
        Self::ExternalIds,
    ];

    /// The fields that are members of the user as a JSON document, in order: all fields of authentik's user.
    pub const DOCUMENT: [Self; 9] = {
        let [document @ .., _external_ids] = Self::ALL;
        document
    };

    /// Returns the JSON name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Name => "name",
            Self::IsActive => "is_active",
            Self::LastLogin => "last_login",
            Self::Groups => "groups",
            Self::Email => "email",
            Self::Attributes => "attributes",
            Self::Path => "path",
            Self::Type => "type",
            Self::ExternalIds => "external_ids",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A writable field of a group.
///
/// Exhaustive: an authorizer decides about every field, and a new one changes [`Group`](crate::Group), too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupField {
    /// `name`
    Name,
    /// `is_superuser`
    IsSuperuser,
    /// `parent`
    Parent,
    /// `attributes`
    Attributes,
    /// `users`
    Users,
    /// `roles`; Userbook has no roles.
    Roles,
    /// The external ids ([`Group::external_ids`](crate::Group::external_ids)).
    ExternalIds,
}

impl GroupField {
    /// Returns the JSON name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::IsSuperuser => "is_superuser",
            Self::Parent => "parent",
            Self::Attributes => "attributes",
            Self::Users => "users",
            Self::Roles => "roles",
            Self::ExternalIds => "external_ids",
        }
    }
}

impl fmt::Display for GroupField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
