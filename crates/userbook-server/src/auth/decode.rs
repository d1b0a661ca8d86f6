//! Reads rows of tokens and permissions. An unreadable value is an error, never a default.

use userbook::{
    GroupId, Timestamp, UserId,
    authz::{GrantedObjects, Grants, Permission},
    store::StoreError,
};
use userbook_http::{TokenHash, TokenIntent, TokenRecord};
use userbook_sqlx::host::{RowExt, required};
use uuid::Uuid;

use super::{GrantRow, GrantedOn, TokenRow};

/// Reads a token with the state of its owner.
pub(super) fn token_record<R: RowExt>(row: &R) -> Result<TokenRecord, StoreError> {
    Ok(TokenRecord {
        user: UserId(required(row, "user_id", R::integer)?),
        user_is_active: required(row, "is_active", R::flag)?,
        intent: intent(row)?,
        expiring: required(row, "expiring", R::flag)?,
        expires: expires(row)?,
    })
}

pub(super) fn token<R: RowExt>(row: &R) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        hash: token_hash(row)?,
        user: UserId(required(row, "user_id", R::integer)?),
        identifier: required(row, "identifier", R::text)?,
        intent: intent(row)?,
        expiring: required(row, "expiring", R::flag)?,
        expires: expires(row)?,
    })
}

pub(super) fn token_hash<R: RowExt>(row: &R) -> Result<TokenHash, StoreError> {
    let hash = required(row, "hash", R::bytes)?.try_into();
    let hash = hash.map_err(|_| StoreError::corrupt("the hash of a token does not have 32 bytes"))?;
    Ok(TokenHash::from_bytes(hash))
}

fn intent<R: RowExt>(row: &R) -> Result<TokenIntent, StoreError> {
    required(row, "intent", R::text)?.parse().map_err(StoreError::corrupt)
}

fn expires<R: RowExt>(row: &R) -> Result<Option<Timestamp>, StoreError> {
    let Some(micros) = row.integer("expires")? else { return Ok(None) };
    let time = Timestamp::from_timestamp_micros(micros);
    time.map(Some).ok_or_else(|| StoreError::corrupt("the expiry of a token is not a valid time"))
}

pub(super) fn grant<R: RowExt>(row: &R) -> Result<GrantRow, StoreError> {
    Ok(GrantRow {
        user: UserId(required(row, "user_id", R::integer)?),
        permission: required(row, "permission", R::text)?,
        on: object(row)?,
    })
}

fn object<R: RowExt>(row: &R) -> Result<GrantedOn, StoreError> {
    match (row.integer("on_user")?, row.text("on_group")?) {
        (None, None) => Ok(GrantedOn::Everything),
        (Some(user), None) => Ok(GrantedOn::User(UserId(user))),
        (None, Some(group)) => Ok(GrantedOn::Group(group_id(&group)?)),
        (Some(_), Some(_)) => Err(StoreError::corrupt("a permission has both a user and a group as object")),
    }
}

fn group_id(text: &str) -> Result<GroupId, StoreError> {
    Uuid::parse_str(text).map(GroupId).map_err(StoreError::corrupt)
}

/// Reads grants from rows of scope, permission and group.
pub(super) fn grants<R: RowExt>(rows: &[R]) -> Result<Grants, StoreError> {
    let mut grants = Grants::default();
    for row in rows {
        // Permissions unknown to Userbook have no effect.
        let Ok(permission) = required(row, "permission", R::text)?.parse::<Permission>() else { continue };
        match (required(row, "scope", R::text)?.as_str(), row.text("on_group")?) {
            ("everything", _) => grants.global.insert(permission),
            ("user", _) => grants.on_user.insert(permission),
            ("some user", _) => std::mem::replace(&mut grants.views_some_user, true),
            ("of user", _) => std::mem::replace(&mut grants.user_can_grant, true),
            ("group", Some(group)) => {
                grants.on_groups.entry(group_id(&group)?).or_default().insert(permission)
            }
            other => return Err(StoreError::corrupt(format!("unknown scope {other:?}"))),
        };
    }
    Ok(grants)
}

/// Reads the objects of a permission.
pub(super) fn granted_objects<R: RowExt>(rows: &[R]) -> Result<GrantedObjects, StoreError> {
    let mut objects = GrantedObjects::default();
    for row in rows {
        match object(row)? {
            GrantedOn::Everything => objects.global = true,
            GrantedOn::User(user) => _ = objects.users.insert(user),
            GrantedOn::Group(group) => _ = objects.groups.insert(group),
        }
    }
    Ok(objects)
}
