//! Making a user.

use uuid::Uuid;

use std::collections::BTreeSet;

use tracing::Span;

use super::{Plan, Task};
use crate::service::trace::{display_id, operation};
use crate::{
    Actor, Authorizer, ChangeId, Check, DirectoryQuery, DirectorySnapshot, FieldOps, GroupId, Name,
    PatchFailure, ProvisioningStore, Resource, UpdateError, UserService, UserUpdate, UserView, Username,
    decide::{Insertion, Needs, blank, insert, require_active_actor, with_defaults},
    field::FieldErrors,
};

/// A user to be made. Fields that are not set are as authentik's model has them: active, `internal`, at path
/// `users`, in no group, without attributes.
///
/// ```
/// use userbook::NewUser;
/// let user = NewUser::new("ada", "Ada Lovelace").with(|user| user.email("ada@example.com").path("staff/eu"));
/// # let _ = user;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewUser(UserUpdate);

impl NewUser {
    /// A user with these names.
    pub fn new(
        username: impl TryInto<Username, Error = FieldErrors>,
        name: impl TryInto<Name, Error = FieldErrors>,
    ) -> Self {
        Self(UserUpdate::replace().username(username).name(name))
    }

    /// Sets further fields.
    #[must_use]
    pub fn with(self, set: impl FnOnce(UserUpdate) -> UserUpdate) -> Self {
        Self(set(self.0))
    }
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Makes a user, under the rules and guards of an update.
    ///
    /// # Errors
    /// As [`UserService::update_user`].
    pub async fn insert_user(&self, actor: &Actor, user: NewUser) -> Result<UserView, UpdateError> {
        // Minted once a call, so that all attempts speak of the same user.
        let uuid = self.ids.next_uuid();
        self.carry_out(InsertUser { actor, user, uuid }).await
    }
}

struct InsertUser<'a> {
    actor: &'a Actor,
    user: NewUser,
    uuid: Uuid,
}

impl Task for InsertUser<'_> {
    type Done = UserView;
    type Error = UpdateError;

    fn span(change: ChangeId) -> Span {
        operation!("userbook.insert_user", change = display_id(change))
    }

    async fn plan<S: ProvisioningStore, A: Authorizer>(
        &self,
        service: &UserService<S, A>,
        change: ChangeId,
    ) -> Result<Plan<UserView>, UpdateError> {
        let Some(ops) = self.user.0.fields().cloned().map(with_defaults) else {
            // There is nothing yet that a JSON Patch could be applied to.
            return Err(UpdateError::Patch(PatchFailure::Inapplicable { operation: 0, path: String::new() }));
        };
        let needs = Needs::of_request(&self.user.0);
        let query = DirectoryQuery {
            username: needs.username,
            groups: needs.groups,
            actor: self.actor.user_id(),
            ..DirectoryQuery::default()
        };
        let directory = service.load_directory(&query).await?;
        require_active_actor(self.actor, directory.actor.as_ref())?;
        let results =
            service.ask(self.actor, Resource::Directory(&directory), checks(&ops, &directory)).await?;
        let snapshot = blank(directory, self.uuid, service.clock.now());
        let (provision, view) = insert(&Insertion {
            snapshot: &snapshot,
            ops: &ops,
            actor: self.actor,
            results: &results,
            policy: &service.policy,
            rules: &*service.rules,
            change,
        })?;
        Ok(Plan::Write(Box::new(provision), view))
    }
}

/// To make users, to let them join these groups, and to give power through every group that does.
fn checks(ops: &FieldOps, directory: &DirectorySnapshot) -> Vec<Check> {
    let none = BTreeSet::new();
    let mut joined = ops.groups.value().map(|wanted| wanted.applied(&none).into_owned()).unwrap_or_default();
    joined.retain(|group| directory.groups.contains(*group));
    let granting = joined.iter().filter_map(|group| {
        let source = directory.groups.superuser_source(*group)?;
        Some([*group, source.id])
    });
    let granting: BTreeSet<GroupId> = granting.flatten().collect();
    let joins = joined.iter().copied().map(Check::Join);
    std::iter::once(Check::AddUser)
        .chain(joins)
        .chain(granting.into_iter().map(Check::GrantSuperuser))
        .collect()
}
