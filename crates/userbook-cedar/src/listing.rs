//! Whom and what an actor may see in a list.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cedar_policy::EntityUid;
use userbook::{
    Actor, ActorView, AuthorizerError, GroupId, ListAuthorizer, Resource, Scope, Subject, UserId,
};

use crate::{
    CedarAuthorizer,
    asking::{Asking, allows},
    facts::{Facts, ends_in_cycle, principal},
    words::Action,
};

/// A page with its count is asked for before any row is loaded, and no policy is asked row by row. So somebody
/// sees in a list
///
/// - everybody, if `view` is allowed them by policies that do not look at the resource, and no policy that does
///   might forbid it;
/// - otherwise themselves, if `view` is allowed by policies that look at nothing but what is known of whoever acts
///   (all but `username`, `name`, `email`, `path` and attributes);
/// - otherwise nobody, and is told so.
///
/// Groups likewise by `view_group`: all of them, or those of one's own groups and the ones above that are
/// allowed. A list may thus show less than could be looked at one by one, never more.
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
        let Some(asking) = self.asking(actor, state)? else { return Ok(Scope::Nothing) };
        if asking.sees_every(Action::View, self.words.any_account())? {
            return Ok(Scope::Everything);
        }
        let Some(view) = state else { return Ok(Scope::Nothing) };
        let id = view.state.id;
        let own = asking.ask_of(&self.sight.own, Action::View, self.words.account(id), [])?;
        Ok(if allows(&own) { Scope::Only(BTreeSet::from([id])) } else { Scope::Nothing })
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        if actor.subject == Subject::System {
            return Ok(Scope::Everything);
        }
        let Some(asking) = self.asking(actor, state)? else { return Ok(Scope::Nothing) };
        if asking.sees_every(Action::ViewGroup, self.words.any_group())? {
            return Ok(Scope::Everything);
        }
        let Some(view) = state else { return Ok(Scope::Nothing) };
        let all = view.state.groups.iter().flat_map(|id| view.groups.lineage(*id)).map(|group| group.id);
        let told: BTreeSet<GroupId> = all.filter(|id| !ends_in_cycle(view.groups, *id)).collect();
        let mut seen = BTreeSet::new();
        for id in told {
            if allows(&asking.ask_of(&self.policies, Action::ViewGroup, self.words.group(id), [])?) {
                seen.insert(id);
            }
        }
        Ok(if seen.is_empty() { Scope::Nothing } else { Scope::Only(seen) })
    }
}

impl CedarAuthorizer {
    /// Who asks for a list; `None`: nobody who may ask at all.
    fn asking<'a>(
        &'a self,
        actor: &'a Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Option<Asking<'a>>, AuthorizerError> {
        let gone = actor.user_id().is_some() && !state.is_some_and(|view| view.state.is_active);
        let Some(principal) = principal(&self.words, actor).filter(|_| !gone) else { return Ok(None) };
        let mut facts = Facts::of(&self.words, actor, Resource::MissingUser(state.as_ref()))?;
        if let Some(view) = state {
            facts.own_account(view)?;
        }
        Ok(Some(Asking { authorizer: self, principal, actor, entities: facts.entities(None)? }))
    }
}

impl Asking<'_> {
    fn sees_every(&self, action: Action, some: EntityUid) -> Result<bool, AuthorizerError> {
        Ok(allows(&self.ask_of(&self.authorizer.sight.every, action, some, [])?))
    }
}
