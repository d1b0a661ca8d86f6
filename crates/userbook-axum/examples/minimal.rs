//! An axum application with Userbook's API on SQLite. The first start creates the first administrator: a user in a
//! group that grants superuser status.

use std::{env, error::Error};

use async_trait::async_trait;
use axum::{Router, routing::get};
use sqlx::SqlitePool;
use tokio::net::TcpListener;
use userbook::{
    AccessError, Actor, GroupId, NewGroup, NewUser, PermissionAuthorizer, StaticPermissions, UserId, UserRef,
    UserService, store::StoreError,
};
use userbook_http::{
    BearerAuthenticator, DirectoryApi, Representation, TokenHash, TokenIntent, TokenKey, TokenRecord,
    TokenStore,
};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use uuid::Uuid;

type Service = UserService<SqliteStore, PermissionAuthorizer<StaticPermissions>>;

const ADMINS: GroupId = GroupId(Uuid::from_u128(1));
const ADMIN: Uuid = Uuid::from_u128(2);

async fn first_administrator(service: &Service) -> Result<UserId, Box<dyn Error>> {
    let host = Actor::system(); // your own code; never build this actor from a request
    match service.retrieve(&host, UserRef::from(ADMIN)).await {
        Ok(view) => return Ok(view.user.id),
        Err(AccessError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    service.put_group(&host, ADMINS, NewGroup::new("admins").superuser(true)).await?;
    let admin = NewUser::new("admin", "Administrator").uuid(ADMIN).with(|user| user.groups([ADMINS]));
    Ok(service.insert_user(&host, admin).await?.view.user.id)
}

/// The tokens of your application; here there is one. For sessions, implement `Authenticator` instead.
#[derive(Debug)]
struct AdminToken(TokenKey, UserId);

#[async_trait]
impl TokenStore for AdminToken {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        let Self(key, user) = self;
        let (intent, expiring, expires) = (TokenIntent::Api, false, None);
        let record = TokenRecord { user: *user, user_is_active: true, intent, expiring, expires };
        Ok((*hash == key.hash()).then_some(record))
    }
}

async fn application(database: &str, token: String) -> Result<Router, Box<dyn Error>> {
    let store = SqliteStore::new(SqlitePool::connect_with(connect_options(database)?).await?);
    store.migrate().await?;
    let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()));
    let token = AdminToken(TokenKey::new(token), first_administrator(&service).await?);
    let api =
        DirectoryApi::new(service, BearerAuthenticator::new(token), Representation::new("my-install-id"));
    Ok(Router::new().route("/", get(|| async { "hello" })).merge(userbook_axum::router(api)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let token = env::var("ADMIN_TOKEN").map_err(|_| "set ADMIN_TOKEN to a long random secret")?;
    let app = application(&setting("DATABASE_URL", "sqlite://users.db"), token).await?;
    let listener = TcpListener::bind(setting("LISTEN", "127.0.0.1:8000")).await?;
    Ok(axum::serve(listener, app).await?)
}
