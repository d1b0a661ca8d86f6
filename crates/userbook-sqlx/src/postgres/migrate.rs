//! Bringing a database up to date.

use sqlx::PgPool;

use super::{PostgresStore, sql};
use crate::migration::{MigrateError, Migration, pending};

/// All steps, in order. A released step is never edited.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "baseline",
    sql: include_str!("../../migrations/postgres/0001_baseline.sql"),
}];

impl PostgresStore {
    /// Applies what the database lacks, all of it or nothing; does nothing if it is up to date. Processes that
    /// start at once wait for one another. The tables come into the first schema of the connections' search path.
    ///
    /// # Errors
    /// [`MigrateError`] if the database was migrated with other texts than this program has, is newer, cannot
    /// keep all of Unicode, or fails.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        migrate(self.pool(), "userbook", MIGRATIONS).await
    }
}

/// Applies what the database lacks of the migrations of `component`, all of it or nothing, as
/// [`PostgresStore::migrate`] does for its own: for a host that keeps tables beside Userbook's.
///
/// # Errors
/// As [`PostgresStore::migrate`].
pub async fn migrate(
    pool: &PgPool,
    component: &str,
    migrations: &'static [Migration],
) -> Result<(), MigrateError> {
    let mut transaction = pool.begin_with(sql::BEGIN).await?;
    let encoding: String = sqlx::query_scalar(sql::ENCODING).fetch_one(&mut *transaction).await?;
    if encoding != "UTF8" {
        return Err(MigrateError::NotUnicode { encoding });
    }
    sqlx::query(sql::LOCK_MIGRATIONS).execute(&mut *transaction).await?;
    sqlx::query(sql::MIGRATION_TABLE).execute(&mut *transaction).await?;
    let applied: Vec<(i64, String)> =
        sqlx::query_as(sql::MIGRATIONS_APPLIED).bind(component).fetch_all(&mut *transaction).await?;
    for migration in pending(migrations, &applied)? {
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
        sqlx::query(sql::MIGRATION_DONE)
            .bind(component)
            .bind(migration.version)
            .bind(migration.name)
            .bind(migration.checksum())
            .execute(&mut *transaction)
            .await?;
    }
    Ok(transaction.commit().await?)
}
