//! No statement reaches another tenant: after errors, dropped futures, prepared statements, or with another tenant's
//! ids.

use std::{sync::Arc, time::Duration};

use sqlx::{Executor, Row};
use tokio::task::JoinSet;
use userbook::{
    AccessError, Actor, PermissionAuthorizer, StaticPermissions, UpdateError, User, UserId, UserRef,
    UserService, UserStore, UserUpdate,
    store::{CommitOutcome, ImportData, ImportStore, SnapshotQuery},
};
use userbook_sqlx::{SqlStore, host::Backend};
use userbook_tenants::{PostgresTenants, SqlTenants, TenantBackend, TenantError, TenantPrefix, Tenants};
use userbook_tests::{
    rows::{rename, user},
    servers,
};
use uuid::Uuid;

use crate::fixture::{drop_databases, limits, mysql, name, postgres, sqlite, unique_prefix};

const TENANTS: [&str; 3] = ["acme", "globex", "acme-2"];

/// Users 1 to 3, whose names are the tenant's.
async fn fill<B: TenantBackend>(tenants: &Tenants<SqlTenants<B>>) {
    for tenant in TENANTS {
        assert!(tenants.create(&name(tenant)).await.unwrap());
        let store = tenants.get(&name(tenant)).await.unwrap();
        let own = |id: i64| User { uuid: uuid_of(tenant, id), name: tenant.to_owned(), ..user(id) };
        let users = (1..=3).map(own).collect();
        store.import(&ImportData { users, ..ImportData::default() }).await.unwrap();
    }
}

fn uuid_of(tenant: &str, id: i64) -> Uuid {
    let position = TENANTS.iter().position(|known| *known == tenant).unwrap();
    Uuid::from_u128((position as u128 + 1) << 64 | u128::from(id.unsigned_abs()))
}

fn service<B: Backend>(store: &SqlStore<B>) -> impl Clone + AsyncUpdate {
    Service(Arc::new(UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()))))
}

/// Updates users, for any store.
trait AsyncUpdate {
    fn rename(&self, user: UserRef, to: String) -> impl Future<Output = Result<(), UpdateError>> + Send;
}

#[derive(Clone)]
struct Service<S: UserStore>(Arc<UserService<S, PermissionAuthorizer<StaticPermissions>>>);

impl<S: UserStore> AsyncUpdate for Service<S> {
    async fn rename(&self, user: UserRef, to: String) -> Result<(), UpdateError> {
        self.0.update_user(&Actor::system(), user, UserUpdate::patch().name(to)).await.map(drop)
    }
}

/// Random updates of all tenants at once. Every name begins with its tenant afterwards.
async fn updates_stay_in_their_tenant<B: TenantBackend>(tenants: &Tenants<SqlTenants<B>>) {
    let mut all = JoinSet::new();
    for worker in 0..8 {
        let tenants = tenants.clone();
        all.spawn(async move {
            for round in 0..12 {
                let tenant = TENANTS[fastrand::usize(..TENANTS.len())];
                let store = tenants.get(&name(tenant)).await.unwrap();
                let target = UserRef::from(UserId(fastrand::i64(1..=3)));
                service(&store).rename(target, format!("{tenant}: {worker} {round}")).await.unwrap();
            }
        });
    }
    all.join_all().await;
    for tenant in TENANTS {
        let store = tenants.get(&name(tenant)).await.unwrap();
        for id in 1..=3 {
            let found = store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap();
            assert_eq!(found.uuid, uuid_of(tenant, id));
            assert!(found.name == tenant || found.name.starts_with(&format!("{tenant}: ")), "{}", found.name);
        }
    }
}

/// Futures that are dropped at any point, and statements that fail, leave the tenant's next caller in the tenant.
async fn interrupted_operations_stay_in_their_tenant<B: TenantBackend>(tenants: &Tenants<SqlTenants<B>>) {
    for round in 0..30 {
        let tenant = TENANTS[round % TENANTS.len()];
        let store = tenants.get(&name(tenant)).await.unwrap();
        let work = async {
            let query = SnapshotQuery::user(UserId(2));
            let loaded = store.load(&query).await.unwrap().user.unwrap();
            assert_eq!(loaded.uuid, uuid_of(tenant, 2));
            let outcome = store.commit(&rename(&loaded, round as u128 + 1)).await.unwrap();
            assert_eq!(outcome, CommitOutcome::Applied);
        };
        let time = Duration::from_micros(fastrand::u64(0..4_000));
        let _ = tokio::time::timeout(time, work).await;
        drop(store);
        let other = TENANTS[(round + 1) % TENANTS.len()];
        let store = tenants.get(&name(other)).await.unwrap();
        let found = store.load(&SnapshotQuery::user(UserId(2))).await.unwrap().user.unwrap();
        assert_eq!(found.uuid, uuid_of(other, 2));
    }
}

