//! Builds the SCIM provider: the service on this database behind `/scim/v2`, for the connections in its table.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::request::Parts;
use userbook::{Actor, UserService, authz::ListAuthorizer};
use userbook_http::{AuthenticationError, Endpoint};
use userbook_scim::{
    Connection, ConnectionAuthorizer, Connections, Deletion, ScimApi, ScimLimits, Strictness, bearer_token,
};

use super::api::ATTEMPTS;
use crate::{
    Jitter, Settings,
    auth::{AuthStore, ConnectionRow},
    database::Database,
    with_timeout::WithTimeout,
};

/// Builds the provider on `database`; `authorizer` is that of the API, `url` the public URL.
pub(super) fn scim(
    settings: &Settings,
    database: &Database,
    authorizer: Arc<dyn ListAuthorizer>,
    url: Option<String>,
) -> impl Endpoint + use<> {
    let limits = &settings.limits;
    let store = WithTimeout::new(database.directory.clone(), limits.step_timeout);
    let authorizer = ConnectionAuthorizer::new(WithTimeout::new(authorizer, limits.step_timeout));
    let service = UserService::new(store, authorizer)
        .with_policy(settings.scim_policy())
        .with_backoff(Jitter)
        .with_limits(ATTEMPTS, limits.update_timeout);
    let connections = StoredConnections(WithTimeout::new(database.auth.clone(), limits.step_timeout));
    let body_bytes = limits.max_body.min(ScimLimits::default().body_bytes);
    let api =
        ScimApi::new(service, connections).with_limits(ScimLimits { body_bytes, ..ScimLimits::default() });
    match url {
        Some(url) => api.with_base_url(url),
        None => api,
    }
}

/// The connections in the table of the database.
#[derive(Debug)]
struct StoredConnections(WithTimeout<Arc<dyn AuthStore>>);

#[async_trait]
impl Connections for StoredConnections {
    async fn authenticate(&self, head: &Parts) -> Result<Option<Arc<Connection>>, AuthenticationError> {
        let Some(token) = bearer_token(head)? else { return Ok(None) };
        let found = self.0.find_connection(&token.hash()).await?;
        let found = found.filter(|record| record.user_is_active);
        let row = found.ok_or_else(AuthenticationError::token_invalid)?.connection;
        Ok(Some(Arc::new(connection(&row)?)))
    }
}

fn connection(row: &ConnectionRow) -> Result<Connection, AuthenticationError> {
    let connection = Connection::new(&row.name, Actor::user(row.user))
        .map_err(|error| AuthenticationError::Failed(error.into()))?;
    let deletion = if row.deactivates { Deletion::Deactivate } else { Deletion::Delete };
    let strictness = if row.is_strict { Strictness::strict() } else { Strictness::lenient() };
    Ok(connection.deletion(deletion).strictness(strictness))
}
