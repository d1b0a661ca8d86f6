//! PUT and PATCH: changes a user.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderMap, Response,
    header::{IF_MATCH, IF_NONE_MATCH},
    request::Parts,
};
use http_body::Body;
use userbook::{
    Actor, Authorizer, Updated, UserId, UserRef, UserStore, UserUpdate,
    decision::{Conditions, IfNoneMatch},
    update::Mode,
};

use crate::{
    Authenticator, Extension, UserApi, body, dry_run,
    error::ApiError,
    etag::{EntityTag, Tags},
    params::WriteParams,
    request_id::request_id,
};

impl<S: UserStore, A: Authorizer, N: Authenticator> UserApi<S, A, N> {
    /// Parses the head, authorizes, reads the body, runs, renders. The body is not polled before the caller is known
    /// to have access, so that a denied caller causes no work that depends on content.
    pub(crate) async fn write<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
        id: Option<UserId>,
        mode: Mode,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let params = WriteParams::parse(head.uri.query());
        let conditions = self.conditions(&head.headers, params.include_groups);
        let authorized = self.service.authorize_update(actor, id.map(UserRef::Id), conditions).await?;
        let dry_run = params.dry_run(self.extensions)?;
        let update = self.receive_update(head, body, mode, params.include_groups).await?;
        let call = params.apply(authorized.update(update), request_id(&head.headers));
        let updated = if dry_run { call.dry_run().run().await? } else { call.run().await? };
        self.render_updated(&updated, params.include_groups, dry_run)
    }

    async fn receive_update<B>(
        &self,
        head: &Parts,
        body: B,
        mode: Mode,
        include_groups: bool,
    ) -> Result<UserUpdate, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let body = body::collect(&head.headers, body, self.body_limit).await?;
        let (limits, release) = (self.service.policy().limits(), self.representation.release());
        let update = body::read(&head.headers, &body, mode, limits, self.extensions, release)?;
        let representation = Arc::clone(&self.representation);
        // A `test` of a JSON Patch compares with the GET representation.
        Ok(update.with_read_only(move |view| representation.members(view, include_groups)))
    }

    fn render_updated(
        &self,
        updated: &Updated,
        include_groups: bool,
        dry_run: bool,
    ) -> Result<Response<Bytes>, ApiError> {
        if dry_run {
            return dry_run::respond(updated, &self.representation, self.service.policy(), include_groups);
        }
        // The change is committed, so a limit of the response must not turn it into an error.
        let body = self.representation.body(&updated.view, include_groups, None)?;
        Ok(self.tagged(&updated.view, body).0)
    }

    /// Returns the preconditions on the stored user.
    pub(crate) fn conditions(&self, headers: &HeaderMap, include_groups: bool) -> Conditions {
        if !self.extensions.contains(Extension::EntityTags) {
            return Conditions::none();
        }
        let revisions = Tags::read(headers, IF_MATCH).and_then(|tags| tags.revisions());
        let unless = Tags::read(headers, IF_NONE_MATCH).map(|known| {
            let representation = Arc::clone(&self.representation);
            let limit = self.service.policy().limits().page_bytes;
            IfNoneMatch::new(move |view| {
                // A representation that GET does not send matches no tag.
                let body = representation.body(view, include_groups, Some(limit));
                body.is_ok_and(|body| known.match_weakly(&EntityTag::new(view.user.revision, &body)))
            })
        });
        Conditions { revisions, unless }
    }
}
