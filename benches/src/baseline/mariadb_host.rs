//! "Update user" over HTTP as one writes it by hand for MariaDB: an axum handler over a pool of sqlx. Token,
//! permissions, user, a transaction with the user and an event. It checks the token, the permission and the revision,
//! and nothing else.

use axum::{
    Json, Router,
    extract::{self, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::put,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{Acquire, MySqlPool, mysql::MySqlPoolOptions};
use userbook::{
    Timestamp, UserId,
    clock::{ChangeIds, RandomIds},
};
use uuid::Uuid;

use super::mariadb::{load, write_event};
use crate::Failure;

/// As many as the reference server has.
const CONNECTIONS: u32 = 8;

const TOKEN: &str = "SELECT token.user_id FROM userbook_server_token AS token \
    JOIN userbook_user AS owner ON owner.id = token.user_id WHERE token.hash = ? AND owner.is_active = 1";
const GRANTS: &str =
    "SELECT permission FROM userbook_server_grant WHERE user_id = ? AND (on_user IS NULL OR on_user = ?)";
const UPDATE: &str = "UPDATE userbook_user SET username = ?, name = ?, email = ?, is_active = ?, last_login = ?, path = ?, \
    type = ?, attributes = ?, revision = ?, version = version + 1, updated_at = UTC_TIMESTAMP(6) \
    WHERE id = ? AND revision = ?";

#[derive(Debug, Serialize, Deserialize)]
struct User {
    username: String,
    name: String,
    is_active: bool,
    last_login: Option<Timestamp>,
    email: String,
    attributes: Value,
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    pk: i64,
    uuid: Uuid,
    #[serde(flatten)]
    user: User,
    groups_obj: Vec<(Uuid, String, bool, Option<Uuid>, Value)>,
}

/// Returns the application on a database that the server created.
pub async fn app(url: &str) -> Result<Router, Failure> {
    let options = userbook_sqlx::mysql::connect_options(url)?;
    let pool = MySqlPoolOptions::new()
        .max_connections(CONNECTIONS)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(Router::new().route(&format!("{}{{id}}/", userbook_http::USERS_PATH), put(handle)).with_state(pool))
}

async fn handle(
    State(pool): State<MySqlPool>,
    extract::Path(id): extract::Path<i64>,
    headers: HeaderMap,
    Json(user): Json<User>,
) -> Result<Json<Shown>, StatusCode> {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let hash = Sha256::digest(token.ok_or(StatusCode::FORBIDDEN)?);
    let updated = update(&pool, &hash, UserId(id), user).await;
    updated.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.map(Json).ok_or(StatusCode::FORBIDDEN)
}

/// Returns the user, or nothing if the caller has no permission.
async fn update(pool: &MySqlPool, hash: &[u8], id: UserId, user: User) -> Result<Option<Shown>, Failure> {
    let mut connection = pool.acquire().await?;
    let caller: i64 = sqlx::query_scalar(TOKEN).bind(hash).fetch_one(&mut *connection).await?;
    let grants: Vec<String> =
        sqlx::query_scalar(GRANTS).bind(caller).bind(id.0).fetch_all(&mut *connection).await?;
    if !grants.iter().any(|permission| permission == "authentik_core.change_user") {
        return Ok(None);
    }
    let found = load(&mut connection, id).await?;
    let revision = RandomIds.next_uuid();
    let mut transaction = connection.begin().await?;
    let update = sqlx::query(UPDATE)
        .bind(user.username.as_bytes())
        .bind(&user.name)
        .bind(&user.email)
        .bind(user.is_active)
        .bind(user.last_login.map(|time| time.naive_utc()))
        .bind(&user.path)
        .bind(&user.kind)
        .bind(user.attributes.to_string())
        .bind(revision)
        .bind(id.0)
        .bind(found.revision);
    if update.execute(&mut *transaction).await?.rows_affected() != 1 {
        return Err("the user was changed meanwhile".into());
    }
    let diff = json!({
        "name": {"old": found.name, "new": user.name}, "email": {"old": found.email, "new": user.email},
        "attributes": {"old": found.attributes, "new": user.attributes}, "last_login": {"new": user.last_login},
    });
    write_event(&mut transaction, id, &found, &diff, revision).await?;
    transaction.commit().await?;
    let groups = found.groups.into_iter();
    let groups_obj = groups
        .map(|group| (group.id, group.name, group.is_superuser, group.parent, group.attributes))
        .collect();
    Ok(Some(Shown { pk: id.0, uuid: found.uuid, user, groups_obj }))
}
