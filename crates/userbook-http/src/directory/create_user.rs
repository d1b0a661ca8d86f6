//! `POST` on the list of users: creates a user.

use std::error::Error;

use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};
use http_body::Body;
use userbook::{
    Actor, NewUser, UpdateError,
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
    update::Mode,
};

use super::{DirectoryApi, list_access_error};
use crate::{Authenticator, body, dry_run, error::ApiError, params::WriteParams, request_id::request_id};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Parses the head, authorizes, reads the body, runs, and renders, like an update.
    pub(super) async fn create_user<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let params = WriteParams::parse(head.uri.query());
        let authorized = self.service().authorize_insertion(actor).await;
        let authorized = authorized.map_err(|error| creation_error(actor, error))?;
        let policy = self.service().policy();
        let dry_run = params.dry_run(self.users.extensions)?;
        let body = body::collect(&head.headers, body, self.users.body_limit).await?;
        // A user that does not exist has no stored values to patch.
        let (limits, extensions) = (policy.limits(), self.users.extensions);
        let fields = body::read(&head.headers, &body, Mode::Replace, limits, extensions, self.release())?;
        let user = NewUser::from_update(fields);
        let call = params.apply(authorized.user(user), request_id(&head.headers));
        let representation = &self.users.representation;
        if dry_run {
            let updated = call.dry_run().run().await?;
            return dry_run::respond(&updated, representation, policy, params.include_groups);
        }
        let updated = call.run().await?;
        // The change is committed, so a limit of the response must not turn it into an error.
        let body = representation.body(&updated.view, params.include_groups, None)?;
        let (mut response, _) = self.users.tagged(&updated.view, body);
        *response.status_mut() = StatusCode::CREATED;
        Ok(response)
    }
}

/// As recorded, creation tells anonymous callers that credentials are missing.
pub(super) fn creation_error(actor: &Actor, error: UpdateError) -> ApiError {
    match error {
        UpdateError::Access(error) => list_access_error(actor, error),
        error => error.into(),
    }
}
