//! Statements that several operations share, with their parameters.

use std::collections::BTreeSet;

use sqlx::{MySql, MySqlConnection, mysql::MySqlArguments, query::Query};
use userbook::{
    GroupId, UserId,
    event::Event,
    store::{EpochGuard, Guards},
};

use super::{
    error::{WriteError, write_error},
    sql,
};
use crate::encode::{self, EncodeError, EventColumns};

/// A statement with its parameters.
pub(super) type Bound<'q> = Query<'q, MySql, MySqlArguments>;

/// Compares, locks and increments the counters: whether all of them still have the value decided on.
pub(super) async fn hold_epochs(
    connection: &mut MySqlConnection,
    guards: &Guards,
) -> Result<bool, WriteError> {
    let expected = |guard: Option<EpochGuard>| guard.map(|guard| encode::integer(guard.expected)).transpose();
    let (graph, superusers) = (expected(guards.graph)?, expected(guards.superusers)?);
    let wanted = graph.iter().chain(&superusers).count() as u64;
    if wanted == 0 {
        return Ok(true);
    }
    let held = sqlx::query(sql::HOLD_EPOCHS)
        .bind(graph)
        .bind(superusers)
        .execute(connection)
        .await
        .map_err(write_error)?;
    Ok(held.rows_affected() == wanted)
}

/// Compares and locks everything that the guards name: whether they hold.
pub(super) async fn lock_guards(
    connection: &mut MySqlConnection,
    guards: &Guards,
) -> Result<bool, WriteError> {
    if !hold_epochs(connection, guards).await? {
        return Ok(false);
    }
    let Some(actor) = guards.actor else { return Ok(true) };
    let held = sqlx::query(sql::HOLD_ACTOR)
        .bind(actor.user.0)
        .bind(actor.revision.0)
        .execute(connection)
        .await
        .map_err(write_error)?;
    Ok(held.rows_affected() == 1)
}

/// Counts users or groups that came or went.
pub(super) async fn count(
    connection: &mut MySqlConnection,
    what: &'static str,
    more: i64,
) -> Result<(), WriteError> {
    sqlx::query(sql::COUNT_ROWS).bind(more).bind(what).execute(connection).await.map_err(write_error)?;
    Ok(())
}

pub(super) async fn write_event(connection: &mut MySqlConnection, event: &Event) -> Result<(), WriteError> {
    let columns = EventColumns::of(event)?;
    sqlx::query(sql::INSERT_EVENT)
        .bind(event.id.0)
        .bind(columns.kind)
        .bind(columns.user)
        .bind(columns.group)
        .bind(columns.version)
        .bind(event.time.naive_utc())
        .bind(columns.body)
        .execute(connection)
        .await
        .map_err(write_error)?;
    Ok(())
}

/// Makes a user a member of the groups: whether all of them exist.
pub(super) async fn join(
    connection: &mut MySqlConnection,
    user: UserId,
    groups: &BTreeSet<GroupId>,
) -> Result<bool, WriteError> {
    if groups.is_empty() {
        return Ok(true);
    }
    let joined = sqlx::query(sql::JOIN_GROUPS)
        .bind(encode::hex_list(groups.iter().map(|group| group.0)))
        .bind(user.0)
        .execute(connection)
        .await
        .map_err(write_error)?;
    Ok(joined.rows_affected() == groups.len() as u64)
}

/// A group's row, for a statement that takes the columns in this order.
pub(super) fn group_row<'g>(
    statement: &'static str,
    group: &'g userbook::Group,
) -> Result<Bound<'g>, EncodeError> {
    Ok(sqlx::query(statement)
        .bind(&group.name)
        .bind(group.is_superuser)
        .bind(group.parent.map(|parent| parent.0))
        .bind(encode::attributes(&group.attributes)?)
        .bind(group.id.0))
}
