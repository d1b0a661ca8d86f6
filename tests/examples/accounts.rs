//! The example with its own accounts and sessions, over HTTP.

use serde_json::{Value, json};
use sqlx::SqlitePool;
use userbook_sqlx::sqlite::connect_options;

use crate::{browser::Browser, process::Listening};

impl Browser<'_> {
    fn log_in(&mut self, username: &str, password: &str) -> u16 {
        self.status("POST", "/login", &json!({"username": username, "password": password}))
    }

    /// The status and the errors of problem details.
    fn errors(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, problem) = self.json(method, path, body);
        (status, problem["errors"].clone())
    }

    fn me(&mut self) -> u16 {
        self.status("GET", "/me", &Value::Null)
    }
}

fn registration(username: &str, email: &str) -> Value {
    json!({"username": username, "name": username, "email": email, "password": "correct horse"})
}

/// The errors of an answer with one violation.
fn violation(field: &Value, code: &str, message: &str) -> Value {
    let pointer = field.as_str().map(|field| format!("/{field}")).unwrap_or_default();
    json!([{"field": field, "pointer": pointer, "code": code, "params": {}, "message": message}])
}

async fn stored_id(pool: &SqlitePool, username: &str) -> i64 {
    let id = sqlx::query_scalar("SELECT id FROM userbook_user WHERE username = ?");
    id.bind(username.to_owned()).fetch_one(pool).await.unwrap()
}

async fn count(pool: &SqlitePool, table: &'static str) -> i64 {
    let sql = match table {
        "accounts" => "SELECT count(*) FROM accounts",
        _ => "SELECT count(*) FROM userbook_user",
    };
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn accounts_lives_beside_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("users.db").display());
    let app = Listening::start("accounts", &[("DATABASE_URL", &url), ("ADMIN_PASSWORD", "battery staple")]);
    let pool = SqlitePool::connect_with(connect_options(&url).unwrap()).await.unwrap();
    let taken = |field: &str| violation(&json!(field), "unique", "This field must be unique.");

    // Sign-up writes both rows or none.
    let (mut ada, mut bob) = (Browser::new(&app), Browser::new(&app));
    let (status, user) = ada.json("POST", "/signup", &registration("ada", "ada@example.org"));
    assert_eq!(status, 201);
    let ada_path = format!("/users/{}", user["uuid"].as_str().unwrap());
    for (new, field) in [
        (registration("bob", "ADA@example.org"), "email"),
        (registration("ADA", "bob@example.org"), "username"),
    ] {
        assert_eq!(bob.errors("POST", "/signup", &new), (400, taken(field)));
    }
    sqlx::raw_sql("ALTER TABLE accounts RENAME TO away").execute(&pool).await.unwrap();
    assert_eq!(bob.status("POST", "/signup", &registration("bob", "bob@example.org")), 500);
    sqlx::raw_sql("ALTER TABLE away RENAME TO accounts").execute(&pool).await.unwrap();
    assert_eq!((count(&pool, "users").await, count(&pool, "accounts").await), (2, 2));
    assert_eq!(bob.me(), 401);
    assert_eq!(bob.status("POST", "/signup", &registration("bob", "bob@example.org")), 201);

    // Login and update.
    let mut laptop = Browser::new(&app);
    for (name, password) in [("ada", "wrong"), ("unknown", "correct horse"), ("ADA", "correct horse")] {
        assert_eq!(laptop.log_in(name, password), 401, "{name}");
    }
    assert_eq!(laptop.log_in("ada", "correct horse"), 200);
    let (status, user) = laptop.json("PATCH", "/me", &json!({"name": "Ada Lovelace"}));
    assert_eq!(
        (status, &user["name"], &user["email"]),
        (200, &json!("Ada Lovelace"), &json!("ada@example.org"))
    );
    assert_eq!(laptop.errors("PATCH", "/me", &json!({"email": "Bob@Example.org"})), (400, taken("email")));

    // A new password ends the other sessions.
    assert_eq!(laptop.status("POST", "/me/password", &json!({"password": "new one"})), 204);
    assert_eq!((laptop.me(), ada.me()), (200, 401));
    assert_eq!((ada.log_in("ada", "correct horse"), ada.log_in("ada", "new one")), (401, 200));

    // Userbook's API has the same sessions.
    let ada_in_api = format!("/api/v3/core/users/{}/", stored_id(&pool, "ada").await);
    let mut admin = Browser::new(&app);
    assert_eq!(admin.status("GET", &ada_in_api, &Value::Null), 403);
    assert_eq!(admin.log_in("admin", "battery staple"), 200);
    let rename = json!({"name": "Ada King"});
    assert_eq!(bob.status("PATCH", &ada_in_api, &rename), 403);
    assert_eq!(admin.json("PATCH", &ada_in_api, &rename).1["name"], "Ada King");
    assert_eq!(ada.json("GET", "/me", &Value::Null).1["name"], "Ada King");

    // Deletion is forbidden by the right, by orders, and then succeeds.
    assert_eq!(bob.status("DELETE", &ada_path, &Value::Null), 403);
    assert_eq!(ada.status("POST", "/me/orders", &Value::Null), 201);
    let referenced = violation(&Value::Null, "referenced", "Other records refer to this object.");
    assert_eq!(admin.errors("DELETE", &ada_path, &Value::Null), (400, referenced));
    assert_eq!((ada.me(), laptop.me()), (200, 200));

    // Deactivation ends all sessions.
    assert_eq!(admin.status("POST", &format!("{ada_path}/deactivate"), &Value::Null), 204);
    assert_eq!((ada.me(), laptop.me(), bob.me()), (401, 401, 200));
    assert_eq!(laptop.status("GET", &ada_in_api, &Value::Null), 403);
    assert_eq!(ada.log_in("ada", "new one"), 401);

    sqlx::raw_sql("DELETE FROM orders").execute(&pool).await.unwrap();
    assert_eq!(admin.status("DELETE", &ada_path, &Value::Null), 204);
    assert_eq!((count(&pool, "users").await, count(&pool, "accounts").await), (2, 2));
}
