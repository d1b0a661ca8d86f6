//! `update_user`: one call, as many attempts as it takes.

use std::{
    fmt::Debug,
    future::{Future, IntoFuture},
    pin::Pin,
};

use super::{
    UpdateError, UserService,
    retry::Attempts,
    trace::{SpanOutcome, display_id, operation, step, trace_identifiers, traced},
};
use crate::{
    Actor, Attempt, Authorizer, ChangeId, CheckResults, Commit, CommitOutcome, Conditions, Decision, Diff,
    IfNoneMatch, Resource, Revision, SnapshotQuery, StoreErrorKind, UserId, UserStore, UserUpdate, UserView,
    decide,
    decide::{Needs, checks},
};

/// What an update came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Updated {
    /// The user as it is now; after a dry run, as it would be.
    pub view: UserView,
    /// What changed, or would change; nothing is redacted here.
    pub diff: Diff,
    /// How it ended.
    pub outcome: Outcome,
    /// What the authorizer said.
    pub results: CheckResults,
}

/// How an update that was not refused ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was written, with this change id.
    Applied(ChangeId),
    /// Nothing would change, so nothing was written.
    Unchanged,
    /// It would be written, but this was a dry run.
    DryRun,
}

/// An update about to be made; `.await` makes it.
#[derive(Debug)]
#[must_use = "an update does nothing until it is awaited"]
pub struct UpdateCall<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    id: UserId,
    update: UserUpdate,
    conditions: Conditions,
    allow_self_lockout: bool,
    dry_run: bool,
    request_id: Option<String>,
}

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Updates a user: all of it or nothing, never over somebody else's change.
    ///
    /// # Errors
    /// [`UpdateError`]; nothing was written then.
    pub fn update_user<'a>(
        &'a self,
        actor: &'a Actor,
        id: UserId,
        update: UserUpdate,
    ) -> UpdateCall<'a, S, A> {
        UpdateCall {
            service: self,
            actor,
            id,
            update,
            conditions: Conditions::none(),
            allow_self_lockout: false,
            dry_run: false,
            request_id: None,
        }
    }
}

