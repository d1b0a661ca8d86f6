//! `POST` to `set_password`.

use std::error::Error;

use bytes::Bytes;
use http::{Response, request::Parts};
use http_body::Body;
use serde_json::Value;
use userbook::{
    Actor, UserId, UserRef,
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};

use super::DirectoryApi;
use crate::{
    Authenticator, Password, PasswordChange, body, dry_run, error::ApiError, params::WriteParams,
    request_id::request_id, respond,
};

const NO_PASSWORDS: &str = "This server does not keep passwords.";

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Authorizes, reads and prepares the password, records the change, and stores the password.
    pub(super) async fn set_password<B>(
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
        let params = WriteParams::parse(head.uri.query());
        let conditions = self.users.conditions(&head.headers, params.include_groups);
        let target = id.map(UserRef::Id);
        let authorized = self.service().authorize_password_change(actor, target, conditions).await?;
        let policy = self.service().policy();
        let credentials =
            self.ports.credentials.as_ref().ok_or_else(|| ApiError::not_available(NO_PASSWORDS))?;
        let dry_run = params.dry_run(self.users.extensions)?;
        let body = body::collect(&head.headers, body, self.users.body_limit).await?;
        let object = body::read_object(&head.headers, &body, policy.limits(), |key| key == "password")?;
        let password = password(object.get("password"))?;
        let password = credentials.prepare(authorized.user(), password).await?;
        let call = params.apply(authorized.change(), request_id(&head.headers));
        if dry_run {
            let updated = call.dry_run().run().await?;
            let representation = &self.users.representation;
            return dry_run::respond(&updated, representation, policy, params.include_groups);
        }
        let user = call.run().await?.view.user;
        credentials.store(&PasswordChange { user: user.id, version: user.version, password }).await?;
        Ok(respond::no_content())
    }
}

/// As recorded, a missing or null password makes the password unusable.
fn password(sent: Option<&Value>) -> Result<Option<Password>, ApiError> {
    match sent {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(password)) => Ok(Some(Password::new(password.as_str()))),
        Some(_) => Err(ApiError::not_a_text("password")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_texts_are_passwords() {
        for text in ["", "a", "пароль-ß"] {
            assert_eq!(password(Some(&json!(text))).unwrap(), Some(Password::new(text)));
        }
        assert_eq!(password(None).unwrap(), None);
        assert_eq!(password(Some(&Value::Null)).unwrap(), None);
        for other in [json!(12345), json!(["a"]), json!({}), json!(true)] {
            assert!(password(Some(&other)).is_err(), "{other}");
        }
    }
}
