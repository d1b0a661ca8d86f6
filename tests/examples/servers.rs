//! The examples that serve HTTP.

use serde_json::{Value, json};
use sqlx::SqlitePool;
use tempfile::TempDir;
use userbook::{UserId, UserStore, store::SnapshotQuery};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use userbook_tests::binary::Answer;

use crate::process::Listening;

const USER: &str = "/api/v3/core/users/1/";
const COOKIE: (&str, &str) = ("cookie", "session=secret");
/// A PUT replaces the memberships: without `groups` it would take the administrator out of the group.
fn put(name: &str) -> Value {
    json!({"username": "admin", "name": name, "groups": ["00000000-0000-0000-0000-000000000001"]})
}

fn database(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("users.db").display())
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

async fn stored_name(url: &str) -> String {
    let pool = SqlitePool::connect_with(connect_options(url).unwrap()).await.unwrap();
    let snapshot = SqliteStore::new(pool).load(&SnapshotQuery::user(UserId(1))).await.unwrap();
    snapshot.user.unwrap().name
}

#[tokio::test]
async fn axum_minimal_accepts_a_put_of_the_first_administrator() {
    let folder = tempfile::tempdir().unwrap();
    let url = database(&folder);
    let environment = [("DATABASE_URL", url.as_str()), ("ADMIN_TOKEN", "secret")];
    let token = ("authorization", "Bearer secret");
    // The second start finds the administrator.
    for name in ["Ada Lovelace", "Ada King"] {
        let app = Listening::start("axum_minimal", &environment);
        let put = put(name);
        let answer = app.send("PUT", USER, token, Some(&put));
        assert_eq!((answer.status, &body(&answer)["name"]), (200, &json!(name)));
        assert_eq!(
            body(&app.send("GET", "/api/v3/core/users/me/", token, None))["user"]["is_superuser"],
            true
        );
        assert_eq!(app.send("PUT", USER, ("authorization", "Bearer guessed"), Some(&put)).status, 403);
        assert_eq!(app.send("GET", "/", token, None).body, b"hello");
        drop(app);
        assert_eq!(stored_name(&url).await, name);
    }
}

#[tokio::test]
async fn existing_app_authenticates_by_its_session_and_logs_failures() {
    let folder = tempfile::tempdir().unwrap();
    let url = database(&folder);
    let app = Listening::start("existing_app", &[("DATABASE_URL", &url)]);
    let put = json!({"username": "ada", "name": "Ada King"});
    assert_eq!(app.send("PUT", USER, ("cookie", "session=guessed"), Some(&put)).status, 403);
    assert_eq!(app.send("PUT", USER, COOKIE, Some(&put)).status, 200);
    assert_eq!(stored_name(&url).await, "Ada King");
    assert_eq!(app.send("GET", "/greet/1", COOKIE, None).body, b"Hello, Ada King!");
    assert_eq!(app.send("GET", "/greet/2", COOKIE, None).status, 404);

    let pool = SqlitePool::connect_with(connect_options(&url).unwrap()).await.unwrap();
    sqlx::raw_sql("ALTER TABLE userbook_user RENAME TO gone").execute(&pool).await.unwrap();
    assert_eq!(app.send("GET", USER, COOKIE, None).status, 500);
    let log = app.stop();
    assert!(log.contains("request failed") && log.contains("userbook_user"), "{log}");
}

#[test]
fn actix_minimal_accepts_a_put_of_the_first_administrator() {
    let app = Listening::start("actix_minimal", &[]);
    let put = put("Ada King");
    assert_eq!(app.send("PUT", USER, ("cookie", "session=guessed"), Some(&put)).status, 403);
    let answer = app.send("PUT", USER, COOKIE, Some(&put));
    assert_eq!((answer.status, &body(&answer)["name"]), (200, &json!("Ada King")));
    assert_eq!(app.send("GET", "/greet/1", COOKIE, None).body, b"Hello, Ada King!");
    assert_eq!(app.send("GET", "/greet/2", COOKIE, None).status, 404);
}

#[test]
fn scim_axum_lets_an_identity_provider_create_users() {
    creates_and_finds_a_user("scim_axum");
}

#[test]
fn scim_actix_lets_an_identity_provider_create_users() {
    creates_and_finds_a_user("scim_actix");
}

/// Requires that an example of the SCIM provider creates and finds a user for the right token only.
fn creates_and_finds_a_user(example: &str) {
    let app = Listening::start(example, &[("SCIM_TOKEN", "secret")]);
    let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"});
    assert_eq!(
        app.send("POST", "/scim/v2/Users", ("authorization", "Bearer guessed"), Some(&user)).status,
        401
    );
    let token = ("authorization", "Bearer secret");
    let created = app.send("POST", "/scim/v2/Users", token, Some(&user));
    assert_eq!((created.status, &body(&created)["userName"]), (201, &json!("ada")));
    let found = app.send("GET", "/scim/v2/Users?filter=userName%20eq%20%22ada%22", token, None);
    assert_eq!(body(&found)["Resources"][0]["id"], body(&created)["id"]);
}
