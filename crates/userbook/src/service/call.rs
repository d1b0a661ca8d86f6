//! The call builder of all writing operations.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use super::{
    UserService,
    operation::{self, CallContext, Operation},
};
use crate::{
    authz::{Actor, Authorizer},
    decision::{Conditions, IfNoneMatch},
    model::{ChangeId, Revision},
    store::UserStore,
};

/// A writing call. `.await` runs it.
///
/// ```
/// # use userbook::{Actor, NewUser, Outcome, PermissionAuthorizer, StaticPermissions, UserService};
/// # use userbook_memory::MemoryStore;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
/// let host = Actor::system();
/// let preview = service.insert_user(&host, NewUser::new("ada", "Ada")).dry_run().await?;
/// assert_eq!(preview.outcome, Outcome::DryRun);
/// let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).request_id("request-1").await?;
/// service.delete_user(&host, ada.view.user.id).if_revision([ada.view.user.revision]).await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'a, S, A, O> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    operation: O,
    change: ChangeId,
    options: CallOptions,
}

/// The options of every operation.
#[derive(Debug, Clone, Default)]
pub(super) struct CallOptions {
    pub(super) request_id: Option<String>,
    pub(super) dry_run: bool,
    pub(super) allow_self_lockout: bool,
    pub(super) conditions: Conditions,
}

/// An operation on a row with a revision.
pub trait Conditional {}

impl<S, A, O> fmt::Debug for Call<'_, S, A, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("actor", self.actor)
            .field("change", &self.change)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a, S, A, O> Call<'a, S, A, O> {
    pub(super) fn new(service: &'a UserService<S, A>, actor: &'a Actor, operation: O) -> Self {
        let change = service.ids.next_change();
        Self { service, actor, operation, change, options: CallOptions::default() }
    }

    /// Returns the id of the change: the id of the event and, of a changed user, the revision. If the change ends the
    /// sessions of the user, the id is also the [`session_epoch`](crate::User::session_epoch).
    pub fn change_id(&self) -> ChangeId {
        self.change
    }

    pub(super) fn with_conditions(mut self, conditions: Conditions) -> Self {
        self.options.conditions = conditions;
        self
    }

    /// Confirms that the actor intends to lose the own access or superuser status.
    pub fn allow_self_lockout(mut self) -> Self {
        self.options.allow_self_lockout = true;
        self
    }

    /// Runs everything except the commit. What only the commit finds is not reported: an external id that another user
    /// or group has.
    pub fn dry_run(mut self) -> Self {
        self.options.dry_run = true;
        self
    }

    /// Records the host's request id in the event.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.options.request_id = Some(id.into());
        self
    }
}

impl<S, A, O: Conditional> Call<'_, S, A, O> {
    /// Requires one of these revisions; otherwise the call fails with
    /// [`UpdateError::Condition`](crate::UpdateError::Condition).
    pub fn if_revision(mut self, revisions: impl IntoIterator<Item = Revision>) -> Self {
        self.options.conditions.revisions = Some(revisions.into_iter().collect());
        self
    }

    /// Requires that the user does not match; otherwise the call fails with
    /// [`UpdateError::Condition`](crate::UpdateError::Condition).
    pub fn unless(mut self, matches: IfNoneMatch) -> Self {
        self.options.conditions.unless = Some(matches);
        self
    }

    /// Requires these conditions instead of those given so far.
    pub fn conditions(self, conditions: Conditions) -> Self {
        self.with_conditions(conditions)
    }
}

impl<S: UserStore, A: Authorizer, O: Operation<S, A>> Call<'_, S, A, O> {
    /// Runs the call without boxing its future; `.await` on the call boxes it.
    ///
    /// # Errors
    /// The error of the operation. Nothing was written, except as
    /// [`StoreErrorKind::Ambiguous`](crate::store::StoreErrorKind::Ambiguous) states.
    pub async fn run(self) -> Result<O::Output, O::Error> {
        let Self { service, actor, operation, change, options } = self;
        let until = service.clock.monotonic().saturating_add(service.deadline);
        let call = CallContext { actor, change, options: &options, until };
        operation::run(service, operation, &call).await
    }
}

impl<'a, S: UserStore, A: Authorizer, O: Operation<S, A> + 'a> IntoFuture for Call<'a, S, A, O> {
    type Output = Result<O::Output, O::Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
