//! Rules of the host on whole changes: with the actor, the target and the new values.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use async_trait::async_trait;

use super::{
    UserService, deadline,
    operation::CallContext,
    trace::{step, traced},
};
use crate::{
    authz::{Actor, AuthorizerError, Facts},
    decision::Denial,
    json::JsonObject,
    model::{Group, GroupGraph, User, UserId},
    service::{AccessError, GroupError, UpdateError},
    store::{
        ActorGuard, ActorState, ChangeSet, DirectorySnapshot, MemberState, ProvisioningChange,
        ProvisioningOp, Snapshot,
    },
    violation::{Field, ViolationKind, Violations},
};

/// The cause of the failure of a rule that takes too long.
const LATE: &str = "the rule exceeded the deadline of the operation";

/// A rule of the host that depends on the actor, on several fields, or on another service.
///
/// The service calls the rule in each attempt, after authorization, safeguards and the rules for values have accepted
/// the change, and before the commit; a dry run calls it as well. No transaction is open, unless the store of the
/// service is one. The commit applies only while the rows of the target and of the actor are in the state that the rule
/// has seen. Group rows may have changed. A rule for a single value is a [`FieldRule`](crate::decision::FieldRule),
/// whose violations are reported together with all others.
///
/// An update without effect, a deletion of a user, a password and the end of sessions have no new values, so no rule
/// is called: the [`Authorizer`](crate::Authorizer) decides about them.
///
/// ```
/// use async_trait::async_trait;
/// use userbook::authz::AuthorizerError;
/// use userbook::service::{ChangeRequest, ChangeRule, RequestedChange, RuleVerdict};
///
/// /// Support may deactivate users, but not activate them.
/// #[derive(Debug)]
/// struct NoActivation;
///
/// #[async_trait]
/// impl ChangeRule for NoActivation {
///     async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
///         let activates = match request.change {
///             RequestedChange::UpdateUser { before, after } => !before.is_active && after.is_active,
///             _ => false,
///         };
///         if activates && !request.is_by_superuser() {
///             return Ok(RuleVerdict::deny("no_activation", "You may deactivate users, but not activate them."));
///         }
///         Ok(RuleVerdict::Accept)
///     }
/// }
/// ```
#[async_trait]
pub trait ChangeRule: Debug + Send + Sync + 'static {
    /// Accepts the change, or returns the reason against it.
    ///
    /// Limit a call to another service by [`ChangeRequest::time_left`]. After that time the service drops this future
    /// at its next wake-up.
    ///
    /// # Errors
    /// [`AuthorizerError`] if the rule cannot decide; the request is denied and nothing is written.
    async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError>;
}

/// A change that is ready to be committed, with its facts.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRequest<'a> {
    /// The actor, with the claims of the host's authentication.
    pub actor: &'a Actor,
    /// The acting user with path, attributes and groups; `None` unless a user of this directory acts.
    pub actor_state: Option<&'a ActorState>,
    /// The existing ones of the actor's, the target's and the request's groups, with their ancestors.
    pub groups: &'a GroupGraph,
    /// The change.
    pub change: RequestedChange<'a>,
    /// The time until the deadline of the operation.
    pub time_left: Duration,
    /// Whether nothing will be written.
    pub dry_run: bool,
}

/// The values of a change.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum RequestedChange<'a> {
    /// A new user.
    InsertUser(&'a User),
    /// A change of a user: its fields, its memberships, or both.
    UpdateUser {
        /// The user as stored.
        before: &'a User,
        /// The user after the change.
        after: &'a User,
    },
    /// A group is created, changed or deleted, with the memberships that change.
    WriteGroup {
        /// The group as stored; `None` for a new group.
        before: Option<&'a Group>,
        /// The group after the change; `None` after a deletion.
        after: Option<&'a Group>,
        /// The users who join.
        joining: &'a BTreeMap<UserId, &'a MemberState>,
        /// The users who leave.
        leaving: &'a BTreeMap<UserId, &'a MemberState>,
    },
}

/// The result of a [`ChangeRule`].
///
/// Exhaustive: the service handles every result.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleVerdict {
    /// The rule has no objection.
    Accept,
    /// The actor may not make this change: 403.
    Deny(Denial),
    /// The values break the rule: 400. The violations of all rules are reported together.
    Reject(Violations),
}

impl RuleVerdict {
    /// Denies the change with the host's stable code and a message for users; see [`Denial::Rule`].
    pub fn deny(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Deny(Denial::Rule { rule: rule.into(), message: message.into(), params: JsonObject::new() })
    }

