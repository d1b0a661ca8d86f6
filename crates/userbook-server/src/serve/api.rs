//! Builds the API: the service on this database behind the HTTP endpoint.

use std::sync::Arc;

use userbook::{UserService, authz::ListAuthorizer};
use userbook_http::{BearerAuthenticator, DirectoryApi, Endpoint, Representation, TokenStore};

use crate::{Jitter, Settings, database::Database, with_timeout::WithTimeout};

/// The maximum number of attempts of an update.
const ATTEMPTS: u32 = 32;

/// Builds the API on `database` with its install id; `authorizer` decides access.
pub(super) fn api(
    settings: &Settings,
    database: &Database,
    authorizer: Arc<dyn ListAuthorizer>,
    install_id: String,
) -> impl Endpoint {
    let limits = &settings.limits;
    let store = WithTimeout::new(database.directory.clone(), limits.step_timeout);
    let authorizer = WithTimeout::new(authorizer, limits.step_timeout);
    let service = UserService::new(store, authorizer)
        .with_policy(settings.policy())
        .with_backoff(Jitter)
        .with_limits(ATTEMPTS, limits.update_timeout);
    let tokens: Arc<dyn TokenStore> = database.auth.clone();
    let tokens = WithTimeout::new(tokens, limits.step_timeout);
    let representation = Representation::new(install_id).with_avatars(settings.avatars.clone());
    DirectoryApi::new(service, BearerAuthenticator::new(tokens), representation)
        .with_body_limit(limits.max_body)
        .with_extensions(settings.policy.into())
}
