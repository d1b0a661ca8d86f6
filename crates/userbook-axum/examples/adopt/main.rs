//! A shop that had accounts, orders and sessions before it adopted Userbook. The first start moves the accounts: ids,
//! orders, passwords and sessions stay valid. The guide "Adopt Userbook" of `userbook-sqlx` explains the steps.

mod adopt;
#[path = "../accounts/answer.rs"]
mod answer;
#[path = "../accounts/passwords.rs"]
mod passwords;
mod routes;
mod session;

use std::{env, error::Error, sync::Arc};

use axum::{
    Router,
    routing::{get, post},
};
use sqlx::sqlite::SqlitePoolOptions;
use userbook::{PermissionAuthorizer, Policy, StaticPermissions, UserService};
use userbook_http::{DirectoryApi, Representation};
use userbook_sqlx::sqlite::{SqliteStore, connect, connect_options};

use session::BySession;

/// Part of the `uid` of each user in answers.
const INSTALL_ID: &str = "shop";

/// The service of all operations.
type Service = UserService<SqliteStore, PermissionAuthorizer<StaticPermissions>>;

#[derive(Debug, Clone)]
struct App {
    service: Arc<Service>,
}

impl App {
    /// People sign in by address: each user has one, and no two users have the same.
    fn new(store: SqliteStore) -> Self {
        let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()))
            .with_policy(Policy::hardened().with_unique_email().with_required_email());
        Self { service: Arc::new(service) }
    }

    fn store(&self) -> &SqliteStore {
        self.service.store()
    }
}

fn router(app: App) -> Router {
    let api = DirectoryApi::new(
        Arc::clone(&app.service),
        BySession(app.store().clone()),
        Representation::new(INSTALL_ID),
    );
    Router::new()
        .route("/signup", post(routes::sign_up))
        .route("/login", post(routes::log_in))
        .route("/me", get(routes::me))
        .route("/me/orders", post(routes::order))
        .with_state(app)
        .merge(userbook_axum::router(api))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let options = connect_options(&setting("DATABASE_URL", "sqlite://shop.db"))?;
    let store = SqliteStore::new(connect(SqlitePoolOptions::new(), options).await?);
    adopt::adopt(&store).await?;
    let listener = tokio::net::TcpListener::bind(setting("LISTEN", "127.0.0.1:8000")).await?;
    Ok(axum::serve(listener, router(App::new(store))).await?)
}
