//! A SCIM search for one user among 1,000 and among 1,000,000 users of a connection must cost the same, whether the
//! user exists or not. Each user has two addresses.

use std::{path::Path, sync::Arc, time::Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Map, Value, json};
use sqlx::Executor;
use tokio::runtime::Runtime;
use userbook::{
    Actor, PermissionAuthorizer, StaticPermissions, UserId, UserService,
    store::{ListStore, ProvisioningStore, Scope, UserFilter, UserListQuery},
};
use userbook_scim::{Connection, ConnectionAuthorizer, ScimApi, StaticConnections};
use userbook_sqlx::{host::claim_digest, sqlite::SqliteStore};

use super::{Found, Setting, seeds};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::{median, round},
};

const SIZES: [i64; 2] = [1_000, 1_000_000];
const WARM_UP: usize = 20;
/// A prime, so that rows come from all parts of the table and rarely repeat.
const STRIDE: i64 = 7919;

type Api<S> = ScimApi<S, ConnectionAuthorizer<PermissionAuthorizer<StaticPermissions>>, StaticConnections>;

/// A search whose cost is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Question {
    UserName,
    UserNameInCapitals,
    MissingUserName,
    ExternalId,
    MissingExternalId,
    Id,
    Email,
    FurtherEmail,
    MissingEmail,
}

impl Question {
    const ALL: [Self; 9] = [
        Self::UserName,
        Self::UserNameInCapitals,
        Self::MissingUserName,
        Self::ExternalId,
        Self::MissingExternalId,
        Self::Id,
        Self::Email,
        Self::FurtherEmail,
        Self::MissingEmail,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::UserName => "userName",
            Self::UserNameInCapitals => "userName_in_capitals",
            Self::MissingUserName => "userName_of_no_user",
            Self::ExternalId => "externalId",
            Self::MissingExternalId => "externalId_of_no_user",
            Self::Id => "id",
            Self::Email => "emails.value",
            Self::FurtherEmail => "emails.value_beside_the_primary_one",
            Self::MissingEmail => "emails.value_of_no_user",
        }
    }

    /// Returns the filter about the user with this number, and the number of results.
    fn filter(self, number: i64, uuid: &str) -> (String, u64) {
        match self {
            Self::UserName => (format!("userName eq \"user{number:010}\""), 1),
            Self::UserNameInCapitals => (format!("userName eq \"USER{number:010}\""), 1),
            Self::MissingUserName => (format!("userName eq \"none{number}\""), 0),
            Self::ExternalId => (format!("externalId eq \"ext-{number}\""), 1),
            Self::MissingExternalId => (format!("externalId eq \"none-{number}\""), 0),
            Self::Id => (format!("id eq \"{uuid}\""), 1),
            Self::Email => (format!("emails.value eq \"user{number}@example.com\""), 1),
            Self::FurtherEmail => (format!("emails.value eq \"home{number}@example.org\""), 1),
            Self::MissingEmail => (format!("emails.value eq \"none{number}@example.com\""), 0),
        }
    }
}

