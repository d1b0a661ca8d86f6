//! An authorizer of your own: team leads see their team and themselves, and change names and e-mail addresses there.
//! No other user exists for them.
//!
//! ```sh
//! cargo run -p userbook --example authorizer
//! ```
#![allow(clippy::print_stdout, reason = "the example shows its result")]

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    sync::Arc,
};

use async_trait::async_trait;
use userbook::{
    Actor, Authorizer, Field, NewUser, PermissionAuthorizer, StaticPermissions, User, UserId, UserRef,
    UserService, UserUpdate,
    authz::{ActorView, AuthorizerError, Check, Resource, Subject, Verdict, Verdicts},
    model::GroupGraph,
    store::Scope,
};
use userbook_memory::MemoryStore;

/// The team of each lead.
#[derive(Debug)]
struct TeamLeads(BTreeMap<UserId, BTreeSet<UserId>>);

impl TeamLeads {
    /// The users that the actor may see.
    fn scope(&self, actor: &Actor, state: Option<ActorView<'_>>) -> Scope<UserId> {
        match (&actor.subject, state) {
            (Subject::System, _) => Scope::Everything,
            (Subject::User(_), Some(state)) if state.is_active_superuser() => Scope::Everything,
            (Subject::User(id), Some(_)) => {
                let mut team = self.0.get(id).cloned().unwrap_or_default();
                team.insert(*id);
                Scope::Only(team.into())
            }
            _ => Scope::Nothing,
        }
    }
}

#[async_trait]
impl Authorizer for TeamLeads {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        let scope = self.scope(actor, resource.actor());
        let visible = resource.user().is_some_and(|user| scope.contains_user(user));
        let verdict = |check: &Check| match check {
            _ if scope == Scope::Everything => Verdict::Allow,
            Check::View | Check::Change | Check::Set(Field::Name | Field::Email) if visible => Verdict::Allow,
            // The same verdict for a hidden user and for a user that does not exist.
            Check::View if scope != Scope::Nothing => Verdict::Hide,
            Check::Set(_) | Check::Join(_) => Verdict::because("Ask an administrator."),
            // Groups are hidden, and so is every check that a later version adds.
            _ => Verdict::deny(),
        };
        Ok(checks.iter().map(verdict).collect())
    }

    /// Only superusers grant superuser status here, and the service protects superusers anyway.
    async fn can_grant_superuser(&self, _user: &User, _groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        Ok(false)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = Arc::new(MemoryStore::new());
    let host = UserService::new(Arc::clone(&store), PermissionAuthorizer::new(StaticPermissions::none()));
    let insert = async |name: &'static str| {
        host.insert_user(&Actor::system(), NewUser::new(name, name))
            .await
            .map(|inserted| inserted.view.user.id)
    };
    let (lead, mate, stranger) = (insert("lead").await?, insert("mate").await?, insert("stranger").await?);

    let teams = TeamLeads(BTreeMap::from([(lead, BTreeSet::from([mate]))]));
    let service = UserService::new(store, teams);
    let lead = Actor::user(lead);
    let email = UserUpdate::patch().email("mate@example.com");
    println!("e-mail of a mate: {:?}", service.update_user(&lead, mate, email).await?.outcome);
    if let Err(error) = service.update_user(&lead, mate, UserUpdate::patch().path("elsewhere")).await {
        println!("path of a mate: {error}");
    }
    for id in [stranger, UserId(404)] {
        match service.retrieve(&lead, UserRef::from(id)).await {
            Ok(view) => println!("user {}: {}", id.0, view.user.name),
            Err(error) => println!("user {}: {error}", id.0),
        }
    }
    Ok(())
}
