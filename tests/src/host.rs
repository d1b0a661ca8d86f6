//! The host of one case: store, permissions and token behind the axum adapter.

use async_trait::async_trait;
use axum::Router;
use userbook::{
    GroupId, PermissionAuthorizer, Policy, StaticPermissions, UserId, UserService, UserStore,
    store::{ListStore, ProvisioningStore, StoreError},
};
use userbook_http::{
    BearerAuthenticator, DirectoryApi, Representation, TokenHash, TokenKey, TokenRecord, TokenStore, UserApi,
};

use crate::corpus::{
    Case,
    case::{Actor, Given, moment},
};

use crate::fixture::extensions;

/// The only token of a case.
#[derive(Debug, Clone)]
pub struct CaseToken(Option<(TokenHash, TokenRecord)>);

#[async_trait]
impl TokenStore for CaseToken {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        Ok(self.0.as_ref().filter(|(known, _)| known == hash).map(|(_, record)| record.clone()))
    }
}

impl CaseToken {
    /// Returns the token of this actor.
    pub fn of(actor: &Actor, given: &Given) -> Self {
        Self(actor.token.as_ref().zip(actor.user_pk).map(|(token, user_pk)| {
            let record = TokenRecord {
                user: UserId(user_pk),
                user_is_active: given.users.iter().any(|user| user.pk == user_pk && user.is_active),
                intent: token.intent.parse().expect("a recorded intent is valid"),
                expiring: token.expiring,
                expires: token.expires.as_deref().map(moment),
            };
            (TokenKey::new(token.key.as_str()).hash(), record)
        }))
    }
}

/// Returns the permissions of the case's actor.
pub fn permissions(actor: &Actor) -> StaticPermissions {
    let Some(to) = actor.user_pk.map(UserId) else { return StaticPermissions::none() };
    let known = |name: &str| name.parse().unwrap_or_else(|error| panic!("{error}"));
    let global = actor.permissions.iter();
    let granted = global.fold(StaticPermissions::none(), |granted, name| granted.grant(to, known(name)));
    let on_objects = actor.object_permissions.iter();
    on_objects.fold(granted, |granted, object| match (object.user_pk, object.group_pk) {
        (Some(user), _) => granted.grant_on_user(to, known(&object.perm), UserId(user)),
        (None, Some(group)) => granted.grant_on_group(to, known(&object.perm), GroupId(group)),
        (None, None) => granted,
    })
}

/// Returns the service of a case.
pub fn service<S: UserStore>(
    case: &Case,
    store: S,
    policy: Policy,
) -> UserService<S, PermissionAuthorizer<StaticPermissions>> {
    let permissions = permissions(&case.recorded.actor);
    UserService::new(store, PermissionAuthorizer::new(permissions)).with_policy(policy)
}

/// Returns the API for the request of a case.
pub fn api<S: UserStore>(
    case: &Case,
    service: UserService<S, PermissionAuthorizer<StaticPermissions>>,
) -> UserApi<S, PermissionAuthorizer<StaticPermissions>, BearerAuthenticator<CaseToken>> {
    let authenticator = BearerAuthenticator::new(CaseToken::of(&case.recorded.actor, &case.given));
    let extensions = extensions(service.policy());
    let representation = Representation::new(case.given.install_id.as_str());
    UserApi::new(service, authenticator, representation).with_extensions(extensions)
}

/// Returns the API with lists and provisioning, as an application.
pub fn app<S: ProvisioningStore + ListStore>(case: &Case, store: S, policy: Policy) -> Router {
    userbook_axum::router(DirectoryApi::from(api(case, service(case, store, policy))))
}
