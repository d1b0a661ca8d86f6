//! Decides which users and groups a list shows to an actor.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cedar_policy::EntityUid;
use userbook::{
    Actor, GroupId, UserId,
    authz::{ActorView, AuthorizerError, Facts, ListAuthorizer, Resource, Subject},
    model::GroupGraph,
    store::Scope,
};

use crate::{
    CedarAuthorizer,
    entities::{EntityBuilder, ends_in_cycle, principal},
    evaluation::{Evaluation, allows},
    schema_types::Action,
};

/// A page and its count are requested before any row is loaded, and no policy is evaluated for single rows. A list
/// shows to an actor
///
/// - every user, if policies that do not depend on the resource allow `view`, and no policy that depends on it might
///   forbid it;
/// - otherwise the own account, if policies allow `view` that depend only on known facts of the acting user (all
///   except `username`, `name`, `email`, `path` and attributes);
/// - otherwise no user, and is denied.
///
/// Groups follow the same rule with `view_group`: all groups, or those of the actor's own groups and their ancestors
/// that are allowed. A list shows at most what single requests show, sometimes less.
#[async_trait]
impl ListAuthorizer for CedarAuthorizer {
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        if actor.subject == Subject::System {
            return Ok(Scope::Everything);
        }
        let Some(evaluation) = self.evaluation(actor, state)? else { return Ok(Scope::Nothing) };
        if evaluation.sees_every(Action::View, self.types.any_account())? {
            return Ok(Scope::Everything);
        }
        let Some(view) = state else { return Ok(Scope::Nothing) };
        let id = view.state.id;
        let own = evaluation.evaluate(&self.visibility.own, Action::View, self.types.account(id), [])?;
        Ok(if allows(&own) { Scope::Only([id].into()) } else { Scope::Nothing })
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        if actor.subject == Subject::System {
            return Ok(Scope::Everything);
        }
        let Some(evaluation) = self.evaluation(actor, state)? else { return Ok(Scope::Nothing) };
        if evaluation.sees_every(Action::ViewGroup, self.types.any_group())? {
            return Ok(Scope::Everything);
        }
        let Some(view) = state else { return Ok(Scope::Nothing) };
        let all = view.state.groups.iter().flat_map(|id| view.groups.lineage(*id)).map(|group| group.id);
        let acyclic: BTreeSet<GroupId> = all.filter(|id| !ends_in_cycle(view.groups, *id)).collect();
        let mut visible = BTreeSet::new();
        for id in acyclic {
            if allows(&evaluation.evaluate(&self.policies, Action::ViewGroup, self.types.group(id), [])?) {
                visible.insert(id);
            }
        }
        Ok(if visible.is_empty() { Scope::Nothing } else { Scope::Only(visible) })
    }
}

impl CedarAuthorizer {
    /// Returns the evaluation for a list; `None` if no policy applies to the actor.
    fn evaluation<'a>(
        &'a self,
        actor: &'a Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Option<Evaluation<'a>>, AuthorizerError> {
        let inactive = actor.user_id().is_some() && !state.is_some_and(|view| view.state.is_active);
        let Some(principal) = principal(&self.types, actor).filter(|_| !inactive) else { return Ok(None) };
        let none = GroupGraph::default();
        let facts = match state {
            Some(view) => Facts { groups: view.groups, actor: Some(view.state) },
            None => Facts { groups: &none, actor: None },
        };
        let mut builder = EntityBuilder::of(&self.types, actor, Resource::Directory(facts))?;
        if let Some(view) = state {
            builder.own_account(view)?;
        }
        Ok(Some(Evaluation { authorizer: self, principal, actor, entities: builder.build(None)? }))
    }
}

impl Evaluation<'_> {
    fn sees_every(&self, action: Action, some: EntityUid) -> Result<bool, AuthorizerError> {
        Ok(allows(&self.evaluate(&self.authorizer.visibility.every, action, some, [])?))
    }
}
