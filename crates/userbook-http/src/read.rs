//! GET and HEAD: showing a user.

use bytes::Bytes;
use http::{
    Response, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH},
    request::Parts,
};
use userbook::{Actor, Authorizer, Extension, UserId, UserStore, UserView};

use crate::{
    Authenticator, UserApi,
    etag::{EntityTag, Tags},
    query::Query,
    refusal::{ApiError, Kind},
    respond,
};

impl<S: UserStore, A: Authorizer, N: Authenticator> UserApi<S, A, N> {
    pub(crate) async fn show(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let Some(id) = id else {
            return Err(self.service.missing_user_error(actor).await.into());
        };
        let view = self.service.retrieve(actor, id).await?;
        let (response, tag) = self.represent(&view, Query::parse(head.uri.query()).include_groups)?;
        let Some(tag) = tag else { return Ok(response) };
        let demanded = Tags::read(&head.headers, IF_MATCH).and_then(|tags| tags.revisions());
        if demanded.is_some_and(|revisions| !revisions.contains(&view.user.revision)) {
            return Err(ApiError::new(Kind::ConditionFailed, "The user is not in the demanded state."));
        }
        if Tags::read(&head.headers, IF_NONE_MATCH).is_some_and(|known| known.match_weakly(&tag)) {
            return Ok(not_modified(response));
        }
        Ok(response)
    }

    /// A user as a response, with its entity tag if the policy has one.
    pub(crate) fn represent(
        &self,
        view: &UserView,
        include_groups: bool,
    ) -> Result<(Response<Bytes>, Option<EntityTag>), ApiError> {
        let body = self.representation.body(view, include_groups).map_err(ApiError::internal)?;
        let tagged = self.service.policy().understands(Extension::EntityTags);
        let tag = tagged.then(|| EntityTag::new(view.user.revision, &body));
        let mut response = respond::ok(body);
        if let Some(header) = tag.as_ref().and_then(EntityTag::to_header) {
            response.headers_mut().insert(ETAG, header);
        }
        Ok((response, tag))
    }
}

fn not_modified(mut response: Response<Bytes>) -> Response<Bytes> {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().remove(CONTENT_TYPE);
    *response.body_mut() = Bytes::new();
    response
}
