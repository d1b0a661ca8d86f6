//! Statements that several operations share, with their parameters.

use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};
use userbook::{
    Group, GroupId, User,
    event::Event,
    store::{EpochGuard, Guards},
};
use uuid::Uuid;

use super::{error::WriteError, sql};
use crate::encode::{self, EncodeError, EventColumns};

/// A statement with its parameters.
pub(super) type Bound<'q> = Query<'q, Postgres, PgArguments>;

/// A list of ids as one parameter.
pub(super) fn uuids<'g>(groups: impl IntoIterator<Item = &'g GroupId>) -> Vec<Uuid> {
    groups.into_iter().map(|group| group.0).collect()
}

/// Adds the parameters of guards: six of them.
pub(super) fn guards<'q>(statement: Bound<'q>, guards: &Guards) -> Result<Bound<'q>, EncodeError> {
    let expected = |guard: Option<EpochGuard>| guard.map(|guard| encode::integer(guard.expected)).transpose();
    Ok(statement
        .bind(expected(guards.graph)?)
        .bind(bumps(guards.graph))
        .bind(expected(guards.superusers)?)
        .bind(bumps(guards.superusers))
        .bind(guards.actor.map(|actor| actor.user.0))
        .bind(guards.actor.map(|actor| actor.revision.0)))
}

/// Adds the parameters of an event but for its id: six of them.
pub(super) fn event<'q>(statement: Bound<'q>, event: &Event) -> Result<Bound<'q>, EncodeError> {
    let columns = EventColumns::of(event)?;
    Ok(statement
        .bind(columns.kind)
        .bind(columns.user)
        .bind(columns.group)
        .bind(columns.version)
        .bind(event.time)
        .bind(columns.body))
}

fn bumps(guard: Option<EpochGuard>) -> bool {
    guard.is_some_and(EpochGuard::is_bump)
}

/// Whether the guards hold; if so, they are locked until the transaction ends.
pub(super) async fn lock_guards(connection: &mut PgConnection, guards: &Guards) -> Result<bool, WriteError> {
    if *guards == Guards::default() {
        return Ok(true);
    }
    let row = self::guards(sqlx::query(sql::GUARDS), guards)?.fetch_one(connection).await?;
    Ok(sqlx::Row::try_get(&row, "hold")?)
}

/// Increments the counters that the change bumps, and writes its event.
pub(super) async fn bump_epochs_and_insert_event(
    connection: &mut PgConnection,
    guards: &Guards,
    event: &Event,
) -> Result<(), WriteError> {
    let statement = sqlx::query(sql::BUMP_EPOCHS_AND_INSERT_EVENT)
        .bind(bumps(guards.graph))
        .bind(bumps(guards.superusers))
        .bind(event.id.0);
    self::event(statement, event)?.execute(connection).await?;
    Ok(())
}

/// The rows of users, without memberships.
pub(super) fn user_rows(users: &[User]) -> Result<Bound<'_>, EncodeError> {
    fn column<'u, T>(users: &'u [User], value: impl Fn(&'u User) -> T) -> Vec<T> {
        users.iter().map(value).collect()
    }
    let attributes: Vec<String> =
        users.iter().map(|user| encode::attributes(&user.attributes)).collect::<Result<_, _>>()?;
    let versions: Vec<i64> =
        users.iter().map(|user| encode::integer(user.version)).collect::<Result<_, _>>()?;
    Ok(sqlx::query(sql::INSERT_USERS)
        .bind(column(users, |user| user.id.0))
        .bind(column(users, |user| user.uuid))
        .bind(column(users, |user| user.username.as_str()))
        .bind(column(users, |user| user.name.as_str()))
        .bind(column(users, |user| user.email.as_str()))
        .bind(column(users, |user| user.is_active))
        .bind(column(users, |user| user.last_login))
        .bind(column(users, |user| user.path.as_str()))
        .bind(column(users, |user| user.user_type.as_str()))
        .bind(attributes)
        .bind(column(users, |user| user.password_change_date))
        .bind(column(users, |user| user.revision.0))
        .bind(versions))
}

/// A group's row, put in place of the one with its id.
pub(super) fn group_row(group: &Group) -> Result<Bound<'_>, EncodeError> {
    Ok(sqlx::query(sql::PUT_GROUP)
        .bind(group.id.0)
        .bind(&group.name)
        .bind(group.is_superuser)
        .bind(group.parent.map(|parent| parent.0))
        .bind(encode::attributes(&group.attributes)?))
}
