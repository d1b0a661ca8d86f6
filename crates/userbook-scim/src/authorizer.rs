//! The rights of connections.

use async_trait::async_trait;
use serde_json::{Value, json};
use userbook::{
    Actor, Authorizer, Group, GroupId, User, UserId,
    authz::{ActorView, AuthorizerError, Check, ListAuthorizer, Resource, Subject, Verdict, Verdicts},
    model::{ExternalIds, GroupGraph},
    store::{Scope, Scoped},
};

/// Gives a connection the rights to what it manages: to view, change and delete its users and groups, and to create new
/// ones. A connection never grants or revokes superuser status. The safeguards of the core do not bind superusers, so a
/// connection whose account is an active superuser, or [`Actor::system`], has no rights at all.
///
/// The inner authorizer is the host's own. It says which users hold a right to grant superuser status, so that
/// [`Safeguard::ProtectPrivileged`](userbook::Safeguard::ProtectPrivileged) protects them from connections.
///
/// Lists are limited by a filter on the connection, so [`ListAuthorizer`] shows everything. Use a service with this
/// authorizer for [`ScimApi`](crate::ScimApi) only.
#[derive(Debug, Clone)]
pub struct ConnectionAuthorizer<A> {
    host: A,
}

impl<A> ConnectionAuthorizer<A> {
    /// Wraps the host's own authorizer.
    pub fn new(host: A) -> Self {
        Self { host }
    }
}

/// The claims of a connection. `Connection::new` replaces all claims of the actor, so that a host cannot pass others.
const SOURCES: &str = "userbook_scim_sources";
const ADOPTED: &str = "userbook_scim_adopted";

/// Returns the actor of a connection with the rights to what these sources manage.
pub(crate) fn connection_actor<'s>(mut actor: Actor, sources: impl IntoIterator<Item = &'s str>) -> Actor {
    let sources: Vec<&str> = sources.into_iter().collect();
    actor.claims.clear();
    actor.claims.insert(SOURCES.to_owned(), json!(sources));
    actor
}

/// Adds the right to take over one user.
pub(crate) fn with_adopted(mut actor: Actor, user: &User) -> Actor {
    actor.claims.insert(ADOPTED.to_owned(), user.uuid.to_string().into());
    actor
}

/// What the provider says about the connection, read once for all checks of a call.
struct Claims<'a> {
    sources: Vec<&'a str>,
    adopted: Option<&'a str>,
}

impl<'a> Claims<'a> {
    /// Returns `None` for an actor that the provider has not created from an account that the safeguards bind.
    fn of(actor: &'a Actor) -> Option<Self> {
        let sources = actor.claims.get(SOURCES).filter(|_| is_connection(actor))?.as_array();
        let sources = sources.into_iter().flatten().filter_map(Value::as_str).collect();
        Some(Self { sources, adopted: actor.claims.get(ADOPTED).and_then(Value::as_str) })
    }

    fn manages(&self, ids: &ExternalIds) -> bool {
        ids.iter().any(|(source, _)| self.sources.contains(&source.as_str()))
    }

    fn manages_user(&self, user: &User) -> bool {
        let is_adopted = |uuid| user.uuid.to_string() == uuid;
        self.manages(&user.external_ids) || self.adopted.is_some_and(is_adopted)
    }

    fn manages_group(&self, groups: &GroupGraph, id: GroupId) -> bool {
        groups.get(id).is_some_and(|group: &Group| self.manages(&group.external_ids))
    }

    fn verdict(&self, resource: Resource<'_>, check: Check) -> Verdict {
        let groups = resource.facts().groups;
        match check {
            Check::View | Check::Change | Check::Set(_) | Check::DeleteUser => match resource.user() {
                Some(user) if self.manages_user(user) => Verdict::Allow,
                // A new user, whose fields the connection chooses.
                None if matches!(resource, Resource::Directory(_)) => Verdict::Allow,
                _ => Verdict::Hide,
            },
            Check::ViewGroup(id) if self.manages_group(groups, id) => Verdict::Allow,
            Check::ViewGroup(_) => Verdict::Hide,
            Check::ChangeGroup(id)
            | Check::DeleteGroup(id)
            | Check::Join(id)
            | Check::AddMember(id)
            | Check::RemoveMember(id) => self.manages_group(groups, id).into(),
            // The group to create does not exist, and no external id of a foreign group changes.
            Check::SetGroupExternalIds(id) => (self.manages_group(groups, id) || !groups.contains(id)).into(),
            Check::AddUser | Check::AddGroup(_) => Verdict::Allow,
            Check::GrantSuperuser(_) | Check::DisableSuperuser(_) => {
                Verdict::because("A SCIM connection never grants or revokes superuser status.")
            }
            _ => Verdict::deny(),
        }
    }
}

/// Returns whether the provider has created the actor, from an account that the safeguards bind.
fn is_connection(actor: &Actor) -> bool {
    actor.claims.contains_key(SOURCES) && matches!(actor.subject, Subject::User(_) | Subject::External(_))
}

fn verdicts(actor: &Actor, resource: Resource<'_>, checks: &[Check]) -> Verdicts {
    let is_superuser = resource.actor().is_some_and(|account| account.is_active_superuser());
    let claims = Claims::of(actor);
    let verdict = |check: &Check| match &claims {
        None => Verdict::deny(),
        Some(_) if is_superuser => {
            Verdict::because("The account of a SCIM connection must not be a superuser.")
        }
        Some(claims) => claims.verdict(resource, *check),
    };
    checks.iter().map(verdict).collect()
}

#[async_trait]
impl<A: Authorizer> Authorizer for ConnectionAuthorizer<A> {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        Ok(verdicts(actor, resource, checks))
    }

    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.host.can_grant_superuser(user, groups).await
    }
}

#[async_trait]
impl<A: Authorizer> ListAuthorizer for ConnectionAuthorizer<A> {
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        Ok(scope(actor, state))
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        Ok(scope(actor, state))
    }
}

/// An inactive account, or a superuser, sees nothing; the service itself checks the account for all other operations.
fn scope<I: Scoped>(actor: &Actor, state: Option<ActorView<'_>>) -> Scope<I> {
    let is_active = match state {
        Some(account) => account.state.is_active && !account.is_active_superuser(),
        // The account of a connection may be unknown to the directory, but not deleted.
        None => actor.user_id().is_none(),
    };
    if is_active && is_connection(actor) { Scope::Everything } else { Scope::Nothing }
}
