//! The user of a session.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use userbook::{Actor, User, UserId, model::SessionEpoch};
use userbook_http::{AuthenticationError, Authenticator};
use uuid::Uuid;

use crate::{App, Service, answer::Failure};

const KEY: &str = "user";

/// What a session keeps, and the user of a request with a valid one.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) id: UserId,
    pub(crate) uuid: Uuid,
    pub(crate) epoch: SessionEpoch,
}

impl SignedIn {
    pub(crate) fn actor(&self) -> Actor {
        Actor::user(self.id)
    }

    /// Whether the epoch is the current one. It changes when the user is deactivated or deleted, has a new password, or
    /// gains or loses superuser status.
    pub(crate) async fn is_valid(&self, service: &Service) -> Result<bool, Failure> {
        Ok(service.session_epoch(self.uuid).await? == Some(self.epoch))
    }

    /// The user of a request, if its session is valid.
    async fn of(head: &Parts, service: &Service) -> Result<Option<Self>, Failure> {
        let Some(session) = head.extensions.get::<Session>() else { return Ok(None) };
        let Some(user) = session.get::<Self>(KEY).await? else { return Ok(None) };
        if user.is_valid(service).await? {
            return Ok(Some(user));
        }
        session.flush().await?;
        Ok(None)
    }
}

impl From<&User> for SignedIn {
    fn from(user: &User) -> Self {
        Self { id: user.id, uuid: user.uuid, epoch: user.session_epoch }
    }
}

/// Begins a session, with a new id.
pub(crate) async fn begin(session: &Session, user: SignedIn) -> Result<(), Failure> {
    session.cycle_id().await?;
    Ok(session.insert(KEY, user).await?)
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Self::of(parts, &app.service).await?.ok_or(Failure::NotSignedIn)
    }
}

/// Authenticates the requests of Userbook's API by the same sessions. The cookie of tower-sessions is
/// `SameSite=Strict`, so that pages of other sites cannot use it.
#[derive(Debug)]
pub(crate) struct BySession(pub(crate) Arc<Service>);

#[async_trait]
impl Authenticator for BySession {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let user = SignedIn::of(head, &self.0).await?;
        Ok(user.as_ref().map_or_else(Actor::anonymous, SignedIn::actor))
    }
}
