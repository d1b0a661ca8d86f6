//! The rows of seeds, imports and exports.
//!
//! Keys that the API of authentik adds to its answers are accepted and ignored, so that its answers can be used as
//! rows. Every other unknown key is an error, and so is a missing one.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType,
    clock::{ChangeIds, Clock},
    model::{ExternalIds, SessionEpoch, parse_timestamp},
    store::ImportData,
};
use userbook_http::{TokenHash, TokenIntent, TokenKey};
use uuid::Uuid;

use super::Seed;
use crate::{
    ambient::Ambient,
    auth::{AuthRows, GrantRow, GrantedOn, TokenRow},
};

/// Declares a row with the keys of authentik's answers that it ignores.
macro_rules! row {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $type:ty,)+ } ignores [$($ignored:ident),*]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$of])* pub(crate) $field: $type,)+
            $(
                #[serde(default, deserialize_with = "ignore")]
                #[allow(dead_code, reason = "a key of authentik's answers")]
                $ignored: (),
            )*
        }
    };
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedFile {
    pub(crate) install_id: String,
    pub(crate) groups: Vec<GroupRow>,
    pub(crate) users: Vec<UserRow>,
    #[serde(default)]
    pub(crate) tokens: Vec<SeedToken>,
    #[serde(default)]
    pub(crate) permissions: Vec<SeedPermission>,
    #[serde(default)]
    pub(crate) object_permissions: Vec<SeedObjectPermission>,
}

row! {
    /// A group.
    GroupRow {
        pk: GroupId,
        name: String,
        is_superuser: bool,
        #[serde(deserialize_with = "required")]
        parent: Option<GroupId>,
        attributes: Value,
        #[serde(default)]
        external_ids: ExternalIds,
        #[serde(default, deserialize_with = "optional_time")]
        created_at: Option<Timestamp>,
        #[serde(default, deserialize_with = "optional_time")]
        updated_at: Option<Timestamp>,
    } ignores [num_pk, parent_name, users, users_obj, roles, roles_obj]
}

row! {
    /// A user.
    UserRow {
        pk: UserId,
        uuid: Uuid,
        username: String,
        name: String,
        email: String,
        is_active: bool,
        #[serde(deserialize_with = "optional_time")]
        last_login: Option<Timestamp>,
        path: String,
        #[serde(rename = "type")]
        user_type: UserType,
        attributes: Value,
        #[serde(default)]
        external_ids: ExternalIds,
        groups: BTreeSet<GroupId>,
        #[serde(deserialize_with = "time")]
        password_change_date: Timestamp,
        #[serde(default, alias = "date_joined", deserialize_with = "optional_time")]
        created_at: Option<Timestamp>,
        #[serde(default, alias = "last_updated", deserialize_with = "optional_time")]
        updated_at: Option<Timestamp>,
    } ignores [num_pk, is_superuser, groups_obj, avatar, uid]
}

/// A token. Either `key` or `hash`, the SHA-256 of the key in hexadecimal digits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedToken {
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "hash")]
    pub(crate) hash: Option<TokenHash>,
    #[serde(default)]
    pub(crate) identifier: Option<String>,
    #[serde(deserialize_with = "intent")]
    pub(crate) intent: TokenIntent,
    pub(crate) expiring: bool,
    #[serde(deserialize_with = "optional_time")]
    pub(crate) expires: Option<Timestamp>,
    pub(crate) user_pk: UserId,
}

/// A permission on everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedPermission {
    pub(crate) user_pk: UserId,
    pub(crate) permission: String,
}

/// A permission on one object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedObjectPermission {
    pub(crate) user_pk: UserId,
    pub(crate) permission: String,
    pub(crate) object_pk: ObjectKey,
}

/// An integer names a user, a UUID names a group.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected the number of a user or the UUID of a group")]
pub(crate) enum ObjectKey {
    User(UserId),
    Group(GroupId),
}

impl SeedToken {
    /// Returns the hash; `None` unless exactly one of `key` and `hash` is given.
    pub(crate) fn hash(&self) -> Option<TokenHash> {
        match (&self.key, self.hash) {
            (Some(key), None) => Some(TokenKey::new(key.as_str()).hash()),
            (None, hash) => hash,
            (Some(_), Some(_)) => None,
        }
    }

    /// Returns the token with its hash.
    pub(crate) fn row(&self, hash: TokenHash) -> TokenRow {
        TokenRow {
            hash,
            user: self.user_pk,
            identifier: self.identifier.clone().unwrap_or_else(|| TokenRow::default_identifier(&hash)),
            intent: self.intent,
            expiring: self.expiring,
            expires: self.expires,
        }
    }
}

