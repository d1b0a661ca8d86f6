//! The right to create a service account: a user with a token and, on request, a group.

use std::time::Duration;

use super::{InsertUserCall, NewUser, insert_user::InsertionAccess};
use crate::service::{
    UpdateError, UserService,
    access::{directory_resource, is_fresh},
    trace::{SpanOutcome, operation, traced},
};
use crate::{
    authz::{Actor, Authorizer, Check, CheckResults},
    decision::{check_insertion_access, require_active_actor, require_allowed},
    model::GroupId,
    store::{DirectoryQuery, ProvisioningStore},
};

/// The right to create a service account, checked before the request is read.
#[derive(Debug)]
pub struct AuthorizedServiceAccount<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    /// The id of the group, if one is created.
    group: GroupId,
    results: CheckResults,
    since: Duration,
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Checks that the actor may create a service account, before the request is read: [`Check::AddUser`] and
    /// [`Check::AddToken`].
    ///
    /// # Errors
    /// As [`UserService::insert_user`], except for errors about values.
    pub async fn authorize_service_account<'a>(
        &'a self,
        actor: &'a Actor,
    ) -> Result<AuthorizedServiceAccount<'a, S, A>, UpdateError> {
        traced(operation!("userbook.authorize_service_account"), async {
            let since = self.clock.monotonic();
            self.require_some_right(actor)?;
            let query = DirectoryQuery { actor: actor.user_id(), ..DirectoryQuery::default() };
            let directory = self.load_directory(&query).await?;
            require_active_actor(actor, directory.actor.as_ref())?;
            let group = GroupId(self.ids.next_uuid());
            let checks = vec![Check::AddUser, Check::AddToken, Check::AddGroup(group)];
            let results = self.authorize(actor, directory_resource(&directory), checks).await?;
            check_insertion_access(&directory, actor, &results)?;
            require_allowed(&results, Check::AddToken)?;
            Ok(AuthorizedServiceAccount { service: self, actor, group, results, since })
        })
        .await
    }
}

impl<'a, S: ProvisioningStore, A: Authorizer> AuthorizedServiceAccount<'a, S, A> {
    /// Checks the right again if it was checked more than 250 ms ago.
    ///
    /// # Errors
    /// As [`UserService::authorize_service_account`].
    pub async fn refreshed(self) -> Result<Self, UpdateError> {
        if is_fresh(self.service, self.since) {
            return Ok(self);
        }
        self.service.authorize_service_account(self.actor).await
    }

    /// Returns the id for a group of the account, if the actor may create groups.
    pub fn group(&self) -> Option<GroupId> {
        self.results.allows(Check::AddGroup(self.group)).then_some(self.group)
    }

    /// Creates the account.
    pub fn user(self, user: NewUser) -> InsertUserCall<'a, S, A> {
        let Self { service, actor, results, since, .. } = self;
        service.insert(actor, user, Some(InsertionAccess { results, since }))
    }
}

impl<S, A> SpanOutcome for AuthorizedServiceAccount<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}
