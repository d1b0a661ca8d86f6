//! `add_user` and `remove_user`: one membership of one user.

use std::error::Error;

use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};
use http_body::Body;
use userbook::{
    AccessError, Actor, Field, GroupId, ListAuthorizer, ListStore, UpdateError, UserId, UserStore,
    UserUpdate, ViolationKind, Violations,
};

use super::DirectoryApi;
use crate::{
    Authenticator, body, dry_run,
    lenient::{IntegerFault, integer},
    query::Query,
    refusal::{ApiError, InputFault, Place},
    write::apply_request_options,
};

/// What a user shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Join,
    Leave,
}

impl<S: UserStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn move_user<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
        group: Option<GroupId>,
        how: Move,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let body = body::collect(&head.headers, body, self.users.body_limit).await?;
        let Some(group) = group else {
            return Err(self.service().missing_user_error(actor).await.into());
        };
        let query = Query::parse(head.uri.query());
        let (user, dry_run) = match self.understand(head, &body, &query) {
            Ok((Some(user), dry_run)) => (user, dry_run),
            // A number that no user can have.
            Ok((None, _)) => return Err(self.service().missing_user_error(actor).await.into()),
            // Nobody is named, so all there is to ask is whether the actor may see users.
            Err(fault) => {
                return Err(match self.service().missing_user_error(actor).await {
                    AccessError::NotFound => fault,
                    denied => denied.into(),
                });
            }
        };
        let update = match how {
            Move::Join => UserUpdate::patch().join_group(group),
            Move::Leave => UserUpdate::patch().leave_group(group),
        };
        let call =
            apply_request_options(self.service().update_user(actor, user, update), &head.headers, &query);
        if dry_run {
            let updated = call.dry_run().await.map_err(refusal)?;
            return dry_run::respond(&updated, &self.users.representation, query.include_groups);
        }
        call.await.map_err(refusal)?;
        let mut done = Response::new(Bytes::new());
        *done.status_mut() = StatusCode::NO_CONTENT;
        Ok(done)
    }

    /// Whom the request names, and whether it only wants to see what would happen.
    fn understand(
        &self,
        head: &Parts,
        body: &[u8],
        query: &Query<'_>,
    ) -> Result<(Option<UserId>, bool), ApiError> {
        let policy = self.service().policy();
        let object = body::read_object(&head.headers, body, policy.limits(), |key| key == "pk")?;
        let dry_run = query.dry_run(policy)?;
        let fault = match object.get("pk").map(integer) {
            Some(Ok(pk)) => return Ok((Some(UserId(pk)), dry_run)),
            Some(Err(IntegerFault::OutOfRange)) => return Ok((None, dry_run)),
            Some(Err(IntegerFault::Null)) => ("null", "This field may not be null."),
            Some(Err(IntegerFault::NoInteger)) => ("invalid", "A valid integer is required."),
            None => ("required", "This field is required."),
        };
        let (code, message) = fault;
        let place = Place::Body;
        Err(ApiError::inputs(vec![InputFault { place, name: "pk", code, message: message.into() }]))
    }
}

/// The group is named by the path: one that does not exist is no fault of a field.
fn refusal(error: UpdateError) -> ApiError {
    match error {
        UpdateError::Invalid(violations) if is_unknown_group(&violations) => ApiError::not_found(),
        error => error.into(),
    }
}

fn is_unknown_group(violations: &Violations) -> bool {
    violations.iter().any(|violation| {
        violation.field == Some(Field::Groups)
            && matches!(violation.kind, ViolationKind::DoesNotExist { .. })
    })
}
