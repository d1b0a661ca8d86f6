//! Somebody asks: one question after the other, on the same facts.

use cedar_policy::{
    Authorizer as Engine, Context, Decision, Entities, EntityUid, PolicySet, Request, Response,
    RestrictedExpression as Value,
};
use userbook::{Actor, AuthorizerError, Check, Resource, Verdict};

use crate::{
    CedarAuthorizer,
    facts::impersonator,
    question::{Question, Resource},
    words::Action,
};

/// Somebody whom policies are asked about, with everything they are told.
pub(crate) struct Asking<'a> {
    pub(crate) authorizer: &'a CedarAuthorizer,
    pub(crate) principal: EntityUid,
    pub(crate) actor: &'a Actor,
    pub(crate) entities: Entities,
}

impl Asking<'_> {
    pub(crate) fn verdict(&self, check: Check, target: Resource<'_>) -> Result<Verdict, AuthorizerError> {
        match Question::new(check, target) {
            Some(question) => {
                let response = self.ask(&self.authorizer.policies, question)?;
                match (allows(&response), check) {
                    (true, _) => Ok(Verdict::Allow),
                    (false, Check::View) => self.unseen(),
                    (false, _) => Ok(self.authorizer.deny(&response)),
                }
            }
            None if check == Check::View && matches!(target, Resource::MissingUser(_)) => self.unknown(),
            None => Ok(Verdict::deny()),
        }
    }

    /// About a user who does not exist: that is told to whoever may see every user.
    fn unknown(&self) -> Result<Verdict, AuthorizerError> {
        let uid = self.authorizer.words.any_account();
        let every = self.ask_of(&self.authorizer.sight.every, Action::View, uid, [])?;
        if allows(&every) { Ok(Verdict::Allow) } else { self.unseen() }
    }

    /// About a user whom one may not see. Who may see no user at all is told so; who may see some does not learn
    /// which others exist. Never depends on the user.
    fn unseen(&self) -> Result<Verdict, AuthorizerError> {
        let uid = self.authorizer.words.any_account();
        let any = self.ask_of(&self.authorizer.sight.any, Action::View, uid, [])?;
        Ok(if allows(&any) { Verdict::Hide } else { self.authorizer.deny(&any) })
    }

    fn ask(&self, policies: &PolicySet, question: Question) -> Result<Response, AuthorizerError> {
        let words = &self.authorizer.words;
        let resource = match question.resource {
            Resource::Account(id) => words.account(id),
            Resource::Group(id) => words.group(id),
            Resource::Directory => words.directory(),
        };
        let field = question.field.map(|field| ("field", words.field(field)));
        let account = question.account.map(|account| ("account", words.account(account)));
        let context = field.into_iter().chain(account);
        let context = context.map(|(name, uid)| (name.to_owned(), Value::new_entity_uid(uid)));
        self.ask_of(policies, question.action, resource, context)
    }

    pub(crate) fn ask_of(
        &self,
        policies: &PolicySet,
        action: Action,
        resource: EntityUid,
        context: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Response, AuthorizerError> {
        let words = &self.authorizer.words;
        let context = context.into_iter().chain(impersonator(words, self.actor.impersonator));
        let context = Context::from_pairs(context).map_err(AuthorizerError::new)?;
        let action = words.action(action);
        // The schema is asked again: a question that does not fit it is a fault of this crate, and refuses.
        let request = Request::new(self.principal.clone(), action, resource, context, Some(&words.schema))
            .map_err(AuthorizerError::new)?;
        let response = Engine::new().is_authorized(&request, policies, &self.entities);
        for error in response.diagnostics().errors() {
            tracing::warn!(%error, "a policy failed, so what it was asked is denied");
        }
        Ok(response)
    }
}

/// Whether it is yes, and every policy could be evaluated: one that could not might have forbidden it.
pub(crate) fn allows(response: &Response) -> bool {
    response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none()
}
