//! Seeding an empty database.

use sqlx::PgConnection;
use userbook::{
    Group,
    store::{ImportData, ImportOutcome, StoreError},
};

use super::{
    PostgresStore, bind,
    error::{WriteError, commit_failure, failure},
    sql,
};
use crate::encode;

/// How many rows go into one statement: a message has room for 1 GiB.
const ROWS: usize = 5_000;

impl PostgresStore {
    pub(super) async fn import_rows(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        match write(&mut transaction, rows).await {
            Ok(ImportOutcome::Imported) => {
                transaction.commit().await.map_err(commit_failure)?;
                Ok(ImportOutcome::Imported)
            }
            answer => {
                let undone = transaction.rollback().await;
                let outcome = answer.map_err(|error| error.into_failure(failure))?;
                undone.map_err(failure)?;
                Ok(outcome)
            }
        }
    }

    pub(super) async fn get_install(&self) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar(sql::GET_INSTALL).fetch_optional(self.pool()).await.map_err(failure)
    }
}

async fn write(connection: &mut PgConnection, rows: &ImportData) -> Result<ImportOutcome, WriteError> {
    sqlx::query(sql::LOCK_DIRECTORY).execute(&mut *connection).await?;
    if sqlx::query_scalar(sql::ANY_ROWS).fetch_one(&mut *connection).await? {
        return Ok(ImportOutcome::NotEmpty);
    }
    for groups in rows.groups.chunks(ROWS) {
        import_groups(connection, groups).await?;
    }
    for users in rows.users.chunks(ROWS) {
        bind::user_rows(users)?.execute(&mut *connection).await?;
    }
    let pairs: Vec<_> =
        rows.users.iter().flat_map(|user| user.groups.iter().map(|group| (user.id.0, group.0))).collect();
    for pairs in pairs.chunks(ROWS) {
        let (users, groups): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        sqlx::query(sql::IMPORT_MEMBERSHIPS).bind(users).bind(groups).execute(&mut *connection).await?;
    }
    let last = rows.users.iter().map(|user| user.id.0).max().unwrap_or(0);
    sqlx::query(sql::RAISE_NEXT_USER).bind(last.saturating_add(1)).execute(&mut *connection).await?;
    sqlx::query(sql::SET_INSTALL).bind(&rows.install_id).execute(connection).await?;
    Ok(ImportOutcome::Imported)
}

async fn import_groups(connection: &mut PgConnection, groups: &[Group]) -> Result<(), WriteError> {
    let attributes: Vec<String> =
        groups.iter().map(|group| encode::attributes(&group.attributes)).collect::<Result<_, _>>()?;
    sqlx::query(sql::IMPORT_GROUPS)
        .bind(groups.iter().map(|group| group.id.0).collect::<Vec<_>>())
        .bind(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>())
        .bind(groups.iter().map(|group| group.is_superuser).collect::<Vec<_>>())
        .bind(groups.iter().map(|group| group.parent.map(|parent| parent.0)).collect::<Vec<_>>())
        .bind(attributes)
        .execute(connection)
        .await?;
    Ok(())
}
