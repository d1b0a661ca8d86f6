//! Statements that several operations share, with their parameters.

use std::collections::BTreeSet;

use sqlx::{MySql, MySqlConnection, mysql::MySqlArguments, query::Query};
use userbook::{EpochGuard, Event, GroupId, Guards, UserId};
use uuid::Uuid;

use super::{
    error::{Halt, halt, is_not_there},
    sql,
};
use crate::encode::{self, EncodeError, EventColumns};

/// A statement with its parameters.
pub(super) type Bound<'q> = Query<'q, MySql, MySqlArguments>;

/// Compares, locks and counts the counters: whether all of them still are as they were decided on.
pub(super) async fn hold_epochs(connection: &mut MySqlConnection, guards: &Guards) -> Result<bool, Halt> {
    let expected = |guard: Option<EpochGuard>| guard.map(|guard| encode::integer(guard.expected)).transpose();
    let (graph, superusers) = (expected(guards.graph)?, expected(guards.superusers)?);
    let wanted = graph.iter().chain(&superusers).count() as u64;
    if wanted == 0 {
        return Ok(true);
    }
    let held =
        sqlx::query(sql::HOLD_EPOCHS).bind(graph).bind(superusers).execute(connection).await.map_err(halt)?;
    Ok(held.rows_affected() == wanted)
}

/// Compares and locks all that the guards name: whether they hold.
pub(super) async fn hold(connection: &mut MySqlConnection, guards: &Guards) -> Result<bool, Halt> {
    if !hold_epochs(connection, guards).await? {
        return Ok(false);
    }
    let Some(actor) = guards.actor else { return Ok(true) };
    let held = sqlx::query(sql::HOLD_ACTOR)
        .bind(actor.user.0)
        .bind(actor.revision.0)
        .execute(connection)
        .await
        .map_err(halt)?;
    Ok(held.rows_affected() == 1)
}

/// Counts users or groups that came or went.
pub(super) async fn count(
    connection: &mut MySqlConnection,
    what: &'static str,
    more: i64,
) -> Result<(), Halt> {
    sqlx::query(sql::COUNT_ROWS).bind(more).bind(what).execute(connection).await.map_err(halt)?;
    Ok(())
}

pub(super) async fn write_event(connection: &mut MySqlConnection, event: &Event) -> Result<(), Halt> {
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
        .map_err(halt)?;
    Ok(())
}

/// Makes a user a member of the groups; otherwise tells which of them are missing, none if they are back by now.
pub(super) async fn join(
    connection: &mut MySqlConnection,
    user: UserId,
    groups: &BTreeSet<GroupId>,
) -> Result<Result<(), BTreeSet<GroupId>>, Halt> {
    if groups.is_empty() {
        return Ok(Ok(()));
    }
    let list = encode::hex_list(groups.iter().map(|group| group.0));
    match sqlx::query(sql::JOIN_GROUPS).bind(&list).bind(user.0).execute(&mut *connection).await {
        Ok(joined) if joined.rows_affected() == groups.len() as u64 => return Ok(Ok(())),
        Ok(_) => {}
        // A group that was seen is being deleted.
        Err(error) if is_not_there(&error) => {}
        Err(error) => return Err(halt(error)),
    }
    let missing: Vec<Uuid> =
        sqlx::query_scalar(sql::MISSING_GROUPS).bind(list).fetch_all(connection).await.map_err(halt)?;
    Ok(Err(missing.into_iter().map(GroupId).collect()))
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
