//! Updates a user.

use tracing::Span;

use super::{
    AccessError, UpdateError, UserService,
    access::{Access, user_resource},
    call::{Call, Conditional},
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation, step, trace_identifiers},
};
use crate::{
    authz::{Actor, Authorizer, CheckResults},
    decision::{
        Attempt, Commit, Conditions, Decision, LoadRequirements, UpdateAccess, access_checks, check_access,
        check_rights, content_checks, decide, needs_protection,
    },
    event::Diff,
    model::{ChangeId, UserRef},
    store::{ChangeSet, CommitOutcome, Snapshot, SnapshotQuery, StoreError, UserStore},
    update::{FieldOps, PatchFailure, UserUpdate},
    view::{UserView, Visibility},
};

/// The number of further loads in one attempt before it counts as a conflict.
pub(super) const MAX_LOADS: u32 = 4;

/// The result of an operation on a user.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Updated {
    /// The user after the operation, or after a simulated one in a dry run; the deleted user after a deletion.
    pub view: UserView,
    /// The difference, without redaction of secret attributes; for attributes only the changed part.
    pub diff: Diff,
    /// How the operation ended.
    pub outcome: Outcome,
    /// The authorizer's verdicts.
    pub results: CheckResults,
}

/// How a successful operation ended.
///
/// Exhaustive: a caller must not take an unknown outcome for a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The change was written, with this change id.
    Applied(ChangeId),
    /// Nothing changes, so nothing was written.
    Unchanged,
    /// The change would be written; this was a dry run.
    DryRun,
}

impl Outcome {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Applied(_) => "applied",
            Self::Unchanged => "unchanged",
            Self::DryRun => "dry_run",
        }
    }
}

/// An update of one user; see [`UserService::update_user`].
pub type UpdateCall<'a, S, A> = Call<'a, S, A, UpdateUser>;

/// The right to change a user, checked before the request is read; see [`UserService::authorize_update`].
#[derive(Debug)]
pub struct AuthorizedUpdate<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    target: UserRef,
    access: Access,
    conditions: Conditions,
}

/// The operation of an [`UpdateCall`].
#[derive(Debug)]
pub struct UpdateUser {
    target: UserRef,
    update: UserUpdate,
    /// Facts and verdicts from before the request was read, used by the first attempt.
    access: Option<Access>,
}

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Updates a user: the whole update or nothing, and never over a concurrent change.
    ///
    /// # Errors
    /// [`UpdateError`]; nothing was written then.
    pub fn update_user<'a>(
        &'a self,
        actor: &'a Actor,
        target: impl Into<UserRef>,
        update: UserUpdate,
    ) -> UpdateCall<'a, S, A> {
        Call::new(self, actor, UpdateUser { target: target.into(), update, access: None })
    }

    /// Checks that the actor may view and change the user, and that the user meets the preconditions, before the
    /// request is read. Makes one load and one authorizer call for every user. `None` is an impossible id, such as one
    /// that is not a number; it costs the same.
    ///
    /// [`AuthorizedUpdate::update`] continues with the same facts if they are at most 250 ms old.
    ///
    /// # Errors
    /// As [`UserService::update_user`], except for errors about values.
    pub async fn authorize_update<'a>(
        &'a self,
        actor: &'a Actor,
        target: Option<UserRef>,
        conditions: Conditions,
    ) -> Result<AuthorizedUpdate<'a, S, A>, UpdateError> {
        let span = operation!("userbook.authorize_update");
        super::trace::traced(span, async {
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let mut access = self.access(actor, &query, access_checks()).await?;
            check_rights(&access.snapshot, actor, &access.results)?;
            self.authorize_groups(actor, &mut access, &[]).await?;
            check_access(&access.snapshot, actor, &access.results, &self.policy, &conditions)?;
            let target = target.ok_or(AccessError::NotFound)?;
            Ok(AuthorizedUpdate { service: self, actor, target, access, conditions })
        })
        .await
    }
}

impl<'a, S: UserStore, A: Authorizer> AuthorizedUpdate<'a, S, A> {
    /// Makes the update, under the checked preconditions.
    pub fn update(self, update: UserUpdate) -> UpdateCall<'a, S, A> {
        let Self { service, actor, target, access, conditions } = self;
        Call::new(service, actor, UpdateUser { target, update, access: Some(access) })
            .with_conditions(conditions)
    }
}

impl<S, A> SpanOutcome for AuthorizedUpdate<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl Conditional for UpdateUser {}

