//! GET and HEAD: returns a user.

use bytes::Bytes;
use http::{
    Response, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH},
    request::Parts,
};
use userbook::{Actor, Authorizer, UserId, UserRef, UserStore, view::UserView};

use crate::{
    Authenticator, Extension, UserApi,
    error::ApiError,
    etag::{EntityTag, Tags},
    params::WriteParams,
    respond,
};

impl<S: UserStore, A: Authorizer, N: Authenticator> UserApi<S, A, N> {
    pub(crate) async fn show(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let view = self.service.retrieve(actor, id.map(UserRef::Id)).await?;
        let include_groups = WriteParams::parse(head.uri.query()).include_groups;
        let limit = self.service.policy().limits().page_bytes;
        let body = self.representation.body(&view, include_groups, Some(limit))?;
        let (response, tag) = self.tagged(&view, body);
        let Some(tag) = tag else { return Ok(response) };
        let required = Tags::read(&head.headers, IF_MATCH).and_then(|tags| tags.revisions());
        if required.is_some_and(|revisions| !revisions.contains(&view.user.revision)) {
            return Err(ApiError::condition_failed());
        }
        if Tags::read(&head.headers, IF_NONE_MATCH).is_some_and(|known| known.match_weakly(&tag)) {
            return Ok(not_modified(response));
        }
        Ok(response)
    }

    /// Returns the representation of a user as a response, with an entity tag if the API has
    /// [`Extension::EntityTags`].
    pub(crate) fn tagged(&self, view: &UserView, body: Bytes) -> (Response<Bytes>, Option<EntityTag>) {
        let has_tags = self.extensions.contains(Extension::EntityTags);
        let tag = has_tags.then(|| EntityTag::new(view.user.revision, &body));
        let mut response = respond::ok(body);
        if let Some(header) = tag.as_ref().and_then(EntityTag::to_header) {
            response.headers_mut().insert(ETAG, header);
        }
        (response, tag)
    }
}

/// Turns a response into 304.
pub(crate) fn not_modified(mut response: Response<Bytes>) -> Response<Bytes> {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().remove(CONTENT_TYPE);
    *response.body_mut() = Bytes::new();
    response
}
