//! Violations of a request, all reported together.
//!
//! A [`ViolationKind`] is the violated rule, a [`Violation`] adds the field, and [`Violations`] is the complete list
//! in field order. The texts are those recorded from authentik 2025.2.4, because clients show them. Other crates
//! render them as JSON.

mod field;
mod list;

use serde_json::{Value, json};

pub use field::{Field, GroupField};
pub use list::{Violation, Violations};

use crate::limits::Limits;

/// The violated rule. `Display` is the recorded message, [`ViolationKind::code`] the stable name.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The field is required.
    #[error("This field is required.")]
    Required,
    /// The field must not be null.
    #[error("This field may not be null.")]
    Null,
    /// The text must not be blank.
    #[error("This field may not be blank.")]
    Blank,
    /// The text is too long.
    #[error("Ensure this field has no more than {limit} characters.")]
    MaxLength {
        /// The maximum number of code points.
        limit: usize,
    },
    /// The text, or a text inside the value, contains U+0000.
    #[error("Null characters are not allowed.")]
    NullCharacter,
    /// Another user or group has this value.
    #[error("This field must be unique.")]
    Unique,
    /// Another user or group has this identifier of the external source.
    #[error("The identifier of {external_source} is in use.")]
    ExternalIdTaken {
        /// The name of the external source.
        external_source: String,
    },
    /// More external sources than one object may have.
    #[error("value has more than {limit} external sources (got {count})")]
    TooManySources {
        /// The limit.
        limit: usize,
        /// The number of sources.
        count: usize,
    },
    /// The text is too long in bytes.
    #[error("value exceeds {limit} bytes (got {size})")]
    MaxBytes {
        /// The maximum number of bytes.
        limit: usize,
        /// The size of the value.
        size: usize,
    },
    /// Not a text.
    #[error("Not a valid string.")]
    InvalidString,
    /// Not a boolean.
    #[error("Must be a valid boolean.")]
    InvalidBoolean,
    /// Not a valid time.
    #[error(
        "Datetime has wrong format. Use one of these formats instead: \
         YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
    )]
    InvalidDateTime,
    /// A time outside the years 1 to 9999.
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
        /// The limit in bytes of compact JSON.
        limit: usize,
        /// The size of the value.
        size: usize,
    },
    /// The JSON has too many values.
    #[error("value exceeds {limit} JSON values (got {count})")]
    TooManyValues {
        /// The limit, the value itself included.
        limit: usize,
        /// The number of values.
        count: usize,
    },
    /// The request joins too many groups.
    #[error("request joins more than {limit} groups (got {count})")]
    TooManyGroups {
        /// The limit.
        limit: usize,
        /// The number of joined groups.
        count: usize,
    },
    /// The request changes too many members of a group.
    #[error("request changes more than {limit} members (got {count})")]
    TooManyMembers {
        /// The limit.
        limit: usize,
        /// The number of changed members.
        count: usize,
    },
    /// A control character (Unicode general category Cc).
    #[error("control character U+{:04X} is not allowed", u32::from(*.character))]
    ControlCharacter {
        /// The first such character.
        character: char,
    },
    /// A format character (Unicode general category Cf), which is invisible or changes the text's direction, or another
    /// invisible character (`Default_Ignorable_Code_Point`), such as a filler or a variation selector.
    #[error("format character U+{:04X} is not allowed", u32::from(*.character))]
    FormatCharacter {
        /// The first such character.
        character: char,
    },
    /// Nested more deeply than stores support.
    #[error("Ensure this value is nested no more than {limit} levels deep.")]
    TooDeep {
        /// The maximum depth.
        limit: usize,
    },
    /// A key that is private to `serde_json`.
    #[error("The key \"{key}\" is reserved.")]
    ReservedKey {
        /// The key.
        key: String,
    },
    /// The path begins or ends with a slash.
    #[error("No leading or trailing slashes allowed.")]
    EdgeSlash,
    /// The path contains two adjacent slashes.
    #[error("No empty segments in user path allowed.")]
    EmptySegment,
    /// Not one of the possible values.
    #[error("\"{input}\" is not a valid choice.")]
    InvalidChoice {
        /// The sent text.
        input: String,
    },
    /// The type of an internal service account cannot be changed.
    #[error("Can't change internal service account to other user type.")]
    TypeIsFixed,
    /// No user becomes an internal service account (authentik #23848).
    #[error("Setting a user to internal service account is not allowed.")]
    TypeNotAllowed,
    /// Not a list.
    #[error("Expected a list of items but got type \"{input_type}\".")]
    NotAList {
        /// The sent type in authentik's terms (`str`, `int`, `bool`, …).
        input_type: &'static str,
    },
    /// Not a UUID.
    #[error("“{value}” is not a valid UUID.")]
    InvalidUuid {
        /// The sent text.
        value: String,
    },
    /// A primary key of a wrong type.
    #[error("Incorrect type. Expected pk value, received {input_type}.")]
    IncorrectType {
        /// The sent type.
        input_type: &'static str,
    },
    /// The group or user does not exist.
    #[error("Invalid pk \"{pk}\" - object does not exist.")]
    DoesNotExist {
        /// The key as sent.
        pk: String,
    },
    /// The group would be its own parent.
    #[error("Cannot set group as parent of itself.")]
    OwnParent,
    /// The group would be its own ancestor.
    #[error("A group can't be its own ancestor.")]
    Cycle,
    /// The actor may not make groups grant superuser status, or stop granting it.
    #[error("User does not have permission to set superuser status to {}.", if *.value { "True" } else { "False" })]
    SuperuserFlag {
        /// The requested value of `is_superuser`.
        value: bool,
    },
    /// Internal service accounts cannot be changed.
    #[error("Can't modify internal service account users")]
    InternalServiceAccount,
    /// No counted superuser would remain.
    #[error("The last superuser must remain.")]
    LastSuperuser,
    /// The caller would lose the own access without having requested it.
    #[error("Confirm explicitly to deactivate yourself or to give up your own superuser status.")]
    SelfLockout,
    /// Another user has the UUID that the host chose for a new user.
    #[error("A user with this UUID already exists.")]
    UuidTaken,
    /// A foreign key of the host's own tables forbids the change.
    #[error("Other records refer to this object.")]
    Referenced,
    /// A rule of the host.
    #[error("{message}")]
    Custom {
        /// The host's stable code.
        code: String,
        /// The message for users.
        message: String,
        /// The parameters for programs.
        params: crate::json::JsonObject,
    },
}

