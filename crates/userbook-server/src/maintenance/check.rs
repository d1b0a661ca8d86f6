//! Finds contradictions between tables. Each statement returns a number and, if it is not zero, one example.

use std::collections::BTreeSet;

use userbook::{
    GroupId,
    store::{DirectoryQuery, DistinctNames, StoreError},
};
use userbook_sqlx::{
    SqlStore,
    host::{RowExt, Statement, required},
};

use super::{claims, further_addresses};
use crate::auth::{AuthBackend, GrantedOn, read_grants};

/// A statement and the sentence about what it counts.
struct Check {
    statement: Statement,
    problem: &'static str,
}

/// `check!("tokens_without_user", "…")`: the statement in the file of this name.
macro_rules! check {
    ($name:literal, $problem:literal) => {
        Check { statement: Statement::new(include_str!(concat!("sql/", $name, ".sql"))), problem: $problem }
    };
}

static CHECKS: [Check; 9] = [
    check!("wrong_user_count", "the stored number of users differs from the number of rows, by"),
    check!("wrong_group_count", "the stored number of groups differs from the number of rows, by"),
    check!("wrong_next_user", "user ids at or above the next id:"),
    check!("memberships_without_rows", "memberships of a missing user or group:"),
    check!("stale_memberships", "memberships with an outdated copy of whether the user can act:"),
    check!("groups_without_parent", "groups whose parent is missing:"),
    check!("group_cycles", "groups that are their own ancestor:"),
    check!("tokens_without_user", "tokens of a missing user:"),
    check!("grants_without_user", "permissions of or on a missing user:"),
];

static COLLIDING_NAMES: Statement = Statement::new(include_str!("sql/colliding_names.sql"));

/// The number of collisions in the answer of a check.
const MAX_COLLISIONS: usize = 20;

static ADMINISTRATORS: Statement = Statement::new(include_str!("sql/administrators.sql"));

pub(super) async fn problems<B: AuthBackend>(
    conn: &mut B::Connection,
    distinct: DistinctNames,
) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    for check in &CHECKS {
        let rows = check.statement.fetch_all::<B>(conn, &[]).await?;
        let count = rows.first().map(|row| required(row, "problems", RowExt::integer)).transpose()?;
        if let Some(count) = count.filter(|count| *count != 0) {
            problems.push(format!("{} {count}", check.problem));
        }
    }
    let missing = grants_without_group::<B>(conn).await?;
    if missing > 0 {
        problems.push(format!("permissions on a missing group: {missing}"));
    }
    problems.extend(claims::problems::<B>(conn).await?);
    problems.extend(further_addresses::problems::<B>(conn).await?);
    problems.extend(collisions::<B>(conn, distinct).await?);
    let rows = ADMINISTRATORS.fetch_all::<B>(conn, &[]).await?;
    let count = |column| rows.first().map(|row| required(row, column, RowExt::integer)).transpose();
    if count("people")?.unwrap_or(0) == 0 {
        problems.push("no active person is a superuser: no user can administer this directory".to_owned());
    } else if count("with_token")?.unwrap_or(0) == 0 {
        problems.push("no superuser has an API token: create one with `token create USER`".to_owned());
    }
    Ok(problems)
}

/// Stored names that the policy would reject today. They stay valid until their users get other ones.
async fn collisions<B: AuthBackend>(
    conn: &mut B::Connection,
    distinct: DistinctNames,
) -> Result<Vec<String>, StoreError> {
    let DistinctNames { username, email } = distinct;
    let limit = i64::try_from(MAX_COLLISIONS + 1).unwrap_or(i64::MAX);
    let parameters = [("logins", username.into()), ("emails", email.into()), ("limit", limit.into())];
    let rows = COLLIDING_NAMES.fetch_all::<B>(conn, &parameters).await?;
    let sentence = |row: &B::Row| -> Result<String, StoreError> {
        let number = |column| required(row, column, RowExt::integer);
        let (users, first, last) = (number("users")?, number("first_user")?, number("last_user")?);
        let name = if number("logins")? > 0 { "username or address" } else { "address" };
        Ok(format!("{users} users have one {name}, compared without case, such as users {first} and {last}"))
    };
    let mut problems: Vec<_> = rows.iter().take(MAX_COLLISIONS).map(sentence).collect::<Result<_, _>>()?;
    if rows.len() > MAX_COLLISIONS {
        problems.push(format!("more than {MAX_COLLISIONS} names belong to several users"));
    }
    Ok(problems)
}

/// The grants are few; the store compares ids of groups in its own way.
async fn grants_without_group<B: AuthBackend>(conn: &mut B::Connection) -> Result<usize, StoreError> {
    let grants = read_grants::<B>(conn).await?;
    let on = |grant: &crate::auth::GrantRow| match grant.on {
        GrantedOn::Group(group) => Some(group),
        GrantedOn::Everything | GrantedOn::User(_) => None,
    };
    let groups: BTreeSet<GroupId> = grants.iter().filter_map(on).collect();
    let query = DirectoryQuery { groups, ..DirectoryQuery::default() };
    let known = SqlStore::<B>::load_directory_in(conn, &query).await?.groups;
    Ok(grants.iter().filter_map(on).filter(|group| !known.contains(*group)).count())
}
