//! An axum application with JSON Web Tokens that contain the session epoch: the next request of a user who was
//! deactivated, deleted, or has a new password gets 401, although the token has not expired.

use std::{env, error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header::AUTHORIZATION, request::Parts},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use userbook::{
    Actor, GroupId, NewGroup, NewUser, PermissionAuthorizer, StaticPermissions, UserId, UserService,
    UserUpdate,
};
use userbook_http::{AuthenticationError, Authenticator, DirectoryApi, Representation};
use userbook_memory::MemoryStore;
use uuid::Uuid;

type Service = UserService<Arc<MemoryStore>, PermissionAuthorizer<StaticPermissions>>;

/// How long a token is valid if the sessions of its user do not end before.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The claims of a token.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: UserId,
    /// Seconds since 1970.
    exp: i64,
    /// [`userbook::User::session_epoch`] at the login.
    epoch: Uuid,
}

/// Signs and verifies tokens with HMAC-SHA-256. The algorithm is fixed: the header of a token is never a choice.
#[derive(Debug)]
struct Tokens(hmac::Key);

impl Tokens {
    fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    fn sign(&self, claims: &Claims) -> serde_json::Result<String> {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?));
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }

    fn verify(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        hmac::verify(&self.0, signed.as_bytes(), &signature).ok()?;
        decode(signed.split_once('.')?.1)
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Authenticates by the token, and by the epoch of the user now.
#[derive(Debug)]
struct ByToken {
    tokens: Arc<Tokens>,
    service: Arc<Service>,
}

#[async_trait]
impl Authenticator for ByToken {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let Some(header) = head.headers.get(AUTHORIZATION) else { return Ok(Actor::anonymous()) };
        let token = header.to_str().ok().and_then(|header| header.strip_prefix("Bearer "));
        let claims = token.and_then(|token| self.tokens.verify(token));
        let now = self.service.now().timestamp();
        let claims = claims.filter(|claims| now < claims.exp).ok_or(AuthenticationError::token_invalid())?;
        let epoch = self.service.session_epoch(claims.sub).await?;
        if epoch.is_some_and(|epoch| epoch.0 == claims.epoch) {
            return Ok(Actor::user(claims.sub));
        }
        Err(AuthenticationError::token_invalid())
    }
}

#[derive(Debug, Deserialize)]
struct Login {
    id: UserId,
    password: String,
}

#[derive(Debug, Clone)]
struct App {
    tokens: Arc<Tokens>,
    service: Arc<Service>,
    password: String,
}

/// Checks the password, and answers with a token. Your application has a password for each user.
async fn login(State(app): State<App>, Json(login): Json<Login>) -> Result<String, StatusCode> {
    let internal = |_| StatusCode::INTERNAL_SERVER_ERROR;
    // Read the epoch before you verify the password, and in the same statement as its hash: a new password meanwhile
    // ends the sessions with this epoch. An inactive user has none.
    let epoch = app.service.session_epoch(login.id).await.map_err(internal)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compares without a difference in time");
    let expected = hmac::sign(&key, app.password.as_bytes());
    hmac::verify(&key, login.password.as_bytes(), expected.as_ref()).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let epoch = epoch.ok_or(StatusCode::UNAUTHORIZED)?;
    app.service.record_login(login.id).await.map_err(internal)?;
    let exp = (app.service.now() + LIFETIME).timestamp();
    let claims = Claims { sub: login.id, exp, epoch: epoch.0 };
    app.tokens.sign(&claims).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting =
        |name: &'static str| env::var(name).map_err(|_| format!("set {name} to a long random secret"));
    let (secret, password) = (setting("TOKEN_SECRET")?, setting("PASSWORD")?);
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = Arc::new(UserService::new(Arc::new(MemoryStore::new()), authorizer));
    let (host, admins) = (Actor::system(), GroupId(Uuid::from_u128(1)));
    service.put_group(&host, admins, NewGroup::new("admins").superuser(true)).await?;
    for username in ["root", "ada"] {
        service
            .insert_user(
                &host,
                NewUser::new(username, username).with(|user: UserUpdate| user.groups([admins])),
            )
            .await?;
    }
    let tokens = Arc::new(Tokens::new(secret.as_bytes()));
    let by_token = ByToken { tokens: Arc::clone(&tokens), service: Arc::clone(&service) };
    let api = DirectoryApi::new(Arc::clone(&service), by_token, Representation::new("my-install-id"))
        .with_challenge(HeaderValue::from_static("Bearer"));
    let app = Router::new()
        .route("/login", post(login))
        .with_state(App { tokens, service, password })
        .merge(userbook_axum::router(api));
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8000".to_owned());
    Ok(axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?)
}
