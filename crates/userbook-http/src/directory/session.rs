//! `me`: the acting user.

use bytes::Bytes;
use http::Response;
use userbook::{Actor, ListAuthorizer, UserDirectory, UserStore};

use super::{DirectoryApi, json};
use crate::{Authenticator, refusal::Refusal};

impl<S: UserStore + UserDirectory, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn show_session(&self, actor: &Actor) -> Result<Response<Bytes>, Refusal> {
        let view = self.service().retrieve_session(actor).await?;
        json(&self.users.representation.session(&view))
    }
}
