//! Fills an empty database.

use std::collections::HashMap;

use sqlx::{Connection as _, SqlSafeStr};
use userbook::{
    GroupId, User, UserId,
    store::{ImportData, ImportOutcome},
};

use crate::{
    backend::Backend,
    bulk::write_rows,
    claims,
    commit::{Owner, end},
    decode::{RowExt, required},
    driver::{Conn, execute, fetch_all, fetch_one},
    encode::{self, RowValues, integer},
    error::SqlResult,
    external_ids, further_addresses, statements,
};

pub(crate) async fn import<B: Backend>(conn: &mut Conn<B>, data: &ImportData) -> SqlResult<B, ImportOutcome> {
    let mut transaction = conn.begin_with(B::BEGIN.into_sql_str()).await?;
    B::lock_for_import(&mut transaction).await?;
    let outcome = import_in::<B>(&mut transaction, data).await;
    let is_imported = matches!(outcome, Ok(ImportOutcome::Imported));
    end(transaction, outcome, is_imported, Owner::Store).await
}

/// Imports in an open transaction. Unless the outcome is `Imported`, the transaction must be rolled back.
pub(crate) async fn import_in<B: Backend>(
    conn: &mut Conn<B>,
    data: &ImportData,
) -> SqlResult<B, ImportOutcome> {
    let own = B::statements();
    let last = data.users.iter().map(|user| user.id.0).max().unwrap_or(0);
    let next_user = [("next_user", last.saturating_add(1).into())];
    execute::<B>(conn, &statements::IMPORT_EPOCHS, &next_user).await?;
    let any = fetch_one::<B>(conn, &statements::ANY_ROWS, &[]).await?;
    if required(&any, "any_rows", RowExt::flag)? {
        return Ok(ImportOutcome::NotEmpty);
    }
    let mut twins: HashMap<&str, i64> = HashMap::new();
    let groups = data.groups.iter().map(|group| {
        let next = twins.entry(&group.name).or_default();
        let twin = *next;
        *next += 1;
        encode::imported_group(group, twin)
    });
    write_rows::<B, _>(conn, &own.import_groups, groups).await?;
    B::import_parents(conn, &data.groups).await?;
    write_rows::<B, _>(conn, &own.import_users, data.users.iter().map(encode::user)).await?;
    claims::import::<B>(conn, data).await?;
    external_ids::import::<B>(conn, data).await?;
    further_addresses::insert::<B>(conn, &data.users).await?;
    let of_user = |user: &User| user.groups.iter().map(|group| (user.id, *group)).collect::<Vec<_>>();
    let memberships: Vec<_> = data.users.iter().flat_map(of_user).collect();
    write_rows::<B, _>(conn, &own.import_memberships, memberships.iter().map(membership).map(Ok)).await?;
    B::count(conn, "users", integer(data.users.len() as u64)?).await?;
    B::count(conn, "groups", integer(data.groups.len() as u64)?).await?;
    let install_id = [("install_id", data.install_id.as_str().into())];
    execute::<B>(conn, &own.set_install, &install_id).await?;
    Ok(ImportOutcome::Imported)
}

fn membership((user, group): &(UserId, GroupId)) -> RowValues<'static, 2> {
    [("user", user.0.into()), ("group", group.0.into())]
}

pub(crate) async fn install_id<B: Backend>(conn: &mut Conn<B>) -> SqlResult<B, Option<String>> {
    let rows = fetch_all::<B>(conn, &statements::GET_INSTALL, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(row.text("install_id")?)
}
