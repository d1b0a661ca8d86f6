//! Creates a user.

use tracing::Span;
use uuid::Uuid;

use super::{settle_directory, write};
use crate::service::{
    Outcome, UpdateError, Updated, UserService,
    access::directory_resource,
    call::Call,
    operation::{CallContext, Operation, Plan},
    trace::{display_id, operation, step, traced},
};
use crate::{
    authz::{Actor, Authorizer, Check},
    decision::{
        LoadRequirements, check_insertion_access, insert, insertion_checks, new_user_snapshot,
        require_active_actor, with_defaults,
    },
    field::{FieldErrors, Name, Username},
    json::JsonObject,
    model::UserRef,
    service::AccessError,
    store::{
        CommitOutcome, DirectoryQuery, ProvisioningChange, ProvisioningStore, SnapshotQuery, StoreError,
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

/// The operation of an [`InsertUserCall`].
#[derive(Debug)]
pub struct InsertUser {
    user: NewUser,
    uuid: Uuid,
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Creates a user, under the rules and safeguards of an update.
    ///
    /// # Errors
    /// As [`UserService::update_user`]; a UUID that another user has is a violation.
    pub fn insert_user<'a>(&'a self, actor: &'a Actor, user: NewUser) -> InsertUserCall<'a, S, A> {
        // Created once per call, so that every attempt inserts the same user.
        let uuid = user.uuid.unwrap_or_else(|| self.ids.next_uuid());
        Call::new(self, actor, InsertUser { user, uuid })
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
    violations.push_general(ViolationKind::Custom {
        code: "uuid_taken".into(),
        message: "A user with this UUID already exists.".into(),
        params: JsonObject::new(),
    });
    Err(violations.into())
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
        service.require_some_right(call.actor)?;
        let directory = service.load_directory(&query).await?;
        if let Some(plan) = settle_directory(in_doubt, &directory) {
            return Ok(plan);
        }
        require_active_actor(call.actor, directory.actor.as_ref())?;
        let results =
            service.authorize(call.actor, directory_resource(&directory), vec![Check::AddUser]).await?;
        check_insertion_access(&directory, call.actor, &results)?;

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
        let context = call.decision(service, &results);
        let snapshot = new_user_snapshot(directory, self.uuid, context.now);
        let Some(user) = &snapshot.user else { return Err(AccessError::NotFound.into()) };
        let (change, view, diff) = insert(user, &snapshot, &ops, &context)?;
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