/// What a connection has in addition to [`seeds`]: external ids, claims and further addresses. The parameter is the
/// number of users.
const POSTGRES: [&str; 6] = [
    "INSERT INTO userbook_user_external_id (user_id, source, identifier)
     SELECT n, 'scim:okta', 'ext-' || n FROM generate_series(1, $1::bigint) AS n",
    "UPDATE userbook_user SET external_ids = ('{\"scim:okta\": \"ext-' || id || '\"}')::json WHERE id <= $1::bigint",
    "INSERT INTO userbook_claim (user_id, namespace, digest)
     SELECT id, 'login', encode(sha256(username::bytea), 'hex') FROM userbook_user WHERE id <= $1::bigint
     ON CONFLICT (user_id, namespace) DO NOTHING",
    "INSERT INTO userbook_claim (user_id, namespace, digest)
     SELECT id, 'email', encode(sha256(email::bytea), 'hex') FROM userbook_user WHERE id <= $1::bigint
     ON CONFLICT (user_id, namespace) DO NOTHING",
    "UPDATE userbook_user SET attributes = '{\"emails\": [{\"value\": \"' || email || '\", \"type\": \"work\", \"primary\": true},
     {\"value\": \"home' || id || '@example.org\", \"type\": \"home\"}]}' WHERE id <= $1::bigint",
    "INSERT INTO userbook_further_address (user_id, digest)
     SELECT id, encode(sha256(address::bytea), 'hex') FROM userbook_user
     CROSS JOIN LATERAL (VALUES (email), ('home' || id || '@example.org')) AS addresses (address)
     WHERE id <= $1::bigint",
];

/// Returns a SQLite file in which a connection manages this many users. The file stays and is reused by the next run.
async fn sqlite(folder: &Path, users: i64) -> Result<SqliteStore, Failure> {
    drop(seeds::sqlite(folder, users).await?);
    let file = folder.join(format!("scim-{users}.db"));
    // An earlier run may have had another schema.
    if file.exists() && seeds::open(&file, 1).await?.migrate().await.is_err() {
        std::fs::remove_file(&file)?;
    }
    if !file.exists() {
        let new = file.with_extension("new");
        std::fs::copy(folder.join(format!("directory-{users}.db")), &new)?;
        let store = seeds::open(&new, 1).await?;
        let mut transaction = store.pool().begin().await?;
        for number in 1..=users {
            let id = format!("ext-{number}");
            let [own, home] = [format!("user{number}@example.com"), format!("home{number}@example.org")];
            let emails =
                json!([{"value": own, "type": "work", "primary": true}, {"value": home, "type": "home"}]);
            sqlx::query("UPDATE userbook_user SET external_ids = ?2, attributes = ?3 WHERE id = ?1")
                .bind(number)
                .bind(json!({"scim:okta": id}).to_string())
                .bind(json!({"emails": emails}).to_string())
                .execute(&mut *transaction)
                .await?;
            sqlx::query("INSERT INTO userbook_user_external_id (user_id, source, identifier) VALUES (?1, 'scim:okta', ?2)")
                .bind(number)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            for address in [&own, &home] {
                sqlx::query("INSERT INTO userbook_further_address (user_id, digest) VALUES (?1, ?2)")
                    .bind(number)
                    .bind(claim_digest(address))
                    .execute(&mut *transaction)
                    .await?;
            }
            for (namespace, name) in [("login", format!("user{number:010}")), ("email", own)] {
                sqlx::query(
                    "INSERT OR REPLACE INTO userbook_claim (user_id, namespace, digest) VALUES (?1, ?2, ?3)",
                )
                .bind(number)
                .bind(namespace)
                .bind(claim_digest(&name))
                .execute(&mut *transaction)
                .await?;
            }
        }
        transaction.commit().await?;
        store.pool().execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        store.pool().close().await;
        std::fs::rename(new, &file)?;
    }
    seeds::open(&file, 1).await
}

/// Returns the provider over a store. The account is an ordinary user.
fn provider<S: ListStore + ProvisioningStore>(store: S) -> Result<Api<S>, Failure> {
    let authorizer = ConnectionAuthorizer::new(PermissionAuthorizer::new(StaticPermissions::none()));
    let connection = Connection::new("okta", Actor::user(UserId(1)))?;
    let connections = StaticConnections::new().with("okta", connection);
    Ok(ScimApi::new(UserService::new(store, authorizer), connections))
}

/// Returns the UUID of a user.
async fn uuid<S: ListStore>(store: &S, number: i64) -> Result<String, Failure> {
    let filter = UserFilter { usernames: [format!("user{number:010}")].into(), ..UserFilter::default() };
    let (scope, order) = (Scope::Everything, Vec::new());
    let query = UserListQuery { scope, filter, order, offset: 0, limit: 1, max_bytes: 1 << 20 };
    let page = store.list_users(&query).await?;
    Ok(page.users.first().map(|user| user.uuid.to_string()).ok_or("no such user")?)
}

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let sizes = [SIZES[0], setting.pick(SIZES[1], 10_000)];
    let rounds = setting.pick(400, 50);
    Runtime::new()?.block_on(async {
        let mut stores = Vec::new();
        for size in sizes {
            stores.push((size, Arc::new(sqlite(&setting.folder, size).await?)));
        }
        let sqlite = costs(&stores, rounds).await?;
        drop(stores);
        let (mut stores, mut kept) = (Vec::new(), Vec::new());
        for size in sizes {
            let database = seeds::postgres(size).await?;
            let mut connection = database.pool().acquire().await?;
            for statement in POSTGRES {
                sqlx::query(statement).bind(size).execute(&mut *connection).await?;
            }
            connection.execute("VACUUM ANALYZE").await?;
            stores.push((size, Arc::clone(&database.store)));
            kept.push(database);
        }
        let postgres = costs(&stores, rounds).await?;
        Ok(found(sizes[1] == SIZES[1], &[("SQLite", sqlite), ("PostgreSQL", postgres)]))
    })
}

