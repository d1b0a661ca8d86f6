//! Evaluates policies for one principal: several requests over the same entities.

use cedar_policy::{
    Authorizer as Engine, Context, Decision, Entities, EntityUid, PolicySet, Request, Response,
    RestrictedExpression as Value,
};
use userbook::{
    Actor,
    authz::{AuthorizerError, Check, Resource, Verdict},
};

use crate::{
    CedarAuthorizer,
    entities::impersonator,
    request::{CedarRequest, RequestResource},
    schema_types::Action,
};

/// A principal with the entities that policies may use.
pub(crate) struct Evaluation<'a> {
    pub(crate) authorizer: &'a CedarAuthorizer,
    pub(crate) principal: EntityUid,
    pub(crate) actor: &'a Actor,
    pub(crate) entities: Entities,
}

impl Evaluation<'_> {
    pub(crate) fn verdict(&self, check: Check, resource: Resource<'_>) -> Result<Verdict, AuthorizerError> {
        match CedarRequest::new(check, resource) {
            Some(request) => {
                let response = self.evaluate_request(&self.authorizer.policies, request)?;
                match (allows(&response), check) {
                    (true, _) => Ok(Verdict::Allow),
                    (false, Check::View) => self.hidden_or_denied(),
                    (false, _) => Ok(self.authorizer.deny(&response)),
                }
            }
            None if check == Check::View && matches!(resource, Resource::MissingUser(_)) => {
                self.missing_user()
            }
            None => Ok(Verdict::deny()),
        }
    }

    /// Returns the verdict for a missing user: only principals that may view every user learn that the user is
    /// missing.
    fn missing_user(&self) -> Result<Verdict, AuthorizerError> {
        let uid = self.authorizer.types.any_account();
        let every = self.evaluate(&self.authorizer.visibility.every, Action::View, uid, [])?;
        if allows(&every) { Ok(Verdict::Allow) } else { self.hidden_or_denied() }
    }

    /// Returns the verdict for a user that the principal may not view: denied if the principal may view no user,
    /// otherwise hidden. The verdict does not depend on the user.
    fn hidden_or_denied(&self) -> Result<Verdict, AuthorizerError> {
        let uid = self.authorizer.types.any_account();
        let any = self.evaluate(&self.authorizer.visibility.any, Action::View, uid, [])?;
        Ok(if allows(&any) { Verdict::Hide } else { self.authorizer.deny(&any) })
    }

    fn evaluate_request(
        &self,
        policies: &PolicySet,
        request: CedarRequest,
    ) -> Result<Response, AuthorizerError> {
        let types = &self.authorizer.types;
        let resource = match request.resource {
            RequestResource::Account(id) => types.account(id),
            RequestResource::Group(id) => types.group(id),
            RequestResource::Directory => types.directory(),
        };
        let field = request.field.map(|field| ("field", types.field(field)));
        let account = request.account.map(|account| ("account", types.account(account)));
        let context = field.into_iter().chain(account);
        let context = context.map(|(name, uid)| (name.to_owned(), Value::new_entity_uid(uid)));
        self.evaluate(policies, request.action, resource, context)
    }

    pub(crate) fn evaluate(
        &self,
        policies: &PolicySet,
        action: Action,
        resource: EntityUid,
        context: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Response, AuthorizerError> {
        let types = &self.authorizer.types;
        let context = context.into_iter().chain(impersonator(types, self.actor.impersonator));
        let context = Context::from_pairs(context).map_err(AuthorizerError::new)?;
        let action = types.action(action);
        // A request that violates the schema is a bug of this crate. The evaluation fails and denies the request.
        let request = Request::new(self.principal.clone(), action, resource, context, Some(&types.schema))
            .map_err(AuthorizerError::new)?;
        let response = Engine::new().is_authorized(&request, policies, &self.entities);
        for error in response.diagnostics().errors() {
            tracing::warn!(%error, "a policy failed, so the request is denied");
        }
        Ok(response)
    }
}

/// Returns whether the decision is `Allow` without evaluation errors, because a failing policy could have forbidden
/// the request.
pub(crate) fn allows(response: &Response) -> bool {
    response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none()
}
