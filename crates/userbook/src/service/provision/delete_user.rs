//! Unmaking a user.

use tracing::Span;

use super::{Plan, Task};
use crate::service::trace::{display_id, operation};
use crate::{
    Actor, Authorizer, ChangeId, Check, ProvisioningStore, Resource, SnapshotQuery, UpdateError, UserId,
    UserService,
    decide::{Deletion, delete, require_active_actor},
};

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Deletes a user with its memberships. Whoever deletes themselves must say that they mean it.
    ///
    /// # Errors
    /// As [`UserService::update_user`]; the guards of power hold here too.
    pub async fn delete_user(
        &self,
        actor: &Actor,
        id: UserId,
        allow_self_lockout: bool,
    ) -> Result<(), UpdateError> {
        self.carry_out(DeleteUser { actor, id, allow_self_lockout }).await
    }
}

struct DeleteUser<'a> {
    actor: &'a Actor,
    id: UserId,
    allow_self_lockout: bool,
}

impl Task for DeleteUser<'_> {
    type Done = ();
    type Error = UpdateError;

    fn span(change: ChangeId) -> Span {
        operation!("userbook.delete_user", change = display_id(change))
    }

    async fn plan<S: ProvisioningStore, A: Authorizer>(
        &self,
        service: &UserService<S, A>,
        change: ChangeId,
    ) -> Result<Plan<()>, UpdateError> {
        let query = SnapshotQuery {
            actor: self.actor.user_id(),
            other_active_superuser: true,
            ..SnapshotQuery::user(self.id)
        };
        let Some(snapshot) = service.visible(&query).await? else {
            return Err(service.missing_user_error(self.actor).await.into());
        };
        require_active_actor(self.actor, snapshot.actor.as_ref())?;
        let checks = vec![Check::View, Check::DeleteUser];
        let results = service.ask(self.actor, Resource::User(&snapshot), checks).await?;
        let provision = delete(&Deletion {
            snapshot: &snapshot,
            actor: self.actor,
            results: &results,
            policy: &service.policy,
            allow_self_lockout: self.allow_self_lockout,
            now: service.clock.now(),
            change,
        })?;
        Ok(Plan::Write(Box::new(provision), ()))
    }
}
