//! Seeding an empty database.

use sqlx::SqliteConnection;
use userbook::store::{ImportData, ImportOutcome, StoreError};

use super::{
    SqliteStore, bind,
    error::{commit_failure, failure},
    settle, sql,
    transaction::begin,
};
use crate::encode;

/// How many users' memberships are written with one statement.
const CHUNK: usize = 10_000;

impl SqliteStore {
    pub(super) async fn import_rows(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        let mut connection = self.writer().await?;
        let answer = import(&mut connection, rows).await;
        settle(connection, answer)
    }

    pub(super) async fn get_install(&self) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar(sql::GET_INSTALL).fetch_optional(self.pool()).await.map_err(failure)
    }
}

async fn import(connection: &mut SqliteConnection, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
    let mut transaction = begin(connection).await?;
    let occupied: bool =
        sqlx::query_scalar(sql::ANY_ROWS).fetch_one(&mut *transaction).await.map_err(failure)?;
    if occupied {
        transaction.rollback().await.map_err(failure)?;
        return Ok(ImportOutcome::NotEmpty);
    }
    write(&mut transaction, rows).await?;
    transaction.commit().await.map_err(commit_failure)?;
    Ok(ImportOutcome::Imported)
}

async fn write(connection: &mut SqliteConnection, rows: &ImportData) -> Result<(), StoreError> {
    for group in &rows.groups {
        bind::group_row(sql::IMPORT_GROUP, group)?.execute(&mut *connection).await.map_err(failure)?;
    }
    for users in rows.users.chunks(CHUNK) {
        for user in users {
            bind::user_row(user)?.execute(&mut *connection).await.map_err(failure)?;
        }
        sqlx::query(sql::IMPORT_MEMBERS)
            .bind(encode::memberships(users)?)
            .execute(&mut *connection)
            .await
            .map_err(failure)?;
    }
    let last = rows.users.iter().map(|user| user.id.0).max().unwrap_or(0);
    sqlx::query(sql::RAISE_NEXT_USER)
        .bind(last.saturating_add(1))
        .execute(&mut *connection)
        .await
        .map_err(failure)?;
    sqlx::query(sql::SET_INSTALL).bind(&rows.install_id).execute(connection).await.map_err(failure)?;
    Ok(())
}
