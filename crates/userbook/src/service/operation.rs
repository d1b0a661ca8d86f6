//! The driver: runs every operation that writes, with attempts, back-off, deadline and commits in doubt.

use std::{future::Future, time::Duration};

use chrono::SubsecRound;
use tracing::Span;

use super::{
    UserService,
    call::CallOptions,
    retry::{Attempts, Exhausted},
    trace::{SpanError, SpanOutcome, step, traced},
};
use crate::{
    authz::{Actor, Authorizer, CheckResults},
    decision::Context,
    model::ChangeId,
    store::{CommitOutcome, StoreError, StoreErrorKind, UserStore},
    violation::Violations,
};

/// One kind of operation: loads, authorizes, decides and writes, again in each attempt.
pub trait Operation<S, A>: Send + Sized {
    /// The result of the operation.
    type Output: SpanOutcome + Send;
    /// How the operation may fail.
    type Error: OperationError;
    /// The change that the operation writes.
    type Change: Send + Sync;

    /// The span around the operation.
    fn span(call: &CallContext<'_>) -> Span;

    /// Loads, authorizes and decides. `in_doubt` is the change of an earlier attempt whose commit had no answer. The
    /// plan includes it in the first load, and returns [`Plan::Committed`] or [`Plan::NotCommitted`] if that load
    /// resolves the doubt.
    fn plan(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&Self::Change>,
    ) -> impl Future<Output = Result<Plan<Self::Output, Self::Change>, Self::Error>> + Send;

    /// Writes the change.
    fn write(
        service: &UserService<S, A>,
        change: &Self::Change,
    ) -> impl Future<Output = Result<CommitOutcome, StoreError>> + Send;
}

/// The errors of an operation.
pub trait OperationError: From<StoreError> + From<Exhausted> + From<Violations> + SpanError + Send {
    /// Returns the store error inside the error, so that the attempt may be repeated.
    ///
    /// # Errors
    /// Fails with any other error, unchanged.
    fn into_store_error(self) -> Result<StoreError, Self>;
}

/// The result of planning an attempt.
#[derive(Debug)]
pub enum Plan<O, C> {
    /// The change in doubt is stored.
    Committed,
    /// The change in doubt is not stored and can no longer be applied, because the state on which it depends has
    /// changed.
    NotCommitted,
    /// Nothing to write.
    Done(O),
    /// Write this change.
    Write(C, O),
    /// The facts of two loads are from different moments.
    Conflict,
}

/// The call of an attempt.
#[derive(Debug, Clone, Copy)]
pub struct CallContext<'a> {
    /// The actor.
    pub(super) actor: &'a Actor,
    /// The id of the change, the same in every attempt.
    pub(super) change: ChangeId,
    pub(super) options: &'a CallOptions,
    /// The end of the operation, by the monotonic clock.
    pub(super) until: Duration,
}

impl<'a> CallContext<'a> {
    /// Returns the context of a decision.
    pub(super) fn decision<S, A>(
        &self,
        service: &'a UserService<S, A>,
        results: &'a CheckResults,
    ) -> Context<'a> {
        Context {
            actor: self.actor,
            results,
            policy: &service.policy,
            rules: &*service.rules,
            allow_self_lockout: self.options.allow_self_lockout,
            now: service.clock.now().trunc_subsecs(6),
            change: self.change,
            request_id: self.options.request_id.as_deref(),
        }
    }
}

/// Runs an operation in its span.
pub(super) async fn run<S: UserStore, A: Authorizer, O: Operation<S, A>>(
    service: &UserService<S, A>,
    operation: O,
    call: &CallContext<'_>,
) -> Result<O::Output, O::Error> {
    traced(O::span(call), attempts(service, operation, call)).await
}

async fn attempts<S: UserStore, A: Authorizer, O: Operation<S, A>>(
    service: &UserService<S, A>,
    mut operation: O,
    call: &CallContext<'_>,
) -> Result<O::Output, O::Error> {
    let mut attempts = Attempts::start(call.until);
    // A commit without an answer may still be applied. Until the outcome is known, no rejection is reported, because a
    // rejection states that nothing was written.
    let mut in_doubt: Option<(O::Change, O::Output)> = None;
    loop {
        attempts.next(service).await?;
        let plan = operation.plan(service, call, in_doubt.as_ref().map(|(change, _)| change)).await;
        let (change, output) = match plan {
            Ok(Plan::Write(change, output)) => (change, output),
            Ok(Plan::Committed) => match in_doubt.take() {
                Some((_, output)) => return Ok(output),
                None => continue,
            },
            Ok(Plan::NotCommitted) => {
                in_doubt = None;
                attempts.resolved();
                continue;
            }
            Ok(Plan::Done(output)) if in_doubt.is_none() => return Ok(output),
            Ok(Plan::Done(_) | Plan::Conflict) => {
                attempts.contended();
                continue;
            }
            Err(error) => match error.into_store_error() {
                Ok(failure) => {
                    attempts.failed(failure)?;
                    continue;
                }
                Err(_) if in_doubt.is_some() => {
                    attempts.contended();
                    continue;
                }
                Err(error) => return Err(error),
            },
        };
        match traced(step!("commit"), O::write(service, &change)).await {
            Ok(CommitOutcome::Applied) => return Ok(output),
            Ok(CommitOutcome::Rejected(violations)) if in_doubt.is_none() => return Err(violations.into()),
            Ok(CommitOutcome::Conflict | CommitOutcome::Gone | CommitOutcome::Rejected(_)) => {
                attempts.contended();
            }
            Err(error) => {
                if error.kind == StoreErrorKind::Ambiguous {
                    in_doubt = Some((change, output));
                }
                attempts.failed(error)?;
            }
        }
    }
}
