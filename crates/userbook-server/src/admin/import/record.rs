//! What one row of a file says.

use std::path::Path;

use serde::{Deserialize, Deserializer};
use userbook::{JsonObject, Timestamp, UserId, UserType, model::ExternalIds};
use uuid::Uuid;

use super::super::Failure;
use crate::{
    auth::GrantRow,
    seed::rows::{GroupRow, SeedObjectPermission, SeedPermission, SeedToken, UserRow, ignore, optional_time},
};

/// One row.
#[derive(Debug)]
pub(super) enum Record {
    /// The installation of the file; that of the database stays.
    InstallId,
    Group(Box<GroupRow>),
    User(Box<ImportUser>),
    Token(SeedToken),
    Grant(GrantRow),
}

/// Why a row is refused: the field, if known, and the reason.
#[derive(Debug)]
pub(super) struct RowError {
    pub(super) field: Option<String>,
    pub(super) message: String,
}

impl RowError {
    pub(super) fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), message: message.into() }
    }

    pub(super) fn general(message: impl Into<String>) -> Self {
        Self { field: None, message: message.into() }
    }
}

/// A row with its place, such as `line 3`.
pub(super) type Row = (String, Result<Record, RowError>);

/// Reads a file row by row.
pub(super) trait Reader {
    /// Returns the next row.
    fn next(&mut self) -> Result<Option<Row>, Failure>;
    /// The length of the file, in the unit of `position`.
    fn total(&self) -> u64;
    fn position(&self) -> u64;
}

/// A line of JSON Lines: an object with one key, or a user alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    InstallId(#[serde(deserialize_with = "ignore")] ()),
    Group(Box<GroupRow>),
    User(Box<ImportUser>),
    Token(SeedToken),
    Permission(SeedPermission),
    ObjectPermission(SeedObjectPermission),
}

impl From<Line> for Record {
    fn from(line: Line) -> Self {
        match line {
            Line::InstallId(()) => Self::InstallId,
            Line::Group(group) => Self::Group(group),
            Line::User(user) => Self::User(user),
            Line::Token(token) => Self::Token(token),
            Line::Permission(permission) => Self::Grant(permission.into()),
            Line::ObjectPermission(permission) => Self::Grant(permission.into()),
        }
    }
}

/// A user. Fields that are absent keep the stored value, or get the default of a new user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportUser {
    #[serde(default)]
    pub(super) pk: Option<UserId>,
    #[serde(default)]
    pub(super) uuid: Option<Uuid>,
    pub(super) username: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) is_active: Option<bool>,
    #[serde(default, deserialize_with = "last_login")]
    pub(super) last_login: LastLogin,
    #[serde(default)]
    pub(super) path: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) user_type: Option<UserType>,
    #[serde(default)]
    pub(super) attributes: Option<JsonObject>,
    /// Other external ids of a stored user stay.
    #[serde(default)]
    pub(super) external_ids: ExternalIds,
    /// Names or UUIDs.
    #[serde(default)]
    pub(super) groups: Option<Vec<String>>,
    /// Attributes to merge into the stored ones: single columns of CSV.
    #[serde(skip)]
    pub(super) merged_attributes: JsonObject,
    #[serde(default, rename = "password_change_date", deserialize_with = "ignore")]
    _password_change_date: (),
    #[serde(default, rename = "created_at", alias = "date_joined", deserialize_with = "ignore")]
    _created_at: (),
    #[serde(default, rename = "updated_at", alias = "last_updated", deserialize_with = "ignore")]
    _updated_at: (),
    #[serde(default, rename = "is_superuser", deserialize_with = "ignore")]
    _is_superuser: (),
    #[serde(default, rename = "groups_obj", deserialize_with = "ignore")]
    _groups_obj: (),
    #[serde(default, rename = "avatar", deserialize_with = "ignore")]
    _avatar: (),
    #[serde(default, rename = "uid", deserialize_with = "ignore")]
    _uid: (),
    #[serde(default, rename = "num_pk", deserialize_with = "ignore")]
    _num_pk: (),
}

/// When the user signed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum LastLogin {
    /// The row does not say.
    #[default]
    Absent,
    /// At this time, or never.
    At(Option<Timestamp>),
}

fn last_login<'de, D: Deserializer<'de>>(reader: D) -> Result<LastLogin, D::Error> {
    optional_time(reader).map(LastLogin::At)
}

impl ImportUser {
    /// Reads the row of a seed. Attributes that are no object are refused by the caller.
    pub(super) fn of_row(row: UserRow) -> Result<Self, RowError> {
        let serde_json::Value::Object(attributes) = row.attributes else {
            return Err(RowError::new("attributes", "attributes must be an object"));
        };
        Ok(Self {
            pk: Some(row.pk),
            uuid: Some(row.uuid),
            username: row.username,
            name: Some(row.name),
            email: Some(row.email),
            is_active: Some(row.is_active),
            last_login: LastLogin::At(row.last_login),
            path: Some(row.path),
            user_type: Some(row.user_type),
            attributes: Some(attributes),
            external_ids: row.external_ids,
            groups: Some(row.groups.iter().map(ToString::to_string).collect()),
            ..Self::default()
        })
    }
}

/// Returns the name of the file for messages.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
