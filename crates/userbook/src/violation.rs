//! What can be wrong with a request, all of it at once.
//!
//! A [`ViolationKind`] is what is wrong, a [`Violation`] says where, [`Violations`] is the whole list in field order.
//! The texts are those recorded from authentik 2025.2.4, for clients show them; rendering to JSON is the
//! wire's business.

mod list;

use std::fmt;

use serde_json::{Value, json};

pub use list::{Violation, Violations};

/// A writable field of a user, in the order of the contract, which is that of violations.
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
}

impl Field {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Username,
        Self::Name,
        Self::IsActive,
        Self::LastLogin,
        Self::Groups,
        Self::Email,
        Self::Attributes,
        Self::Path,
        Self::Type,
    ];

    /// The name on the wire.
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
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a value. `Display` is the recorded message, [`ViolationKind::code`] the stable name.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ViolationKind {
    /// The field must be there.
    #[error("This field is required.")]
    Required,
    /// The field may not be null.
    #[error("This field may not be null.")]
    Null,
    /// The text may not be empty.
    #[error("This field may not be blank.")]
    Blank,
    /// The text is too long.
    #[error("Ensure this field has no more than {limit} characters.")]
    MaxLength {
        /// How many code points are allowed.
        limit: usize,
    },
    /// The text, or a text inside the value, holds U+0000.
    #[error("Null characters are not allowed.")]
    NullCharacter,
    /// Somebody else has this value.
    #[error("This field must be unique.")]
    Unique,
    /// Not a text.
    #[error("Not a valid string.")]
    InvalidString,
    /// Not a boolean.
    #[error("Must be a valid boolean.")]
    InvalidBoolean,
    /// Not a moment.
    #[error(
        "Datetime has wrong format. Use one of these formats instead: \
         YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
    )]
    InvalidDateTime,
    /// A moment outside the years 1 to 9999.
    #[error("Datetime value out of range.")]
    DateTimeOverflow,
    /// Not an e-mail address.
    #[error("Enter a valid email address.")]
    InvalidEmail,
    /// Not a JSON object.
    #[error("Value must be a dictionary, and not have any duplicate keys.")]
    NotAnObject,
    /// The JSON is too large.
    #[error("value exceeds {limit} bytes of JSON (got {size})")]
    TooLarge {
        /// Maximum, in bytes of compact JSON.
        limit: usize,
        /// Bytes of the value.
        size: usize,
    },
    /// The JSON has too many values.
    #[error("value exceeds {limit} JSON values (got {count})")]
    TooManyValues {
        /// Maximum, the value itself included.
        limit: usize,
        /// Values found.
        count: usize,
    },
    /// The request joins too many groups.
    #[error("request joins more than {limit} groups (got {count})")]
    TooManyGroups {
        /// Maximum.
        limit: usize,
        /// Groups joined.
        count: usize,
    },
    /// The request alters too many members of a group.
    #[error("request alters more than {limit} members (got {count})")]
    TooManyMembers {
        /// Maximum.
        limit: usize,
        /// Members altered.
        count: usize,
    },
    /// A control character (Unicode general category Cc).
    #[error("control character U+{:04X} is not allowed", u32::from(*.character))]
    ControlCharacter {
        /// The first one found.
        character: char,
    },
    /// A format character (Unicode general category Cf): invisible, or a change of the text's direction.
    #[error("format character U+{:04X} is not allowed", u32::from(*.character))]
    FormatCharacter {
        /// The first one found.
        character: char,
    },
    /// Nested more deeply than any store keeps.
    #[error("Ensure this value is nested no more than {limit} levels deep.")]
    TooDeep {
        /// How many levels are allowed.
        limit: usize,
    },
    /// A key that `serde_json` keeps for itself.
    #[error("The key \"{key}\" is reserved.")]
    ReservedKey {
        /// The key.
        key: String,
    },
    /// The path begins or ends with a slash.
    #[error("No leading or trailing slashes allowed.")]
    EdgeSlash,
    /// The path holds two slashes in a row.
    #[error("No empty segments in user path allowed.")]
    EmptySegment,
    /// None of the values that can be chosen.
    #[error("\"{input}\" is not a valid choice.")]
    InvalidChoice {
        /// What was sent.
        input: String,
    },
    /// An internal service account stays one.
    #[error("Can't change internal service account to other user type.")]
    TypeIsFixed,
    /// Nobody becomes an internal service account (authentik #23848).
    #[error("Setting a user to internal service account is not allowed.")]
    TypeNotAllowed,
    /// Not a list.
    #[error("Expected a list of items but got type \"{input_type}\".")]
    NotAList {
        /// What was sent instead, in authentik's words (`str`, `int`, `bool`, …).
        input_type: &'static str,
    },
    /// Not a UUID.
    #[error("“{value}” is not a valid UUID.")]
    InvalidUuid {
        /// What was sent.
        value: String,
    },
    /// A primary key of a wrong type.
    #[error("Incorrect type. Expected pk value, received {input_type}.")]
    IncorrectType {
        /// What was sent instead.
        input_type: &'static str,
    },
    /// There is no such group.
    #[error("Invalid pk \"{pk}\" - object does not exist.")]
    DoesNotExist {
        /// The key as it was sent.
        pk: String,
    },
    /// The group would be above itself.
    #[error("A group can't be its own ancestor.")]
    Cycle,
    /// Internal service accounts are not for anybody to change.
    #[error("Can't modify internal service account users")]
    InternalServiceAccount,
    /// No superuser that counts would remain.
    #[error("The last superuser must remain.")]
    LastSuperuser,
    /// The caller would lose their own access without having requested it.
    #[error("Confirm explicitly to deactivate yourself or to give up your own superuser status.")]
    SelfLockout,
    /// A rule of the host's own.
    #[error("{message}")]
    Custom {
        /// The host's stable code.
        code: String,
        /// The message for people.
        message: String,
        /// Parameters for programs.
        params: crate::json::JsonObject,
    },
}

