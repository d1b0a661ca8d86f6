//! `add_user` and `remove_user`: one membership of one user.

use std::error::Error;

use bytes::Bytes;
use http::{HeaderMap, Response, request::Parts};
use http_body::Body;
use userbook::{
    AccessError, Actor, GroupId, Limits, UserId, UserRef, UserStore,
    authz::{ListAuthorizer, Subject},
    service::MembershipAction,
    store::ListStore,
};

use super::{DirectoryApi, list_access_error};
use crate::{
    Authenticator, body, dry_run,
    error::{ApiError, InputError, InputLocation},
    lenient::{IntegerFault, integer},
    params::WriteParams,
    request_id::request_id,
    respond,
};

impl<S: UserStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Parses the head, authorizes, reads the body, runs, and renders, like an update.
    pub(super) async fn change_member<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
        group: Option<GroupId>,
        action: MembershipAction,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let params = WriteParams::parse(head.uri.query());
        let authorized = self.service().authorize_member_change(actor, group, action).await;
        let authorized = authorized.map_err(|error| access_error(actor, error))?;
        let policy = self.service().policy();
        let dry_run = params.dry_run(self.users.extensions)?;
        let body = body::collect(&head.headers, body, self.users.body_limit).await?;
        let user = parse_user(&head.headers, &body, policy.limits())?;
        let call = params.apply(authorized.user(user), request_id(&head.headers));
        if dry_run {
            let updated = call.dry_run().run().await?;
            let representation = &self.users.representation;
            return dry_run::respond(&updated, representation, policy, params.include_groups);
        }
        call.run().await?;
        Ok(respond::no_content())
    }
}

/// The recorded release requires authentication before it looks for the group.
fn access_error(actor: &Actor, error: AccessError) -> ApiError {
    match (&actor.subject, error) {
        (Subject::Anonymous, AccessError::NotFound) => ApiError::not_authenticated(),
        (_, error) => list_access_error(actor, error),
    }
}

/// Returns the user of the body; `None` is a user that cannot exist. As recorded, a missing or null `pk` names no
/// user.
fn parse_user(headers: &HeaderMap, body: &[u8], limits: &Limits) -> Result<Option<UserRef>, ApiError> {
    let object = body::read_object(headers, body, limits, |key| key == "pk")?;
    match object.get("pk").map(integer) {
        Some(Ok(pk)) => Ok(Some(UserRef::Id(UserId(pk)))),
        None | Some(Err(IntegerFault::Null | IntegerFault::OutOfRange)) => Ok(None),
        Some(Err(IntegerFault::NoInteger)) => {
            let (location, message) = (InputLocation::Body, "A valid integer is required.".into());
            Err(ApiError::inputs(vec![InputError { location, name: "pk", code: "invalid", message }]))
        }
    }
}