impl From<SeedPermission> for GrantRow {
    fn from(row: SeedPermission) -> Self {
        Self { user: row.user_pk, permission: row.permission, on: GrantedOn::Everything }
    }
}

impl From<SeedObjectPermission> for GrantRow {
    fn from(row: SeedObjectPermission) -> Self {
        let on = match row.object_pk {
            ObjectKey::User(user) => GrantedOn::User(user),
            ObjectKey::Group(group) => GrantedOn::Group(group),
        };
        Self { user: row.user_pk, permission: row.permission, on }
    }
}

impl SeedFile {
    /// Returns the rows to store. The file has no problems. Time and ids that the file does not contain come from
    /// `ambient`.
    pub(super) fn into_seed(self, warnings: Vec<String>, ambient: &Ambient) -> Seed {
        let tokens = self.tokens.iter().filter_map(|token| Some(token.row(token.hash()?))).collect();
        let on_objects = self.object_permissions.into_iter().map(GrantRow::from);
        Seed {
            auth: AuthRows {
                tokens,
                grants: self.permissions.into_iter().map(GrantRow::from).chain(on_objects).collect(),
            },
            rows: ImportData {
                install_id: self.install_id,
                groups: self.groups.into_iter().map(|row| row.into_group(ambient.now())).collect(),
                users: self.users.into_iter().map(|row| row.into_user(ambient)).collect(),
            },
            warnings,
        }
    }
}

/// The dates of a row: a row without an update has not changed since it was created.
fn dates(created: Option<Timestamp>, updated: Option<Timestamp>, now: Timestamp) -> [Timestamp; 2] {
    let created = created.unwrap_or(now);
    [created, updated.unwrap_or(created)]
}

impl GroupRow {
    fn into_group(self, now: Timestamp) -> Group {
        let [created_at, updated_at] = dates(self.created_at, self.updated_at, now);
        Group {
            id: self.pk,
            name: self.name,
            is_superuser: self.is_superuser,
            parent: self.parent,
            attributes: self.attributes,
            external_ids: self.external_ids,
            created_at,
            updated_at,
        }
    }
}

impl UserRow {
    fn into_user(self, ambient: &Ambient) -> User {
        let [created_at, updated_at] = dates(self.created_at, self.updated_at, ambient.now());
        User {
            id: self.pk,
            uuid: self.uuid,
            username: self.username,
            name: self.name,
            email: self.email,
            is_active: self.is_active,
            last_login: self.last_login,
            path: self.path,
            user_type: self.user_type,
            attributes: self.attributes.into(),
            external_ids: self.external_ids,
            groups: self.groups,
            password_change_date: self.password_change_date,
            created_at,
            updated_at,
            revision: Revision::from(ambient.next_change()),
            version: 0,
            session_epoch: SessionEpoch::from(ambient.next_change()),
        }
    }
}

/// Reads a value that may be null, but must be present.
fn required<'de, T: Deserialize<'de>, D: Deserializer<'de>>(reader: D) -> Result<T, D::Error> {
    T::deserialize(reader)
}

pub(crate) fn ignore<'de, D: Deserializer<'de>>(reader: D) -> Result<(), D::Error> {
    serde::de::IgnoredAny::deserialize(reader).map(|_| ())
}

fn parse_time<E: Error>(text: &str) -> Result<Timestamp, E> {
    let error = || E::custom(format!("not a time such as 2025-01-31T12:00:00Z: {text:?}"));
    parse_timestamp(text).ok_or_else(error)
}

fn time<'de, D: Deserializer<'de>>(reader: D) -> Result<Timestamp, D::Error> {
    parse_time(&String::deserialize(reader)?)
}

pub(crate) fn optional_time<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Timestamp>, D::Error> {
    Option::<String>::deserialize(reader)?.as_deref().map(parse_time).transpose()
}

fn intent<'de, D: Deserializer<'de>>(reader: D) -> Result<TokenIntent, D::Error> {
    String::deserialize(reader)?.parse().map_err(D::Error::custom)
}

/// Reads the hash of a token's key from hexadecimal digits.
fn hash<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<TokenHash>, D::Error> {
    let text = String::deserialize(reader)?;
    parse_hash(&text).map(Some).ok_or_else(|| D::Error::custom("a hash has 64 hexadecimal digits"))
}

fn parse_hash(text: &str) -> Option<TokenHash> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(TokenHash::from_bytes(bytes))
}
