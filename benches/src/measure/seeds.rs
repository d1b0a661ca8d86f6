//! Directories that are too large for an import, filled with SQL. Each user is in one of the groups.

use std::path::Path;

use sqlx::{Executor, sqlite::SqlitePoolOptions};
use userbook::store::ImportStore;
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use userbook_tests::servers::postgres::Database;

use crate::{Failure, directory::rows};

/// The number of users whose path begins with [`FEW_PATHS`], in a directory of any size.
pub(super) const FEW: i64 = 20;
/// The beginning of the paths of few users.
pub(super) const FEW_PATHS: &str = "few/";

/// The only parameter is the number of users. Users are created one second after the other.
const SQLITE: [&str; 2] = [
    "INSERT INTO userbook_user (id, uuid, username, name, email, is_active, last_login, path, type, attributes,
         password_change_date, created_at, updated_at, revision, version, session_epoch)
     WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
     SELECT n, randomblob(16), printf('user%010d', n), 'User Number ' || n, 'user' || n || '@example.com', 1, NULL,
         CASE WHEN n % (?1 / 20) = 0 THEN 'few/' || n ELSE 'users/staff' END, 'internal',
         '{\"team\": \"red\", \"settings\": {\"locale\": \"de\"}, \"n\": ' || n || '}',
         0, n * 1000000, n * 1000000, randomblob(16), 1, randomblob(16)
     FROM numbers",
    "INSERT INTO userbook_membership (user_id, group_id, can_act)
     SELECT u.id, g.id, u.can_act FROM userbook_user AS u CROSS JOIN (SELECT min(id) AS id FROM userbook_group) AS g
     WHERE u.id <= ?1",
];

const POSTGRES: [&str; 3] = [
    "INSERT INTO userbook_user (id, uuid, username, name, email, is_active, last_login, path, type, attributes,
         password_change_date, created_at, updated_at, revision, version, session_epoch)
     SELECT n, gen_random_uuid(), 'user' || lpad(n::text, 10, '0'), 'User Number ' || n,
         'user' || n || '@example.com', true, NULL,
         CASE WHEN n % ($1::bigint / 20) = 0 THEN 'few/' || n ELSE 'users/staff' END, 'internal',
         '{\"team\": \"red\", \"settings\": {\"locale\": \"de\"}, \"n\": ' || n || '}',
         now(), to_timestamp(n), to_timestamp(n), gen_random_uuid(), 1, gen_random_uuid()
     FROM generate_series(1, $1::bigint) AS n",
    "INSERT INTO userbook_membership (user_id, group_id, can_act)
     SELECT u.id, (SELECT id FROM userbook_group ORDER BY id LIMIT 1), u.can_act FROM userbook_user AS u WHERE u.id <= $1",
    // The trigger that counts does not run.
    "UPDATE userbook_count SET value = $1::bigint WHERE name = 'users'",
];

/// Returns a SQLite file with this many users. The file stays and is reused by the next run.
pub(super) async fn sqlite(folder: &Path, users: i64) -> Result<SqliteStore, Failure> {
    sqlite_with(folder, users, 1).await
}

/// Returns that file with a pool of this many connections.
pub(super) async fn sqlite_with(folder: &Path, users: i64, connections: u32) -> Result<SqliteStore, Failure> {
    let file = folder.join(format!("directory-{users}.db"));
    // An earlier run may have had another schema.
    if file.exists() && open(&file, 1).await?.migrate().await.is_err() {
        std::fs::remove_file(&file)?;
    }
    if !file.exists() {
        let new = file.with_extension("new");
        for left in [new.clone(), new.with_extension("new-wal"), new.with_extension("new-shm")] {
            if left.exists() {
                std::fs::remove_file(left)?;
            }
        }
        let store = open(&new, 1).await?;
        store.migrate().await?;
        store.import(&rows(0)).await?;
        let mut connection = store.pool().acquire().await?;
        connection.execute("PRAGMA synchronous = OFF").await?;
        for statement in SQLITE {
            sqlx::query(statement).bind(users).execute(&mut *connection).await?;
        }
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        drop(connection);
        store.pool().close().await;
        std::fs::rename(new, &file)?;
    }
    open(&file, connections).await
}

/// Opens a file.
pub(super) async fn open(file: &Path, connections: u32) -> Result<SqliteStore, Failure> {
    let options = connect_options(&format!("sqlite://{}", file.display()))?;
    let pool = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
    Ok(SqliteStore::new(pool.connect_with(options).await?))
}

/// Returns a PostgreSQL database with this many users.
pub(super) async fn postgres(users: i64) -> Result<Database, Failure> {
    let database = Database::new().await;
    database.store.import(&rows(0)).await?;
    let mut connection = database.pool().acquire().await?;
    // Without triggers, because the keys are valid by construction.
    connection.execute("SET session_replication_role = replica").await?;
    for statement in POSTGRES {
        sqlx::query(statement).bind(users).execute(&mut *connection).await?;
    }
    connection.execute("RESET session_replication_role").await?;
    connection.execute("VACUUM ANALYZE").await?;
    connection.execute("CHECKPOINT").await?;
    drop(connection);
    Ok(database)
}
