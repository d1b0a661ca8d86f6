//! `POST` to `service_account`: a user with a token and, on request, a group.

mod read;
mod slug;

use std::error::Error;

use bytes::Bytes;
use http::{Response, request::Parts};
use http_body::Body;
use serde::Serialize;
use userbook::{
    AccessError, Actor, Field, GroupError, GroupId, NewGroup, UpdateError, User, Violations,
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
    violation::ViolationKind,
};

use self::read::AccountRequest;
use super::{DirectoryApi, create_user::creation_error, json};
use crate::{
    Authenticator, NewToken, TokenIntent, Tokens, body, dry_run,
    error::ApiError,
    params::{WriteParams, with_request_id},
    request_id::request_id,
};

const NO_TOKENS: &str = "This server creates no tokens.";

/// The maximum length of a token's identifier, as in authentik. A letter of the name may become several.
const MAX_IDENTIFIER: usize = 255;

#[derive(Debug, Serialize)]
struct Created<'a> {
    username: &'a str,
    user_uid: String,
    user_pk: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_pk: Option<GroupId>,
    token: &'a str,
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Authorizes, reads the body, checks that name and token are free, then creates user, group and token. If a later
    /// step fails, the earlier ones are undone. If the future is dropped because the caller has left, they stay: an
    /// account without a token, as the events show.
    pub(super) async fn create_service_account<B>(
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
        let refused = |error| creation_error(actor, error);
        let authorized = self.service().authorize_service_account(actor).await.map_err(refused)?;
        let tokens = self.ports.tokens.as_deref().ok_or_else(|| ApiError::not_available(NO_TOKENS))?;
        let policy = self.service().policy();
        let dry_run = params.dry_run(self.users.extensions)?;
        let body = body::collect(&head.headers, body, self.users.body_limit).await?;
        let object = body::read_object(&head.headers, &body, policy.limits(), read::is_known)?;
        let request = read::read(&object, policy, self.service().now())?;
        let authorized = authorized.refreshed().await.map_err(refused)?;
        let identifier = slug::slugify(&format!("service-account-{}-password", request.name));
        if identifier.len() > MAX_IDENTIFIER {
            return Err(invalid("max_length", "The name is too long."));
        }
        if tokens.is_taken(&identifier).await? {
            return Err(taken("A token with this identifier exists."));
        }
        let request_id = request_id(&head.headers);
        let group = authorized.group().filter(|_| request.create_group);
        if let Some(group) = group {
            // A name that is taken is reported before anything is created.
            let preview = self.service().put_group(actor, group, NewGroup::new(request.name.as_str()));
            params.apply(preview, request_id).dry_run().await?;
        }
        let call = params.apply(authorized.user(request.user()), request_id);
        if dry_run {
            let updated = call.dry_run().run().await.map_err(unnamed)?;
            let representation = &self.users.representation;
            return dry_run::respond(&updated, representation, policy, params.include_groups);
        }
        let user = call.run().await.map_err(unnamed)?.view.user;
        let rest =
            self.complete_account(actor, &user, group, &request, (tokens, identifier), request_id).await;
        if rest.is_err() {
            self.undo_account(&user, group, tokens, request_id).await;
        }
        rest
    }

    /// Creates group and token.
    async fn complete_account(
        &self,
        actor: &Actor,
        user: &User,
        group_pk: Option<GroupId>,
        request: &AccountRequest,
        (tokens, identifier): (&dyn Tokens, String),
        request_id: Option<&str>,
    ) -> Result<Response<Bytes>, ApiError> {
        if let Some(group) = group_pk {
            let new = NewGroup::new(request.name.as_str()).members([user.id]);
            let call = self.service().put_group(actor, group, new);
            with_request_id(call, request_id).await?;
        }
        let AccountRequest { expiring, expires, .. } = *request;
        let intent = TokenIntent::AppPassword;
        let token = tokens.create(&NewToken { identifier, user: user.id, intent, expiring, expires }).await?;
        json(&Created {
            username: &user.username,
            user_uid: self.users.representation.uid(user),
            user_pk: user.id.0,
            group_pk,
            token: token.reveal(),
        })
    }

    /// Deletes what an incomplete account left behind. The request has failed already, so a failure here only leaves
    /// rows that an administrator can delete; the log names them.
    async fn undo_account(
        &self,
        user: &User,
        group: Option<GroupId>,
        tokens: &dyn Tokens,
        request_id: Option<&str>,
    ) {
        let host = Actor::system();
        // A token whose creation had no answer may exist.
        log_failure("token", user, tokens.forget(user.id).await);
        if let Some(group) = group {
            let deleted = with_request_id(self.service().delete_group(&host, group), request_id).await;
            // The request may have failed before the group was created.
            let is_missing = matches!(deleted, Err(GroupError::Access(AccessError::NotFound)));
            log_failure("group", user, if is_missing { Ok(()) } else { deleted.map(drop) });
        }
        let deleted = with_request_id(self.service().delete_user(&host, user.id), request_id).await;
        log_failure("user", user, deleted.map(drop));
    }
}

fn log_failure<E: Error + 'static>(part: &'static str, user: &User, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        let error: &(dyn Error + 'static) = &error;
        tracing::warn!(part, user = %user.id, error, "could not delete a part of an incomplete service account");
    }
}

/// As recorded, a name that is taken is a violation of the request as a whole. Every other violation keeps its field.
fn unnamed(error: UpdateError) -> ApiError {
    match error {
        UpdateError::Invalid(violations) => {
            let is_taken = |field: Option<Field>, kind: &ViolationKind| {
                field == Some(Field::Username) && *kind == ViolationKind::Unique
            };
            if violations.iter().any(|violation| is_taken(violation.field, &violation.kind)) {
                return taken("A user with this name exists.");
            }
            violations.into()
        }
        error => error.into(),
    }
}

fn taken(message: &str) -> ApiError {
    invalid("unique", message)
}

fn invalid(code: &str, message: &str) -> ApiError {
    let kind = ViolationKind::Custom {
        code: code.to_owned(),
        message: message.to_owned(),
        params: userbook::JsonObject::new(),
    };
    Violations::<Field>::from(kind).into()
}
