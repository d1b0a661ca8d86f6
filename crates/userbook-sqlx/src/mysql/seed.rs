//! Seeding an empty database.

use sqlx::MySqlConnection;
use userbook::store::{ImportData, ImportOutcome, StoreError};

use super::{
    MySqlStore, bind,
    error::{WriteError, failure, write_error},
    import_rows::{Batch, group_row, user_row},
    sql,
};
use crate::{
    encode::{self, EncodeError},
    json,
};

/// How many users' memberships, and how many parents, one statement writes.
const MANY: usize = 10_000;

impl MySqlStore {
    pub(super) async fn import_rows(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let outcome = match write(&mut transaction, rows).await {
            Ok(ImportOutcome::Imported) => transaction.commit().await.map(|()| ImportOutcome::Imported),
            other => {
                transaction.rollback_quietly().await;
                other
            }
        };
        outcome.map_err(WriteError::into_failure)
    }

    pub(super) async fn get_install(&self) -> Result<Option<String>, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        let install =
            sqlx::query_scalar(sql::GET_INSTALL).fetch_all(&mut *lease).await.map_err(failure)?.pop();
        lease.give_back();
        Ok(install)
    }
}

async fn write(connection: &mut MySqlConnection, rows: &ImportData) -> Result<ImportOutcome, WriteError> {
    let last = rows.users.iter().map(|user| user.id.0).max().unwrap_or(0);
    sqlx::query(sql::IMPORT_EPOCHS)
        .bind(last.saturating_add(1))
        .execute(&mut *connection)
        .await
        .map_err(write_error)?;
    let occupied: bool =
        sqlx::query_scalar(sql::ANY_ROWS).fetch_one(&mut *connection).await.map_err(write_error)?;
    if occupied {
        return Ok(ImportOutcome::NotEmpty);
    }
    for batch in Batch::of(rows.groups.iter().map(group_row)) {
        put(connection, sql::IMPORT_GROUPS, batch?).await?;
    }
    let parents: Vec<_> = rows
        .groups
        .iter()
        .filter_map(|group| Some((group.id.0.simple(), group.parent?.0.simple())))
        .collect();
    for parents in parents.chunks(MANY) {
        let parents = json::text(parents).map_err(EncodeError::from)?;
        put(connection, sql::IMPORT_PARENTS, parents).await?;
    }
    for batch in Batch::of(rows.users.iter().map(user_row)) {
        put(connection, sql::IMPORT_USERS, batch?).await?;
    }
    for users in rows.users.chunks(MANY) {
        put(connection, sql::IMPORT_MEMBERSHIPS, encode::memberships(users)?).await?;
    }
    for (what, more) in [("users", rows.users.len()), ("groups", rows.groups.len())] {
        bind::count(&mut *connection, what, encode::integer(more as u64)?).await?;
    }
    sqlx::query(sql::SET_INSTALL).bind(&rows.install_id).execute(connection).await.map_err(write_error)?;
    Ok(ImportOutcome::Imported)
}

async fn put(
    connection: &mut MySqlConnection,
    statement: &'static str,
    rows: String,
) -> Result<(), WriteError> {
    sqlx::query(statement).bind(rows).execute(connection).await.map_err(write_error)?;
    Ok(())
}