impl<S: UserStore, A: Authorizer> Operation<S, A> for UpdateUser {
    type Output = Updated;
    type Error = UpdateError;
    type Change = ChangeSet;

    fn span(call: &CallContext<'_>) -> Span {
        operation!("userbook.update", change = display_id(call.change), dry_run = call.options.dry_run)
    }

    async fn plan(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&ChangeSet>,
    ) -> Result<Plan<Updated, ChangeSet>, UpdateError> {
        let Self { target, update, access } = self;
        trace_identifiers(call.actor, target);
        let policy = &service.policy;
        let mut query = SnapshotQuery {
            target: Some(*target),
            actor: call.actor.user_id(),
            change: in_doubt.map(|_| call.change),
            ..SnapshotQuery::default()
        };
        let mut access = match access.take().filter(|access| access.is_fresh(service)) {
            Some(access) => access,
            None => service.access(call.actor, &query, access_checks()).await?,
        };
        let mut loaded = LoadRequirements::default();
        let mut rounds = 0;
        let ops = loop {
            if let Some(plan) = settle(in_doubt, &access.snapshot) {
                return Ok(plan);
            }
            check_rights(&access.snapshot, call.actor, &access.results)?;
            service.authorize_groups(call.actor, &mut access, &[]).await?;
            let Access { snapshot, results, .. } = &access;
            let user = check_access(snapshot, call.actor, results, policy, &call.options.conditions)?;
            let visible = Visibility::new(policy, results);
            let ops = update.resolve(user, &snapshot.groups, policy, &|group| visible.shows(group));
            let Ok(resolved) = &ops else { break ops };
            let required = LoadRequirements::of_update(user, snapshot, resolved, policy);
            if required.is_covered_by(&loaded) {
                break ops;
            }
            // A request requires more facts after a load only if the user has changed in between.
            rounds += 1;
            if rounds > MAX_LOADS {
                return Ok(Plan::Conflict);
            }
            loaded.extend(required);
            loaded.apply(&mut query);
            access = service.access(call.actor, &query, access_checks()).await?;
        };
        decide_on(service, call, access, ops.as_deref(), UpdateAccess::Change).await
    }

    async fn write(service: &UserService<S, A>, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        service.store.commit(change).await
    }
}

/// Returns whether the first load after a commit without an answer resolves the doubt. A commit is applied only to the
/// row on which it was decided, and revisions never return.
pub(super) fn settle<O>(in_doubt: Option<&ChangeSet>, snapshot: &Snapshot) -> Option<Plan<O, ChangeSet>> {
    let change = in_doubt?;
    if snapshot.change_committed {
        return Some(Plan::Committed);
    }
    let revision = snapshot.user.as_ref().map(|user| user.revision);
    (revision != Some(change.expected)).then_some(Plan::NotCommitted)
}

/// Requests the checks of the content, then decides.
pub(super) async fn decide_on<S: UserStore, A: Authorizer>(
    service: &UserService<S, A>,
    call: &CallContext<'_>,
    access: Access,
    ops: Result<&FieldOps, &PatchFailure>,
    update_access: UpdateAccess,
) -> Result<Plan<Updated, ChangeSet>, UpdateError> {
    let Access { snapshot, mut results, .. } = access;
    if let (Some(user), Ok(ops)) = (&snapshot.user, ops) {
        let checks = content_checks(user, &snapshot, ops, &service.policy, &results);
        service.authorize_more(call.actor, user_resource(&snapshot), checks, &mut results).await?;
        if needs_protection(user, &snapshot, ops, call.actor, &service.policy) {
            service.ensure_user_can_grant(user, &snapshot, &mut results).await;
        }
    }
    let decision = step!("decide").in_scope(|| {
        let context = call.decision(service, &results);
        let conditions = &call.options.conditions;
        let decision =
            decide(&Attempt { snapshot: &snapshot, ops, access: update_access, conditions, context });
        Span::current().record("outcome", decision.outcome());
        decision
    });
    let updated = |view, diff, outcome, results| Updated { view, diff, outcome, results };
    Ok(match decision {
        Decision::Reject(rejection) => return Err(rejection.into()),
        Decision::Unchanged(view) => Plan::Done(updated(*view, Diff::new(), Outcome::Unchanged, results)),
        Decision::Commit(commit) => {
            let Commit { mut change, view, diff } = *commit;
            service.check_update_rules(call, &snapshot, &mut change).await?;
            if call.options.dry_run {
                return Ok(Plan::Done(updated(view, diff, Outcome::DryRun, results)));
            }
            Plan::Write(change, updated(view, diff, Outcome::Applied(call.change), results))
        }
    })
}
