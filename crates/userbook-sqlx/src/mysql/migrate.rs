//! Bringing a database up to date.

use sqlx::{MySqlConnection, MySqlPool, Row};

use super::{MySqlStore, sql};
use crate::migration::{MigrateError, Migration, pending};

/// All steps, in order. A released step is never edited.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "baseline",
    sql: include_str!("../../migrations/mysql/0001_baseline.sql"),
}];

impl MySqlStore {
    /// Applies what the database lacks; does nothing if it is up to date. Processes that start at once wait for
    /// one another, but not those on different nodes of a cluster.
    ///
    /// MariaDB and MySQL commit each statement that makes or alters a table by itself. What was interrupted is
    /// done again from the start of the migration: each of its statements can be repeated.
    ///
    /// # Errors
    /// [`MigrateError`] if the connections are not fit, if the database was migrated with other texts than this
    /// program has, is newer, or fails.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        migrate(self.pool(), "userbook", MIGRATIONS).await
    }
}

/// Applies what the database lacks of the migrations of `component`, as [`MySqlStore::migrate`] does for its own:
/// for a host that keeps tables beside Userbook's. Each statement must be one that can be repeated
/// (`CREATE TABLE IF NOT EXISTS`), for it commits by itself.
///
/// # Errors
/// As [`MySqlStore::migrate`].
pub async fn migrate(
    pool: &MySqlPool,
    component: &str,
    migrations: &'static [Migration],
) -> Result<(), MigrateError> {
    // The lock goes with the connection, which is closed unless everything went well.
    let mut lease = MySqlStore::new(pool.clone()).leases.take().await?;
    fit(&mut lease).await?;
    let locked: Option<bool> = sqlx::query_scalar(sql::MIGRATION_LOCK).fetch_one(&mut *lease).await?;
    if locked != Some(true) {
        return Err(MigrateError::Locked);
    }
    apply(&mut lease, component, migrations).await?;
    sqlx::query(sql::MIGRATION_UNLOCK).execute(&mut *lease).await?;
    lease.give_back();
    Ok(())
}

/// Whether this connection is what the store relies on.
async fn fit(connection: &mut MySqlConnection) -> Result<(), MigrateError> {
    let row = sqlx::query(sql::CONNECTION_FIT).fetch_one(connection).await?;
    for (column, setting) in [("strict", "a strict sql_mode"), ("unicode", "the character set utf8mb4")] {
        if !row.try_get::<bool, _>(column)? {
            return Err(MigrateError::Lacks(setting));
        }
    }
    if row.try_get("foreign_keys")? { Ok(()) } else { Err(MigrateError::ForeignKeysOff) }
}

async fn apply(
    connection: &mut MySqlConnection,
    component: &str,
    migrations: &'static [Migration],
) -> Result<(), MigrateError> {
    sqlx::query(sql::MIGRATION_TABLE).execute(&mut *connection).await?;
    let applied: Vec<(i64, String)> =
        sqlx::query_as(sql::MIGRATIONS_APPLIED).bind(component).fetch_all(&mut *connection).await?;
    for migration in pending(migrations, &applied)? {
        sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
        sqlx::query(sql::MIGRATION_DONE)
            .bind(component)
            .bind(migration.version)
            .bind(migration.name)
            .bind(migration.checksum())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