    /// Rejects the value of one field with the host's stable code and a message for users; see
    /// [`ViolationKind::Custom`].
    pub fn reject(field: Field, code: impl Into<String>, message: impl Into<String>) -> Self {
        let kind =
            ViolationKind::Custom { code: code.into(), message: message.into(), params: JsonObject::new() };
        let mut violations = Violations::default();
        violations.push(field, kind);
        Self::Reject(violations)
    }
}

impl ChangeRequest<'_> {
    /// Returns whether an active superuser or the host itself makes the change.
    pub fn is_by_superuser(&self) -> bool {
        self.actor.is_system() || self.actor_state.is_some_and(|state| state.is_active_superuser(self.groups))
    }
}

impl<S, A> UserService<S, A> {
    /// Calls the rules for the update of a user.
    pub(super) async fn check_update_rules(
        &self,
        call: &CallContext<'_>,
        snapshot: &Snapshot,
        change: &mut ChangeSet,
    ) -> Result<(), UpdateError> {
        let Some(before) = snapshot.user.as_ref().filter(|_| !self.change_rules.is_empty()) else {
            return Ok(());
        };
        let mut after = before.clone();
        change.apply_to(&mut after);
        let facts = Facts { groups: &snapshot.groups, actor: snapshot.actor.as_ref() };
        self.check_rules(call, facts, RequestedChange::UpdateUser { before, after: &after }).await??;
        change.guards.actor = guard(facts, |user| user == before.id);
        Ok(())
    }

    /// Calls the rules for a new user.
    pub(super) async fn check_insertion_rules(
        &self,
        call: &CallContext<'_>,
        snapshot: &Snapshot,
        change: &mut ProvisioningChange,
    ) -> Result<(), UpdateError> {
        let ProvisioningOp::InsertUser(user) = &change.op else { return Ok(()) };
        if self.change_rules.is_empty() {
            return Ok(());
        }
        let facts = Facts { groups: &snapshot.groups, actor: snapshot.actor.as_ref() };
        self.check_rules(call, facts, RequestedChange::InsertUser(user)).await??;
        change.guards.actor = guard(facts, |_| false);
        Ok(())
    }

    /// Calls the rules for the write of a group.
    pub(super) async fn check_group_rules(
        &self,
        call: &CallContext<'_>,
        directory: &DirectorySnapshot,
        change: &mut ProvisioningChange,
    ) -> Result<(), GroupError> {
        let Some(group) = change.op.group().filter(|_| !self.change_rules.is_empty()) else {
            return Ok(());
        };
        let members = |joins: bool| -> BTreeMap<UserId, &MemberState> {
            let moved = change.members.iter().filter(|member| member.joins == joins);
            moved.filter_map(|member| Some((member.user, directory.members.get(&member.user)?))).collect()
        };
        let (joining, leaving) = (members(true), members(false));
        let facts = Facts { groups: &directory.groups, actor: directory.actor.as_ref() };
        let requested = RequestedChange::WriteGroup {
            before: directory.groups.get(group),
            after: change.op.written_group(),
            joining: &joining,
            leaving: &leaving,
        };
        self.check_rules(call, facts, requested).await??;
        change.guards.actor = guard(facts, |user| joining.contains_key(&user) || leaving.contains_key(&user));
        Ok(())
    }

    /// Calls the host's rules, in their order. The first denial counts; otherwise all violations.
    async fn check_rules(
        &self,
        call: &CallContext<'_>,
        Facts { groups, actor: actor_state }: Facts<'_>,
        change: RequestedChange<'_>,
    ) -> Result<Result<(), Violations>, AccessError> {
        let CallContext { actor, options, until, .. } = *call;
        let mut violations = Violations::default();
        for rule in &self.change_rules {
            let time_left = until.saturating_sub(self.clock.monotonic());
            let dry_run = options.dry_run;
            let request = ChangeRequest { actor, actor_state, groups, change, time_left, dry_run };
            let verdict = async {
                let verdict = deadline::within(&*self.clock, until, rule.check(&request)).await;
                verdict.unwrap_or_else(|| Err(AuthorizerError::transient(LATE)))
            };
            match traced(step!("rule"), verdict).await? {
                RuleVerdict::Accept => {}
                RuleVerdict::Deny(denial) => return Err(denial.into()),
                RuleVerdict::Reject(found) => violations.extend(found),
            }
        }
        Ok(if violations.is_empty() { Ok(()) } else { Err(violations) })
    }
}

/// Returns the guard that keeps the actor's row in the state that a rule has seen. The commit compares the row of a
/// changed user anyway.
fn guard(facts: Facts<'_>, is_changed: impl Fn(UserId) -> bool) -> Option<ActorGuard> {
    let state = facts.actor.filter(|state| !is_changed(state.id))?;
    Some(ActorGuard { user: state.id, revision: state.revision })
}
