//! "Update user" over HTTP as one writes it by hand for SQLite: an axum handler that runs `rusqlite` in
//! `spawn_blocking`: token, user, a transaction with the user and an event. It checks the token and the revision, and
//! nothing else.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{self, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::put,
};
use rusqlite::{Connection, OptionalExtension, named_params, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use userbook::clock::{ChangeIds, RandomIds};
use uuid::Uuid;

use crate::Failure;

const TOKEN: &str = "SELECT token.user_id FROM userbook_server_token AS token \
    JOIN userbook_user AS owner ON owner.id = token.user_id WHERE token.hash = ?1 AND owner.is_active = 1";
const USER: &str = "SELECT uuid, revision, version FROM userbook_user WHERE id = ?1";
const GROUPS: &str = "SELECT g.id, g.name, g.attributes FROM userbook_membership AS m \
    JOIN userbook_group AS g ON g.id = m.group_id WHERE m.user_id = ?1";
const UPDATE: &str = "UPDATE userbook_user SET username = :username, name = :name, email = :email, \
    is_active = :is_active, path = :path, type = :type, attributes = :attributes, revision = :new, \
    version = version + 1 WHERE id = :id AND revision = :revision";
const EVENT: &str = "INSERT INTO userbook_event (id, kind, user_id, version, occurred_at, body) \
    VALUES (?1, 'user_updated', ?2, ?3, 0, ?4)";

type Shared = Arc<Mutex<Connection>>;

#[derive(Debug, Serialize, Deserialize)]
struct User {
    username: String,
    name: String,
    is_active: bool,
    last_login: Option<String>,
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
    groups_obj: Vec<(Uuid, String, Value)>,
}

/// Returns the application on a database that the server created.
pub fn app(file: &Path) -> Result<Router, Failure> {
    let connection = Connection::open(file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
    )?;
    let shared = Arc::new(Mutex::new(connection));
    Ok(Router::new().route(&format!("{}{{id}}/", userbook_http::USERS_PATH), put(handle)).with_state(shared))
}

async fn handle(
    State(shared): State<Shared>,
    extract::Path(id): extract::Path<i64>,
    headers: HeaderMap,
    Json(user): Json<User>,
) -> Result<Json<Shown>, StatusCode> {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let hash = Sha256::digest(token.ok_or(StatusCode::FORBIDDEN)?);
    let done = tokio::task::spawn_blocking(move || update(&shared, &hash, id, user)).await;
    let shown = done.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    shown.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn update(shared: &Shared, hash: &[u8], id: i64, user: User) -> Result<Shown, Failure> {
    let mut connection = shared.lock().map_err(|_| "the connection is broken")?;
    let caller: Option<i64> =
        connection.prepare_cached(TOKEN)?.query_row([hash], |row| row.get(0)).optional()?;
    let caller = caller.ok_or("an unknown token")?;
    let (uuid, revision, version): (Vec<u8>, Vec<u8>, i64) = connection
        .prepare_cached(USER)?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut groups = Vec::new();
    {
        let mut query = connection.prepare_cached(GROUPS)?;
        let mut rows = query.query([id])?;
        while let Some(row) = rows.next()? {
            let attributes = serde_json::from_str(row.get_ref(2)?.as_str()?)?;
            groups.push((Uuid::from_slice(row.get_ref(0)?.as_blob()?)?, row.get(1)?, attributes));
        }
    }
    let new = RandomIds.next_uuid();
    let body = serde_json::json!({"actor": caller, "new": user}).to_string();
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let written = transaction.prepare_cached(UPDATE)?.execute(named_params! {
        ":username": user.username, ":name": user.name, ":email": user.email, ":is_active": user.is_active,
        ":path": user.path, ":type": user.kind, ":attributes": user.attributes.to_string(),
        ":new": new.as_bytes(), ":id": id, ":revision": revision,
    })?;
    if written != 1 {
        return Err("the user was changed meanwhile".into());
    }
    transaction.prepare_cached(EVENT)?.execute(params![new.as_bytes(), id, version + 1, body])?;
    transaction.commit()?;
    Ok(Shown { pk: id, uuid: Uuid::from_slice(&uuid)?, user, groups_obj: groups })
}
