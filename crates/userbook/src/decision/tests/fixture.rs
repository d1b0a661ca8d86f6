//! The fixture of the decision's tests: a user, an actor, some groups, and a request.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    authz::{Actor, Check, CheckResults, Subject, Verdict, Verdicts},
    decision::{
        Attempt, Commit, Conditions, Context, Decision, Denial, FieldRule, NoRules, Rejection, UpdateAccess,
        access_checks, content_checks, decide,
    },
    model::{ChangeId, Group, GroupId, Revision, Timestamp, User, UserId, UserType},
    policy::Policy,
    store::{ActorState, Epochs, Snapshot, Superusers},
    update::{PatchFailure, UserUpdate},
    view::view_group_checks,
    violation::Violations,
};

/// Another person is a superuser.
pub(super) const OTHER_PERSON: Superusers = Superusers { person: true, service_account: false };
/// No other user is a superuser.
pub(super) const NO_OTHER: Superusers = Superusers { person: false, service_account: false };

/// An ordinary group; the user is a member.
pub(super) const STAFF: GroupId = GroupId(Uuid::from_u128(1));
/// Another ordinary group.
pub(super) const HELP: GroupId = GroupId(Uuid::from_u128(2));
/// A group that grants superuser status.
pub(super) const ADMINS: GroupId = GroupId(Uuid::from_u128(3));
/// A group below [`ADMINS`], without the flag itself.
pub(super) const BELOW: GroupId = GroupId(Uuid::from_u128(4));
/// Another group that grants superuser status.
pub(super) const ROOT: GroupId = GroupId(Uuid::from_u128(5));
/// A group that does not exist.
pub(super) const NOWHERE: GroupId = GroupId(Uuid::from_u128(99));

pub(super) const TARGET: UserId = UserId(10);
pub(super) const ACTOR: UserId = UserId(20);
/// The time of every decision.
pub(super) const NOW: Timestamp = chrono::DateTime::from_timestamp_nanos(1_000_000_000_001_000);
pub(super) const CHANGE: ChangeId = ChangeId(Uuid::from_u128(500));
pub(super) const ACTOR_REVISION: Revision = Revision(Uuid::from_u128(600));
pub(super) const EPOCHS: Epochs = Epochs { graph: 7, superusers: 8, next_user: 30 };

/// One request. By default the actor is not a superuser and has every right except to grant superuser status; the user
/// is active and in [`STAFF`].
#[derive(Debug)]
pub(super) struct Fixture {
    pub(super) user: User,
    pub(super) snapshot: Snapshot,
    pub(super) access: UpdateAccess,
    pub(super) update: UserUpdate,
    pub(super) actor: Actor,
    pub(super) policy: Policy,
    pub(super) conditions: Conditions,
    pub(super) allow_self_lockout: bool,
    pub(super) rules: Box<dyn FieldRule>,
    denied: Vec<(Check, Verdict)>,
    granted: BTreeSet<GroupId>,
    user_can_grant: Option<bool>,
}

pub(super) fn group(id: GroupId, name: &str, is_superuser: bool, parent: Option<GroupId>) -> Group {
    Group {
        id,
        name: name.into(),
        is_superuser,
        parent,
        attributes: serde_json::json!({}),
        ..Group::example()
    }
}

pub(super) fn all_groups() -> [Group; 5] {
    [
        group(STAFF, "staff", false, None),
        group(HELP, "help", false, None),
        group(ADMINS, "admins", true, None),
        group(BELOW, "below", false, Some(ADMINS)),
        group(ROOT, "root", true, None),
    ]
}

pub(super) fn actor_state(groups: impl IntoIterator<Item = GroupId>) -> ActorState {
    ActorState {
        id: ACTOR,
        is_active: true,
        user_type: UserType::Internal,
        path: "users".into(),
        attributes: serde_json::Value::Null.into(),
        groups: groups.into_iter().collect(),
        revision: ACTOR_REVISION,
    }
}

pub(super) fn user() -> User {
    User { id: TARGET, groups: [STAFF].into(), version: 3, ..User::example() }
}

