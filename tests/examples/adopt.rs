//! The example that moves the accounts of a shop to Userbook, over HTTP.

use std::process::Stdio;

use serde_json::{Value, json};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::{
    browser::Browser,
    process::{Listening, example},
};

const ADA: &str = "0191d2a4-0000-4000-8000-00000000ada0";
const ADA_IN_API: &str = "/api/v3/core/users/2/";
const BOB_IN_API: &str = "/api/v3/core/users/3/";
const BLANK_IN_API: &str = "/api/v3/core/users/6/";
const ODD_IN_API: &str = "/api/v3/core/users/4/";

/// The shop before. The password of each account is "correct horse"; the tokens of the sessions are `session-of-` and
/// the name, stored as SHA-256.
const BEFORE: &str = "
    CREATE TABLE accounts (
        id TEXT NOT NULL PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password TEXT NOT NULL,
        is_admin INTEGER NOT NULL,
        is_active INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    );
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts (id),
        item TEXT NOT NULL
    );
    CREATE TABLE sessions (
        token BLOB NOT NULL PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
    );
    INSERT INTO accounts SELECT
        '0191d2a4-0000-4000-8000-00000000' || end, email, name,
        '000102030405060708090a0b0c0d0e0f:978a6aaf4515ab18961276c60c157ffe1cde55c07b660b059ebe59f926582188' ||
        'e15d6084082542fe828cd9658cc01cd018205f7b6c9bfb6d332b746bd6b90f8e',
        name = 'root', name <> 'bob', created_at
    FROM (
        SELECT 'add0' AS end, 'root@shop.example' AS email, 'root' AS name, 1600000000 AS created_at
        UNION ALL SELECT 'ada0', 'ada@shop.example', 'ada', 1600000001
        UNION ALL SELECT 'b0b0', 'bob@shop.example', 'bob', 1600000002
        UNION ALL SELECT '0dd0', 'not-an-address', 'odd', 1600000003
        UNION ALL SELECT 'ada1', 'ADA@shop.example', 'twin', 1600000004
        UNION ALL SELECT '0e00', '', 'blank', 1600000005
    );
    INSERT INTO orders (account, item) SELECT id, 'pen' FROM accounts WHERE name = 'ada';
    INSERT INTO orders (account, item) SELECT id, 'ink' FROM accounts WHERE name = 'ada';
    INSERT INTO sessions SELECT
        unhex(CASE name
            WHEN 'ada' THEN '23ab3e43020c0a83cd9f324583d01ff56af696c96e49c495480aff1ec9c3245e'
            WHEN 'root' THEN 'd340487cb8fd22577ba8d4e0fc192ed9603d53ce13e6937d7ab4584e54bfa93d'
            WHEN 'bob' THEN '536ac816b5bc815040e3943f3a1da4676468884b06c2b03cd957eaf4323c1fe1'
        END), id
    FROM accounts WHERE name IN ('ada', 'root', 'bob')";

/// A shop before it adopts Userbook.
struct Shop {
    _folder: TempDir,
    url: String,
    pool: SqlitePool,
}

impl Shop {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let url = format!("sqlite://{}", path.display());
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        sqlx::raw_sql(BEFORE).execute(&pool).await.unwrap();
        Self { _folder: folder, url, pool }
    }

    fn start(&self) -> Listening {
        Listening::start("adopt", &[("DATABASE_URL", &self.url)])
    }

    async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.unwrap();
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

fn browser<'a>(app: &'a Listening, name: &str) -> Browser<'a> {
    Browser::with_cookie(app, &format!("session=session-of-{name}"))
}

fn get(browser: &mut Browser<'_>, path: &str) -> (u16, Value) {
    let answer = browser.send("GET", path, &Value::Null);
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

#[tokio::test]
async fn accounts_with_one_address_stop_the_move_before_anything_changes() {
    let shop = Shop::new().await;
    let run = || example("adopt").env("DATABASE_URL", &shop.url).stdout(Stdio::null()).output().unwrap();
    let refused = run();
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && error.contains("have one address: ADA@shop.example"), "{error}");
    assert_eq!(shop.count("SELECT count(*) FROM accounts WHERE email LIKE '%@shop.example'").await, 4);
    assert_eq!(shop.count("SELECT count(*) FROM sessions JOIN accounts ON id = account").await, 3);
    assert_eq!(shop.count("SELECT count(*) FROM userbook_user").await, 0);
}

