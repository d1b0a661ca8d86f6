//! PUT and PATCH: changing a user.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderMap, Response,
    header::{IF_MATCH, IF_NONE_MATCH},
    request::Parts,
};
use http_body::Body;
use userbook::{
    Actor, Authorizer, Conditions, Extension, IfNoneMatch, Mode, UpdateCall, UserId, UserStore, UserUpdate,
};

use crate::{
    Authenticator, UserApi, body, dry_run,
    etag::{EntityTag, Tags},
    query::Query,
    refusal::ApiError,
    request_id::request_id,
};

/// Adds what every change takes from its request, whatever it wants.
pub(crate) fn apply_request_options<'a, S: UserStore, A: Authorizer>(
    mut call: UpdateCall<'a, S, A>,
    headers: &HeaderMap,
    query: &Query<'_>,
) -> UpdateCall<'a, S, A> {
    if query.allow_self_lockout {
        call = call.allow_self_lockout();
    }
    if let Some(request_id) = request_id(headers) {
        call = call.request_id(request_id);
    }
    call
}

impl<S: UserStore, A: Authorizer, N: Authenticator> UserApi<S, A, N> {
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
        let body = body::collect(&head.headers, body, self.body_limit).await?;
        let Some(id) = id else {
            return Err(self.service.missing_user_error(actor).await.into());
        };
        let query = Query::parse(head.uri.query());
        let conditions = self.conditions(&head.headers, query.include_groups);
        // FieldErrors of the request are found early, so that one load serves, and told late: who may not change the
        // user learns nothing from them.
        let (update, dry_run) = match self.understand(head, &body, &query, mode) {
            Ok(understood) => understood,
            Err(fault) => {
                self.service.authorize_update(actor, id, &conditions).await?;
                return Err(fault);
            }
        };
        let call = self.service.update_user(actor, id, update).conditions(conditions);
        let call = apply_request_options(call, &head.headers, &query);
        if dry_run {
            let updated = call.dry_run().run().await?;
            return dry_run::respond(&updated, &self.representation, query.include_groups);
        }
        let updated = call.run().await?;
        Ok(self.represent(&updated.view, query.include_groups)?.0)
    }

    /// What the request wants, and whether it only wants to see what would happen.
    fn understand(
        &self,
        head: &Parts,
        body: &Bytes,
        query: &Query<'_>,
        mode: Mode,
    ) -> Result<(UserUpdate, bool), ApiError> {
        let policy = self.service.policy();
        let include_groups = query.include_groups;
        let update = body::read(&head.headers, body, mode, policy)?;
        let representation = Arc::clone(&self.representation);
        // A `test` of a JSON Patch sees what GET shows.
        let update = update.with_read_only(move |view| representation.members(view, include_groups));
        Ok((update, query.dry_run(policy)?))
    }

    /// What the request demands of the stored user.
    fn conditions(&self, headers: &HeaderMap, include_groups: bool) -> Conditions {
        if !self.service.policy().understands(Extension::EntityTags) {
            return Conditions::none();
        }
        let revisions = Tags::read(headers, IF_MATCH).and_then(|tags| tags.revisions());
        let unless = Tags::read(headers, IF_NONE_MATCH).map(|known| {
            let representation = Arc::clone(&self.representation);
            IfNoneMatch::new(move |view| {
                // What can't be written was never sent, so nobody can know it.
                let body = representation.body(view, include_groups);
                body.is_ok_and(|body| known.match_weakly(&EntityTag::new(view.user.revision, &body)))
            })
        });
        Conditions { revisions, unless }
    }
}
