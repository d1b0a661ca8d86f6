//! Statements that several operations share, with their parameters.

use std::collections::BTreeSet;

use sqlx::{Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};
use userbook::{
    Group, GroupId, User, UserId,
    event::Event,
    store::{EpochGuard, Guards, StoreError},
};
use uuid::Uuid;

use super::{error::failure, sql};
use crate::encode::{self, EncodeError, EventColumns};

/// A statement with its parameters.
pub(super) type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// The parameters of guards.
pub(super) struct GuardColumns {
    pub(super) graph: Option<i64>,
    pub(super) superusers: Option<i64>,
    pub(super) actor: Option<i64>,
    pub(super) actor_revision: Option<Uuid>,
}

impl GuardColumns {
    pub(super) fn of(guards: &Guards) -> Result<Self, EncodeError> {
        let expected = |guard: Option<EpochGuard>| guard.map(|guard| encode::integer(guard.expected));
        Ok(Self {
            graph: expected(guards.graph).transpose()?,
            superusers: expected(guards.superusers).transpose()?,
            actor: guards.actor.map(|actor| actor.user.0),
            actor_revision: guards.actor.map(|actor| actor.revision.0),
        })
    }
}

/// Whether the guards hold. Comparing is enough: the transaction has the write lock.
pub(super) async fn guards_hold(
    connection: &mut SqliteConnection,
    guards: &Guards,
) -> Result<bool, StoreError> {
    if *guards == Guards::default() {
        return Ok(true);
    }
    let columns = GuardColumns::of(guards)?;
    sqlx::query_scalar(sql::GUARDS_HOLD)
        .bind(columns.graph)
        .bind(columns.superusers)
        .bind(columns.actor)
        .bind(columns.actor_revision)
        .fetch_one(connection)
        .await
        .map_err(failure)
}

/// Increments the counters that the change bumps, and writes its event.
pub(super) async fn bump_epochs_and_insert_event(
    connection: &mut SqliteConnection,
    guards: &Guards,
    event: &Event,
) -> Result<(), StoreError> {
    let bumps = |guard: Option<EpochGuard>| guard.is_some_and(EpochGuard::is_bump);
    let (graph, superusers) = (bumps(guards.graph), bumps(guards.superusers));
    if graph || superusers {
        sqlx::query(sql::BUMP_EPOCHS)
            .bind(graph)
            .bind(superusers)
            .execute(&mut *connection)
            .await
            .map_err(failure)?;
    }
    let insert = self::event(sqlx::query(sql::INSERT_EVENT), event)?;
    insert.execute(connection).await.map_err(failure)?;
    Ok(())
}

/// The columns of an event, for a statement that takes them next.
pub(super) fn event<'q>(statement: Bound<'q>, event: &Event) -> Result<Bound<'q>, EncodeError> {
    let columns = EventColumns::of(event)?;
    Ok(statement
        .bind(event.id.0)
        .bind(columns.kind)
        .bind(columns.user)
        .bind(columns.group)
        .bind(columns.version)
        .bind(event.time.timestamp_micros())
        .bind(columns.body))
}

/// Makes a user a member of the groups: whether all of them exist.
pub(super) async fn join(
    connection: &mut SqliteConnection,
    user: UserId,
    groups: &BTreeSet<GroupId>,
) -> Result<bool, StoreError> {
    if groups.is_empty() {
        return Ok(true);
    }
    let joined = sqlx::query(sql::JOIN_GROUPS)
        .bind(user.0)
        .bind(encode::hex_list(groups.iter().map(|group| group.0)))
        .execute(connection)
        .await
        .map_err(failure)?;
    Ok(joined.rows_affected() == groups.len() as u64)
}

/// A user's row, without memberships.
pub(super) fn user_row(user: &User) -> Result<Bound<'_>, EncodeError> {
    Ok(sqlx::query(sql::INSERT_USER)
        .bind(user.id.0)
        .bind(user.uuid)
        .bind(&user.username)
        .bind(&user.name)
        .bind(&user.email)
        .bind(user.is_active)
        .bind(user.last_login.map(|time| time.timestamp_micros()))
        .bind(&user.path)
        .bind(user.user_type.as_str())
        .bind(encode::attributes(&user.attributes)?)
        .bind(user.password_change_date.timestamp_micros())
        .bind(user.revision.0)
        .bind(encode::integer(user.version)?))
}

/// A group's row, for a statement that takes the columns in this order.
pub(super) fn group_row<'g>(statement: &'static str, group: &'g Group) -> Result<Bound<'g>, EncodeError> {
    Ok(sqlx::query(statement)
        .bind(group.id.0)
        .bind(&group.name)
        .bind(group.is_superuser)
        .bind(group.parent.map(|parent| parent.0))
        .bind(encode::attributes(&group.attributes)?))
}
