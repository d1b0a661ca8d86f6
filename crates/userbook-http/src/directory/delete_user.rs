//! `DELETE` on a user.

use bytes::Bytes;
use http::{Response, request::Parts};
use userbook::{
    Actor, UserId, UserRef,
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};

use super::DirectoryApi;
use crate::{
    Authenticator, Failure, dry_run, error::ApiError, params::WriteParams, request_id::request_id, respond,
};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Deletes a user under the preconditions of the head. The body has no meaning and is not read.
    pub(super) async fn delete_user(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let params = WriteParams::parse(head.uri.query());
        let conditions = self.users.conditions(&head.headers, params.include_groups);
        let authorized = self.service().authorize_deletion(actor, id.map(UserRef::Id), conditions).await?;
        let dry_run = params.dry_run(self.users.extensions)?;
        let call = params.apply(authorized.delete(), request_id(&head.headers));
        if dry_run {
            let deleted = call.dry_run().run().await?;
            let policy = self.service().policy();
            let representation = &self.users.representation;
            return dry_run::respond(&deleted, representation, policy, params.include_groups);
        }
        let user = call.run().await?.view.user.id;
        let mut response = respond::no_content();
        if let Some(tokens) = &self.ports.tokens
            && let Err(error) = tokens.forget(user).await
        {
            // The user is deleted, and tokens without an owner open nothing.
            response.extensions_mut().insert(Failure::new(error));
        }
        Ok(response)
    }
}