/// The medians by question and number of users, in microseconds.
type Costs = Vec<(Question, Vec<(i64, f64)>)>;

/// Measures each question, alternating between the sizes, so that other load affects all.
async fn costs<S>(stores: &[(i64, Arc<S>)], rounds: usize) -> Result<Costs, Failure>
where
    S: ListStore + ProvisioningStore,
{
    let mut providers = Vec::new();
    for (users, store) in stores {
        providers.push((*users, store, provider(Arc::clone(store))?));
    }
    let mut costs = Vec::new();
    for question in Question::ALL {
        let mut times = vec![Vec::new(); stores.len()];
        for turn in 0..WARM_UP + rounds {
            for ((users, store, api), times) in providers.iter().zip(&mut times) {
                let number = i64::try_from(turn)? * STRIDE % users + 1;
                let uuid = if question == Question::Id {
                    uuid(store.as_ref(), number).await?
                } else {
                    String::new()
                };
                let (filter, expected) = question.filter(number, &uuid);
                let filter = filter.replace(' ', "%20").replace('"', "%22");
                let request = Request::get(format!("/scim/v2/Users?filter={filter}"));
                let request = request.header("authorization", "Bearer okta").body(Full::new(Bytes::new()))?;
                let start = Instant::now();
                let answer = api.handle(request).await;
                let time = start.elapsed().as_secs_f64() * 1e6;
                let body: Value = serde_json::from_slice(answer.body())?;
                assert_eq!(body["totalResults"], expected, "{question:?} among {users}: {body}");
                if turn >= WARM_UP {
                    times.push(time);
                }
            }
        }
        let sizes = stores.iter().map(|(users, _)| *users);
        costs.push((question, sizes.zip(times.iter().map(|times| median(times))).collect()));
    }
    Ok(costs)
}

fn found(is_largest: bool, stores: &[(&'static str, Costs)]) -> Found {
    let mut worst = 0.0_f64;
    let mut ratios = Map::new();
    for (store, costs) in stores {
        let mut of_store = Map::new();
        for (question, medians) in costs {
            let (Some((_, few)), Some((_, many))) = (medians.first(), medians.last()) else { continue };
            let by_size: Map<String, Value> =
                medians.iter().map(|(users, time)| (users.to_string(), json!(round(*time)))).collect();
            of_store.insert(
                question.label().to_owned(),
                json!({"us_by_users": by_size, "ratio": round(many / few)}),
            );
            worst = worst.max(many / few);
        }
        ratios.insert((*store).to_owned(), Value::Object(of_store));
    }
    Figure {
        name: "scim_filters_1e6_vs_1e3",
        value: worst,
        // Smaller directories prove nothing.
        bound: if is_largest { Bound::AtMost(1.3) } else { Bound::Unbounded },
        baseline: "the same search among 1,000 users of a connection; the worst of userName, externalId, id and \
                   emails.value, found or not, SQLite and PostgreSQL",
        detail: Value::Object(ratios),
    }
    .into()
}
