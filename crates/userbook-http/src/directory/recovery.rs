//! `POST` to `recovery` and `recovery_email`.

use std::error::Error;

use bytes::Bytes;
use http::{Response, request::Parts};
use http_body::Body;
use serde::Serialize;
use serde_json::Value;
use userbook::{
    Actor, User, UserId, UserRef,
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};

use super::{DirectoryApi, json};
use crate::{
    Authenticator, Recovery, body,
    error::ApiError,
    params::{Params, WriteParams},
    respond,
};

const NO_RECOVERY: &str = "No recovery flow set.";
const EMAIL_STAGE: &str = "email_stage";
const NO_ADDRESS: &str = "User does not have an email address set.";

#[derive(Debug, Serialize)]
struct Link {
    link: String,
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Returns a recovery link. The body has no meaning and is not read. A dry run creates none.
    pub(super) async fn create_recovery_link(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let user = self.recoverable(head, actor, id).await?;
        let recovery = self.recovery()?;
        if self.is_dry_run(head)? {
            return Ok(respond::no_content());
        }
        json(&Link { link: recovery.link(&user).await? })
    }

    /// Sends a recovery link. A dry run sends none.
    pub(super) async fn send_recovery_link<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let user = self.recoverable(head, actor, id).await?;
        if user.email.is_empty() {
            return Err(ApiError::not_available(NO_ADDRESS));
        }
        let recovery = self.recovery()?;
        if !self.is_dry_run(head)? {
            let stage = self.email_stage(head, body).await?;
            recovery.send(&user, stage.as_deref()).await?;
        }
        Ok(respond::no_content())
    }

    /// Reads the stage that sends the link: a query parameter, and since 2026.8 a member of the body.
    async fn email_stage<B>(&self, head: &Parts, body: B) -> Result<Option<String>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if !self.release().is_2026_8() {
            return Ok(Params::parse(head.uri.query()).last(EMAIL_STAGE).map(str::to_owned));
        }
        let body = body::collect(&head.headers, body, self.users.body_limit).await?;
        let limits = self.service().policy().limits();
        let object = body::read_object(&head.headers, &body, limits, |key| key == EMAIL_STAGE)?;
        stage(object.get(EMAIL_STAGE))
    }

    fn is_dry_run(&self, head: &Parts) -> Result<bool, ApiError> {
        WriteParams::parse(head.uri.query()).dry_run(self.users.extensions)
    }

    /// Returns the user, if the actor may take the account over, which a link does, and the user has a state that the
    /// head requires: a link must not go to an address that the client has not seen.
    async fn recoverable(&self, head: &Parts, actor: &Actor, id: Option<UserId>) -> Result<User, ApiError> {
        let params = WriteParams::parse(head.uri.query());
        let conditions = self.users.conditions(&head.headers, params.include_groups);
        let target = id.map(UserRef::Id);
        let authorized = self.service().authorize_password_change(actor, target, conditions).await?;
        Ok(authorized.user().clone())
    }

    fn recovery(&self) -> Result<&dyn Recovery, ApiError> {
        self.ports.recovery.as_deref().ok_or_else(|| ApiError::not_available(NO_RECOVERY))
    }
}

fn stage(sent: Option<&Value>) -> Result<Option<String>, ApiError> {
    match sent {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(stage)) => Ok(Some(stage.clone())),
        Some(_) => Err(ApiError::not_a_text(EMAIL_STAGE)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stage_is_a_text_or_absent() {
        for absent in [None, Some(&Value::Null)] {
            assert!(matches!(stage(absent), Ok(None)));
        }
        assert_eq!(stage(Some(&json!("welcome"))).ok().flatten().as_deref(), Some("welcome"));
        for invalid in [json!(1), json!(["welcome"]), json!({}), json!(true)] {
            assert!(stage(Some(&invalid)).is_err(), "{invalid}");
        }
    }
}