/// Ids and UUIDs of another tenant name no user.
async fn identifiers_of_other_tenants_are_unknown<B: TenantBackend>(tenants: &Tenants<SqlTenants<B>>) {
    let store = tenants.get(&name("acme")).await.unwrap();
    let users = service(&store);
    for other in ["globex", "acme-2"] {
        let taken = users.rename(UserRef::from(uuid_of(other, 1)), "taken over".to_owned()).await;
        assert!(matches!(taken, Err(UpdateError::Access(AccessError::NotFound))), "{other}: {taken:?}");
    }
    users.rename(UserRef::from(uuid_of("acme", 1)), "acme: by its UUID".to_owned()).await.unwrap();
    for tenant in ["globex", "acme-2"] {
        let store = tenants.get(&name(tenant)).await.unwrap();
        let found = store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap();
        assert!(!found.name.contains("taken over"));
    }
}

async fn attack<B: TenantBackend>(tenants: Tenants<SqlTenants<B>>) {
    fill(&tenants).await;
    updates_stay_in_their_tenant(&tenants).await;
    identifiers_of_other_tenants_are_unknown(&tenants).await;
    interrupted_operations_stay_in_their_tenant(&tenants).await;
    for unknown in ["acm", "acme-3", "public", "tenant"] {
        assert!(matches!(tenants.get(&name(unknown)).await, Err(TenantError::Unknown(_))), "{unknown}");
    }
    let mut known = TENANTS.map(name);
    known.sort();
    assert_eq!(tenants.names().await.unwrap(), known);
    tenants.close().await;
}

// Fewer places than tenants: each change of the tenant closes and opens one.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_schemas() {
    let database = servers::postgres::Database::blank().await;
    attack(postgres(database.options(), limits(2))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mysql_databases() {
    let database = servers::mariadb::Database::blank().await;
    let prefix = unique_prefix();
    attack(mysql(database.options(), prefix.clone(), limits(2))).await;
    drop_databases(&database.options(), &prefix, &TENANTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_files() {
    let folder = tempfile::tempdir().unwrap();
    attack(sqlite(folder.path(), limits(2))).await;
}

/// A schema without tables is an error, although another schema on the default search path has the tables.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_table_is_not_found_in_another_schema() {
    let database = servers::postgres::Database::new().await;
    database.store.import(&ImportData { users: vec![user(1)], ..ImportData::default() }).await.unwrap();
    let tenants = postgres(database.options(), limits(2));
    tenants.create(&name("acme")).await.unwrap();
    let store = tenants.get(&name("acme")).await.unwrap();
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user, None);
    let path = store.pool().fetch_one("SHOW search_path").await.unwrap();
    assert_eq!(path.get::<String, _>(0), "\"tenant_acme\"");
    database.pool().execute("DROP TABLE tenant_acme.userbook_user CASCADE").await.unwrap();
    assert!(store.load(&SnapshotQuery::user(UserId(1))).await.is_err());
}

/// A host's hooks of the pool replace those of the library, and do not bring a connection to another tenant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_of_the_host_do_not_matter() {
    let database = servers::postgres::Database::blank().await;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(2)
        .before_acquire(|_, _| Box::pin(async { Ok(true) }))
        .after_release(|_, _| Box::pin(async { Ok(true) }))
        .after_connect(|_, _| Box::pin(async { Ok(()) }));
    let source = PostgresTenants::postgres(database.options(), pool, TenantPrefix::default());
    let tenants = Tenants::new(source, limits(2));
    fill(&tenants).await;
    interrupted_operations_stay_in_their_tenant(&tenants).await;
    tenants.close().await;
}

/// The connections that serve a tenant are checked each time its pool is opened, not only those that migrate it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serving_connections_with_another_search_path_are_refused() {
    let database = servers::postgres::Database::new().await;
    let hooked = userbook_sqlx::postgres::pool_options().max_connections(2).after_connect(|connection, _| {
        Box::pin(async move { connection.execute("SET search_path TO public").await.map(drop) })
    });
    let source = PostgresTenants::postgres(database.options(), hooked, TenantPrefix::default())
        .with_migration_connections(database.options(), userbook_sqlx::postgres::pool_options());
    let tenants = Tenants::new(source, limits(2));
    assert!(tenants.create(&name("acme")).await.is_err());
    for _ in 0..2 {
        let error = tenants.get(&name("acme")).await.err().unwrap();
        assert!(source_text(&error).contains("directed to"), "{}", source_text(&error));
    }
}

/// Returns the text of an error and of its sources.
fn source_text(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
