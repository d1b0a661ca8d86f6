//! The stage on which a rule is tried.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    Actor, ActorState, Attempt, ChangeId, Check, CheckResults, Commit, Conditions, Decision, Denial, Epochs,
    FieldRule, Group, GroupId, NoRules, Policy, Rejection, Revision, Snapshot, Subject, Timestamp, User,
    UserId, UserType, UserUpdate, Verdict, Violations,
    decide::{checks, decide},
};

/// An ordinary group, of which the user is a member.
pub(super) const STAFF: GroupId = GroupId(Uuid::from_u128(1));
/// Another ordinary group.
pub(super) const HELP: GroupId = GroupId(Uuid::from_u128(2));
/// A group that grants power.
pub(super) const ADMINS: GroupId = GroupId(Uuid::from_u128(3));
/// A group below [`ADMINS`], without the flag itself.
pub(super) const BELOW: GroupId = GroupId(Uuid::from_u128(4));
/// Another group that grants power.
pub(super) const ROOT: GroupId = GroupId(Uuid::from_u128(5));
/// A group that is not there.
pub(super) const NOWHERE: GroupId = GroupId(Uuid::from_u128(99));

pub(super) const TARGET: UserId = UserId(10);
pub(super) const ACTOR: UserId = UserId(20);
pub(super) const CHANGE: ChangeId = ChangeId(Uuid::from_u128(500));
pub(super) const ACTOR_REVISION: Revision = Revision(Uuid::from_u128(600));
pub(super) const EPOCHS: Epochs = Epochs { graph: 7, superusers: 8, next_user: 30 };

/// A user, who acts on it, and what is asked. By default an actor without power who may do everything but give
/// power, on an active user in [`STAFF`].
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) snapshot: Snapshot,
    pub(super) update: UserUpdate,
    pub(super) actor: Actor,
    pub(super) policy: Policy,
    pub(super) conditions: Conditions,
    pub(super) allow_self_lockout: bool,
    pub(super) rules: Box<dyn FieldRule>,
    refused: Vec<(Check, Verdict)>,
    granted: BTreeSet<GroupId>,
}

pub(super) fn group(id: GroupId, name: &str, is_superuser: bool, parent: Option<GroupId>) -> Group {
    Group { id, name: name.into(), is_superuser, parent, attributes: serde_json::json!({}) }
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
        groups: groups.into_iter().collect(),
        revision: ACTOR_REVISION,
    }
}

pub(super) fn user() -> User {
    User {
        id: TARGET,
        uuid: Uuid::nil(),
        username: "ada".into(),
        name: "Ada".into(),
        email: "ada@example.com".into(),
        is_active: true,
        last_login: None,
        path: "users".into(),
        user_type: UserType::Internal,
        attributes: serde_json::json!({}).into(),
        groups: [STAFF].into(),
        password_change_date: Timestamp::UNIX_EPOCH,
        revision: Revision(Uuid::from_u128(400)),
        version: 3,
    }
}

impl Scene {
    pub(super) fn new(update: UserUpdate) -> Self {
        Self {
            snapshot: Snapshot {
                user: user(),
                groups: all_groups().into_iter().collect(),
                username_taken: false,
                actor: Some(actor_state([])),
                other_active_superuser: Some(true),
                epochs: EPOCHS,
                change_committed: false,
            },
            update,
            actor: Actor::user(ACTOR),
            policy: Policy::hardened(),
            conditions: Conditions::none(),
            allow_self_lockout: false,
            rules: Box::new(NoRules),
            refused: Vec::new(),
            granted: BTreeSet::new(),
        }
    }

    /// Alters the stored user.
    pub(super) fn user(mut self, alter: impl FnOnce(&mut User)) -> Self {
        alter(&mut self.snapshot.user);
        self
    }

    /// Puts the stored user into these groups and no others.
    pub(super) fn member_of(self, groups: impl IntoIterator<Item = GroupId>) -> Self {
        self.user(|user| user.groups = groups.into_iter().collect())
    }