impl<S: UserStore, A: Authorizer> UpdateCall<'_, S, A> {
    /// Only if the row is in one of these states; otherwise [`UpdateError::Condition`].
    pub fn if_revision(mut self, revisions: impl IntoIterator<Item = Revision>) -> Self {
        self.conditions.revisions = Some(revisions.into_iter().collect());
        self
    }

    /// Not if the user looks like this; otherwise [`UpdateError::Condition`].
    pub fn unless(mut self, looks_like: IfNoneMatch) -> Self {
        self.conditions.unless = Some(looks_like);
        self
    }

    /// Under these conditions, in place of those given so far.
    pub fn conditions(mut self, conditions: Conditions) -> Self {
        self.conditions = conditions;
        self
    }

    /// The actor means to deactivate themselves, or to give up their own superuser status.
    pub fn allow_self_lockout(mut self) -> Self {
        self.allow_self_lockout = true;
        self
    }

    /// Goes the same way up to the commit, and does not commit.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Notes in the event which request this was.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Makes it, as `.await` on the call does, which puts the future of this on the heap.
    ///
    /// # Errors
    /// [`UpdateError`]; nothing was written then.
    pub async fn run(self) -> Result<Updated, UpdateError> {
        let change = self.service.ids.next_change();
        let span = operation!("userbook.update", change = display_id(change), dry_run = self.dry_run);
        traced(span, self.attempt(change)).await
    }

    async fn attempt(self, change: ChangeId) -> Result<Updated, UpdateError> {
        trace_identifiers(self.actor, &self.id);
        let service = self.service;
        let mut asked = Needs::of_request(&self.update);
        let mut in_doubt: Option<(Box<Commit>, CheckResults)> = None;
        let mut attempts = Attempts::start(service);
        loop {
            attempts.next(service).await?;
            let change_in_doubt = in_doubt.is_some().then_some(change);
            let query = self.query(&asked, change_in_doubt);
            let snapshot = match service.visible(&query).await {
                Ok(snapshot) => snapshot,
                Err(error) => {
                    attempts.failed(error)?;
                    continue;
                }
            };
            let Some(snapshot) = snapshot else {
                return Err(service.missing_user_error(self.actor).await.into());
            };
            if let Some((commit, results)) = in_doubt.take_if(|_| snapshot.change_committed) {
                return Ok(applied(*commit, results));
            }
            // A commit lands only on the row that it was decided on, and no revision ever comes back.
            if in_doubt.take_if(|(commit, _)| commit.change.expected != snapshot.user.revision).is_some() {
                attempts.settled();
            }
            let ops = self.update.resolve(&snapshot.user);
            if let Ok(ops) = &ops {
                let needs = Needs::of_attempt(&snapshot, ops);
                if !needs.within(&asked) {
                    asked.extend(needs);
                    attempts.ask_more();
                    continue;
                }
            }
            let checks = checks(&snapshot, ops.as_deref().ok());
            let results = match service.ask(self.actor, Resource::User(&snapshot), checks).await {
                Ok(results) => results,
                // It may still land: a refusal would say that nothing was written.
                Err(_) if in_doubt.is_some() => {
                    attempts.contended();
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let decision = step!("decide").in_scope(|| {
                decision_of(&Attempt {
                    snapshot: &snapshot,
                    ops: ops.as_deref(),
                    actor: self.actor,
                    results: &results,
                    policy: &service.policy,
                    rules: &*service.rules,
                    conditions: &self.conditions,
                    allow_self_lockout: self.allow_self_lockout,
                    now: service.clock.now(),
                    change,
                    request_id: self.request_id.as_deref(),
                })
            });
            let commit = match decision {
                Decision::Reject(_) if in_doubt.is_some() => {
                    attempts.contended();
                    continue;
                }
                Decision::Reject(rejection) => return Err(rejection.into()),
                Decision::Unchanged(view) => {
                    let outcome = Outcome::Unchanged;
                    return Ok(Updated { view: *view, diff: Diff::new(), outcome, results });
                }
                Decision::Commit(commit) if self.dry_run => {
                    let outcome = Outcome::DryRun;
                    return Ok(Updated { view: commit.view, diff: commit.diff, outcome, results });
                }
                Decision::Commit(commit) => commit,
            };
            match traced(step!("commit"), service.store.commit(&commit.change)).await {
                Ok(CommitOutcome::Applied) => return Ok(applied(*commit, results)),
                // Whatever it was decided on has changed: a fresh load says what that means.
                Ok(CommitOutcome::Conflict | CommitOutcome::Gone) => attempts.contended(),
                Ok(CommitOutcome::Rejected(violations)) => return Err(violations.into()),
                Err(error) => {
                    if error.kind == StoreErrorKind::Ambiguous {
                        in_doubt = Some((commit, results));
                    }
                    attempts.failed(error)?;
                }
            }
        }
    }

    fn query(&self, asked: &Needs, change: Option<ChangeId>) -> SnapshotQuery {
        SnapshotQuery {
            user: self.id,
            username: asked.username.clone(),
            groups: asked.groups.clone(),
            actor: self.actor.user_id(),
            other_active_superuser: asked.other_active_superuser,
            change,
        }
    }
}

/// The decision, noted in the span that is entered.
fn decision_of(attempt: &Attempt<'_>) -> Decision {
    let decision = decide(attempt);
    tracing::Span::current().record("outcome", decision.outcome());
    decision
}

fn applied(commit: Commit, results: CheckResults) -> Updated {
    let outcome = Outcome::Applied(commit.change.change);
    Updated { view: commit.view, diff: commit.diff, outcome, results }
}

impl<'a, S: UserStore, A: Authorizer> IntoFuture for UpdateCall<'a, S, A> {
    type Output = Result<Updated, UpdateError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
