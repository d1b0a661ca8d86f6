//! The authorizer.

use std::{collections::HashMap, path::Path, str::FromStr};

use async_trait::async_trait;
use cedar_policy::{Effect, PolicyId, PolicySet, Response};
use userbook::{Actor, Authorizer, AuthorizerError, Check, Resource, Subject, Verdict, Verdicts};

use crate::{
    LoadError, PolicyFault, ReadError,
    asking::Asking,
    facts::{Facts, principal},
    load::load,
    sight::Sight,
    words::Words,
};

/// Asks Cedar policies. See [the crate](crate) for what they are told.
#[derive(Debug, Clone)]
pub struct CedarAuthorizer {
    pub(crate) words: Words,
    pub(crate) policies: PolicySet,
    pub(crate) sight: Sight,
    /// The reasons to tell, with the place of each policy in the text.
    reasons: HashMap<PolicyId, (usize, String)>,
    warnings: Vec<PolicyFault>,
}

impl CedarAuthorizer {
    /// Reads a file of policies; see [`CedarAuthorizer::from_str`].
    ///
    /// # Errors
    /// [`ReadError`], which names the file.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ReadError::Unreadable { path: path.to_owned(), source })?;
        text.parse().map_err(|source| ReadError::Unusable { path: path.to_owned(), source })
    }

    /// What fits the schema and is suspicious all the same: a policy that can never apply, characters that look
    /// like others.
    pub fn warnings(&self) -> &[PolicyFault] {
        &self.warnings
    }

    /// No, with the reason of the first policy that forbids it and gives one.
    pub(crate) fn deny(&self, response: &Response) -> Verdict {
        let forbidding = response.diagnostics().reason();
        let told = forbidding.filter_map(|id| self.reasons.get(id)).min();
        Verdict::Deny(told.map(|(_, reason)| reason.clone().into()))
    }
}

impl FromStr for CedarAuthorizer {
    type Err = LoadError;

    /// Takes policies that fit the schema, strictly.
    fn from_str(text: &str) -> Result<Self, LoadError> {
        let words = Words::new()?;
        let (policies, warnings) = load(text, &words)?;
        let sight = Sight::new(&policies)?;
        let forbids = policies.policies().filter(|policy| policy.effect() == Effect::Forbid);
        let reasons = forbids.filter_map(|policy| {
            // Policies are numbered in the order of the text.
            let place = policy.id().to_string().trim_start_matches("policy").parse().unwrap_or(usize::MAX);
            let reason = policy.annotation("reason").filter(|reason| !reason.is_empty())?;
            Some((policy.id().clone(), (place, reason.to_owned())))
        });
        let reasons = reasons.collect();
        Ok(Self { words, policies, sight, reasons, warnings })
    }
}

#[async_trait]
impl Authorizer for CedarAuthorizer {
    async fn authorize(
        &self,
        actor: &Actor,
        target: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        if actor.subject == Subject::System {
            return Ok(checks.iter().map(|_| Verdict::Allow).collect());
        }
        let gone = actor.user_id().is_some() && !target.actor().is_some_and(|view| view.state.is_active);
        let Some(principal) = principal(&self.words, actor).filter(|_| !gone) else {
            return Ok(checks.iter().map(|_| Verdict::deny()).collect());
        };
        let entities = Facts::of(&self.words, actor, target)?.entities(None)?;
        let asking = Asking { authorizer: self, principal, actor, entities };
        checks.iter().map(|check| asking.verdict(*check, target)).collect::<Result<Vec<_>, _>>().map(Verdicts)
    }
}