impl ViolationKind {
    /// The stable code of this fault; those that authentik has bear the names of Django REST framework.
    pub fn code(&self) -> &str {
        match self {
            Self::Required => "required",
            Self::Null => "null",
            Self::Blank => "blank",
            Self::MaxLength { .. } => "max_length",
            Self::NullCharacter => "null_characters_not_allowed",
            Self::Unique => "unique",
            Self::InvalidString
            | Self::InvalidBoolean
            | Self::InvalidDateTime
            | Self::InvalidEmail
            | Self::NotAnObject
            | Self::InvalidUuid { .. } => "invalid",
            Self::DateTimeOverflow => "overflow",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyValues { .. } => "too_many_values",
            Self::TooManyGroups { .. } => "too_many_groups",
            Self::TooManyMembers { .. } => "too_many_members",
            Self::ControlCharacter { .. } => "control_character",
            Self::FormatCharacter { .. } => "format_character",
            Self::TooDeep { .. } => "max_depth",
            Self::ReservedKey { .. } => "reserved_key",
            Self::EdgeSlash => "edge_slash",
            Self::EmptySegment => "empty_segment",
            Self::InvalidChoice { .. } => "invalid_choice",
            Self::TypeIsFixed => "type_is_fixed",
            Self::TypeNotAllowed => "type_not_allowed",
            Self::NotAList { .. } => "not_a_list",
            Self::IncorrectType { .. } => "incorrect_type",
            Self::DoesNotExist { .. } => "does_not_exist",
            Self::Cycle => "cycle",
            Self::InternalServiceAccount => "internal_service_account",
            Self::LastSuperuser => "last_superuser",
            Self::SelfLockout => "self_lockout",
            Self::Custom { code, .. } => code,
        }
    }

    /// The parameters of this fault, by name.
    pub fn params(&self) -> crate::json::JsonObject {
        let value = match self {
            Self::MaxLength { limit } | Self::TooDeep { limit } => json!({ "limit": limit }),
            Self::TooLarge { limit, size } => json!({ "limit": limit, "size": size }),
            Self::TooManyValues { limit, count }
            | Self::TooManyGroups { limit, count }
            | Self::TooManyMembers { limit, count } => json!({ "limit": limit, "count": count }),
            Self::ControlCharacter { character } | Self::FormatCharacter { character } => {
                json!({ "character": format!("U+{:04X}", u32::from(*character)) })
            }
            Self::InvalidChoice { input } => json!({ "input": input }),
            Self::NotAList { input_type } | Self::IncorrectType { input_type } => {
                json!({ "input_type": input_type })
            }
            Self::InvalidUuid { value } => json!({ "value": value }),
            Self::ReservedKey { key } => json!({ "key": key }),
            Self::DoesNotExist { pk } => json!({ "pk": pk }),
            Self::Custom { params, .. } => return params.clone(),
            _ => return crate::json::JsonObject::new(),
        };
        match value {
            Value::Object(params) => params,
            _ => crate::json::JsonObject::new(),
        }
    }
}

/// A writable field of a group.
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
}

impl GroupField {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::IsSuperuser => "is_superuser",
            Self::Parent => "parent",
            Self::Attributes => "attributes",
            Self::Users => "users",
        }
    }
}

impl fmt::Display for GroupField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
