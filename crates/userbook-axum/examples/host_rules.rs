//! Rules of the host: heads move people only within their own part of the tree, support deactivates but does not
//! activate, and another service of the host knows which e-mail addresses are taken.

use std::{collections::HashMap, env, error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::http::{header::COOKIE, request::Parts};
use tokio::time::timeout;
use userbook::{
    Actor, Field, NewUser, PermissionAuthorizer, StaticPermissions, UserId, UserService,
    authz::{AuthorizerError, Permission},
    model::is_at_or_below,
    service::{ChangeRequest, ChangeRule, RequestedChange, RuleVerdict},
};
use userbook_http::{AuthenticationError, Authenticator, DirectoryApi, Representation};
use userbook_memory::MemoryStore;

/// Only superusers move and create people outside of the actor's own part of the tree.
#[derive(Debug)]
struct OwnSubtree;

#[async_trait]
impl ChangeRule for OwnSubtree {
    async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
        let paths = match request.change {
            RequestedChange::UpdateUser { before, after } if before.path != after.path => {
                vec![&before.path, &after.path]
            }
            RequestedChange::InsertUser(user) => vec![&user.path],
            _ => return Ok(RuleVerdict::Accept),
        };
        let is_own = |path: &&String| {
            request.actor_state.is_some_and(|state| is_at_or_below(path.as_str(), &state.path))
        };
        if request.is_by_superuser() || paths.iter().all(is_own) {
            return Ok(RuleVerdict::Accept);
        }
        Ok(RuleVerdict::deny("own_subtree", "Move people only within your own part of the tree."))
    }
}

/// Only superusers activate people.
#[derive(Debug)]
struct NoActivation;

#[async_trait]
impl ChangeRule for NoActivation {
    async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
        let activates = matches!(
            request.change,
            RequestedChange::UpdateUser { before, after } if !before.is_active && after.is_active
        );
        if !activates || request.is_by_superuser() {
            return Ok(RuleVerdict::Accept);
        }
        Ok(RuleVerdict::deny("no_activation", "You may deactivate people, but not activate them."))
    }
}

/// Your service that knows the addresses of your customers. Here the answer takes a moment.
#[derive(Debug)]
struct Customers;

impl Customers {
    async fn has(&self, email: &str) -> bool {
        tokio::time::sleep(Duration::from_millis(1)).await;
        email == "customer@example.com"
    }
}

/// No user gets the address of a customer.
#[derive(Debug)]
struct NoCustomerAddress(Customers);

#[async_trait]
impl ChangeRule for NoCustomerAddress {
    async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
        let email = match request.change {
            RequestedChange::InsertUser(user) => &user.email,
            RequestedChange::UpdateUser { before, after } if before.email != after.email => &after.email,
            _ => return Ok(RuleVerdict::Accept),
        };
        let limit = request.time_left.min(Duration::from_secs(1));
        let is_taken = timeout(limit, self.0.has(email)).await.map_err(AuthorizerError::transient)?;
        if is_taken {
            return Ok(RuleVerdict::reject(Field::Email, "customer", "A customer has this address."));
        }
        Ok(RuleVerdict::Accept)
    }
}

/// Your sessions: the user of each value of the session cookie.
#[derive(Debug)]
struct Sessions(HashMap<String, UserId>);

#[async_trait]
impl Authenticator for Sessions {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let cookie = head.headers.get(COOKIE).and_then(|cookie| cookie.to_str().ok());
        let user = cookie.and_then(|cookie| self.0.get(cookie.strip_prefix("session=")?));
        Ok(user.map_or_else(Actor::anonymous, |id| Actor::user(*id)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = Arc::new(MemoryStore::new());
    let host = UserService::new(Arc::clone(&store), PermissionAuthorizer::new(StaticPermissions::none()));
    let (mut rights, mut sessions) = (StaticPermissions::none(), HashMap::new());
    for (username, path) in [("head", "staff/eu"), ("ada", "staff/eu/berlin"), ("bob", "staff/europe")] {
        let user = NewUser::new(username, username).with(|user| user.path(path));
        let id = host.insert_user(&Actor::system(), user).await?.view.user.id;
        sessions.insert(username.to_owned(), id);
        if username == "head" {
            for permission in [Permission::ViewUser, Permission::ChangeUser, Permission::AddUser] {
                rights = rights.grant(id, permission);
            }
        }
    }
    let service = UserService::new(store, PermissionAuthorizer::new(rights))
        .with_change_rule(OwnSubtree)
        .with_change_rule(NoActivation)
        .with_change_rule(NoCustomerAddress(Customers));
    let api = DirectoryApi::new(service, Sessions(sessions), Representation::new("my-install-id"));
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, userbook_axum::router(api)).await?)
}
