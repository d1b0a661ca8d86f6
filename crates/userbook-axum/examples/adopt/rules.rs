//! A rule of the shop.

use async_trait::async_trait;
use userbook::{
    Field,
    authz::AuthorizerError,
    service::{ChangeRequest, ChangeRule, RequestedChange, RuleVerdict},
};

/// Each user has an e-mail address. A rule of the field `email` would not see an insertion that leaves the address out.
#[derive(Debug)]
pub(crate) struct NeedsEmail;

#[async_trait]
impl ChangeRule for NeedsEmail {
    async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
        let (RequestedChange::InsertUser(user) | RequestedChange::UpdateUser { after: user, .. }) =
            request.change
        else {
            return Ok(RuleVerdict::Accept);
        };
        if user.email.is_empty() {
            return Ok(RuleVerdict::reject(Field::Email, "email_required", "Enter an e-mail address."));
        }
        Ok(RuleVerdict::Accept)
    }
}
