//! From values of the core to parameters.

use serde::Serialize;
use userbook::{
    Group, User, UserId, UserRef, UserType,
    event::{Event, EventTarget},
    field::{EmailAddress, Name, UserPath, Username},
    store::{ChangeSet, EpochGuard, Guards, StoreError, StoreErrorKind},
};

use crate::{json, value::Value};

/// A value that no column can store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    #[error("counter does not fit into 64 bits with a sign (got {0})")]
    TooLarge(u64),
    #[error("value of column {0} has no form in a row of JSON")]
    NoCell(&'static str),
    #[error("cannot write the document as JSON")]
    Json(#[from] serde_json::Error),
}

impl From<EncodeError> for sqlx::Error {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error.into())
    }
}

impl From<EncodeError> for StoreError {
    fn from(error: EncodeError) -> Self {
        Self::new(StoreErrorKind::Other, error)
    }
}

/// A counter as SQL has integers.
pub(crate) fn integer(value: u64) -> Result<i64, EncodeError> {
    value.try_into().map_err(|_| EncodeError::TooLarge(value))
}

/// A limit as SQL has integers. A larger limit is no limit.
pub(crate) fn saturating(value: u64) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// The user of a query by either key.
pub(crate) fn target(target: Option<UserRef>) -> RowValues<'static, 2> {
    let (id, uuid) = match target {
        None => (None, None),
        Some(UserRef::Id(id)) => (Some(id.0), None),
        Some(UserRef::Uuid(uuid)) => (None, Some(uuid)),
    };
    [("target_id", id.into()), ("target_uuid", uuid.into())]
}

/// The values of one row, in the order of the statements that take many rows.
pub(crate) type RowValues<'v, const N: usize> = [(&'static str, Value<'v>); N];

/// A user without memberships.
pub(crate) fn user(user: &User) -> Result<RowValues<'_, 17>, EncodeError> {
    Ok([
        ("id", user.id.0.into()),
        ("uuid", user.uuid.into()),
        ("username", Value::username(Some(&user.username))),
        ("name", user.name.as_str().into()),
        ("email", user.email.as_str().into()),
        ("is_active", user.is_active.into()),
        ("last_login", user.last_login.into()),
        ("path", user.path.as_str().into()),
        ("type", user.user_type.as_str().into()),
        ("attributes", json::text(&user.attributes)?.into()),
        ("password_change_date", user.password_change_date.into()),
        ("created_at", user.created_at.into()),
        ("updated_at", user.updated_at.into()),
        ("revision", user.revision.0.into()),
        ("version", integer(user.version)?.into()),
        ("session_epoch", user.session_epoch.0.into()),
        ("external_ids", json::text(&user.external_ids)?.into()),
    ])
}

pub(crate) fn group(group: &Group) -> Result<RowValues<'_, 8>, EncodeError> {
    Ok([
        ("id", group.id.0.into()),
        ("name", group.name.as_str().into()),
        ("is_superuser", group.is_superuser.into()),
        ("parent", group.parent.map(|parent| parent.0).into()),
        ("attributes", json::text(&group.attributes)?.into()),
        ("created_at", group.created_at.into()),
        ("updated_at", group.updated_at.into()),
        ("external_ids", json::text(&group.external_ids)?.into()),
    ])
}

/// A group of an import, with its number among the groups of its name.
pub(crate) fn imported_group(group: &Group, twin: i64) -> Result<RowValues<'_, 9>, EncodeError> {
    let [id, name, is_superuser, parent, attributes, created_at, updated_at, external_ids] =
        self::group(group)?;
    let twin = ("twin", twin.into());
    Ok([id, name, is_superuser, parent, attributes, created_at, updated_at, external_ids, twin])
}

pub(crate) fn event(event: &Event) -> Result<RowValues<'static, 7>, EncodeError> {
    let (user, group) = match event.target {
        EventTarget::User(UserId(id)) => (Some(id), None),
        EventTarget::Group(id) => (None, Some(id.0)),
    };
    Ok([
        ("event_id", event.id.0.into()),
        ("event_kind", name(&event.kind)?.into()),
        ("event_user", user.into()),
        ("event_group", group.into()),
        ("event_version", integer(event.version)?.into()),
        ("event_time", event.time.into()),
        ("event_body", json::text(event)?.into()),
    ])
}

pub(crate) fn guards(guards: &Guards) -> Result<RowValues<'static, 6>, EncodeError> {
    let expected = |guard: Option<EpochGuard>| guard.map(|guard| integer(guard.expected)).transpose();
    let bumps = |guard: Option<EpochGuard>| guard.is_some_and(EpochGuard::is_bump);
    Ok([
        ("graph", expected(guards.graph)?.into()),
        ("bumps_graph", bumps(guards.graph).into()),
        ("superusers", expected(guards.superusers)?.into()),
        ("bumps_superusers", bumps(guards.superusers).into()),
        ("actor", guards.actor.map(|actor| actor.user.0).into()),
        ("actor_revision", guards.actor.map(|actor| actor.revision.0).into()),
    ])
}

/// All values of an update. Each statement of a commit takes some of them.
pub(crate) fn change(change: &ChangeSet) -> Result<Vec<(&'static str, Value<'_>)>, EncodeError> {
    let fields = &change.fields;
    let attributes = fields.attributes.as_ref().map(|value| json::text(value.as_value())).transpose()?;
    let external_ids = fields.external_ids.as_ref().map(json::text).transpose()?;
    let mut values = Vec::with_capacity(32);
    values.extend([
        ("user", change.user.0.into()),
        ("expected", change.expected.0.into()),
        ("revision", change.change.0.into()),
        ("version", integer(change.version)?.into()),
        ("session_epoch", change.new_session_epoch().map(|epoch| epoch.0).into()),
        ("username", Value::username(fields.username.as_ref().map(Username::as_str))),
        ("name", fields.name.as_ref().map(Name::as_str).into()),
        ("is_active", fields.is_active.into()),
        ("sets_last_login", fields.last_login.is_some().into()),
        ("last_login", fields.last_login.flatten().into()),
        ("password_change_date", fields.password_change_date.into()),
        ("email", fields.email.as_ref().map(EmailAddress::as_str).into()),
        ("attributes", attributes.map_or(Value::Text(None), Value::from)),
        ("external_ids", external_ids.map_or(Value::Text(None), Value::from)),
        ("path", fields.path.as_ref().map(UserPath::as_str).into()),
        ("type", fields.user_type.map(UserType::as_str).into()),
        ("groups_added", Value::Uuids(change.groups_added.iter().map(|group| group.0).collect())),
        ("groups_removed", Value::Uuids(change.groups_removed.iter().map(|group| group.0).collect())),
    ]);
    values.extend(guards(&change.guards)?);
    values.extend(event(&change.event)?);
    Ok(values)
}

/// The name by which serde knows a variant.
fn name(variant: &impl Serialize) -> Result<String, EncodeError> {
    Ok(json::text(variant)?.trim_matches('"').to_owned())
}