    pub(super) fn inactive(self) -> Self {
        self.user(|user| user.is_active = false)
    }

    /// Gives the actor power.
    pub(super) fn powerful(mut self) -> Self {
        self.snapshot.actor = Some(actor_state([ROOT]));
        self
    }

    /// The user acts on themselves.
    pub(super) fn oneself(mut self) -> Self {
        let user = &self.snapshot.user;
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

    /// Nobody else has power.
    pub(super) fn alone(mut self) -> Self {
        self.snapshot.other_active_superuser = Some(false);
        self
    }

    pub(super) fn policy(mut self, alter: impl FnOnce(Policy) -> Policy) -> Self {
        self.policy = alter(self.policy);
        self
    }

    /// Takes a refusal back.
    pub(super) fn mend(mut self, check: Check) -> Self {
        self.refused.retain(|(refused, _)| *refused != check);
        self
    }

    pub(super) fn refuse(mut self, check: Check, verdict: Verdict) -> Self {
        self.refused.push((check, verdict));
        self
    }

    /// The actor may give power through this group.
    pub(super) fn grant(mut self, group: GroupId) -> Self {
        self.granted.insert(group);
        self
    }

    pub(super) fn results(&self) -> CheckResults {
        let ops = self.update.resolve(&self.snapshot.user);
        let checks = checks(&self.snapshot, ops.as_deref().ok());
        let verdicts = checks.iter().map(|check| self.verdict(*check)).collect();
        CheckResults::new(checks, verdicts)
    }

    fn verdict(&self, check: Check) -> Verdict {
        if let Some((_, verdict)) = self.refused.iter().find(|(refused, _)| *refused == check) {
            return verdict.clone();
        }
        match check {
            Check::GrantSuperuser(group) => self.granted.contains(&group).into(),
            _ => Verdict::Allow,
        }
    }

    pub(super) fn decide(&self) -> Decision {
        let ops = self.update.resolve(&self.snapshot.user);
        decide(&Attempt {
            snapshot: &self.snapshot,
            ops: ops.as_deref(),
            actor: &self.actor,
            results: &self.results(),
            policy: &self.policy,
            rules: &*self.rules,
            conditions: &self.conditions,
            allow_self_lockout: self.allow_self_lockout,
            now: Timestamp::UNIX_EPOCH,
            change: CHANGE,
            request_id: Some("request"),
        })
    }

    pub(super) fn commit(&self) -> Commit {
        match self.decide() {
            Decision::Commit(commit) => *commit,
            other => panic!("no commit but {other:?}"),
        }
    }

    pub(super) fn rejection(&self) -> Rejection {
        match self.decide() {
            Decision::Reject(rejection) => rejection,
            other => panic!("no rejection but {other:?}"),
        }
    }

    pub(super) fn denial(&self) -> Denial {
        match self.rejection() {
            Rejection::Forbidden(denial) => denial,
            other => panic!("no denial but {other:?}"),
        }
    }

    /// The faults, written `field: code`, or `code` alone for the request as a whole.
    pub(super) fn faults(&self) -> Vec<String> {
        match self.rejection() {
            Rejection::Invalid(violations) => codes(&violations),
            other => panic!("no faults but {other:?}"),
        }
    }

    /// What comes out, in a word: `commit`, `unchanged`, or the kind of rejection.
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
                Denial::Fields(_) => "fields",
                Denial::GrantsSuperuser { .. } => "grants power",
                Denial::ProtectedSuperuser(_) => "protected",
                Denial::DeletesSuperuser => "deletes superuser",
            },
        }
    }
}

pub(super) fn codes<F: std::fmt::Display>(violations: &Violations<F>) -> Vec<String> {
    let code = |violation: &crate::Violation<F>| match &violation.field {
        Some(field) => format!("{field}: {}", violation.kind.code()),
        None => violation.kind.code().to_owned(),
    };
    violations.iter().map(code).collect()
}
