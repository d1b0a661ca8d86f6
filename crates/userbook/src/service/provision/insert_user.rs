//! Creates a user.

use std::{mem, time::Duration};

use tracing::Span;
use uuid::Uuid;

use super::{settle_directory, write};
use crate::service::{
    Outcome, UpdateError, Updated, UserService,
    access::{directory_resource, is_fresh},
    call::Call,
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation, step, traced},
};
use crate::{
    authz::{Actor, Authorizer, Check, CheckResults},
    decision::{
        LoadRequirements, check_insertion_access, insert, insertion_checks, new_user_snapshot, next_user_id,
        require_active_actor, with_defaults,
    },
    field::{FieldErrors, Name, Username},
    model::{UserId, UserRef},
    service::AccessError,
    store::{
        CommitOutcome, DirectoryQuery, DirectorySnapshot, ProvisioningChange, ProvisioningOp,
        ProvisioningStore, SnapshotQuery, StoreError, StoreErrorKind,
    },
    update::{PatchFailure, UserUpdate},
    violation::{ViolationKind, Violations},
};

/// A user to create. Fields without a value get the defaults of authentik's model: active, `internal`, at path
/// `users`, without groups and attributes.
///
/// ```
/// use userbook::NewUser;
/// let user = NewUser::new("ada", "Ada Lovelace").with(|user| user.email("ada@example.com").path("staff/eu"));
/// # let _ = user;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewUser {
    fields: UserUpdate,
    uuid: Option<Uuid>,
}

impl NewUser {
    /// Creates the request with these names.
    pub fn new(
        username: impl TryInto<Username, Error = FieldErrors>,
        name: impl TryInto<Name, Error = FieldErrors>,
    ) -> Self {
        Self { fields: UserUpdate::replace().username(username).name(name), uuid: None }
    }

    /// Creates the request with the fields of an update. [`UserUpdate::replace`] requires `username` and `name`; a JSON
    /// Patch is rejected.
    pub fn from_update(fields: UserUpdate) -> Self {
        Self { fields, uuid: None }
    }

    /// Sets further fields.
    #[must_use]
    pub fn with(self, set: impl FnOnce(UserUpdate) -> UserUpdate) -> Self {
        Self { fields: set(self.fields), ..self }
    }

    /// Uses this UUID instead of a new one: a key of the host for the user.
    #[must_use]
    pub fn uuid(self, uuid: Uuid) -> Self {
        Self { uuid: Some(uuid), ..self }
    }
}

/// The creation of one user; see [`UserService::insert_user`].
pub type InsertUserCall<'a, S, A> = Call<'a, S, A, InsertUser>;

/// The right to create users, checked before the request is read; see [`UserService::authorize_insertion`].
#[derive(Debug)]
pub struct AuthorizedInsertion<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    access: InsertionAccess,
}

/// The operation of an [`InsertUserCall`].
#[derive(Debug)]
pub struct InsertUser {
    user: NewUser,
    uuid: Uuid,
    /// Verdicts from before the request was read, used by the first attempt.
    access: Option<InsertionAccess>,
    /// Whether an earlier attempt reached the commit.
    is_repeated: bool,
}

/// The authorizer's verdicts that do not depend on the new user.
#[derive(Debug)]
pub(super) struct InsertionAccess {
    pub(super) results: CheckResults,
    /// The start of the load, by the monotonic clock.
    pub(super) since: Duration,
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Creates a user, under the rules and safeguards of an update.
    ///
    /// # Errors
    /// As [`UserService::update_user`]; a UUID that another user has is a violation.
    pub fn insert_user<'a>(&'a self, actor: &'a Actor, user: NewUser) -> InsertUserCall<'a, S, A> {
        self.insert(actor, user, None)
    }

    /// Checks that the actor may create users, before the request is read. [`AuthorizedInsertion::user`] continues with
    /// the same verdicts if they are at most 250 ms old.
    ///
    /// # Errors
    /// As [`UserService::insert_user`], except for errors about values.
    pub async fn authorize_insertion<'a>(
        &'a self,
        actor: &'a Actor,
    ) -> Result<AuthorizedInsertion<'a, S, A>, UpdateError> {
        traced(operation!("userbook.authorize_insertion"), async {
            let query = DirectoryQuery { actor: actor.user_id(), ..DirectoryQuery::default() };
            let since = self.clock.monotonic();
            self.require_some_right(actor)?;
            let directory = self.load_directory(&query).await?;
            let results = self.insertion_results(actor, &directory).await?;
            let access = InsertionAccess { results, since };
            Ok(AuthorizedInsertion { service: self, actor, access })
        })
        .await
    }

    pub(super) fn insert<'a>(
        &'a self,
        actor: &'a Actor,
        user: NewUser,
        access: Option<InsertionAccess>,
    ) -> InsertUserCall<'a, S, A> {
        // Created once per call, so that every attempt inserts the same user.
        let uuid = user.uuid.unwrap_or_else(|| self.ids.next_uuid());
        Call::new(self, actor, InsertUser { user, uuid, access, is_repeated: false })
    }

    /// Requires the right to create users.
    async fn insertion_results(
        &self,
        actor: &Actor,
        directory: &DirectorySnapshot,
    ) -> Result<CheckResults, UpdateError> {
        require_active_actor(actor, directory.actor.as_ref())?;
        let results = self.authorize(actor, directory_resource(directory), vec![Check::AddUser]).await?;
        check_insertion_access(directory, actor, &results)?;
        Ok(results)
    }
}

