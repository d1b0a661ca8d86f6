//! Making a user.

use uuid::Uuid;

use std::collections::BTreeSet;

use tracing::Span;

use super::{Plan, Task};
use crate::service::trace::{operation, shown};
use crate::{
    Actor, Authorizer, ChangeId, Check, DirectoryStore, FieldOps, GroupId, Name, PatchFailure, Survey,
    SurveyQuery, Target, UpdateError, UserService, UserUpdate, UserView, Username,
    decide::{Insertion, Needs, blank, deny_actor, insert, with_defaults},
    field::Faults,
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
        username: impl TryInto<Username, Error = Faults>,
        name: impl TryInto<Name, Error = Faults>,
    ) -> Self {
        Self(UserUpdate::replace().username(username).name(name))
    }

    /// Sets further fields.
    #[must_use]
    pub fn with(self, set: impl FnOnce(UserUpdate) -> UserUpdate) -> Self {
        Self(set(self.0))
    }
}

impl<S: DirectoryStore, A: Authorizer> UserService<S, A> {
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
        operation!("userbook.insert_user", change = shown(change))
    }

    async fn plan<S: DirectoryStore, A: Authorizer>(
        &self,
        service: &UserService<S, A>,
        change: ChangeId,
    ) -> Result<Plan<UserView>, UpdateError> {
        let Some(ops) = self.user.0.fields().cloned().map(with_defaults) else {
            // There is nothing yet that a JSON Patch could be applied to.
            return Err(UpdateError::Patch(PatchFailure::Inapplicable { operation: 0, path: String::new() }));
        };
        let needs = Needs::of_request(&self.user.0);
        let query = SurveyQuery {
            username: needs.username,
            groups: needs.groups,
            actor: self.actor.user_id(),
            ..SurveyQuery::default()
        };
        let survey = service.survey(&query).await?;
        deny_actor(self.actor, survey.actor.as_ref())?;
        let ruling = service.ask(self.actor, Target::Directory(&survey), checks(&ops, &survey)).await?;
        let snapshot = blank(survey, self.uuid, service.clock.now());
        let (provision, view) = insert(&Insertion {
            snapshot: &snapshot,
            ops: &ops,
            actor: self.actor,
            ruling: &ruling,
            policy: &service.policy,
            rules: &*service.rules,
            change,
        })?;
        Ok(Plan::Write(Box::new(provision), view))
    }
}

/// To make users, to let them join these groups, and to give power through every group that does.
fn checks(ops: &FieldOps, survey: &Survey) -> Vec<Check> {
    let none = BTreeSet::new();
    let mut joined = ops.groups.value().map(|wanted| wanted.applied(&none).into_owned()).unwrap_or_default();
    joined.retain(|group| survey.groups.contains(*group));
    let granting = joined.iter().filter_map(|group| {
        let source = survey.groups.superuser_source(*group)?;
        Some([*group, source.id])
    });
    let granting: BTreeSet<GroupId> = granting.flatten().collect();
    let joins = joined.iter().copied().map(Check::Join);
    std::iter::once(Check::AddUser).chain(joins).chain(granting.into_iter().map(Check::GrantPower)).collect()
}
