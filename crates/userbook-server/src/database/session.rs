//! Connection pools whose statements have timeouts.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Executor,
    mysql::MySqlPoolOptions,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use userbook_sqlx::{mysql, postgres};

use crate::Limits;

/// A PostgreSQL pool.
pub(crate) fn postgres(limits: &Limits) -> PgPoolOptions {
    postgres::pool_options()
        .max_connections(limits.database_connections)
        .acquire_timeout(limits.acquire_timeout)
}

/// The timeouts of its connections: <https://www.postgresql.org/docs/current/runtime-config-client.html>.
pub(crate) fn with_timeouts(options: PgConnectOptions, limits: &Limits) -> PgConnectOptions {
    // Values in milliseconds; 0 would mean no limit.
    let millis = |time: Duration| time.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
    options.options([
        ("statement_timeout", millis(limits.statement_timeout)),
        ("lock_timeout", millis(limits.lock_timeout)),
        ("idle_in_transaction_session_timeout", millis(limits.statement_timeout)),
    ])
}

/// A MariaDB pool: <https://mariadb.com/kb/en/aborting-statements/>.
pub(crate) fn mysql(limits: &Limits) -> MySqlPoolOptions {
    let session = format!(
        "{}, SESSION max_statement_time = {}, SESSION innodb_lock_wait_timeout = {}",
        mysql::SESSION,
        limits.statement_timeout.as_secs_f64(),
        limits.lock_timeout.as_secs_f64().ceil(),
    );
    mysql::pool_options()
        .max_connections(limits.database_connections)
        .acquire_timeout(limits.acquire_timeout)
        .after_connect(move |connection, _| {
            let session = session.clone();
            Box::pin(async move {
                connection.execute(AssertSqlSafe(session)).await?;
                Ok(())
            })
        })
}
