//! `me`: the acting user.

use bytes::Bytes;
use http::Response;
use userbook::{Actor, UserStore, authz::ListAuthorizer, store::ListStore};

use super::{DirectoryApi, json, list_access_error};
use crate::{Authenticator, error::ApiError};

impl<S: UserStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn show_session(&self, actor: &Actor) -> Result<Response<Bytes>, ApiError> {
        let view = self.service().current_user(actor).await;
        let view = view.map_err(|error| list_access_error(actor, error))?;
        json(&self.users.representation.session(&view))
    }
}
