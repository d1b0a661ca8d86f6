//! Rows as exports and commands show them: those of a seed, in its order.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use userbook::{
    Group, GroupId, Timestamp, User, UserId, UserType,
    json::SharedJson,
    model::{ExternalIds, timestamp_text},
};
use uuid::Uuid;

use super::rows::ObjectKey;
use crate::auth::{GrantRow, GrantedOn, TokenRow};

/// A user of a seed.
#[derive(Debug, Serialize)]
pub(crate) struct UserOut<'a> {
    pk: UserId,
    uuid: Uuid,
    username: &'a str,
    name: &'a str,
    email: &'a str,
    is_active: bool,
    #[serde(serialize_with = "optional_time")]
    last_login: Option<Timestamp>,
    path: &'a str,
    #[serde(rename = "type")]
    user_type: UserType,
    attributes: &'a SharedJson,
    #[serde(skip_serializing_if = "ExternalIds::is_empty")]
    external_ids: &'a ExternalIds,
    groups: &'a BTreeSet<GroupId>,
    #[serde(serialize_with = "time")]
    password_change_date: Timestamp,
    #[serde(serialize_with = "time")]
    created_at: Timestamp,
    #[serde(serialize_with = "time")]
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_superuser: Option<bool>,
}

/// A group of a seed.
#[derive(Debug, Serialize)]
pub(crate) struct GroupOut<'a> {
    pk: GroupId,
    name: &'a str,
    is_superuser: bool,
    parent: Option<GroupId>,
    attributes: &'a serde_json::Value,
    #[serde(skip_serializing_if = "ExternalIds::is_empty")]
    external_ids: &'a ExternalIds,
    #[serde(serialize_with = "time")]
    created_at: Timestamp,
    #[serde(serialize_with = "time")]
    updated_at: Timestamp,
}

impl<'a> UserOut<'a> {
    pub(crate) fn new(user: &'a User, is_superuser: Option<bool>) -> Self {
        Self {
            pk: user.id,
            uuid: user.uuid,
            username: &user.username,
            name: &user.name,
            email: &user.email,
            is_active: user.is_active,
            last_login: user.last_login,
            path: &user.path,
            user_type: user.user_type,
            attributes: &user.attributes,
            external_ids: &user.external_ids,
            groups: &user.groups,
            password_change_date: user.password_change_date,
            created_at: user.created_at,
            updated_at: user.updated_at,
            is_superuser,
        }
    }
}

impl<'a> From<&'a Group> for GroupOut<'a> {
    fn from(group: &'a Group) -> Self {
        Self {
            pk: group.id,
            name: &group.name,
            is_superuser: group.is_superuser,
            parent: group.parent,
            attributes: &group.attributes,
            external_ids: &group.external_ids,
            created_at: group.created_at,
            updated_at: group.updated_at,
        }
    }
}

fn time<S: Serializer>(time: &Timestamp, writer: S) -> Result<S::Ok, S::Error> {
    writer.serialize_str(&timestamp_text(*time))
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn optional_time<S: Serializer>(time: &Option<Timestamp>, writer: S) -> Result<S::Ok, S::Error> {
    time.map(timestamp_text).serialize(writer)
}

/// A token of a seed, by its hash.
#[derive(Debug, Serialize)]
pub(crate) struct TokenOut<'a> {
    hash: String,
    identifier: &'a str,
    intent: &'static str,
    expiring: bool,
    #[serde(serialize_with = "optional_time")]
    expires: Option<Timestamp>,
    user_pk: UserId,
}

/// A permission of a seed.
#[derive(Debug, Serialize)]
pub(crate) struct PermissionOut<'a> {
    user_pk: UserId,
    permission: &'a str,
}

/// A permission on an object.
#[derive(Debug, Serialize)]
pub(crate) struct ObjectPermissionOut<'a> {
    #[serde(flatten)]
    permission: PermissionOut<'a>,
    object_pk: ObjectKey,
}

impl<'a> From<&'a TokenRow> for TokenOut<'a> {
    fn from(token: &'a TokenRow) -> Self {
        Self {
            hash: token.hash.to_string(),
            identifier: &token.identifier,
            intent: token.intent.as_str(),
            expiring: token.expiring,
            expires: token.expires,
            user_pk: token.user,
        }
    }
}

impl<'a> From<&'a GrantRow> for PermissionOut<'a> {
    fn from(grant: &'a GrantRow) -> Self {
        Self { user_pk: grant.user, permission: &grant.permission }
    }
}

impl<'a> ObjectPermissionOut<'a> {
    /// Returns `None` for a permission on everything.
    pub(crate) fn new(grant: &'a GrantRow) -> Option<Self> {
        let object_pk = match grant.on {
            GrantedOn::Everything => return None,
            GrantedOn::User(user) => ObjectKey::User(user),
            GrantedOn::Group(group) => ObjectKey::Group(group),
        };
        Some(Self { permission: grant.into(), object_pk })
    }
}
