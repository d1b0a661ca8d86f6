//! An axum application with its own `accounts` and `orders` tables beside Userbook's, and sessions of tower-sessions:
//! sign-up in one transaction, login, update with unique addresses, deactivation that ends sessions, and deletion that
//! a foreign key of the application forbids. Userbook's API is mounted beside, for the same sessions.

mod answer;
mod login;
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
use userbook_http::{Representation, UserApi};
use userbook_sqlx::sqlite::{SqliteStore, connect, connect_options};
use uuid::Uuid;

use session::BySession;

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
    // Behind TLS use secure cookies. Sessions in memory end with the process: to keep them, implement `SessionStore` of
    // tower-sessions over a table of yours. tower-sessions-sqlx-store 0.15 fits neither sqlx 0.9 nor tower-sessions
    // 0.15.
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    // Reads and updates of one user. `DirectoryApi` would also create users, who have no account here.
    let by_session = BySession(Arc::clone(&app.service));
    let api = UserApi::new(Arc::clone(&app.service), by_session, Representation::new("my-install-id"));
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
        .merge(userbook_axum::router(api))
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

#[cfg(test)]
mod testing {
    use userbook::UserId;
    use userbook_sqlx::sqlite::{SqliteStore, connect_options};

    use super::{App, Executor as _, SCHEMA, SqlitePoolOptions};

    /// An application with an empty database.
    pub(crate) async fn app() -> App {
        let options = connect_options("sqlite::memory:").unwrap();
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let store = SqliteStore::new(pool);
        store.migrate().await.unwrap();
        store.pool().execute(SCHEMA).await.unwrap();
        App::new(store, UserId(1))
    }
}
