//! An axum application with its own `accounts` and `orders` tables beside Userbook's, and sessions of tower-sessions:
//! sign-up in one transaction, login, update with unique addresses, deactivation that ends sessions, and deletion that a
//! foreign key of the application forbids.

mod answer;
mod passwords;
mod routes;
mod session;
mod sign_up;

use std::{env, error::Error, sync::Arc};

use axum::{
    Router,
    routing::{delete, get, patch, post},
};
use sqlx::{Executor, sqlite::SqlitePoolOptions};
use tower_sessions::{MemoryStore, SessionManagerLayer};
use userbook::{
    NewUser, PermissionAuthorizer, Policy, StaticPermissions, UserId, UserService, authz::Permission,
};
use userbook_sqlx::sqlite::{SqliteStore, connect, connect_options};
use uuid::Uuid;

/// Your tables. A user's account goes with the user, and an order keeps both.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS accounts (
        user BLOB NOT NULL PRIMARY KEY REFERENCES userbook_user (uuid) ON DELETE CASCADE,
        password TEXT NOT NULL,
        newsletter INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE IF NOT EXISTS orders (
        id INTEGER PRIMARY KEY,
        account BLOB NOT NULL REFERENCES accounts (user)
    ) STRICT";

/// The service of all operations.
type Service = UserService<SqliteStore, PermissionAuthorizer<StaticPermissions>>;

#[derive(Debug, Clone)]
struct App {
    service: Arc<Service>,
}

impl App {
    fn new(store: SqliteStore, administrator: UserId) -> Self {
        let rights = [Permission::ViewUser, Permission::ChangeUser, Permission::DeleteUser]
            .into_iter()
            .fold(StaticPermissions::none(), |rights, right| rights.grant(administrator, right));
        let service = UserService::new(store, PermissionAuthorizer::new(rights)).with_policy(policy());
        Self { service: Arc::new(service) }
    }

    fn store(&self) -> &SqliteStore {
        self.service.store()
    }
}

/// All safeguards, and one account for each e-mail address.
fn policy() -> Policy {
    Policy::hardened().with_unique_email()
}

fn router(app: App) -> Router {
    // Use a store in your database, such as tower-sessions-sqlx-store, and secure cookies behind TLS.
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    Router::new()
        .route("/signup", post(routes::sign_up))
        .route("/login", post(routes::log_in))
        .route("/me", get(routes::me))
        .route("/me", patch(routes::update))
        .route("/me/password", post(routes::change_password))
        .route("/me/orders", post(routes::order))
        .route("/users/{uuid}/deactivate", post(routes::deactivate))
        .route("/users/{uuid}", delete(routes::delete))
        .with_state(app)
        .layer(sessions)
}

/// Creates the administrator once.
async fn administrator(store: &SqliteStore, password: String) -> Result<UserId, Box<dyn Error>> {
    let key = Uuid::from_u128(0xad);
    let found: Option<i64> = sqlx::query_scalar("SELECT id FROM userbook_user WHERE uuid = ?")
        .bind(key)
        .fetch_optional(store.pool())
        .await?;
    if let Some(id) = found {
        return Ok(UserId(id));
    }
    let password = passwords::hash(password).await?;
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(store.clone(), authorizer).with_policy(policy());
    let user = NewUser::new("admin", "Administrator").uuid(key);
    Ok(sign_up::create(&service, user, password).await?.id)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let options = connect_options(&setting("DATABASE_URL", "sqlite://users.db"))?;
    let store = SqliteStore::new(connect(SqlitePoolOptions::new(), options).await?);
    store.migrate().await?;
    store.pool().execute(SCHEMA).await?;
    let administrator = administrator(&store, setting("ADMIN_PASSWORD", "change me")).await?;
    let app = router(App::new(store, administrator));
    let listener = tokio::net::TcpListener::bind(setting("LISTEN", "127.0.0.1:8000")).await?;
    Ok(axum::serve(listener, app).await?)
}
