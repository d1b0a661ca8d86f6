//! An axum application that has its own sessions and routes, and mounts Userbook beside them. Userbook takes the
//! caller from the request extensions, where the session middleware puts the caller.

use std::{collections::HashMap, env, error::Error, sync::Arc};

use async_trait::async_trait;
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header::COOKIE, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use sqlx::SqlitePool;
use userbook::{
    AccessError, Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserId, UserRef, UserService,
    authz::Permission,
};
use userbook_http::{AuthenticationError, Authenticator, Failure, Representation, UserApi};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};

type Service = UserService<SqliteStore, PermissionAuthorizer<StaticPermissions>>;

/// The users of your sessions, by the value of the session cookie.
type Sessions = HashMap<String, UserId>;

/// Your session middleware: adds the caller to the request extensions, and logs the cause of each 500 and 503.
async fn session(State(sessions): State<Arc<Sessions>>, mut request: Request, next: Next) -> Response {
    let cookie = request.headers().get(COOKIE).and_then(|cookie| cookie.to_str().ok());
    let key = cookie.and_then(|cookie| cookie.strip_prefix("session="));
    if let Some(user) = key.and_then(|key| sessions.get(key)).copied() {
        request.extensions_mut().insert(user);
    }
    let response = next.run(request).await;
    if let Some(failure) = response.extensions().get::<Failure>() {
        tracing::error!(%failure, "request failed");
    }
    response
}

/// Authenticates Userbook's requests by your session.
#[derive(Debug)]
struct BySession;

#[async_trait]
impl Authenticator for BySession {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let user = head.extensions.get::<UserId>();
        Ok(user.map_or_else(Actor::anonymous, |id| Actor::user(*id)))
    }
}

/// Your own route, on the same service.
async fn greet(State(service): State<Arc<Service>>, Path(id): Path<i64>) -> Result<String, StatusCode> {
    match service.retrieve(&Actor::system(), UserId(id)).await {
        Ok(view) => Ok(format!("Hello, {}!", view.user.name)),
        Err(AccessError::NotFound) => Err(StatusCode::NOT_FOUND),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn application(service: Arc<Service>, sessions: Sessions) -> Router {
    let api = UserApi::new(Arc::clone(&service), BySession, Representation::new("my-install-id"));
    Router::new()
        .route("/greet/{id}", get(greet))
        .with_state(service)
        .merge(userbook_axum::router(api))
        .layer(from_fn_with_state(Arc::new(sessions), session))
}

/// Creates the user once. The UUID is the user's key in your application.
async fn ada(store: &SqliteStore) -> Result<UserId, Box<dyn Error>> {
    let (host, key) = (Actor::system(), uuid::Uuid::from_u128(0xada));
    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let view = match service.retrieve(&host, UserRef::from(key)).await {
        Err(AccessError::NotFound) => {
            service.insert_user(&host, NewUser::new("ada", "Ada Lovelace").uuid(key)).await?.view
        }
        view => view?,
    };
    Ok(view.user.id)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let options = connect_options(&setting("DATABASE_URL", "sqlite://users.db"))?;
    let store = SqliteStore::new(SqlitePool::connect_with(options).await?);
    store.migrate().await?;
    let ada = ada(&store).await?;
    let rights =
        StaticPermissions::none().grant(ada, Permission::ViewUser).grant(ada, Permission::ChangeUser);
    let service = Arc::new(UserService::new(store, PermissionAuthorizer::new(rights)));
    let app = application(service, Sessions::from([("secret".to_owned(), ada)]));
    let listener = tokio::net::TcpListener::bind(setting("LISTEN", "127.0.0.1:8000")).await?;
    Ok(axum::serve(listener, app).await?)
}
