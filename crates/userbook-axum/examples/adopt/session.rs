//! Sessions in a table of the shop.

use async_trait::async_trait;
use axum::{
    extract::FromRequestParts,
    http::{HeaderName, header, request::Parts},
};
use ring::{
    digest::{SHA256, digest},
    rand::{self, SystemRandom},
};
use userbook::{Actor, UserId, model::SessionEpoch};
use userbook_http::{AuthenticationError, Authenticator};
use userbook_sqlx::sqlite::SqliteStore;
use uuid::Uuid;

use crate::{App, answer::Failure};

/// The user of a request with a valid session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedIn {
    pub(crate) id: UserId,
    pub(crate) uuid: Uuid,
}

/// The table contains digests: who reads it cannot use the sessions.
fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_owned()
}

/// A session is valid while its epoch is the user's.
async fn find(head: &Parts, store: &SqliteStore) -> Result<Option<SignedIn>, Failure> {
    let cookies =
        head.headers.get(header::COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
    let Some(token) = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session=")) else {
        return Ok(None);
    };
    let sql = "SELECT id, uuid FROM sessions JOIN userbook_user ON uuid = user AND session_epoch = epoch
        WHERE token = ? AND is_active";
    let user: Option<(i64, Uuid)> =
        sqlx::query_as(sql).bind(hash(token)).fetch_optional(store.pool()).await?;
    Ok(user.map(|(id, uuid)| SignedIn { id: UserId(id), uuid }))
}

/// Begins a session and returns the header with the cookie. Add `Secure` behind TLS, and an end: these sessions last
/// until the epoch changes.
pub(crate) async fn begin(
    store: &SqliteStore,
    user: Uuid,
    epoch: SessionEpoch,
) -> Result<[(HeaderName, String); 1], Failure> {
    let random: [u8; 16] = rand::generate(&SystemRandom::new()).map_err(|_| Failure::Random)?.expose();
    let token = format!("{:032x}", u128::from_be_bytes(random));
    let sql = "INSERT INTO sessions (token, user, epoch) VALUES (?, ?, ?)";
    sqlx::query(sql).bind(hash(&token)).bind(user).bind(epoch.0).execute(store.pool()).await?;
    Ok([(header::SET_COOKIE, format!("session={token}; Path=/; HttpOnly; SameSite=Strict"))])
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        find(parts, app.store()).await?.ok_or(Failure::NotSignedIn)
    }
}

/// Authenticates the requests of Userbook's API by the same sessions.
#[derive(Debug)]
pub(crate) struct BySession(pub(crate) SqliteStore);

#[async_trait]
impl Authenticator for BySession {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let user = find(head, &self.0).await?;
        Ok(user.map_or_else(Actor::anonymous, |user| Actor::user(user.id)))
    }
}