#[tokio::test]
async fn moved_accounts_keep_keys_orders_passwords_and_sessions() {
    let shop = Shop::new().await;
    shop.run("UPDATE accounts SET email = 'twin@shop.example' WHERE name = 'twin'").await;
    let app = shop.start();
    let (mut ada, mut root) = (browser(&app, "ada"), browser(&app, "root"));

    let me = json!({"id": ADA, "name": "ada", "email": "ada@shop.example", "has_account": true, "orders": 2});
    assert_eq!(get(&mut ada, "/me"), (200, me.clone()));
    assert_eq!(get(&mut browser(&app, "bob"), "/me").0, 401, "bob is inactive");
    let mut phone = Browser::new(&app);
    let mut log_in = |email: &str, password: &str| {
        phone.status("POST", "/login", &json!({"email": email, "password": password}))
    };
    assert_eq!(log_in("ada@shop.example", "wrong"), 401);
    assert_eq!(log_in("bob@shop.example", "correct horse"), 401);
    assert_eq!(log_in("Ada@Shop.example", "correct horse"), 204);
    assert_eq!(get(&mut phone, "/me"), (200, me));
    let at = "SELECT count(*) FROM userbook_user WHERE id = 2 AND created_at = 1600000001000000";
    assert_eq!(shop.count(at).await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM pragma_foreign_key_check").await, 0);

    // The administrator of the shop is a superuser of Userbook's API. A stored address that breaks a rule stays.
    assert_eq!(ada.status("PATCH", BOB_IN_API, &json!({"name": "B"})), 403);
    assert_eq!(root.json("PATCH", ODD_IN_API, &json!({"name": "O"})).1["email"], "not-an-address");
    let repeated = json!({"username": "odd", "name": "O", "email": "not-an-address"});
    assert_eq!(root.status("PUT", ODD_IN_API, &repeated), 400);
    let (status, answer) = root.json("PATCH", ADA_IN_API, &json!({"email": ""}));
    assert_eq!((status, answer), (400, json!({"email": ["This field may not be blank."]})));
    let (status, answer) = root.json("PATCH", ADA_IN_API, &json!({"email": "Root@shop.example"}));
    assert_eq!((status, answer), (400, json!({"email": ["This field must be unique."]})));

    assert_eq!(root.status("PATCH", BLANK_IN_API, &json!({"is_active": false})), 200);
    // An activation brings no session back.
    assert_eq!(root.status("PATCH", BOB_IN_API, &json!({"is_active": true})), 200);
    assert_eq!(get(&mut browser(&app, "bob"), "/me").0, 401);

    // A user with orders stays; without orders, the account goes with the user.
    assert_eq!(root.status("DELETE", ADA_IN_API, &Value::Null), 400);
    assert_eq!(root.status("DELETE", BOB_IN_API, &Value::Null), 204);
    assert_eq!(shop.count("SELECT count(*) FROM accounts WHERE id LIKE '%b0b0'").await, 0);

    // The end of the sessions, and a second start.
    assert_eq!(root.status("PATCH", ADA_IN_API, &json!({"is_active": false})), 200);
    assert_eq!((get(&mut ada, "/me").0, get(&mut phone, "/me").0), (401, 401));
    drop(app);
    let app = shop.start();
    assert_eq!(get(&mut browser(&app, "root"), "/me").0, 200);
    assert_eq!(shop.count("SELECT count(*) FROM userbook_user").await, 5);
    assert_eq!(shop.count("SELECT count(*) FROM orders JOIN accounts ON accounts.id = account").await, 2);
}

#[tokio::test]
async fn new_users_of_an_adopted_shop_get_accounts() {
    let shop = Shop::new().await;
    shop.run("DELETE FROM accounts WHERE name = 'twin'").await;
    let app = shop.start();
    let mut new = Browser::new(&app);
    let mut sign_up = |email: &str| {
        let body = json!({"email": email, "name": "Cy", "password": "battery staple"});
        new.status("POST", "/signup", &body)
    };
    assert_eq!((sign_up("ADA@shop.example"), sign_up(""), sign_up("cy@shop.example")), (400, 400, 201));
    let (status, me) = get(&mut new, "/me");
    assert_eq!((status, &me["has_account"], &me["orders"]), (200, &json!(true), &json!(0)));
    assert_eq!(shop.count("SELECT count(*) FROM accounts").await, 6, "refused ones leave no account");

    // A user of the API has an account from the first order on.
    let mut root = browser(&app, "root");
    let zed = json!({"username": "zed", "name": "Zed"});
    let (status, answer) = root.json("POST", "/api/v3/core/users/", &zed);
    assert_eq!((status, answer), (400, json!({"email": ["This field is required."]})));
    let zed = json!({"username": "zed", "name": "Zed", "email": "zed@shop.example"});
    assert_eq!(root.status("POST", "/api/v3/core/users/", &zed), 201);
    let session = "UPDATE sessions SET (user, epoch) = (SELECT uuid, session_epoch FROM userbook_user \
                   WHERE username = 'zed') WHERE token = (SELECT token FROM sessions JOIN userbook_user \
                   ON uuid = user WHERE name = 'ada')";
    shop.run(session).await;
    let mut zed = browser(&app, "ada");
    assert_eq!(get(&mut zed, "/me").1["has_account"], false);
    for orders in 1..=2 {
        assert_eq!(zed.status("POST", "/me/orders", &json!("pen")), 201);
        let (_, me) = get(&mut zed, "/me");
        assert_eq!((&me["has_account"], &me["orders"]), (&json!(true), &json!(orders)));
    }
}
