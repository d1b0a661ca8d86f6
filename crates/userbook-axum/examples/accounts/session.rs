//! The user of a session.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use userbook::{Actor, User, UserId, model::SessionEpoch};
use uuid::Uuid;

use crate::{App, answer::Failure};

const KEY: &str = "user";

/// What a session keeps, and the user of a request with a valid one.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) id: UserId,
    pub(crate) uuid: Uuid,
    epoch: SessionEpoch,
}

impl SignedIn {
    pub(crate) fn actor(&self) -> Actor {
        Actor::user(self.id)
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

    /// Rejects a session whose epoch is not the current one: the user was deactivated or deleted, has a new password, or
    /// gained or lost superuser status.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session = Session::from_request_parts(parts, app).await.map_err(|_| Failure::NotSignedIn)?;
        let user: Self = session.get(KEY).await?.ok_or(Failure::NotSignedIn)?;
        if app.service.session_epoch(user.uuid).await? == Some(user.epoch) {
            return Ok(user);
        }
        session.flush().await?;
        Err(Failure::NotSignedIn)
    }
}
