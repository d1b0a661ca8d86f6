//! The decision: pure, synchronous, and the only module with rules.
//!
//! Takes one consistent snapshot and returns the change to commit or the reason to reject it. Checks run in the
//! contract's order, and the first failure decides the answer: the right to see, the right to change, preconditions,
//! rights to fields and superuser status, then all violations of the values at once.

mod access;
mod checks;
mod conditions;
mod delete;
mod denial;
mod diff;
mod event;
mod group;
mod group_access;
mod group_children;
mod group_commit;
mod group_diff;
mod group_members;
mod group_write;
mod guards;
mod hierarchy;
mod insert;
mod limits;
mod password;
mod propose;
mod requirements;
mod rules;
mod safeguard;
mod sessions;
#[cfg(test)]
mod tests;
mod update;

pub use conditions::{Conditions, GroupCondition, IfNoneMatch};
pub use denial::{Denial, FieldDenial};
pub use rules::{FieldRule, NoRules};
pub use update::{Attempt, Commit, Decision, UpdateAccess, decide};

pub(crate) use access::{check_access, check_member_view, check_rights, check_view, visible_user};
pub(crate) use checks::{
    access_checks, content_checks, deletion_checks, deletion_needs_protection, needs_protection,
    require_active_actor, require_allowed,
};
pub(crate) use delete::{check_deletion_access, check_deletion_rights, delete, deletion_needs_superusers};
pub(crate) use group::{GroupProposal, GroupRejection};
pub(crate) use group_access::{GroupAccess, GroupWriteKind};
pub(crate) use group_children::{ChildGroup, child_checks, child_groups};
pub(crate) use group_commit::{CheckedGroup, GroupOutlook};
pub(crate) use group_members::{MemberProposal, MembersOp, shown_members};
pub(crate) use group_write::GroupWrite;
pub(crate) use hierarchy::Granting;
pub(crate) use insert::{
    check_insertion_access, insert, insertion_checks, new_user_snapshot, next_user_id, with_defaults,
};
pub(crate) use password::{
    change_password, check_impersonation, check_impersonation_rights, check_password_access,
    check_password_rights, password_checks,
};
pub(crate) use requirements::LoadRequirements;
pub(crate) use sessions::end_sessions;

use crate::{
    authz::{Actor, CheckResults},
    model::{ChangeId, Timestamp},
    policy::Policy,
    update::PatchFailure,
    violation::Violations,
};

/// The actor and the rules of a decision.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The actor.
    pub actor: &'a Actor,
    /// The authorizer's results.
    pub results: &'a CheckResults,
    /// The rules in force.
    pub policy: &'a Policy,
    /// The host's own rules.
    pub rules: &'a dyn FieldRule,
    /// Whether the actor explicitly requests to lose their own access.
    pub allow_self_lockout: bool,
    /// The time, truncated to microseconds.
    pub now: Timestamp,
    /// The id of this change, the same in every attempt.
    pub change: ChangeId,
    /// The request id for the event.
    pub request_id: Option<&'a str>,
}

/// A reason why nothing is written.
///
/// Exhaustive: each reason has its own answer. New rules are [`Denial`]s or
/// [`ViolationKind`](crate::violation::ViolationKind)s.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// The actor must not learn whether the user exists.
    #[error("no such user")]
    Hidden,
    /// The actor is denied.
    #[error("not allowed: {0}")]
    Forbidden(Denial),
    /// The stored user does not meet the preconditions of the request.
    #[error("precondition failed")]
    Condition,
    /// The JSON Patch does not fit the stored user.
    #[error(transparent)]
    Patch(PatchFailure),
    /// The values break rules.
    #[error("invalid: {0}")]
    Invalid(Violations),
}
