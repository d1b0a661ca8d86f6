//! Builds the API: the service on this database behind the HTTP endpoint.

use std::sync::Arc;

use userbook::{UserService, authz::ListAuthorizer};
use userbook_http::{BearerAuthenticator, DirectoryApi, Endpoint, Representation, TokenStore};

use crate::{
    Jitter, Settings,
    ambient::Ambient,
    database::Database,
    with_timeout::{AccountTokens, WithTimeout},
};

/// The maximum number of attempts of an update.
pub(super) const ATTEMPTS: u32 = 32;

/// Builds the API on `database` with its install id; `authorizer` decides access.
pub(super) fn api(
    settings: &Settings,
    database: &Database,
    authorizer: Arc<dyn ListAuthorizer>,
    install_id: String,
    ambient: &Ambient,
) -> impl Endpoint {
    let limits = &settings.limits;
    let store = WithTimeout::new(database.directory.clone(), limits.step_timeout);
    let authorizer = WithTimeout::new(authorizer, limits.step_timeout);
    let service = UserService::new(store, authorizer)
        .with_policy(settings.policy())
        .with_clock(ambient.clone())
        .with_ids(ambient.clone())
        .with_backoff(Jitter)
        .with_limits(ATTEMPTS, limits.update_timeout);
    let tokens: Arc<dyn TokenStore> = database.auth.clone();
    let tokens = WithTimeout::new(tokens, limits.step_timeout);
    let issued = WithTimeout::new(Arc::clone(&database.auth), limits.step_timeout);
    let issued = AccountTokens::new(issued, ambient.clone());
    let representation = Representation::new(install_id)
        .with_avatars(settings.avatars.clone())
        .with_release(settings.release.into());
    DirectoryApi::new(service, BearerAuthenticator::new(tokens).with_clock(ambient.clone()), representation)
        .with_body_limit(limits.max_body)
        .with_extensions(settings.policy.into())
        .with_tokens(issued)
}