impl Fixture {
    pub(super) fn new(update: UserUpdate) -> Self {
        Self {
            user: user(),
            access: UpdateAccess::Change,
            snapshot: Snapshot {
                user: None,
                groups: all_groups().into_iter().collect(),
                username_taken: false,
                actor: Some(actor_state([])),
                other_superusers: Some(OTHER_PERSON),
                epochs: EPOCHS,
                change_committed: false,
                ..Snapshot::default()
            },
            update,
            actor: Actor::user(ACTOR),
            policy: Policy::hardened(),
            conditions: Conditions::none(),
            allow_self_lockout: false,
            rules: Box::new(NoRules),
            denied: Vec::new(),
            granted: BTreeSet::new(),
            user_can_grant: Some(false),
        }
    }

    /// Modifies the stored user.
    pub(super) fn user(mut self, alter: impl FnOnce(&mut User)) -> Self {
        alter(&mut self.user);
        self
    }

    /// Uses the right to one group's members.
    pub(super) fn by_member_right(mut self, check: Check) -> Self {
        self.access = UpdateAccess::Member(check);
        self
    }

    /// Sets the authorizer's result about the user's own rights to grant.
    pub(super) fn user_can_grant(mut self, can_grant: Option<bool>) -> Self {
        self.user_can_grant = can_grant;
        self
    }

    /// Replaces the groups of the stored user.
    pub(super) fn member_of(self, groups: impl IntoIterator<Item = GroupId>) -> Self {
        self.user(|user| user.groups = groups.into_iter().collect())
    }

    pub(super) fn inactive(self) -> Self {
        self.user(|user| user.is_active = false)
    }

    /// Makes the actor a superuser.
    pub(super) fn by_superuser(mut self) -> Self {
        self.snapshot.actor = Some(actor_state([ROOT]));
        self
    }

    /// Makes the user the actor.
    pub(super) fn by_self(mut self) -> Self {
        let user = &self.user;
        self.actor = Actor::user(user.id);
        let state = actor_state(user.groups.iter().copied());
        self.snapshot.actor = Some(ActorState { id: user.id, revision: user.revision, ..state });
        self
    }

    pub(super) fn by(mut self, subject: Subject) -> Self {
        self.actor = Actor::from(subject);
        self.snapshot.actor = None;
        self
    }

    /// No other user is a superuser.
    pub(super) fn alone(self) -> Self {
        self.others(Some(NO_OTHER))
    }

    pub(super) fn others(mut self, others: Option<Superusers>) -> Self {
        self.snapshot.other_superusers = others;
        self
    }

    pub(super) fn policy(mut self, alter: impl FnOnce(Policy) -> Policy) -> Self {
        self.policy = alter(self.policy);
        self
    }

    /// Removes a denial.
    pub(super) fn allow(mut self, check: Check) -> Self {
        self.denied.retain(|(denied, _)| *denied != check);
        self
    }

    pub(super) fn deny(mut self, check: Check, verdict: Verdict) -> Self {
        self.denied.push((check, verdict));
        self
    }

    /// Lets the actor grant superuser status through this group.
    pub(super) fn grant(mut self, group: GroupId) -> Self {
        self.granted.insert(group);
        self
    }

    pub(super) fn is_granted(&self, group: GroupId) -> bool {
        self.granted.contains(&group)
    }

    pub(super) fn can_grant(&self) -> Option<bool> {
        self.user_can_grant
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { user: Some(self.user.clone()), ..self.snapshot.clone() }
    }

    /// Returns the verdicts that the service collects for this request.
    pub(super) fn results(&self) -> CheckResults {
        let snapshot = self.snapshot();
        let mut results = self.answer(access_checks());
        let own = view_group_checks(&self.user.groups, &snapshot.groups, &self.policy, &results);
        results.extend(self.answer(own));
        if let UpdateAccess::Member(check) = self.access {
            results.extend(self.answer(vec![check]));
        }
        if let Ok(ops) = self.update.resolve(&self.user, &snapshot.groups, &self.policy, &|_| true) {
            let checks = content_checks(&self.user, &snapshot, &ops, &self.policy, &results);
            results.extend(self.answer(checks));
        }
        results
    }

