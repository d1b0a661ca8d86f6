//! The host of one case: its store, permissions and token behind the axum shim.

use async_trait::async_trait;
use axum::Router;
use userbook::{
    PermissionAuthorizer, Policy, StaticPermissions, StoreError, UserDirectory, UserId, UserService,
    UserStore,
};
use userbook_http::{
    BearerAuthenticator, DirectoryApi, Representation, TokenHash, TokenKey, TokenRecord, TokenStore,
};

use crate::corpus::{
    Case,
    case::{Actor, Given, moment},
};

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
    /// The token of this actor.
    pub fn of(actor: &Actor, given: &Given) -> Self {
        Self(actor.token.as_ref().zip(actor.user_pk).map(|(token, user_pk)| {
            let record = TokenRecord {
                user: UserId(user_pk),
                user_is_active: given.users.iter().any(|user| user.pk == user_pk && user.is_active),
                intent: token.intent.parse().expect("the corpus knows no other intents"),
                expiring: token.expiring,
                expires: token.expires.as_deref().map(moment),
            };
            (TokenKey::new(token.key.as_str()).hash(), record)
        }))
    }
}

/// What the actor of a case was granted.
pub fn permissions(actor: &Actor) -> StaticPermissions {
    let Some(to) = actor.user_pk.map(UserId) else { return StaticPermissions::none() };
    let known = |name: &str| name.parse().unwrap_or_else(|error| panic!("{error}"));
    let global = actor.permissions.iter();
    let granted = global.fold(StaticPermissions::none(), |granted, name| granted.grant(to, known(name)));
    let on_users = actor.object_permissions.iter();
    on_users.fold(granted, |granted, object| {
        granted.grant_on_user(to, known(&object.perm), UserId(object.user_pk))
    })
}

/// The application that answers the request of a case.
pub fn app<S: UserStore + UserDirectory>(case: &Case, store: S, policy: Policy) -> Router {
    let actor = &case.recorded.actor;
    let service = UserService::new(store, PermissionAuthorizer::new(permissions(actor))).with_policy(policy);
    let authenticator = BearerAuthenticator::new(CaseToken::of(actor, &case.given));
    let representation = Representation::new(case.given.install_id.as_str());
    userbook_axum::router(DirectoryApi::new(service, authenticator, representation))
}
