//! The API that is served: the service on this database, put on the wire.

use std::sync::Arc;

use userbook::{Authorizer, PermissionAuthorizer, PermissionSource, UserService};
use userbook_http::{BearerAuthenticator, Endpoint, Representation, TokenStore, UserApi};

use crate::{Jitter, Settings, database::Database};

/// The API on `database`, whose install id is this.
pub(super) fn api(settings: &Settings, database: &Database, install_id: String) -> impl Endpoint {
    let service = UserService::new(database.directory.clone(), authorizer(database))
        .with_policy(settings.policy.into())
        .with_backoff(Jitter);
    let tokens: Arc<dyn TokenStore> = database.auth.clone();
    let representation = Representation::new(install_id).with_avatars(settings.avatars.clone());
    UserApi::new(service, BearerAuthenticator::new(tokens), representation)
}

/// Who may do what.
fn authorizer(database: &Database) -> impl Authorizer {
    let permissions: Arc<dyn PermissionSource> = database.auth.clone();
    PermissionAuthorizer::new(permissions)
}