impl ViolationKind {
    /// Returns the stable code; codes of authentik's violations are the names of Django REST framework. The guide
    /// [codes](crate::docs::codes) lists all.
    pub fn code(&self) -> &str {
        match self {
            Self::Required => "required",
            Self::Null => "null",
            Self::Blank => "blank",
            Self::MaxLength { .. } => "max_length",
            Self::NullCharacter => "null_characters_not_allowed",
            Self::Unique => "unique",
            Self::ExternalIdTaken { .. } => "external_id_taken",
            Self::TooManySources { .. } => "too_many_sources",
            Self::MaxBytes { .. } => "max_bytes",
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
            Self::OwnParent => "own_parent",
            Self::Cycle => "cycle",
            Self::SuperuserFlag { .. } => "superuser_flag",
            Self::InternalServiceAccount => "internal_service_account",
            Self::LastSuperuser => "last_superuser",
            Self::SelfLockout => "self_lockout",
            Self::UuidTaken => "uuid_taken",
            Self::Referenced => "referenced",
            Self::Custom { code, .. } => code,
        }
    }

    /// Returns the violation of a group write that names or loads `count` users, if these exceed
    /// [`Limits::members_altered`].
    pub fn too_many_members(count: usize, limits: &Limits) -> Option<Self> {
        let limit = limits.members_altered;
        (count > limit).then_some(Self::TooManyMembers { limit, count })
    }

    /// Returns whether another user or group has the value.
    pub const fn is_taken(&self) -> bool {
        matches!(self, Self::Unique | Self::ExternalIdTaken { .. } | Self::UuidTaken)
    }

    /// Returns the parameters of the message, by name. Where several rules share a code, `expected` tells them apart.
    pub fn params(&self) -> crate::json::JsonObject {
        let value = match self {
            Self::MaxLength { limit } | Self::TooDeep { limit } => json!({ "limit": limit }),
            Self::ExternalIdTaken { external_source } => json!({ "source": external_source }),
            Self::TooLarge { limit, size } | Self::MaxBytes { limit, size } => {
                json!({ "limit": limit, "size": size })
            }
            Self::TooManyValues { limit, count }
            | Self::TooManySources { limit, count }
            | Self::TooManyGroups { limit, count }
            | Self::TooManyMembers { limit, count } => json!({ "limit": limit, "count": count }),
            Self::ControlCharacter { character } | Self::FormatCharacter { character } => {
                json!({ "character": format!("U+{:04X}", u32::from(*character)) })
            }
            Self::SuperuserFlag { value } => json!({ "value": value }),
            Self::InvalidChoice { input } => json!({ "input": input }),
            Self::NotAList { input_type } | Self::IncorrectType { input_type } => {
                json!({ "input_type": input_type })
            }
            Self::InvalidString => json!({ "expected": "text" }),
            Self::InvalidBoolean => json!({ "expected": "boolean" }),
            Self::InvalidDateTime => json!({ "expected": "date-time" }),
            Self::InvalidEmail => json!({ "expected": "email" }),
            Self::NotAnObject => json!({ "expected": "object" }),
            Self::InvalidUuid { value } => json!({ "expected": "uuid", "value": value }),
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
