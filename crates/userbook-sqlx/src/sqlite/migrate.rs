//! Bringing a database up to date.

use sqlx::SqlitePool;

use super::{SqliteStore, sql};
use crate::migration::{MigrateError, Migration, pending};

/// All steps, in order. A released step is never edited.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "baseline",
    sql: include_str!("../../migrations/sqlite/0001_baseline.sql"),
}];

impl SqliteStore {
    /// Applies what the database lacks, all of it or nothing; does nothing if it is up to date. Processes that
    /// start at once wait for one another.
    ///
    /// # Errors
    /// [`MigrateError`] if the database was migrated with other texts than this program has, is newer, or fails.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        migrate(self.pool(), "userbook", MIGRATIONS).await
    }
}

/// Applies what the database lacks of the migrations of `component`, all of it or nothing, as
/// [`SqliteStore::migrate`] does for its own: for a host that keeps tables beside Userbook's.
///
/// # Errors
/// As [`SqliteStore::migrate`].
pub async fn migrate(
    pool: &SqlitePool,
    component: &str,
    migrations: &'static [Migration],
) -> Result<(), MigrateError> {
    let keeps_foreign_keys: bool = sqlx::query_scalar(sql::FOREIGN_KEYS).fetch_one(pool).await?;
    if !keeps_foreign_keys {
        return Err(MigrateError::ForeignKeysOff);
    }
    let mut transaction = pool.begin_with(sql::BEGIN).await?;
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
