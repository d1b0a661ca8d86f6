//! Spans and events of the service, described in [`docs::observability`](crate::docs::observability). They carry
//! names and kinds only: no value of a request, no username and no address.

use std::{
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tracing::{Instrument, Span, instrument::Instrumented};

use crate::{
    authz::{Actor, AuthorizerError, AuthorizerErrorKind},
    decision::Decision,
    model::ChangeId,
    service::{AccessError, GroupError, ListError, RuleVerdict, UpdateError, Updated},
    store::{CommitOutcome, Scope, Scoped, StoreError, StoreErrorKind},
};

/// The target of every span and event.
macro_rules! target {
    () => {
        "userbook"
    };
}

/// Returns the span of an operation. Fields that only some operations have follow the name.
macro_rules! operation {
    ($name:literal $(, $field:ident = $value:expr)*) => {
        tracing::info_span!(
            target: $crate::service::trace::target!(),
            $name,
            $($field = $value,)*
            attempts = tracing::field::Empty,
            outcome = tracing::field::Empty,
            error = tracing::field::Empty,
        )
    };
}

/// Returns the span of one step of an operation.
macro_rules! step {
    ($name:literal) => {
        tracing::debug_span!(
            target: $crate::service::trace::target!(),
            $name,
            outcome = tracing::field::Empty,
            error = tracing::field::Empty,
        )
    };
}
pub(super) use {operation, step, target};

/// Traces the actor and the target. Identifiers refer to persons, so they appear at the level `TRACE` only.
pub(super) fn trace_identifiers(actor: &Actor, target: &dyn std::fmt::Display) {
    let actor = actor.user_id().map(|id| id.0);
    tracing::trace!(target: target!(), actor, target = %target, "identifiers");
}

/// How a result is traced.
pub trait SpanOutcome {
    fn outcome(&self) -> &'static str;
}

/// How an error is traced.
pub trait SpanError {
    /// Returns whether the request was rejected, or something failed.
    fn outcome(&self) -> &'static str {
        "failed"
    }

    fn kind(&self) -> &'static str;
}

/// Runs one operation or step inside its span, and records the outcome. A span without an outcome belongs to a dropped
/// future.
pub(super) fn traced<F: Future>(span: Span, work: F) -> Traced<F> {
    Traced { work: work.instrument(span) }
}

pin_project! {
    /// An `async fn` would store `work` twice, which adds up in nested operations and steps.
    pub(super) struct Traced<F> {
        #[pin]
        work: Instrumented<F>,
    }
}

impl<T: SpanOutcome, E: SpanError, F: Future<Output = Result<T, E>>> Future for Traced<F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let result = ready!(this.work.as_mut().poll(context));
        let span = this.work.span();
        match &result {
            Ok(done) => {
                span.record("outcome", done.outcome());
            }
            Err(error) => {
                span.record("outcome", error.outcome());
                span.record("error", error.kind());
            }
        }
        Poll::Ready(result)
    }
}

/// Records the number of the attempt in the span of the operation.
pub(super) fn attempt(number: u32) {
    Span::current().record("attempts", number);
}

/// Returns the id of a change in the form of spans.
pub(super) fn display_id(change: ChangeId) -> tracing::field::DisplayValue<uuid::Uuid> {
    tracing::field::display(change.0)
}

impl<T> SpanOutcome for BTreeSet<T> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<I: Scoped> SpanOutcome for Scope<I> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

macro_rules! done {
    ($($done:ty),+) => {$(
        impl SpanOutcome for $done {
            fn outcome(&self) -> &'static str {
                "done"
            }
        }
    )+};
}
done!(
    (),
    crate::view::CurrentUserView,
    crate::store::DirectorySnapshot,
    crate::store::GroupEntry,
    crate::store::GroupPage,
    crate::store::Snapshot,
    crate::store::PathPage,
    crate::store::UserPage,
    crate::view::UserView,
    crate::service::UserViews,
    crate::authz::Verdicts,
    bool,
    Option<crate::model::SessionEpoch>
);

impl SpanOutcome for RuleVerdict {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Deny(_) => "deny",
            Self::Reject(_) => "reject",
        }
    }
}

impl SpanOutcome for CommitOutcome {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::Rejected(_) => "rejected",
        }
    }
}

impl SpanOutcome for Updated {
    fn outcome(&self) -> &'static str {
        self.outcome.as_str()
    }
}

impl SpanOutcome for Decision {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Reject(_) => "reject",
            Self::Unchanged(_) => "unchanged",
            Self::Commit(_) => "commit",
        }
    }
}

impl SpanError for StoreError {
    fn kind(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Transient => "store_transient",
            StoreErrorKind::Ambiguous => "store_ambiguous",
            StoreErrorKind::Corrupt => "store_corrupt",
            StoreErrorKind::Other => "store_other",
        }
    }
}

impl SpanError for AuthorizerError {
    fn kind(&self) -> &'static str {
        match self.kind {
            AuthorizerErrorKind::Transient => "authorizer_transient",
            AuthorizerErrorKind::Other => "authorizer_other",
        }
    }
}

impl SpanError for AccessError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::NotFound | Self::Forbidden(_) => "refused",
            Self::Store(_) | Self::Authorizer(_) => "failed",
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden(_) => "forbidden",
            Self::Store(error) => error.kind(),
            Self::Authorizer(error) => error.kind(),
        }
    }
}

impl SpanError for UpdateError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Access(error) => error.outcome(),
            Self::Condition | Self::Patch(_) | Self::Invalid(_) => "refused",
            Self::Contended { .. } => "failed",
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Access(error) => error.kind(),
            Self::Condition => "condition",
            Self::Patch(_) => "patch",
            Self::Invalid(_) => "invalid",
            Self::Contended { .. } => "contended",
        }
    }
}

impl SpanError for ListError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Access(error) => error.outcome(),
            Self::FilterTooLarge { .. } | Self::PageTooLarge { .. } => "refused",
            Self::TooSlow { .. } => "failed",
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Access(error) => error.kind(),
            Self::FilterTooLarge { .. } => "filter_too_large",
            Self::PageTooLarge { .. } => "page_too_large",
            Self::TooSlow { .. } => "too_slow",
        }
    }
}

impl SpanError for GroupError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Access(error) => error.outcome(),
            Self::Condition | Self::Invalid(_) => "refused",
            Self::Contended { .. } => "failed",
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Access(error) => error.kind(),
            Self::Condition => "condition",
            Self::Invalid(_) => "invalid",
            Self::Contended { .. } => "contended",
        }
    }
}