    fn answer(&self, checks: Vec<Check>) -> CheckResults {
        let verdicts = checks.iter().map(|check| self.verdict(*check)).collect();
        CheckResults::new(
            checks,
            Verdicts { verdicts, user_can_grant: self.user_can_grant, visible_groups: None },
        )
    }

    fn verdict(&self, check: Check) -> Verdict {
        if let Some((_, verdict)) = self.denied.iter().find(|(denied, _)| *denied == check) {
            return verdict.clone();
        }
        match check {
            Check::GrantSuperuser(group) => self.granted.contains(&group).into(),
            _ => Verdict::Allow,
        }
    }

    pub(super) fn decide(&self) -> Decision {
        let snapshot = self.snapshot();
        let ops = self.update.resolve(&self.user, &snapshot.groups, &self.policy, &|_| true);
        self.decide_on(&snapshot, ops.as_deref())
    }

    fn decide_on(
        &self,
        snapshot: &Snapshot,
        ops: Result<&crate::update::FieldOps, &PatchFailure>,
    ) -> Decision {
        decide(&Attempt {
            snapshot,
            ops,
            access: self.access,
            conditions: &self.conditions,
            context: self.context(&self.results()),
        })
    }

    pub(super) fn context<'a>(&'a self, results: &'a CheckResults) -> Context<'a> {
        Context {
            actor: &self.actor,
            results,
            policy: &self.policy,
            rules: &*self.rules,
            allow_self_lockout: self.allow_self_lockout,
            now: NOW,
            change: CHANGE,
            request_id: Some("request"),
        }
    }

    pub(super) fn commit(&self) -> Commit {
        match self.decide() {
            Decision::Commit(commit) => *commit,
            other => panic!("expected a commit, got {other:?}"),
        }
    }

    pub(super) fn rejection(&self) -> Rejection {
        match self.decide() {
            Decision::Reject(rejection) => rejection,
            other => panic!("expected a rejection, got {other:?}"),
        }
    }

    pub(super) fn denial(&self) -> Denial {
        match self.rejection() {
            Rejection::Forbidden(denial) => denial,
            other => panic!("expected a denial, got {other:?}"),
        }
    }

    /// Returns the violations as `field: code`, or `code` for the request as a whole.
    pub(super) fn faults(&self) -> Vec<String> {
        match self.rejection() {
            Rejection::Invalid(violations) => codes(&violations),
            other => panic!("expected violations, got {other:?}"),
        }
    }

    /// Returns the outcome as one word: `commit`, `unchanged`, or the kind of rejection.
    pub(super) fn outcome(&self) -> &'static str {
        match self.decide() {
            Decision::Commit(_) => "commit",
            Decision::Unchanged(_) => "unchanged",
            Decision::Reject(Rejection::Hidden) => "hidden",
            Decision::Reject(Rejection::Condition) => "condition",
            Decision::Reject(Rejection::Patch(_)) => "patch",
            Decision::Reject(Rejection::Invalid(_)) => "invalid",
            Decision::Reject(Rejection::Forbidden(denial)) => match denial {
                Denial::Permission(_) => "permission",
                Denial::ActorInactive => "actor inactive",
                Denial::ActorUnknown => "actor unknown",
                Denial::Rule { .. } => "rule",
                Denial::Fields(_) => "fields",
                Denial::GrantsSuperuser { .. } => "grants superuser",
                Denial::RevokesSuperuser { .. } => "revokes superuser",
                Denial::ChildGroups => "child groups",
                Denial::ProtectedUser(_) => "protected",
                Denial::ProtectedDeletion | Denial::ProtectedPassword | Denial::ProtectedImpersonation => {
                    "protected deletion"
                }
            },
        }
    }
}

pub(super) fn codes<F: std::fmt::Display>(violations: &Violations<F>) -> Vec<String> {
    let code = |violation: &crate::violation::Violation<F>| match &violation.field {
        Some(field) => format!("{field}: {}", violation.kind.code()),
        None => violation.kind.code().to_owned(),
    };
    violations.iter().map(code).collect()
}