impl<'a, S: ProvisioningStore, A: Authorizer> AuthorizedInsertion<'a, S, A> {
    /// Creates the user of the request.
    pub fn user(self, user: NewUser) -> InsertUserCall<'a, S, A> {
        let Self { service, actor, access } = self;
        service.insert(actor, user, Some(access))
    }
}

impl<S, A> SpanOutcome for AuthorizedInsertion<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

/// Requires that no other user has the host's UUID, because the store could only report a conflict in every attempt.
async fn check_free<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    uuid: Uuid,
) -> Result<(), UpdateError> {
    let query = SnapshotQuery { target: Some(UserRef::Uuid(uuid)), ..SnapshotQuery::default() };
    if traced(step!("load"), service.store.load(&query)).await?.user.is_none() {
        return Ok(());
    }
    let mut violations = Violations::default();
    violations.push_general(ViolationKind::UuidTaken);
    Err(violations.into())
}

/// Takes an id for the user. If the answer is lost, an id stays unused, and nothing is in doubt.
async fn reserve<S: ProvisioningStore, A>(service: &UserService<S, A>) -> Result<UserId, StoreError> {
    service.store.reserve_user_id().await.map_err(|mut error| {
        if error.kind == StoreErrorKind::Ambiguous {
            error.kind = StoreErrorKind::Transient;
        }
        error
    })
}

fn reserved_id(change: &ProvisioningChange) -> Option<UserId> {
    match &change.op {
        ProvisioningOp::InsertUser(user) if change.has_reserved_id => Some(user.id),
        _ => None,
    }
}

impl<S: ProvisioningStore, A: Authorizer> Operation<S, A> for InsertUser {
    type Output = Updated;
    type Error = UpdateError;
    type Change = ProvisioningChange;

    fn span(call: &CallContext<'_>) -> Span {
        operation!("userbook.insert_user", change = display_id(call.change), dry_run = call.options.dry_run)
    }

    async fn plan(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&ProvisioningChange>,
    ) -> Result<Plan<Updated, ProvisioningChange>, UpdateError> {
        let mut query = DirectoryQuery {
            actor: call.actor.user_id(),
            change: in_doubt.map(|_| call.change),
            ..DirectoryQuery::default()
        };
        let is_fresh = |access: &InsertionAccess| is_fresh(service, access.since);
        let results = if let Some(access) = self.access.take().filter(is_fresh) {
            access.results
        } else {
            service.require_some_right(call.actor)?;
            let directory = service.load_directory(&query).await?;
            if let Some(plan) = settle_directory(in_doubt, &directory) {
                return Ok(plan);
            }
            service.insertion_results(call.actor, &directory).await?
        };

        let Some(ops) = self.user.fields.fields().cloned().map(with_defaults) else {
            // A JSON Patch requires a stored user.
            return Err(UpdateError::Patch(PatchFailure::Inapplicable { operation: 0, path: String::new() }));
        };
        let policy = &service.policy;
        let required = LoadRequirements::of_new_user(&ops, policy);
        query.username = required.username;
        query.login = required.login;
        query.email = required.email;
        query.groups = required.groups;
        let directory = service.load_directory(&query).await?;
        if let Some(plan) = settle_directory(in_doubt, &directory) {
            return Ok(plan);
        }
        require_active_actor(call.actor, directory.actor.as_ref())?;
        if let Some(uuid) = self.user.uuid {
            check_free(service, uuid).await?;
        }
        let mut checks = vec![Check::AddUser];
        checks.extend(insertion_checks(&ops, &directory, policy, &results));
        let results = service.authorize(call.actor, directory_resource(&directory), checks).await?;
        let is_repeated = mem::replace(&mut self.is_repeated, true);
        let reserved = match in_doubt {
            // It is repeated with its id: the result is right whichever of both is applied.
            Some(change) => reserved_id(change),
            None if is_repeated => Some(reserve(service).await?),
            None => None,
        };
        let context = call.decision(service, &results);
        let id = reserved.unwrap_or_else(|| next_user_id(&directory));
        let snapshot = new_user_snapshot(directory, id, self.uuid, context.now);
        let Some(user) = &snapshot.user else { return Err(AccessError::NotFound.into()) };
        let (mut change, view, diff) = insert(user, &snapshot, &ops, &context)?;
        service.check_insertion_rules(call, &snapshot, &mut change).await?;
        change.has_reserved_id = reserved.is_some();
        if call.options.dry_run {
            return Ok(Plan::Done(Updated { view, diff, outcome: Outcome::DryRun, results }));
        }
        Ok(Plan::Write(change, Updated { view, diff, outcome: Outcome::Applied(call.change), results }))
    }

    async fn write(
        service: &UserService<S, A>,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        write(service, change).await
    }
}
