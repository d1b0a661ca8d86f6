//! Tenants on databases of one test.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    path::Path,
    sync::Arc,
    time::Duration,
};

use sqlx::{mysql::MySqlConnectOptions, postgres::PgConnectOptions, sqlite::SqlitePoolOptions};
use userbook::{
    Timestamp, UserId,
    store::{ImportData, ImportStore},
};
use userbook_conformance::{Harness, Task};
use userbook_sqlx::{MySqlStore, PostgresStore, SqliteStore, mysql, postgres};
use userbook_tenants::{
    MySqlTenants, OpenTenant, PostgresTenants, SqliteTenants, TenantLimits, TenantName, TenantPrefix, Tenants,
};
use userbook_tests::servers;

/// Limits with a long wait: the machine may be busy.
pub(crate) fn limits(open: usize) -> TenantLimits {
    TenantLimits { open, wait: Duration::from_mins(2), ..TenantLimits::default() }
}

pub(crate) fn name(text: &str) -> TenantName {
    text.parse().unwrap()
}

/// Tenants in schemas, each with two connections.
pub(crate) fn postgres(options: PgConnectOptions, limits: TenantLimits) -> Tenants<PostgresTenants> {
    let pool = postgres::pool_options().max_connections(2).acquire_timeout(limits.wait);
    Tenants::new(PostgresTenants::postgres(options, pool, TenantPrefix::default()), limits)
}

/// Tenants in databases, each with two connections.
pub(crate) fn mysql(
    options: MySqlConnectOptions,
    prefix: TenantPrefix,
    limits: TenantLimits,
) -> Tenants<MySqlTenants> {
    let pool = mysql::pool_options().max_connections(2).acquire_timeout(limits.wait);
    Tenants::new(MySqlTenants::mysql(options, pool, prefix), limits)
}

/// Tenants in files, each with two readers.
pub(crate) fn sqlite(folder: &Path, limits: TenantLimits) -> Tenants<SqliteTenants> {
    let pool = SqlitePoolOptions::new().max_connections(2).acquire_timeout(limits.wait);
    Tenants::new(SqliteTenants::sqlite(folder, pool), limits)
}

/// A prefix that no other test uses on a server of databases.
pub(crate) fn unique_prefix() -> TenantPrefix {
    let random = RandomState::new().build_hasher().finish() & 0xff_ffff_ffff;
    format!("ub{random:010x}_").parse().unwrap()
}

/// A tenant in a schema, between two other tenants, for the laws of stores.
pub(crate) struct PostgresTenant {
    _database: servers::postgres::Database,
    _tenants: Tenants<PostgresTenants>,
    open_tenant: OpenTenant<PostgresTenants>,
}

impl Harness for PostgresTenant {
    type Store = PostgresStore;

    async fn with(rows: &ImportData) -> Self {
        let database = servers::postgres::Database::blank().await;
        let pool = postgres::pool_options().max_connections(8);
        let source = PostgresTenants::postgres(database.options(), pool, TenantPrefix::default());
        let tenants = Tenants::new(source, limits(4));
        tenants.create(&name("other")).await.unwrap();
        tenants.create(&name("acme-1")).await.unwrap();
        let open_tenant = tenants.get(&name("acme-1")).await.unwrap();
        open_tenant.import(rows).await.unwrap();
        Self { _database: database, _tenants: tenants, open_tenant }
    }

    fn store(&self) -> Arc<PostgresStore> {
        Arc::new((*self.open_tenant).clone())
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let sql = "UPDATE \"tenant_acme-1\".userbook_user SET last_login = $2, password_change_date = $3 WHERE id = $1";
        let update = sqlx::query(sql).bind(user.0).bind(last_login).bind(password_change_date);
        update.execute(self.open_tenant.pool()).await.unwrap();
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

/// A tenant in a file.
pub(crate) struct SqliteTenant {
    _folder: tempfile::TempDir,
    _tenants: Tenants<SqliteTenants>,
    open_tenant: OpenTenant<SqliteTenants>,
}

impl Harness for SqliteTenant {
    type Store = SqliteStore;

    async fn with(rows: &ImportData) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pool = SqlitePoolOptions::new().max_connections(8);
        let tenants = Tenants::new(SqliteTenants::sqlite(folder.path(), pool), limits(4));
        tenants.create(&name("acme")).await.unwrap();
        let open_tenant = tenants.get(&name("acme")).await.unwrap();
        open_tenant.import(rows).await.unwrap();
        Self { _folder: folder, _tenants: tenants, open_tenant }
    }

    fn store(&self) -> Arc<SqliteStore> {
        Arc::new((*self.open_tenant).clone())
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let sql = "UPDATE userbook_user SET last_login = ?2, password_change_date = ?3 WHERE id = ?1";
        let update = sqlx::query(sql).bind(user.0).bind(last_login.timestamp_micros());
        let update = update.bind(password_change_date.timestamp_micros());
        update.execute(self.open_tenant.pool()).await.unwrap();
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

/// A tenant in a database of a MariaDB server. The databases are dropped with this value.
pub(crate) struct MySqlTenant {
    options: MySqlConnectOptions,
    prefix: TenantPrefix,
    _database: servers::mariadb::Database,
    _tenants: Tenants<MySqlTenants>,
    open_tenant: OpenTenant<MySqlTenants>,
}

impl Harness for MySqlTenant {
    type Store = MySqlStore;

    async fn with(rows: &ImportData) -> Self {
        let database = servers::mariadb::Database::blank().await;
        let (options, prefix) = (database.options(), unique_prefix());
        let pool = mysql::pool_options().max_connections(8);
        let source = MySqlTenants::mysql(options.clone(), pool, prefix.clone());
        let tenants = Tenants::new(source, limits(4));
        tenants.create(&name("acme-1")).await.unwrap();
        let open_tenant = tenants.get(&name("acme-1")).await.unwrap();
        open_tenant.import(rows).await.unwrap();
        Self { options, prefix, _database: database, _tenants: tenants, open_tenant }
    }

    fn store(&self) -> Arc<MySqlStore> {
        Arc::new((*self.open_tenant).clone())
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let sql = "UPDATE userbook_user SET last_login = ?, password_change_date = ? WHERE id = ?";
        let update = sqlx::query(sql).bind(last_login.naive_utc()).bind(password_change_date.naive_utc());
        update.bind(user.0).execute(self.open_tenant.pool()).await.unwrap();
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

impl Drop for MySqlTenant {
    fn drop(&mut self) {
        drop_databases(&self.options, &self.prefix, &["acme-1"]);
    }
}

/// Drops the databases of tenants, on a runtime of its own.
pub(crate) fn drop_databases(options: &MySqlConnectOptions, prefix: &TenantPrefix, tenants: &[&str]) {
    use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut admin = MySqlConnection::connect_with(options).await.unwrap();
            for tenant in tenants {
                let drop = format!("DROP DATABASE IF EXISTS `{prefix}{tenant}`");
                admin.execute(AssertSqlSafe(drop)).await.unwrap();
            }
            admin.close().await.unwrap();
        });
    };
    // A failing test reports its own error.
    drop(std::thread::scope(|scope| scope.spawn(work).join()));
}
