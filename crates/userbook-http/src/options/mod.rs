//! OPTIONS: the description of a user's methods, as recorded.

use bytes::Bytes;
use http::Response;
use userbook::{
    AccessError, Actor, Authorizer, UpdateError, UserId, UserRef, UserStore, decision::Conditions,
};

use crate::{Authenticator, UserApi, error::ApiError, respond};

/// For callers who may not change the user.
const VIEWER: &str = include_str!("viewer.json");
/// For callers who may change the user: adds the fields.
const EDITOR: &str = include_str!("editor.json");

impl<S: UserStore, A: Authorizer, N: Authenticator> UserApi<S, A, N> {
    /// Returns 200 for every caller and every id, as recorded; only failures of ports are reported.
    pub(crate) async fn describe(
        &self,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let target = id.map(UserRef::Id);
        let may_change = match self.service.authorize_update(actor, target, Conditions::none()).await {
            Ok(_) => true,
            Err(UpdateError::Access(AccessError::Store(error))) => return Err(error.into()),
            Err(UpdateError::Access(AccessError::Authorizer(error))) => return Err(error.into()),
            Err(_) => false,
        };
        let body = if may_change { EDITOR } else { VIEWER };
        Ok(respond::ok(Bytes::from_static(body.trim_ascii_end().as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use userbook::{
        Field, UserType,
        field::{EmailAddress, Username},
    };

    use super::*;

    #[test]
    fn description_agrees_with_the_rules() {
        let description: Value = serde_json::from_str(EDITOR).unwrap();
        let fields = description["actions"]["PUT"].as_object().unwrap();
        let writable: Vec<_> = fields.iter().filter(|(_, field)| field["read_only"] == false).collect();
        assert_eq!(writable.len(), Field::DOCUMENT.len());
        assert!(Field::DOCUMENT.iter().all(|field| fields.contains_key(field.as_str())));
        assert_eq!(fields["username"]["max_length"], Username::MAX_LENGTH);
        assert_eq!(fields["email"]["max_length"], EmailAddress::MAX_LENGTH);
        let choices = fields["type"]["choices"].as_array().unwrap().iter().map(|choice| &choice["value"]);
        assert!(choices.eq(UserType::ALL.iter().map(|kind| kind.as_str())));
    }

    #[test]
    fn callers_without_change_permission_see_no_fields() {
        let mut editor: Value = serde_json::from_str(EDITOR).unwrap();
        editor.as_object_mut().unwrap().remove("actions");
        assert_eq!(editor, serde_json::from_str::<Value>(VIEWER).unwrap());
    }
}
