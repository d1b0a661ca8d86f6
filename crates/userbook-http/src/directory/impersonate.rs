//! `impersonate` and `impersonate_end`. This API starts no impersonation: it answers as authentik with impersonation
//! switched off.

use bytes::Bytes;
use http::{Response, StatusCode};
use userbook::{
    Actor, UserId, UserRef,
    authz::{ListAuthorizer, Subject},
    store::{ListStore, ProvisioningStore},
};

use super::DirectoryApi;
use crate::{Authenticator, error::ApiError, respond};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Returns 401 to callers who may impersonate the user. The body has no meaning and is not read.
    pub(super) async fn impersonate(
        &self,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError> {
        self.service().authorize_impersonation(actor, id.map(UserRef::Id)).await?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        Ok(response)
    }
}

/// Nothing has to end.
pub(super) fn end(actor: &Actor) -> Result<Response<Bytes>, ApiError> {
    match actor.subject {
        Subject::Anonymous => Err(ApiError::not_authenticated()),
        _ => Ok(respond::no_content()),
    }
}
